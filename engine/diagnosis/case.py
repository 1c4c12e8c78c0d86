"""What a detector sees of a run, and how it offers remedies."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from engine.data.base import Modes
from engine.models.fitted import Fitted
from engine.protocol import Finding, Metrics, Remedy
from engine.settings import SettingError
from engine.training.config import TrainingConfig

if TYPE_CHECKING:
    from engine.experiment import Experiment

#: Points that a detector looks at.
POINTS = 500

#: Learning rate of a model that asks for none.
_USUAL_RATE = float(TrainingConfig().learning_rate)

Detector = Callable[["Case"], Finding | None]


class Case:
    """A run at its newest step; dear things are computed once, when first wanted.

    Args:
        experiment: The run.
        metrics: Its newest measurement.
        tick: To be called between chunks of long work.
    """

    def __init__(
        self, experiment: "Experiment", metrics: Metrics, tick: Callable[[], None]
    ) -> None:
        self.experiment = experiment
        self.metrics = metrics
        self.tick = tick
        self.model: Any = experiment.trainer.averaged()

    @cached_property
    def fitted(self) -> Fitted:
        """The model in data units."""
        return self.experiment.fitted(tick=self.tick)

    @cached_property
    def heldout(self) -> Tensor:
        """Points (n, 2) that the run has not trained on, in data units."""
        return self.experiment.judged().heldout.x[:POINTS]

    @cached_property
    def samples(self) -> Tensor:
        """As many points drawn from the model, in data units."""
        return self.fitted.sample(len(self.heldout), self.experiment.config.seed)

    @cached_property
    def many_samples(self) -> Tensor:
        """Four times as many, for what chance would blur."""
        return self.fitted.sample(4 * len(self.heldout), self.experiment.config.seed)

    @cached_property
    def modes(self) -> Modes | None:
        """The modes that the run is judged by, where they are known."""
        return self.experiment.judged().source.modes()

    def standardised(self, x: Tensor) -> Tensor:
        """Points in the coordinates of the model, float64."""
        return self.experiment.data.scaling.standardise(x.double())

    def has_trained(self, steps: int, share: float) -> bool:
        """Whether enough steps were made to judge: a number, or a share of all."""
        experiment = self.experiment
        return experiment.step >= min(steps, share * experiment.steps)

    def remedy(
        self, title: str, group: str, restore: int | None = None, **values: Any
    ) -> list[Remedy]:
        """Other values of settings, if the run has them, allows them and differs.

        A list of one remedy or of none, to be joined with others.
        """
        return self.remedy_of(title, {group: values}, restore)

    def remedy_of(
        self, title: str, changes: dict[str, dict[str, Any]], restore: int | None = None
    ) -> list[Remedy]:
        """The same for settings of several groups."""
        config, differs = self.experiment.config, False
        for group, values in changes.items():
            now: dict[str, Any] = getattr(config, group)
            if not values.keys() <= now.keys():
                return []
            differs |= any(now[name] != value for name, value in values.items())
            config = config.model_copy(update={group: now | values})
        try:
            self.experiment.requires_restart(config)
        except SettingError:
            return []
        return (
            [Remedy(title=title, changes=changes, restore=restore)] if differs else []
        )

    def slower(self, title: str, restore: int | None = None) -> list[Remedy]:
        """A third of the learning rate, or the model's own if that is less."""
        rate = self.experiment.config.training["learning_rate"] / 3
        rate = min(rate, self._own_rate)
        return self.remedy(
            title, "training", restore, learning_rate=float(f"{rate:.2g}")
        )

    def slower_if_fast(self, title: str) -> list[Remedy]:
        """The same, where the learning rate is above the model's own."""
        if self.experiment.config.training["learning_rate"] <= self._own_rate:
            return []
        return self.slower(title)

    @property
    def _own_rate(self) -> float:
        """Learning rate that the model asks for."""
        own = self.model.training_defaults.get("learning_rate", _USUAL_RATE)
        return float(own)

    def at_usual_rate(self) -> list[Remedy]:
        """From the start at the model's own learning rate, or at a third of it."""
        config, own = self.experiment.config, self._own_rate
        if config.training["learning_rate"] <= own:
            return self.slower("From the start, slower", self.kept_before(0))
        title = f"From the start at learning rate {own:g}"
        return self.remedy(title, "training", self.kept_before(0), learning_rate=own)

    def kept_before(self, step: float) -> int | None:
        """The newest kept moment at or before a step."""
        return max((s for s in self.experiment.snapshots if s <= step), default=None)


def neighbour_radius(x: Tensor, k: int) -> Tensor:
    """Distance (n,) of each x (n, d) to its k-th neighbour among the others."""
    return torch.cdist(x, x).kthvalue(k + 1, dim=1).values
