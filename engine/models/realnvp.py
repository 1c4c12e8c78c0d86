r"""RealNVP: an invertible map from data to noise, with an exact density.

.. math:: \ln p(x) = \ln N(f(x); 0, I) + \ln\left|\det \partial f / \partial x\right|

f is a chain of affine couplings (:mod:`engine.nets.coupling`); the two halves of the
coordinates take turns. Each coupling is a function of few numbers, so these are given
as waves too, which makes narrow gaps between modes cheap to learn. As in the paper f
leads from data x to noise z; what a person sees runs the other way, from t = 0 (noise)
to t = 1 (data).

Dinh, Sohl-Dickstein, Bengio, "Density estimation using Real NVP", 2016,
https://arxiv.org/abs/1605.08803.
"""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Generator, Tensor, nn

from engine.models.base import (
    Batch,
    Card,
    Codes,
    DensityKind,
    Draw,
    GenerativeModel,
    ModelConfig,
)
from engine.nets.coupling import AffineCoupling, CouplingShape
from engine.nets.mlp import ACTIVATION_LABELS, Activation
from engine.settings import knob


class RealNVPConfig(ModelConfig):
    """Settings of :class:`RealNVP`."""

    couplings: int = knob(
        12,
        "Couplings",
        "Layers of the flow; each bends one coordinate depending on the other.",
        ge=2,
        le=24,
        symbol="K",
    )
    width: int = knob(
        64,
        "Width",
        "Units per hidden layer of each coupling.",
        ge=16,
        le=256,
        unit="units",
        scale="log",
    )
    depth: int = knob(
        1,
        "Depth",
        "Hidden layers of each coupling.",
        ge=1,
        le=4,
        unit="layers",
    )
    waves: int = knob(
        8,
        "Waves",
        "Frequencies at which a coupling also sees its coordinate; more show finer "
        "detail, and with 0 it sees the plain number.",
        ge=0,
        le=16,
        formula=r"\sin \omega_k x, \; \cos \omega_k x",
    )
    bound: float = knob(
        2.0,
        "Scale bound",
        "A coupling stretches or squeezes by at most a factor of e to this power.",
        ge=0.5,
        le=5.0,
        symbol="|s|",
        formula=r"|s(x_a)| \le s_{max}",
    )
    activation: Activation = knob(
        "relu",
        "Activation",
        "Nonlinearity between hidden layers.",
        choices=ACTIVATION_LABELS,
    )


class RealNVP(GenerativeModel):
    """Normalising flow of affine couplings with the maximum likelihood loss."""

    name: ClassVar[str] = "realnvp"
    card: ClassVar[Card] = Card(
        title="RealNVP",
        family="Normalising flow",
        paper="Dinh et al. 2016",
        arxiv="1605.08803",
        formula=r"\ln p(x) = \ln N(f(x)) + \sum_k \sum s_k",
        summary="Bends the plane layer by layer, reversibly, until the data look like "
        "a round cloud of noise; the density of every point is known exactly.",
    )
    Config: ClassVar[type[ModelConfig]] = RealNVPConfig
    training_defaults: ClassVar[Mapping[str, Any]] = {
        "learning_rate": 2e-3,
        "schedule": "cosine",
        "clip": 1.0,
        "batch_size": 512,
        "steps": 6000,
    }

    def __init__(self, config: RealNVPConfig, dim: int = 2, classes: int = 0) -> None:
        super().__init__(config, dim, classes)
        if dim < 2:
            raise ValueError("RealNVP needs at least two columns: one bends the other.")
        self.split = dim // 2
        # The halves change places after each coupling, and with them the sizes.
        sizes = (self.split, dim - self.split)
        shape = CouplingShape(
            config.width, config.depth, config.activation, config.bound, config.waves
        )
        flow = [
            AffineCoupling(sizes[k % 2], sizes[1 - k % 2], shape)
            for k in range(config.couplings)
        ]
        # A plain list beside the registered one: indexing it costs nothing, and a type
        # checker knows what is in it.
        self.flow = tuple(flow)
        self.couplings = nn.ModuleList(flow)

    @property
    def latent_dim(self) -> int:
        """As many axes as the data have."""
        return self.dim

    @property
    def density_kind(self) -> DensityKind:
        """Change of variables: exact."""
        return "exact"

    @property
    def density_note(self) -> str:
        """How the density is known."""
        return "change of variables"

    def to_noise(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Noise z (n, dim) of points x (n, dim), and ln |det dz/dx| (n,)."""
        a, b = self._halves(x, 0)
        log_scales = []
        for coupling in self.flow:
            b, s = coupling(a, b)
            log_scales.append(s)
            a, b = b, a
        z = self._join(a, b, len(self.flow))
        return z, torch.cat(log_scales, dim=1).sum(dim=1)

    def to_data(self, z: Tensor) -> Tensor:
        """Points x (n, dim) of noise z (n, dim); the inverse of :meth:`to_noise`."""
        return self.layers(z)[-1]

    def layers(self, z: Tensor) -> list[Tensor]:
        """Points (n, dim): z, then after each coupling, the data last."""
        count = len(self.flow)
        a, b = self._halves(z, count)
        points = [z]
        for turns in reversed(range(count)):
            a, b = b, a
            b = self.flow[turns].inverse(a, b)
            points.append(self._join(a, b, turns))
        return points

    def _halves(self, x: Tensor, turns: int) -> tuple[Tensor, Tensor]:
        """The conditioning and the waiting half after that many changes of place."""
        first, second = x[:, : self.split], x[:, self.split :]
        return (second, first) if turns % 2 else (first, second)

    def _join(self, a: Tensor, b: Tensor, turns: int) -> Tensor:
        """Inverse of :meth:`_halves`."""
        return torch.cat((b, a) if turns % 2 else (a, b), dim=1)

    def noise(self, player: str) -> dict[str, Draw]:
        """None: the likelihood is exact."""
        del player
        return {}

    def losses(self, player: str, batch: Batch) -> dict[str, Tensor]:
        """Negative log-likelihood in nats per standardised point."""
        del player
        return {"loss": -self._log_prob(batch.x).mean()}

    def log_prob(self, x: Tensor, generator: Generator, effort: float = 1.0) -> Tensor:
        """Exact log-density (n,) in nats at x (n, dim)."""
        del generator, effort
        return self._log_prob(x)

    def _log_prob(self, x: Tensor) -> Tensor:
        z, log_det = self.to_noise(x)
        energy = 0.5 * z.square().sum(dim=1)
        return log_det - energy - 0.5 * self.dim * math.log(2 * math.pi)

    def sample(self, n: int, generator: Generator) -> Tensor:
        """Draw points, (n, dim)."""
        return self.to_data(self.normal((n, self.dim), generator))

    def decode(self, z: Tensor) -> Tensor:
        """Points (n, dim) of noise z (n, dim)."""
        return self.to_data(z)

    def encode(self, x: Tensor) -> Codes:
        """The one code of each point, (n, dim): a flow knows no uncertainty."""
        return Codes(self.to_noise(x)[0])
