"""The network f(x, t) behind every process model, and its settings."""

import torch
from torch import Tensor, nn

from engine.models.base import ModelConfig
from engine.nets.embeddings import (
    COORDINATE_LOW,
    TimeEmbedding,
    Waves,
    frequency_ladder,
    time_frequencies,
)
from engine.nets.mlp import ACTIVATION_LABELS, MLP, Activation
from engine.settings import knob


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
        choices={
            "sinusoidal": "Sinusoids",
            "fourier": "Random waves",
            "plain": "Plain t",
        },
    )
    time_features: int = knob(
        16,
        "Time features",
        "Sines and cosines of the time.",
        ge=2,
        le=128,
        group="Network",
        shown_if={"time_embedding": ["sinusoidal", "fourier"]},
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
    )


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
            frequency_ladder(COORDINATE_LOW, config.top_frequency, config.waves)
            if config.waves
            else torch.empty(0)
        )
        time = time_frequencies(config.time_embedding, config.time_features // 2)
        self.features = Waves([space] * dim + [time])
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
