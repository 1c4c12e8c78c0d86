r"""A field f(x, t) that may know the class of a point, and its guidance.

Trained with labels that are dropped at random, one network knows both the field of a
class, :math:`f_c`, and that of all data, :math:`f_\varnothing`. Sampling then follows

.. math:: f = f_\varnothing + w (f_c - f_\varnothing)

so w = 1 is the plain conditional field and w = 0 the unconditional one (the paper's own
weight is w - 1). At a fixed (x, t) noise, data, score and velocity depend on each other
by affine maps, so it makes no difference which of them is guided.

Ho & Salimans 2022, 2207.12598. Guidance on part of the path only: Kynkäänniemi et al.
2024, 2404.07724.
"""

from typing import Any

import torch
from torch import Tensor, nn

from engine.models.base import Batch, Draw
from engine.nets.time_field import FieldConfig, TimeField
from engine.settings import knob

MOST_LABELS = 64
_ON = {"conditional": [True]}
_CHOSEN: dict[str, list[Any]] = {
    "conditional": [True],
    "label": list(range(1, MOST_LABELS + 1)),
}


class GuidedConfig(FieldConfig):
    """Settings of a :class:`GuidedField`."""

    conditional: bool = knob(
        False,
        "Learn classes",
        "Tell the network the class of each point, so that one class can be drawn "
        "alone; without classes in the data it changes nothing.",
        group="Classes",
    )
    label_size: int = knob(
        8,
        "Label features",
        "Numbers by which the network knows a class.",
        ge=1,
        le=64,
        group="Classes",
        shown_if=_ON,
    )
    label_drop: float = knob(
        0.1,
        "Label dropout",
        "Share of the training points whose class is hidden, so that the network "
        "learns the data as a whole too.",
        ge=0,
        le=0.9,
        apply="live",
        group="Classes",
        shown_if=_ON,
    )
    label: int = knob(
        0,
        "Class drawn",
        "Number of the class to sample, from 1; 0 samples all the data.",
        ge=0,
        le=MOST_LABELS,
        most="classes",
        apply="live",
        symbol="c",
        group="Classes",
        shown_if=_ON,
    )
    guidance: float = knob(
        1.0,
        "Guidance",
        "0 ignores the class, 1 follows it as learned, more exaggerates it: sharper "
        "samples, less variety.",
        ge=0,
        le=10,
        apply="live",
        symbol="w",
        formula=r"f = f_\varnothing + w\,(f_c - f_\varnothing)",
        group="Classes",
        shown_if=_CHOSEN,
    )
    guide_from: float = knob(
        0.0,
        "Guide from",
        "Time at which guidance begins; outside its interval w is 1.",
        ge=0,
        le=1,
        apply="live",
        symbol="t",
        group="Classes",
        shown_if=_CHOSEN,
    )
    guide_to: float = knob(
        1.0,
        "Guide until",
        "Time at which guidance ends; outside its interval w is 1.",
        ge=0,
        le=1,
        apply="live",
        symbol="t",
        group="Classes",
        shown_if=_CHOSEN,
    )


class GuidedField(TimeField):
    """f(x, t) or f(x, t, c), with an embedding for each class and one for none.

    Args:
        dim: Coordinates of a point.
        config: Size, embeddings, and whether classes are learned.
        classes: Number of classes of the data; 0 for none.
    """

    def __init__(self, dim: int, config: GuidedConfig, classes: int) -> None:
        self.classes = classes if config.conditional else 0
        super().__init__(dim, config, context=config.label_size if self.classes else 0)
        if self.classes:
            self.labels = nn.Embedding(self.classes + 1, config.label_size)

    def of_class(self, x: Tensor, t: Tensor, labels: Tensor) -> Tensor:
        """Field (n, dim) of the classes (n,); number ``classes`` stands for none."""
        return self(x, t, self.labels(labels))  # type: ignore[no-any-return]

    def draws(self) -> dict[str, Draw]:
        """What :meth:`learn` wants beside the noise of the model."""
        return {"label_drop": Draw("uniform")} if self.classes else {}

    def learn(self, x: Tensor, t: Tensor, batch: Batch, config: GuidedConfig) -> Tensor:
        """Field (n, dim) at the points of a batch, some of them without their class."""
        if not self.classes:
            return self(x, t)  # type: ignore[no-any-return]
        hidden = batch.noise["label_drop"] < config.label_drop
        return self.of_class(x, t, batch.labels.masked_fill(hidden, self.classes))

    def guided(
        self, x: Tensor, t: Tensor, config: GuidedConfig, moment: Tensor | None = None
    ) -> Tensor:
        """Field (n, dim) of the class that is set, with the guidance that is set.

        ``moment`` is the time on the path where the network runs by another clock.
        """
        if not self.classes:
            return self(x, t)  # type: ignore[no-any-return]
        chosen = min(config.label, self.classes)
        nothing = x.new_full((len(x),), self.classes, dtype=torch.int64)
        if not chosen:
            return self.of_class(x, t, nothing)
        one = torch.full_like(nothing, chosen - 1)
        if config.guidance == 1:
            return self.of_class(x, t, one)
        always = config.guide_from <= 0 and config.guide_to >= 1
        if config.guidance == 0 and always:
            return self.of_class(x, t, nothing)
        free, bound = self.of_class(x, t, nothing), self.of_class(x, t, one)
        return free + self._weight(t if moment is None else moment, config) * (
            bound - free
        )

    @staticmethod
    def _weight(t: Tensor, config: GuidedConfig) -> Tensor:
        """W inside the interval of times, 1 outside; a column if the times differ."""
        inside = (t >= config.guide_from) & (t <= config.guide_to)
        weight = torch.where(inside, config.guidance, 1.0).to(t)
        return weight[:, None] if t.dim() else weight

    def calls(self, config: GuidedConfig) -> int:
        """Evaluations of the network that one guided value costs."""
        mixed = self.classes and config.label and config.guidance not in (0.0, 1.0)
        return 2 if mixed else 1
