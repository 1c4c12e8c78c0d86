"""What a job is: long work over runs that tells its results piece by piece.

A job is a class with a frozen settings class. :meth:`Job.work` is a generator: between
two pieces of news the engine obeys commands, trains and draws. Work inside one piece
that takes longer than some 20 ms calls ``tick`` from time to time.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from engine.experiment import Experiment
from engine.protocol import Arrays, Json
from engine.settings import Settings


class OnItsWay(Exception):
    """What was asked for comes from elsewhere: ask again, at every turn."""


class JobSettings(Settings):
    """Base of every job's settings."""


@dataclass(frozen=True)
class News:
    """A piece of a job's result.

    ``share`` of the whole work is done, from 0 to 1; ``result`` is JSON-able.
    """

    share: float
    result: Json = field(default_factory=dict)
    arrays: Arrays = field(default_factory=dict)


class Job(ABC):
    """Long work that the window asked for.

    Args:
        settings: Checked settings of the job.
        runs: Experiments of the engine by run id, alive: a job must not train them.
        run_id: The run that it is about; empty if it is about none.
        tick: To be called between chunks of long work; it lets commands through and
            raises :class:`engine.views.base.Cancelled` when nobody waits any more.
    """

    name: ClassVar[str]
    Config: ClassVar[type[JobSettings]] = JobSettings
    #: Whether it still answers after its end, until it is cancelled.
    outlives: ClassVar[bool] = False
    #: Whether a person sits before it: standing runs are measured after it.
    is_awaited: ClassVar[bool] = False

    def __init__(
        self,
        settings: Any,
        runs: Mapping[str, Experiment],
        run_id: str,
        tick: Callable[[], None],
    ) -> None:
        self.settings = settings
        self.runs = runs
        self.run_id = run_id
        self.tick = tick
        #: Seconds in which it only waits for others; to be set before news is told.
        self.pause = 0.0

    @property
    def experiment(self) -> Experiment:
        """The run that it is about.

        Raises:
            ValueError: The run is gone.
        """
        if self.run_id not in self.runs:
            raise ValueError("The run that this was about has been closed.")
        return self.runs[self.run_id]

    def hear(self, words: Json) -> Json:
        """Obey words of the window between two pieces of work, and answer.

        Raises:
            ValueError: It does not understand them.
        """
        raise ValueError(f"This work cannot be told {', '.join(words) or 'nothing'}.")

    def give(self, item: int) -> Experiment:
        """An independent run made of something that it has trained.

        Raises:
            OnItsWay: It comes from elsewhere: ask again at the next turn.
            ValueError: There is no such thing.
        """
        raise ValueError(f"This work has no run {item}.")

    @abstractmethod
    def work(self) -> Iterator[News]:
        """Do the work; the generator may be closed at any point."""
