"""What a view is: a pure function of a run at one moment, and of its own settings.

It can therefore be computed again for any kept snapshot. A view writes plain arrays and
a small dictionary; it knows nothing of drawing.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.data.one_class import one_class
from engine.models.inside import drawn_class
from engine.settings import Settings, knob

if TYPE_CHECKING:
    from torch import Tensor

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
    may raise ``Cancelled``. ``learner`` is the model before its weights are averaged,
    None where that is the same; ``learning_rate`` is that of the run, unscheduled;
    ``table`` has the columns that training draws from, empty where they are not known.
    """

    fitted: "Fitted"
    data: "Data"
    history: "History"
    step: int
    seed: int
    quality: float = 1.0
    tick: Callable[[], None] = field(default=lambda: None)
    learner: "Fitted | None" = None
    learning_rate: float = 1e-3
    table: "Mapping[str, Tensor]" = field(default_factory=dict)

    @property
    def judged(self) -> "Data":
        """What the model should draw: the data, or the class that it is told to."""
        return one_class(self.data, drawn_class(self.fitted.model))

    @property
    def raw(self) -> "Fitted":
        """The model with the weights that learn, not their running average."""
        return self.learner or self.fitted


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

    @classmethod
    def can_show(cls, capabilities: Set[str]) -> bool:
        """Whether a model with these capabilities feeds the view."""
        return not cls.needs or any(capabilities >= set(need) for need in cls.needs)

    def prepare(self, moments: Iterable[Moment]) -> None:
        """Settle what the pictures of all these moments share, newest moment first.

        A film asks for it: a map that is computed in the limits of each moment would
        cover another part of axes that stand still.
        """
        del moments  # most have nothing to settle

    @abstractmethod
    def compute(self, moment: Moment) -> Picture:
        """The picture of this moment."""


def seed_knob(group: str) -> Any:
    """The setting that draws everything random in a picture again."""
    return knob(
        0,
        "Seed",
        "Another number draws other points.",
        ge=0,
        le=2**31 - 1,
        apply="live",
        group=group,
        slider=(0, 100),
    )


def paper(moment: Moment) -> dict[str, Any]:
    """What all square plots of a run share.

    Limits in data units, names of the axes, and words for t = 0 and t = 1.
    """
    return {
        "limits": [float(v) for v in moment.data.limits],
        "columns": [str(name) for name in moment.data.columns],
        "ends": list(moment.fitted.model.path_ends()),
    }


def number(value: Any) -> float | None:
    """A float for JSON, which knows neither NaN nor infinity: those become None."""
    found = float(value)
    return found if math.isfinite(found) else None


def f32(array: Any) -> NDArray[np.float32]:
    """A contiguous float32 array of a tensor or array."""
    if hasattr(array, "detach"):
        array = array.detach().cpu().numpy()
    return np.ascontiguousarray(array, dtype=np.float32)
