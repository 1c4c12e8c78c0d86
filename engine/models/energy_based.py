r"""Energy-based model: push the energy down at data and up at the model's own points.

.. math::
    p_\theta(x) &= e^{-E_\theta(x)} / Z_\theta, \qquad
    E_\theta(x) = f_\theta(x) + \tfrac c2 \| x \|^2 \\
    -\nabla_\theta \ln p &= E_{data} \nabla_\theta E_\theta
        - E_{model} \nabla_\theta E_\theta

The points of the model are walkers (:mod:`engine.sampling.walkers`) that live on from
step to step: the walkers of a step go a little way on, then the loss compares their
energy with that of the data. A small share begins anew from noise each time. The bowl
c keeps the density finite where there are no data. In two dimensions Z is a sum over a
grid, so the density is known up to the error of that sum.

LeCun et al. 2006; Du & Mordatch 2019, https://arxiv.org/abs/1903.08689; walkers that
live on: Tieleman 2008.
"""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Generator, Tensor, nn

from engine.models.base import (
    Batch,
    Card,
    DensityKind,
    Draw,
    GenerativeModel,
    ModelConfig,
)
from engine.nets.embeddings import Waves, frequency_ladder
from engine.nets.mlp import ACTIVATION_LABELS, MLP, Activation
from engine.nets.wave_settings import low_frequency_knob, waved
from engine.sampling.walkers import walk
from engine.settings import knob

#: Half the side of the square that the grid covers, where the data have spread 1.
HALF_SIDE = 6.0
#: Rows of the network per call on the grid; larger tensors page-fault.
ROWS = 4096


class EnergyConfig(ModelConfig):
    """Settings of :class:`EnergyBased`."""

    first: ClassVar[tuple[str, ...]] = ("langevin_steps", "eta", "width")

    width: int = knob(
        64,
        "Width",
        "Units per hidden layer.",
        ge=8,
        le=512,
        unit="units",
        scale="log",
        group="Network",
    )
    depth: int = knob(
        2, "Depth", "Hidden layers.", ge=1, le=6, unit="layers", group="Network"
    )
    activation: Activation = knob(
        "silu",
        "Activation",
        "The bend after each hidden layer.",
        group="Network",
        choices=ACTIVATION_LABELS,
    )
    waves: int = knob(
        6,
        "Waves per axis",
        "Sines and cosines of each coordinate given to the network beside the "
        "coordinate itself; 0 gives the plain network.",
        ge=0,
        le=32,
        group="Network",
    )
    top_frequency: float = knob(
        6.0,
        "Finest wave",
        "Highest frequency of the waves: higher draws finer detail.",
        ge=1,
        le=50,
        unit="rad",
        scale="log",
        symbol=r"\omega_{max}",
        group="Network",
        shown_if=waved(32, least=2),
    )
    low_frequency: float = low_frequency_knob(32)
    bowl: float = knob(
        0.5,
        "Bowl",
        "Energy that grows with the distance from the centre, so that far points stay "
        "unlikely.",
        ge=0.01,
        le=2,
        symbol="c",
        formula=r"\tfrac c2 \| x \|^2",
        group="Network",
    )
    langevin_steps: int = knob(
        20,
        "Langevin steps",
        "Moves of the walkers before each training step.",
        ge=1,
        le=200,
        unit="steps",
        scale="log",
        apply="live",
        group="Walkers",
    )
    eta: float = knob(
        0.01,
        "Step size",
        "Size of a walker's move; too large and most moves are refused or overshoot.",
        ge=0.001,
        le=0.1,
        scale="log",
        apply="live",
        symbol=r"\eta",
        formula=r"x - \eta \nabla E + \sqrt{2\eta}\,\xi",
        group="Walkers",
    )
    checked: bool = knob(
        True,
        "Metropolis check",
        "Refuse moves so that the walkers follow the density exactly at any step size.",
        apply="live",
        group="Walkers",
    )
    walkers: int = knob(
        10_000,
        "Walkers",
        "Walkers that live on from step to step; each step moves a batch of them.",
        ge=256,
        le=50_000,
        scale="log",
        group="Walkers",
    )
    fresh: float = knob(
        0.05,
        "Fresh walkers",
        "Share of moved walkers that begin anew from noise.",
        ge=0,
        le=1,
        apply="live",
        group="Walkers",
    )
    penalty: float = knob(
        0.1,
        "Energy penalty",
        "Price of large energies, which keeps the surface from drifting.",
        ge=0,
        le=1,
        apply="live",
        symbol=r"\alpha",
        formula=r"\alpha\,E\,(f(x)^2 + f(\tilde x)^2)",
        group="Training",
    )
    sample_from: Literal["walkers", "grid"] = knob(
        "walkers",
        "Samples from",
        "Walkers show what the training saw; the grid shows the density itself.",
        apply="live",
        choices={"walkers": "Walkers", "grid": "Grid"},
        group="Sampler",
    )
    sample_steps: int = knob(
        100,
        "Further steps",
        "Moves of the walkers before they are shown.",
        ge=0,
        le=1000,
        unit="steps",
        apply="live",
        shown_if={"sample_from": ["walkers"]},
        group="Sampler",
    )
    cells: int = knob(
        200,
        "Grid cells",
        "Cells along each axis of the grid that sums up the density.",
        ge=50,
        le=500,
        apply="live",
        group="Density",
    )


