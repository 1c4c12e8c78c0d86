"""A training as a film: the pictures of every kept moment and of the present one."""

from collections.abc import Iterator

from pydantic import Field

from engine import registry
from engine.lab.base import Job, JobSettings, News
from engine.protocol import Json, Message
from engine.settings import SettingError, checked
from engine.views.base import View


class Reel(Message):
    """A view with its settings, wanted for a place of the window."""

    slot: str
    view: str
    settings: Json = Field(default_factory=dict)


class FilmSettings(JobSettings):
    """Which views are filmed, and in what quality (1 is that of a standing picture)."""

    reels: list[Reel] = Field(min_length=1, max_length=8)
    quality: float = Field(default=0.375, gt=0, le=1)


class Film(Job):
    """Yields one picture after the other; all reels of a moment together.

    Each tells ``end``, the step at which the film ends: the present one, which is kept.
    """

    name = "film"
    is_awaited = True
    Config = FilmSettings

    def work(self) -> Iterator[News]:
        """The pictures, oldest moment first.

        Raises:
            ValueError: The run has no such view.
        """
        made, wish = self.experiment, self.settings
        views = {reel.slot: self._view(reel) for reel in wish.reels}
        made.keep()
        steps = made.snapshots
        total = len(steps) * len(views)
        done = 0
        for view in views.values():
            view.prepare(
                made.moment(wish.quality, step, self.tick) for step in reversed(steps)
            )
        for step in steps:
            moment = made.moment(wish.quality, step, self.tick)
            for slot, view in views.items():
                picture = view.compute(moment)
                done += 1
                result = {"slot": slot, "view": view.name, "step": step}
                result |= {"end": steps[-1]}
                yield News(
                    done / total, result | {"meta": picture.meta}, picture.arrays
                )

    def _view(self, reel: Reel) -> View:
        kind = registry.view(reel.view)
        config = checked(kind.Config, reel.settings, kind.title)
        if not kind.can_show(self.experiment.fitted().capabilities):
            raise SettingError(kind.empty)
        return kind(config)
