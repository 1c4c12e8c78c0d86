"""Settings of the training loop, the same for every model.

A model may put other defaults in its ``training_defaults``; the form shows those.
"""

import math
from typing import Literal

from engine.settings import Settings, knob

Optimizer = Literal["adam", "adamw", "sgd", "rmsprop"]
_ADAM = {"optimizer": ["adam", "adamw"]}
_LOOKAHEAD = {"lookahead": [True]}


class TrainingConfig(Settings):
    """How weights follow gradients. All of it may change while a run plays."""

    steps: int = knob(
        6000,
        "Steps",
        "Number of training steps after which the run is complete.",
        ge=1,
        le=10_000_000,
        slider=(100, 100_000),
        unit="steps",
        apply="live",
        scale="log",
        group="Training",
    )
    batch_size: int = knob(
        512,
        "Batch size",
        "Points that one step looks at.",
        ge=1,
        le=65_536,
        slider=(16, 4096),
        unit="points",
        apply="live",
        scale="log",
        group="Training",
    )
    learning_rate: float = knob(
        1e-3,
        "Learning rate",
        "How far a step moves the weights; too large diverges, too small crawls.",
        ge=1e-9,
        le=1e6,
        slider=(1e-5, 1e-1),
        apply="live",
        scale="log",
        symbol=r"\eta",
        formula=r"\theta \leftarrow \theta - \eta \, \hat g",
        group="Training",
    )
    schedule: Literal["constant", "cosine"] = knob(
        "cosine",
        "Schedule",
        "Whether the learning rate stays, or falls to zero along a cosine until the "
        "last step.",
        apply="live",
        formula=r"\eta_n = \tfrac{\eta}{2} \left(1 + \cos \tfrac{\pi n}{N}\right)",
        group="Training",
        choices={"constant": "constant", "cosine": "cosine to zero"},
    )
    warmup: int = knob(
        0,
        "Warm-up",
        "Steps over which the learning rate rises from zero.",
        ge=0,
        le=100_000,
        slider=(0, 2000),
        unit="steps",
        apply="live",
        group="Training",
    )
    optimizer: Optimizer = knob(
        "adam",
        "Optimiser",
        "Rule that turns gradients into steps; a change starts its averages anew.",
        apply="live",
        group="Training",
        choices={
            "adam": "Adam",
            "adamw": "AdamW",
            "sgd": "SGD with momentum",
            "rmsprop": "RMSProp",
        },
    )
    beta1: float = knob(
        0.9,
        "Adam β₁",
        "Memory of the average gradient.",
        ge=0,
        le=0.9999,
        apply="live",
        symbol=r"\beta_1",
        formula=r"m \leftarrow \beta_1 m + (1 - \beta_1) \, g",
        group="Training",
        shown_if=_ADAM,
    )
    beta2: float = knob(
        0.999,
        "Adam β₂",
        "Memory of the average squared gradient.",
        ge=0,
        le=0.99999,
        apply="live",
        symbol=r"\beta_2",
        formula=r"v \leftarrow \beta_2 v + (1 - \beta_2) \, g^2",
        group="Training",
        shown_if=_ADAM,
    )
    momentum: float = knob(
        0.9,
        "Momentum",
        "Share of the last step that is kept in the next.",
        ge=0,
        le=0.9999,
        apply="live",
        symbol=r"\mu",
        formula=r"v \leftarrow \mu v + g, \quad \theta \leftarrow \theta - \eta v",
        group="Training",
        shown_if={"optimizer": ["sgd"]},
    )
    rho: float = knob(
        0.99,
        "RMSProp ρ",
        "Memory of the average squared gradient.",
        ge=0,
        le=0.99999,
        apply="live",
        symbol=r"\rho",
        formula=r"s \leftarrow \rho s + (1 - \rho) \, g^2",
        group="Training",
        shown_if={"optimizer": ["rmsprop"]},
    )
    weight_decay: float = knob(
        0.01,
        "Weight decay",
        "Share of each weight that a step takes away, times the learning rate.",
        ge=0,
        le=10,
        slider=(0, 0.2),
        apply="live",
        symbol=r"\lambda",
        formula=r"\theta \leftarrow (1 - \eta \lambda) \, \theta",
        group="Training",
        shown_if={"optimizer": ["adamw"]},
    )
    clip: float = knob(
        0.0,
        "Gradient clip",
        "Longest allowed gradient; 0 does not clip.",
        ge=0,
        le=1e6,
        slider=(0, 20),
        apply="live",
        formula=r"g \leftarrow g \min(1, c / \|g\|)",
        group="Training",
    )
    lookahead: bool = knob(
        False,
        "Lookahead",
        "Every few steps slow weights follow, and training goes on from them: it damps "
        "a high learning rate.",
        apply="live",
        group="Training",
    )
    lookahead_steps: int = knob(
        5,
        "Lookahead every",
        "Steps after which the slow weights follow.",
        ge=1,
        le=10_000,
        slider=(1, 20),
        unit="steps",
        apply="live",
        symbol="k",
        group="Training",
        shown_if=_LOOKAHEAD,
    )
    lookahead_share: float = knob(
        0.5,
        "Lookahead share",
        "Share of the way that the slow weights go to the fast ones.",
        ge=0,
        le=1,
        apply="live",
        symbol=r"\alpha",
        formula=r"\phi \leftarrow \phi + \alpha (\theta - \phi), \quad "
        r"\theta \leftarrow \phi",
        group="Training",
        shown_if=_LOOKAHEAD,
    )
    ema: float = knob(
        0.998,
        "Weight average",
        "Memory of the running average of weights that all plots use; 0 uses the "
        "weights themselves.",
        ge=0,
        le=0.99999,
        apply="live",
        formula=r"\bar\theta \leftarrow d \, \bar\theta + (1 - d) \, \theta",
        group="Training",
    )
    threads: int = knob(
        0,
        "CPU threads",
        "Threads of a step on the CPU; 0 chooses by measuring.",
        ge=0,
        le=64,
        slider=(0, 8),
        apply="live",
        group="Training",
    )

    def rate(self, step: int, length: int) -> float:
        """Learning rate of step number ``step`` (from 0) of ``length`` steps."""
        factor = 1.0
        if self.schedule == "cosine":
            factor = 0.5 * (1 + math.cos(math.pi * min(1.0, step / max(1, length))))
        if self.warmup:
            factor *= min(1.0, (step + 1) / self.warmup)
        return self.learning_rate * factor
