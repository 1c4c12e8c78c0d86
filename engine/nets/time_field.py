"""The network f(x, t) behind every process model, and its settings."""

from typing import Any

import torch
from torch import Tensor, nn

from engine.models.base import ModelConfig
from engine.nets.embeddings import (
    TIME_LABELS,
    TimeEmbedding,
    Waves,
    frequency_ladder,
    time_frequencies,
)
from engine.nets.mlp import ACTIVATION_LABELS, MLP, Activation
from engine.nets.wave_settings import low_frequency_knob, waved
from engine.settings import knob

_TIMED: dict[str, list[Any]] = {"time_embedding": ["sinusoidal", "fourier", "learned"]}


class FieldConfig(ModelConfig):
    """Settings of a :class:`TimeField`."""

    width: int = knob(
        128,
        "Width",
        "Units in each hidden layer.",
        ge=8,
        le=1024,
        unit="units",
        scale="log",
        group="Network",
    )
    depth: int = knob(
        3, "Depth", "Hidden layers.", ge=1, le=8, unit="layers", group="Network"
    )
    activation: Activation = knob(
        "silu",
        "Activation",
        "The bend after each hidden layer.",
        group="Network",
        choices=ACTIVATION_LABELS,
    )
    residual: bool = knob(
        True,
        "Residual",
        "Let each hidden layer add to its input instead of replacing it.",
        group="Network",
    )
    time_embedding: TimeEmbedding = knob(
        "sinusoidal",
        "Time input",
        "How the network is told the time.",
        group="Network",
        choices=TIME_LABELS,
    )
    time_features: int = knob(
        16,
        "Time features",
        "Sines and cosines of the time.",
        ge=2,
        le=128,
        group="Network",
        shown_if=_TIMED,
    )
    time_frequency: float = knob(
        64.0,
        "Finest time wave",
        "Highest frequency of the time waves; of learned ones only the first value.",
        ge=1,
        le=500,
        unit="rad",
        scale="log",
        symbol=r"\omega_t",
        group="Network",
        shown_if=_TIMED,
    )
    time_low: float = knob(
        1.0,
        "Lowest time wave",
        "Lowest frequency of the time waves, where they stand in a row.",
        ge=0.05,
        le=1,
        unit="rad",
        scale="log",
        group="Network",
        shown_if={"time_embedding": ["sinusoidal", "learned"]},
    )
    waves: int = knob(
        12,
        "Waves per axis",
        "Sines and cosines of each coordinate given to the "
        "network beside the coordinate itself; 0 gives the plain network.",
        ge=0,
        le=32,
        group="Network",
    )
    top_frequency: float = knob(
        12.0,
        "Finest wave",
        "Highest frequency of the coordinate waves: higher draws "
        "finer detail and throws more stray points.",
        ge=1,
        le=50,
        unit="rad",
        scale="log",
        symbol=r"\omega_{max}",
        group="Network",
        shown_if=waved(32, least=2),
    )
    low_frequency: float = low_frequency_knob(32)


class TimeField(nn.Module):
    """f(x, t): waves of the coordinates and of time, then a perceptron.

    Args:
        dim: Coordinates of a point.
        config: Size and embeddings.
        zero_last: Start from f = 0.
        context: Numbers per point that the network sees beside x and t.
    """

    def __init__(
        self, dim: int, config: FieldConfig, *, zero_last: bool = True, context: int = 0
    ) -> None:
        super().__init__()
        space = (
            frequency_ladder(config.low_frequency, config.top_frequency, config.waves)
            if config.waves
            else torch.empty(0)
        )
        kind, count = config.time_embedding, config.time_features // 2
        time = time_frequencies(kind, count, config.time_frequency, config.time_low)
        self.features = Waves([space] * dim + [time], learn_last=kind == "learned")
        self.mlp = MLP(
            self.features.sizes_out + context,
            dim,
            config.width,
            config.depth,
            config.activation,
            zero_last,
            residual=config.residual,
        )

    def forward(self, x: Tensor, t: Tensor, context: Tensor | None = None) -> Tensor:
        """Values (n, dim) at points x (n, dim) and times t, (n,) or 0-dim."""
        column = t[:, None] if t.dim() else t.expand(len(x), 1)
        features = self.features(torch.cat([x, column], 1))
        if context is not None:
            features = torch.cat([features, context], 1)
        return self.mlp(features)  # type: ignore[no-any-return]