class EnergyBased(GenerativeModel):
    """A surface of energy, shaped against walkers that live on it."""

    name: ClassVar[str] = "energy_based"
    card: ClassVar[Card] = Card(
        title="Energy-based model",
        short="EBM",
        family="Energy-based model",
        paper="Du & Mordatch 2019",
        arxiv="1903.08689",
        formula=(
            r"\nabla_\theta L = E_{data} \nabla_\theta E_\theta"
            r" - E_{model} \nabla_\theta E_\theta"
        ),
        summary="Learns a landscape that is low where the data are; random walkers "
        "show where else it is low, and it rises there.",
    )
    Config: ClassVar[type[ModelConfig]] = EnergyConfig
    training_defaults: ClassVar[Mapping[str, Any]] = {
        "learning_rate": 2e-3,
        "schedule": "cosine",
        "clip": 5.0,
        "ema": 0.995,
        "batch_size": 256,
        "steps": 3000,
    }
    term_titles: ClassVar[Mapping[str, str]] = {
        "contrast": "data less walkers",
        "penalty": "energy penalty",
        "accepted": "accepted moves",
    }
    chains: Tensor

    def __init__(self, config: EnergyConfig, dim: int = 2, classes: int = 0) -> None:
        super().__init__(config, dim, classes)
        if dim > 2:
            raise ValueError("The grid of this model covers at most two columns.")
        ladder = (
            frequency_ladder(config.low_frequency, config.top_frequency, config.waves)
            if config.waves
            else torch.empty(0)
        )
        waves = Waves([ladder] * dim)
        mlp = MLP(
            waves.sizes_out,
            1,
            config.width,
            config.depth,
            config.activation,
            zero_last=True,
        )
        self.net = nn.Sequential(waves, *mlp)
        self.register_buffer("chains", torch.randn(config.walkers, dim))

    def initialise(self, columns: Mapping[str, Tensor], generator: Generator) -> None:
        """Walkers begin as noise as wide as the data."""
        del columns
        self.chains.copy_(self.normal(tuple(self.chains.shape), generator))

    # Energy and density

    def surface(self, x: Tensor) -> Tensor:
        """The learned part f (n,) of the energy at x (n, dim)."""
        return self.net(x)[:, 0]  # type: ignore[no-any-return]

    def energy(self, x: Tensor) -> Tensor:
        """Energy (n,) at x (n, dim); the density is e to minus this, up to a factor."""
        return self.surface(x) + 0.5 * self.config.bowl * x.square().sum(1)  # type: ignore[no-any-return]

    def grid(self, cells: int) -> Tensor:
        """Centres (cells^dim, dim) of the cells of the square."""
        edge = (torch.arange(cells, device=self.device) + 0.5) / cells
        axis = (2 * edge - 1).to(self.dtype) * HALF_SIDE
        return torch.cartesian_prod(*[axis] * self.dim).reshape(-1, self.dim)

    def grid_energy(self, grid: Tensor) -> Tensor:
        """Energies (m,) of a grid (m, dim), in chunks."""
        return torch.cat([self.energy(rows) for rows in torch.split(grid, ROWS)])

    def log_partition(self, cells: int) -> Tensor:
        """Logarithm of Z, 0-dim, as a sum over the grid."""
        log_cell = self.dim * math.log(2 * HALF_SIDE / cells)
        return torch.logsumexp(-self.grid_energy(self.grid(cells)), 0) + log_cell

    @property
    def density_kind(self) -> DensityKind:
        """Z is a sum over a grid."""
        return "estimate"

    @property
    def density_note(self) -> str:
        """How the density is known."""
        return f"Z by a sum over {self.config.cells} cells a side"

    def log_prob(self, x: Tensor, generator: Generator, effort: float = 1.0) -> Tensor:
        """Log-density (n,) in nats at x (n, dim); low effort takes a coarser grid."""
        del generator
        cells = max(50, round(self.config.cells * math.sqrt(effort)))
        return -self.energy(x) - self.log_partition(cells)

    # Training

    def noise(self, player: str) -> dict[str, Draw]:
        """Noise of the walkers' moves and checks, and the walkers that begin anew."""
        del player
        steps = self.config.langevin_steps
        return {
            "move": Draw("normal", (steps, self.dim)),
            "check": Draw("uniform", (steps,)),
            "birth": Draw("normal", (self.dim,)),
            "reborn": Draw("uniform"),
        }

    def prepare(self, player: str, batch: Batch) -> Batch:
        """Move the walkers whose turn it is, and put them beside the data."""
        del player
        config, noise = self.config, batch.noise
        size = len(batch.x)
        first = batch.step.long() * size
        rows = (first + torch.arange(size, device=self.device)) % len(self.chains)
        reborn = (noise["reborn"] < config.fresh)[:, None]
        x = torch.where(reborn, noise["birth"], self.chains.index_select(0, rows))
        check = noise["check"] if config.checked else None
        walked = walk(self.energy, x, noise["move"], config.eta, check)
        self.chains.index_copy_(0, rows, walked.x)
        extra = {**batch.extra, "walkers": walked.x, "accepted": walked.accepted}
        return dataclasses.replace(batch, extra=extra)

    def losses(self, player: str, batch: Batch) -> dict[str, Tensor]:
        """Surface at data less at walkers, its penalty, the share of accepted moves."""
        del player
        walkers = batch.extra["walkers"]
        # The bowl has no weights, so it adds nothing to any gradient.
        surface = self.surface(torch.cat((batch.x, walkers)))
        data, model = surface.chunk(2)
        contrast = data.mean() - model.mean()
        penalty = 2 * surface.square().mean()
        return {
            "loss": contrast + self.config.penalty * penalty,
            "contrast": contrast,
            "penalty": penalty,
            "accepted": batch.extra["accepted"].mean(),
        }

    # Samples

    def sample(self, n: int, generator: Generator) -> Tensor:
        """Walkers (n, dim) after further moves, or draws from the cells of the grid."""
        if self.config.sample_from == "grid":
            return self._sample_grid(n, generator)
        where = generator.device
        rows = torch.randint(len(self.chains), (n,), generator=generator, device=where)
        x = self.chains[rows.to(self.device)]
        for _ in range(self.config.sample_steps):
            move = self.normal((n, 1, self.dim), generator)
            check = torch.rand((n, 1), generator=generator, device=where).to(x)
            checked = check if self.config.checked else None
            x = walk(self.energy, x, move, self.config.eta, checked).x
        return x

    def _sample_grid(self, n: int, generator: Generator) -> Tensor:
        where, cells = generator.device, self.config.cells
        grid = self.grid(cells)
        share = torch.softmax(-self.grid_energy(grid), 0).to(where)
        cell = torch.multinomial(share, n, replacement=True, generator=generator)
        place = torch.rand((n, self.dim), generator=generator, device=where).to(grid)
        return grid[cell.to(self.device)] + (place - 0.5) * (2 * HALF_SIDE / cells)  # type: ignore[no-any-return]
