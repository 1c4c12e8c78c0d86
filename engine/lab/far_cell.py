"""A cell of a sweep that another process trains, as the engine knows it."""

from dataclasses import dataclass, field

from engine.data.load import Data
from engine.lab.crew_words import Handed
from engine.protocol import Arrays, Json, RunConfig

#: Processes that may die over the same cell.
_LIVES = 2
_UNKNOWN: Json = {"step": 0, "metric": None, "losses": {}, "diverged_at": None}


@dataclass
class FarCell:
    """A cell that another process trains, and what is known of it here.

    ``facts`` are the newest, empty before the first; ``handed`` is its last state,
    ``lent`` one of a cell that trains on, if it was asked for at ``asked`` (seconds).
    """

    config: RunConfig
    data: Data
    facts: Json = field(default_factory=dict)
    handed: tuple[Handed, Arrays] | None = None
    lent: tuple[Handed, Arrays] | None = None
    asked: float | None = None
    trouble: str = ""
    lives: int = _LIVES
    is_stopped: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it is still in a worker's hands."""
        return self.handed is None and not self.trouble

    def give_up(self, index: int, reason: str) -> None:
        """It is lost, for a reason."""
        self.trouble = reason
        self.facts = _UNKNOWN | self.facts | {"cell": index, "state": "lost"}
        self.facts["trouble"] = reason
