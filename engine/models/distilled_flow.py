r"""Density distillation: a slow sampler teaches a fast one (Parallel WaveNet).

.. math:: KL(q_S \| p_T) = E_{x \sim q_S} \left[\ln q_S(x) - \ln p_T(x)\right]
          = H(q_S, p_T) - H(q_S)

In the first stage a teacher with a fast density, a masked autoregressive flow or a
MADE, learns the data by likelihood. In the second it is frozen, and the student, an
inverse autoregressive flow with fast samples, learns from the teacher's opinion of its
own samples: it never sees the data. The entropy of the student is free,
:math:`H(q_S) = \frac{D}{2} \ln 2 \pi e - E \sum \alpha`, in the signs of
:mod:`engine.models.iaf`.

van den Oord et al., "Parallel WaveNet: Fast High-Fidelity Speech Synthesis", 2017,
https://arxiv.org/abs/1711.10433, section 4.
"""

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from engine.models.autoregressive_flow import AutoregressiveFlowConfig
from engine.models.base import Batch, Card, Draw, ModelConfig
from engine.models.flow import Flow
from engine.models.iaf import IAF, IAFConfig
from engine.models.made import MADE, MADEConfig
from engine.models.maf import MAF, MAFConfig
from engine.nets.mixture_settings import reach_knob
from engine.settings import knob


class DistilledFlowConfig(AutoregressiveFlowConfig):
    """Settings of :class:`DistilledFlow`."""

    first: ClassVar[tuple[str, ...]] = ("teacher", "layers", "width")

    teacher: Literal["maf", "made"] = knob(
        "maf",
        "Teacher",
        "The model that learns the data first and then judges the student's samples.",
        choices={"maf": "masked autoregressive flow", "made": "MADE"},
        group="Distillation",
        symbol="p_T",
    )
    components: int = knob(
        10,
        "Components",
        "Gaussians in each conditional mixture of the teacher.",
        ge=1,
        le=16,
        group="Distillation",
        shown_if={"teacher": ["made"]},
    )
    smallest: float = knob(
        0.01,
        "Smallest spread",
        "No Gaussian of the teacher is narrower, in standard deviations of the data.",
        ge=0.001,
        le=0.5,
        scale="log",
        group="Distillation",
        shown_if={"teacher": ["made"]},
    )
    reach: float = reach_knob({"teacher": ["made"]}, "Distillation")
    samples: int = knob(
        1,
        "Student samples",
        "Samples that the student shows the teacher in a step, for each point of the "
        "batch size.",
        ge=1,
        le=16,
        group="Distillation",
    )
    temperature: float = knob(
        1.0,
        "Temperature",
        "Spread of the noise that samples start from; density and likelihood are those "
        "of such samples.",
        ge=0.0,
        le=1.2,
        apply="live",
        symbol="T",
        formula=r"u \sim N(0, T^2 I)",
        group="Distillation",
    )
    shown: Literal["learner", "teacher", "student"] = knob(
        "learner",
        "Shown",
        "Whose samples and density are shown.",
        apply="live",
        choices={
            "learner": "the one that learns",
            "teacher": "teacher",
            "student": "student",
        },
        group="Distillation",
    )


def make_teacher(config: DistilledFlowConfig, dim: int) -> MAF | MADE:
    """The teacher that the settings ask for, with the networks of the student."""
    shape = {
        "width": config.width,
        "depth": config.depth,
        "waves": config.waves,
        "taper": config.taper,
        "spread": config.spread,
        "top_frequency": config.top_frequency,
        "low_frequency": config.low_frequency,
        "slope": config.slope,
        "activation": config.activation,
    }
    if config.teacher == "made":
        made = MADEConfig(
            **shape,
            components=config.components,
            smallest=config.smallest,
            reach=config.reach,
        )
        return MADE(made, dim)
    stack = {"layers": config.layers, "order": config.order, "bound": config.bound}
    return MAF(MAFConfig(**shape, **stack), dim)


