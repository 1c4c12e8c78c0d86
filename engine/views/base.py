"""What a view is: a pure function of a run at one moment, and of its own settings.

It can therefore be computed again for any kept snapshot. A view writes plain arrays and
a small dictionary; it knows nothing of drawing.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.settings import Settings

if TYPE_CHECKING:
    from engine.data.load import Data
    from engine.models.fitted import Fitted
    from engine.training.history import History


class ViewConfig(Settings):
    """Base of every view's settings."""


@dataclass(frozen=True)
class Moment:
    """A run at one step, as views see it.

    ``fitted`` is the model behind its scaling, with averaged weights, in data units;
    ``quality`` in (0, 1] is 1 for a full picture and smaller for a quick one;
    ``tick`` is called between chunks of long work: it lets the engine obey commands and
    may raise ``Cancelled``.
    """

    fitted: "Fitted"
    data: "Data"
    history: "History"
    step: int
    seed: int
    quality: float = 1.0
    tick: Callable[[], None] = field(default=lambda: None)


class Cancelled(Exception):
    """A computation that nobody waits for any more."""


@dataclass(frozen=True)
class Picture:
    """Arrays by name (float32 or integers, data units) and JSON-able facts."""

    arrays: dict[str, NDArray[Any]]
    meta: dict[str, Any]


class View(ABC):
    """One thing that can be shown about a run."""

    name: ClassVar[str]
    title: ClassVar[str]
    description: ClassVar[str]
    Config: ClassVar[type[ViewConfig]]
    #: Groups of capabilities; a model needs all of one group. Empty: any model.
    needs: ClassVar[tuple[tuple[str, ...], ...]] = ()
    #: What to say where no group is met.
    empty: ClassVar[str] = ""

    def __init__(self, config: ViewConfig) -> None:
        self.config: Any = config

    @abstractmethod
    def compute(self, moment: Moment) -> Picture:
        """The picture of this moment."""


def f32(array: Any) -> NDArray[np.float32]:
    """A contiguous float32 array of a tensor or array."""
    if hasattr(array, "detach"):
        array = array.detach().cpu().numpy()
    return np.ascontiguousarray(array, dtype=np.float32)
