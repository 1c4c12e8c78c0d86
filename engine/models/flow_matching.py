r"""Flow matching: regress the speed of points on any path from a source to the data.

.. math::
    x_t &= \alpha(t) \, x_1 + \sigma(t) \, x_0, \qquad
    u_t = \dot\alpha(t) \, x_1 + \dot\sigma(t) \, x_0 \\
    L(\theta) &= E \, \| v_\theta(x_t, t) - u_t \|^2

The optimum is the mean of u_t at a place, whose flow has the same densities as the
path. Lipman's path has alpha = t, sigma = 1 - (1 - s) t; the trigonometric interpolant
has sin and cos of pi t / 2. The source x_0 may be noise or any other cloud of points.
Pairing x_0 and x_1 by optimal transport inside each batch straightens the paths
without a second training.

Lipman et al. 2022, 2210.02747; Albergo & Vanden-Eijnden 2022, 2209.15571; Tong et al.
2023, 2302.00482.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from engine import registry
from engine.metrics.density_kde import KernelDensity, likelihood_factor
from engine.models.base import Batch, Card, Denoised, DensityKind, Draw
from engine.models.guided import GuidedModel
from engine.nets.clock import ClockConfig, clock_of
from engine.nets.flow_density import (
    DensityConfig,
    density_kind,
    density_note,
    flow_log_prob,
)
from engine.nets.guided_field import GuidedConfig, GuidedField
from engine.nets.preconditioning import PreconditionConfig, scalings
from engine.nets.training_times import (
    TimesConfig,
    time_density,
    training_times,
)
from engine.sampling.coupling import paired_source
from engine.sampling.likelihood import normal_log_prob
from engine.sampling.path import BlurredPath, GaussianPath, TrigPath
from engine.sampling.targets import Target, column, pair_of, target_of
from engine.settings import knob

if TYPE_CHECKING:
    from engine.data.base import DataSet, Scaling
    from engine.data.load import Data

Source = Literal[
    "normal", "eight_gaussians", "gaussian_grid", "two_moons", "checkerboard",
    "rings", "pinwheel", "two_spirals", "swiss_roll", "s_curve", "banana", "iris",
    "wine", "digits",
]  # fmt: skip
#: Beyond this time the score is that of this time: the division by sigma would turn
#: the network's last errors into arrows of any length.
LAST_SCORE_TIME = 0.99
#: Source points behind a kernel estimate, where the source's density is not known.
KERNELS = 2000


class FlowMatchingConfig(
    DensityConfig, TimesConfig, PreconditionConfig, ClockConfig, GuidedConfig
):
    """Settings of :class:`FlowMatching`."""

    first: ClassVar[tuple[str, ...]] = ("coupling", "source", "width")

    interpolant: Literal["linear", "trigonometric"] = knob(
        "linear",
        "Path",
        "Straight lines, or quarter circles that keep the spread of normal data.",
        group="Path",
        choices={"linear": "Straight", "trigonometric": "Trigonometric"},
    )
    blur: float = knob(
        0.0,
        "End blur",
        "Standard deviation that the path keeps round each data point.",
        ge=0,
        le=0.2,
        symbol=r"\sigma",
        formula=r"\sigma(t) = 1 - (1 - \sigma)\,t",
        group="Path",
        shown_if={"interpolant": ["linear"]},
    )
    source: Source = knob(
        "normal",
        "Source",
        "Where the paths begin: noise, or the points of another data set. Samplers "
        "that follow a score need noise.",
        symbol="x_0",
        group="Path",
        choices={
            "normal": "Normal noise",
            "eight_gaussians": "Eight Gaussians",
            "gaussian_grid": "Gaussian grid",
            "two_moons": "Two moons",
            "checkerboard": "Checkerboard",
            "rings": "Rings",
            "pinwheel": "Pinwheel",
            "two_spirals": "Two spirals",
            "swiss_roll": "Swiss roll",
            "s_curve": "S curve",
            "banana": "Banana",
            "iris": "Iris",
            "wine": "Wine",
            "digits": "Digits",
        },
    )
    coupling: Literal["independent", "optimal"] = knob(
        "independent",
        "Coupling",
        "Which source point goes to which data point: any to any, or by optimal "
        "transport within a batch, slower and much straighter.",
        apply="live",
        group="Path",
        choices={"independent": "Independent", "optimal": "Optimal transport"},
    )
    coupling_batch: int = knob(
        256,
        "Coupling batch",
        "Points that are paired with each other; the time grows with the cube.",
        ge=2,
        le=1024,
        unit="points",
        apply="live",
        scale="log",
        group="Path",
        slider=(32, 1024),
        shown_if={"coupling": ["optimal"]},
    )


class FlowMatching(GuidedModel):
    """A velocity field that carries a source to the data along chosen paths."""

    name = "flow_matching"
    card = Card(
        title="Flow matching",
        family="Diffusion and flow matching",
        paper="Lipman et al. 2022",
        arxiv="2210.02747",
        formula=(
            r"\min_\theta E\,\| v_\theta(x_t, t) - (\dot\alpha\,x_1 + "
            r"\dot\sigma\,x_0) \|^2,\quad x_t = \alpha\,x_1 + \sigma\,x_0"
        ),
        summary="Learns the velocity of a path from any cloud of points to the data; "
        "optimal transport pairs them so that the paths hardly bend.",
    )
    Config = FlowMatchingConfig
    training_defaults: ClassVar = {
        "learning_rate": 2e-3,
        "schedule": "cosine",
        "ema": 0.999,
        "batch_size": 512,
        "steps": 12000,
    }
    default_sampler = "heun"
    term_titles: ClassVar = {"loss": "velocity error"}
    default_sampler_settings: ClassVar = {"steps": 25}

    def __init__(
        self, config: FlowMatchingConfig, dim: int = 2, classes: int = 0
    ) -> None:
        super().__init__(config, dim, classes)
        self.field = GuidedField(dim, config, classes)
        self._cloud = torch.empty(0, dim)
        self._scaling: Scaling | None = None

    # Training

    def path_ends(self) -> tuple[str, str]:
        """The source is not always noise."""
        return "noise" if self.config.source == "normal" else "source", "data"

    def companions(self) -> dict[str, str]:
        """The source, where it is not noise."""
        name = self.config.source
        return {} if name == "normal" else {"x_0": name}

    def meet(self, data: "Data") -> None:
        """The scaling of the data is needed for the density of the source."""
        self._scaling = data.scaling

    def initialise(self, columns: Mapping[str, Tensor], generator: Generator) -> None:
        """Keep the source's points, since sampling begins from them."""
        del generator
        if "x_0" in columns:
            self._cloud = columns["x_0"]

    def noise(self, player: str) -> dict[str, Draw]:
        """The source end of each path and the place on it."""
        del player
        draws = {"x_0": Draw("normal", (self.dim,)), "t": Draw("uniform")}
        return {**draws, **self.field.draws()}

    def couples(self, player: str) -> bool:
        """Only for optimal transport."""
        del player
        return bool(self.config.coupling == "optimal")

    def pair(self, player: str, batch: Batch) -> dict[str, Tensor]:
        """The source points of the batch, each put beside its data point."""
        del player
        source = batch.extra.get("x_0", batch.noise["x_0"])
        return {"x_0": paired_source(source, batch.x, self.config.coupling_batch)}

    def losses(self, player: str, batch: Batch) -> dict[str, Tensor]:
        """Squared error of the velocity, mean over points and coordinates."""
        del player
        x_0 = batch.noise["x_0"]
        if "x_0" in batch.extra and self.config.coupling == "independent":
            x_0 = batch.extra["x_0"]
        t, path = self.batch_times(batch.noise), self.path
        x_t = column(path.alpha(t)) * batch.x + column(path.sigma(t)) * x_0
        target = target_of("u", path, t, batch.x, x_0)
        clock = clock_of(t, path, self.config)
        skip, out, into = (column(c) for c in scalings(t, path, self.config))
        added = self.field.learn(into * x_t, clock, batch, self.config)
        guess = skip * x_t + out * added
        return {"loss": F.mse_loss(guess, target)}

    def coupling_in_training(self) -> tuple[str, int]:
        """As set; only optimal transport pairs points inside a batch."""
        return self.config.coupling, int(self.config.coupling_batch)

    def aim(self) -> Target | None:
        """The velocity."""
        return "u"

    def batch_times(self, noise: Mapping[str, Tensor]) -> Tensor:
        """Times (b,) of a batch."""
        return training_times(noise["t"], self.config)

    def visit_density(self, t: Tensor) -> Tensor:
        """Their density (n,), exact."""
        return time_density(t, self.config)

    # Process

    @property
    def path(self) -> GaussianPath:
        """The path of one point, from source to data."""
        if self.config.interpolant == "trigonometric":
            return TrigPath()
        return BlurredPath(self.config.blur)

    @property
    def calls(self) -> int:
        """Evaluations of the network for one of the process."""
        return self.field.calls(self.config)

    def start(self, n: int, generator: Generator) -> Tensor:
        """Points of the source, (n, dim)."""
        if not len(self._cloud):
            return self.normal((n, self.dim), generator)
        size, where = len(self._cloud), generator.device
        rows = torch.randint(size, (n,), generator=generator, device=where)
        return self._cloud[rows.to(self._cloud.device)].to(self.device, self.dtype)

    def velocity(self, x: Tensor, t: Tensor) -> Tensor:
        """The straight guess and what the network adds, guided if so set, (n, dim)."""
        path = self.path
        clock = clock_of(t, path, self.config)
        skip, out, into = (column(c) for c in scalings(t, path, self.config))
        added = self.field.guided(into * x, clock, self.config, moment=t)
        return skip * x + out * added

    def denoised(self, x: Tensor, t: Tensor) -> Denoised:
        """Data and source point that lie at x and move with the velocity there."""
        return Denoised(*pair_of("u", self.path, t, x, self.velocity(x, t)))

    def score(self, x: Tensor, t: Tensor) -> Tensor:
        """-x_0 / sigma, with the time held at 0.99; from noise alone is it a score."""
        t = t.clamp(max=LAST_SCORE_TIME)
        return -self.denoised(x, t).eps / column(self.path.sigma(t))

    # Density

    @property
    def density_kind(self) -> DensityKind:
        """Exact, unless the trace or the source's density is an estimate."""
        known = self.config.source == "normal" or self._source_is_known()
        return density_kind(self.config) if known else "estimate"

    @property
    def density_note(self) -> str:
        """How the number is made."""
        return density_note(self.config)

    def log_prob(self, x: Tensor, generator: Generator, effort: float = 1.0) -> Tensor:
        """Log-density (n,) by integrating the divergence along the flow."""
        return flow_log_prob(
            self.velocity,
            x,
            self.config,
            generator,
            effort,
            self.start_log_prob,
            spacing="quadratic",  # the field is steepest where the noise ends
        )

    def start_log_prob(self, x: Tensor) -> Tensor:
        """Log-density (n,) of the source at x (n, dim), in training coordinates."""
        if not len(self._cloud):
            return normal_log_prob(x)
        if self._scaling is None or not self._source_is_known():
            cloud = self._cloud[:KERNELS].to(x)
            factor = likelihood_factor(cloud, torch.Generator().manual_seed(0))
            return KernelDensity(cloud, factor).log_prob(x)
        place = self._scaling.restore(x.double().cpu())
        found = self._source().log_prob(place)
        assert found is not None
        return (found - self._scaling.log_det).to(x)

    def _source(self) -> "DataSet":
        kind = registry.data_set(self.config.source)
        return kind(kind.Config())

    def _source_is_known(self) -> bool:
        x = torch.zeros(1, self.dim, dtype=torch.float64)
        return self._scaling is not None and self._source().log_prob(x) is not None