class DistilledFlow(Flow):
    """A teacher by likelihood, then a student by reverse divergence to it."""

    name: ClassVar[str] = "distilled_flow"
    card: ClassVar[Card] = Card(
        title="Distilled flow",
        family="Normalising flow",
        paper="van den Oord et al. 2017",
        arxiv="1711.10433",
        formula=r"\min_S \; E_{x \sim q_S} [\ln q_S(x) - \ln p_T(x)] "
        r"= H(q_S, p_T) - H(q_S)",
        summary="First half: a teacher learns the data. Second half: a student that "
        "samples in one pass learns from the teacher alone, and may leave modes out.",
    )
    Config: ClassVar[type[ModelConfig]] = DistilledFlowConfig
    training_defaults: ClassVar[Mapping[str, Any]] = {
        **Flow.training_defaults,
        "steps": 8000,
    }

    distilling: Tensor

    def __init__(
        self, config: DistilledFlowConfig, dim: int = 2, classes: int = 0
    ) -> None:
        super().__init__(config, dim, classes)
        self.teacher = make_teacher(config, dim)
        own = {k: getattr(config, k) for k in AutoregressiveFlowConfig.model_fields}
        self.student = IAF(IAFConfig(**own), dim)
        # A buffer, so that a kept moment remembers whose turn it was.
        self.register_buffer("distilling", torch.tensor(False))

    def stages(self) -> int:
        """The teacher's, then the student's."""
        return 2

    def enter_stage(self, stage: int) -> None:
        """From stage 1 on the student learns, and the teacher is frozen."""
        self.distilling.fill_(stage > 0)

    def players(self) -> dict[str, list[nn.Parameter]]:
        """Teacher and student."""
        return {
            "teacher": list(self.teacher.parameters()),
            "student": list(self.student.parameters()),
        }

    def turns(self) -> tuple[str, ...]:
        """One of them, by the stage."""
        return ("student",) if self.distilling else ("teacher",)

    def noise(self, player: str) -> dict[str, Draw]:
        """The noise of the student's samples."""
        if player == "teacher":
            return {}
        return {"u": Draw("normal", (self.config.samples, self.dim))}

    def losses(self, player: str, batch: Batch) -> dict[str, Tensor]:
        """The teacher's negative log-likelihood, or the student's divergence, in nats.

        The gradient of the divergence reaches the student through the points at which
        the teacher is asked; the teacher's own weights are the other player's.
        """
        if player == "teacher":
            return {"loss": -self.teacher.log_likelihood(batch.x).mean()}
        u = batch.noise["u"].flatten(0, 1)
        own = self.student.tracked(u)
        log_p = self.teacher.log_likelihood(own.x)
        stretch = own.log_q - self.base_log_prob(u)
        noise_entropy = 0.5 * self.dim * math.log(2 * math.pi * math.e)
        return {
            "loss": (own.log_q - log_p).mean(),
            "cross_entropy": -log_p.mean(),
            "entropy": noise_entropy - stretch.mean(),
        }

    def reference_lines(self, player: str) -> dict[str, float]:
        """A divergence ends at 0 at best."""
        return {"loss": 0.0} if player == "student" else {}

    def teacher_and_student(self) -> tuple[Flow, Flow]:
        """Both flows, at temperature 1, as they meet in training."""
        return self.teacher, self.student

    @property
    def shown(self) -> Flow:
        """The flow that is drawn and measured."""
        if self.config.shown == "learner":
            return self.student if self.distilling else self.teacher
        return self.student if self.config.shown == "student" else self.teacher

    @property
    def temperature(self) -> float:
        """As set."""
        return float(self.config.temperature)

    def to_noise(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Noise (n, dim) and ln |det| (n,) of the flow that is shown."""
        return self.shown.to_noise(x)

    def layers(self, z: Tensor) -> list[Tensor]:
        """Points (n, dim) through the layers of the flow that is shown."""
        return self.shown.layers(z)

    def layer_names(self) -> list[str]:
        """Words for the layers of the flow that is shown."""
        return self.shown.layer_names()
