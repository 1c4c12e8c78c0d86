r"""The exact reference: what a perfect network would answer, with nothing to learn.

A mixture of Gaussians with means mu_k, weights pi_k and variance v stays one when it is
noised, :math:`x_t = \alpha x_{data} + \sigma \epsilon`, so every answer is a formula:

.. math::
    p_t(x) = \sum_k \pi_k \, N(x; \alpha \mu_k, \alpha^2 v + \sigma^2), \qquad
    m = E[\mu_k | x], \qquad
    \nabla \ln p_t = -\frac{x - \alpha m}{\alpha^2 v + \sigma^2}

Data whose density is no such mixture are taken as a narrow Gaussian on each of many
training points. That is the optimum of every diffusion model on those points, which
only repeats them: what real models do better is their error.

Guidance by the exact classifier, :math:`\nabla \ln p + w \nabla \ln p(c | x)`
(Dhariwal & Nichol 2021, 2105.05233), and classifier-free guidance are one and the same
here, since :math:`\nabla \ln p(c | x) = \nabla \ln p(x | c) - \nabla \ln p(x)`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

import torch
from torch import Generator, Tensor, nn

from engine.models.base import Batch, Card, Denoised, DensityKind
from engine.models.guided import GuidedModel
from engine.nets.diffusion_path import DiffusionPathConfig, diffusion_path
from engine.nets.flow_density import DensityConfig, flow_log_prob
from engine.nets.guided_field import MOST_LABELS
from engine.sampling.likelihood import scaled_normal_log_prob
from engine.sampling.path import GaussianPath, LinearPath, TrigPath
from engine.sampling.targets import column
from engine.settings import knob

if TYPE_CHECKING:
    from engine.data.load import Data

_CHOSEN = {"label": list(range(1, MOST_LABELS + 1))}


class OracleConfig(DensityConfig, DiffusionPathConfig):
    """Settings of :class:`Oracle`."""

    sde: Literal["linear", "trigonometric", "vp", "sub_vp", "ve"] = knob(  # type: ignore[assignment]
        "linear",
        "Path",
        "How data and noise are mixed on the way.",
        group="Noise",
        choices={
            "linear": "Straight",
            "trigonometric": "Trigonometric",
            "vp": "Variance preserving",
            "sub_vp": "Sub-VP",
            "ve": "Variance exploding",
        },
    )
    reference: Literal["density", "points"] = knob(
        "density",
        "Reference",
        "The data's own density where it is a mixture of Gaussians, or the training "
        "points alone.",
        group="Reference",
        choices={"density": "Density", "points": "Training points"},
    )
    kernels: int = knob(
        1000,
        "Kernels",
        "Training points that carry a Gaussian each; also used for data whose density "
        "is no mixture.",
        ge=10,
        le=5000,
        unit="points",
        scale="log",
        group="Reference",
        shown_if={"reference": ["points"]},
    )
    width: float = knob(
        0.05,
        "Kernel width",
        "Standard deviation of those Gaussians, in standard deviations of the data.",
        ge=0.005,
        le=0.5,
        scale="log",
        symbol="h",
        group="Reference",
        shown_if={"reference": ["points"]},
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
    )
    guidance: float = knob(
        1.0,
        "Guidance",
        "0 ignores the class, 1 is its exact density, more exaggerates it.",
        ge=0,
        le=10,
        apply="live",
        symbol="w",
        formula=r"\nabla \ln p(x) + w\,\nabla \ln p(c | x)",
        group="Classes",
        shown_if=_CHOSEN,
    )
    density_steps: int = knob(
        50,
        "Density steps",
        "Steps of that solver, needed with guidance other than 0 and 1 alone; "
        "otherwise the density is a formula.",
        ge=4,
        le=500,
        unit="steps",
        apply="live",
        scale="log",
        group="Log-density",
        shown_if={"density_solver": ["euler", "heun", "rk4"]},
    )


class Oracle(GuidedModel):
    """The exact process of a mixture of Gaussians."""

    name = "oracle"
    card = Card(
        title="Exact reference",
        family="Diffusion and flow matching",
        paper="Karras et al. 2022",
        arxiv="2206.00364",
        formula=(
            r"\nabla \ln p_t(x) = -\frac{x - \alpha\,E[\mu_k | x]}"
            r"{\alpha^2 v + \sigma^2}"
        ),
        summary="Knows the score and the density at every noise level without any "
        "training: what is left of error comes from the sampler alone.",
    )
    Config = OracleConfig
    training_defaults: ClassVar = {"steps": 1, "ema": 0.0}
    default_sampler = "heun"
    default_sampler_settings: ClassVar = {"steps": 50}

    centres: Tensor
    variance: Tensor
    log_weights: Tensor
    labels: Tensor

    def __init__(self, config: OracleConfig, dim: int = 2, classes: int = 0) -> None:
        super().__init__(config, dim, classes)
        # Nothing to learn, but a model's parameters say where it lives.
        self.place = nn.Parameter(torch.zeros(0), requires_grad=False)
        for name in ("centres", "variance", "log_weights", "labels"):
            self.register_buffer(name, torch.zeros(0), persistent=False)

    # What it knows

    def players(self) -> dict[str, list[nn.Parameter]]:
        """Nobody learns."""
        return {}

    def losses(self, player: str, batch: Batch) -> dict[str, Tensor]:
        """There is no loss, as there is no player."""
        raise KeyError(player)

    def meet(self, data: "Data") -> None:
        """Take over the mixture that the data set is, in training coordinates."""
        mixture = data.source.mixture()
        if mixture is None or self.config.reference == "points":
            return
        scaling = data.scaling
        self._know(
            scaling.standardise(mixture.centres),
            (mixture.std / scaling.std).square(),
            mixture.weights.log(),
            mixture.labels,
        )

    def initialise(self, columns: Mapping[str, Tensor], generator: Generator) -> None:
        """Without a known mixture: one narrow Gaussian on each of some points."""
        if len(self.centres) == 0:
            self.renew(columns, generator)

    def renew(self, columns: Mapping[str, Tensor], generator: Generator) -> None:
        """One narrow Gaussian on each of some points."""
        x, labels, where = columns["x"], columns["labels"], generator.device
        order = torch.randperm(len(x), generator=generator, device=where)
        rows = order[: self.config.kernels].to(x.device)
        count, width = len(rows), x.new_full((self.dim,), self.config.width)
        equal = x.new_full((count,), 1 / count).log()
        self._know(x[rows], width.square(), equal, labels[rows])

    def _know(
        self, centres: Tensor, variance: Tensor, log_weights: Tensor, labels: Tensor
    ) -> None:
        self.centres = centres.to(self.device, self.dtype)
        self.variance = variance.to(self.device, self.dtype)
        self.log_weights = log_weights.to(self.device, self.dtype)
        self.labels = labels.to(self.device)

    # The formulas

    def _mixed(self, x: Tensor, t: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Signal, noise, and variance of one component at x, columns or 0-dim."""
        alpha, sigma = column(self.path.alpha(t)), column(self.path.sigma(t))
        return alpha, sigma, alpha.square() * self.variance.to(x) + sigma.square()

    def _log_parts(self, x: Tensor, t: Tensor, label: int) -> Tensor:
        """Log of weight times density (n, k) of each component of a class.

        Without the terms that all components share.
        """
        alpha, _, variance = self._mixed(x, t)
        centres, log_weights = self.centres.to(x), self.log_weights.to(x)
        square = (alpha.square() / variance).expand_as(x) @ centres.square().T
        parts = (alpha * x / variance) @ centres.T - square / 2 + log_weights
        if label:
            parts = parts.masked_fill(self.labels != label - 1, -torch.inf)
        return parts

    def mean_centre(self, x: Tensor, t: Tensor) -> Tensor:
        """The m (n, dim) of the formula, guided as set."""
        label, w = self._class(), self.config.guidance
        if not label or w == 0:
            return self._mean(x, t, 0)
        bound = self._mean(x, t, label)
        if w == 1:
            return bound
        free = self._mean(x, t, 0)
        guided: Tensor = free + w * (bound - free)
        return guided

    def _class(self) -> int:
        """Number of the class that is drawn, 0 for all; past the last is the last.

        A class of which there is no point, as drawings may have, stands for all.
        """
        label = min(int(self.config.label), int(self.labels.max()) + 1)
        return label if bool((self.labels == label - 1).any()) else 0

    @property
    def knows_classes(self) -> bool:
        """Each Gaussian has its class."""
        return True

    def guided_class(self) -> int | None:
        """The class that is drawn, counted from 0; None for all the data."""
        chosen = self._class()
        return chosen - 1 if chosen else None

    def drawn_class(self) -> int | None:
        """The class that is followed, unless its weight is 0."""
        return self.guided_class() if self.config.guidance else None

    def guidance_at(self, t: float) -> float:
        """The same weight at all times."""
        del t
        return float(self.config.guidance)

    def _mean(self, x: Tensor, t: Tensor, label: int) -> Tensor:
        return self._log_parts(x, t, label).softmax(1) @ self.centres.to(x)

    def log_density(self, x: Tensor, t: Tensor, label: int = 0) -> Tensor:
        """Log p_t (n,) in nats at x (n, dim), of one class if ``label`` is not 0."""
        _, _, variance = self._mixed(x, t)
        parts = self._log_parts(x, t, label).logsumexp(1)
        if label:
            chosen = self.log_weights[self.labels == label - 1]
            parts = parts - chosen.to(x).logsumexp(0)
        rest = x.square() / variance + (2 * torch.pi * variance).log()
        return parts - rest.sum(1) / 2

    # Process

    @property
    def path(self) -> GaussianPath:
        """Signal and noise as set."""
        if self.config.sde == "linear":
            return LinearPath()
        return TrigPath() if self.config.sde == "trigonometric" else self._diffusion()

    def _diffusion(self) -> GaussianPath:
        return diffusion_path(self.config)

    @property
    def calls(self) -> int:
        """Guidance needs the formula twice."""
        return 2 if self.config.label and self.config.guidance not in (0.0, 1.0) else 1

    def _start_std(self) -> float:
        return float(self.path.sigma(torch.zeros(())))

    def start(self, n: int, generator: Generator) -> Tensor:
        """Normal noise of the size at the noisy end, (n, dim)."""
        return self._start_std() * self.normal((n, self.dim), generator)

    def denoised(self, x: Tensor, t: Tensor) -> Denoised:
        """Mean of the data point and of the noise at (x, t)."""
        alpha, sigma, variance = self._mixed(x, t)
        m = self.mean_centre(x, t)
        pull = (x - alpha * m) / variance
        return Denoised(m + alpha * self.variance.to(x) * pull, sigma * pull)

    def score(self, x: Tensor, t: Tensor) -> Tensor:
        """Gradient of log p_t, (n, dim)."""
        alpha, _, variance = self._mixed(x, t)
        return (alpha * self.mean_centre(x, t) - x) / variance

    def velocity(self, x: Tensor, t: Tensor) -> Tensor:
        """The probability-flow ODE, (n, dim)."""
        if self.config.sde in ("linear", "trigonometric"):
            guess, path = self.denoised(x, t), self.path
            d_alpha, d_sigma = column(path.d_alpha(t)), column(path.d_sigma(t))
            return d_alpha * guess.x_data + d_sigma * guess.eps
        growth, noise_rate = (column(c) for c in self.path.reverse_rates(t))
        return growth * x + noise_rate / 2 * self.score(x, t)

    # Density

    @property
    def density_kind(self) -> DensityKind:
        """Exact, by formula or by an ODE with the exact trace."""
        guided = self.calls == 2 and self.config.density_trace == "hutchinson"
        return "estimate" if guided else "exact"

    @property
    def density_note(self) -> str:
        """How the number is made."""
        return "guided ODE" if self.calls == 2 else "closed form"

    def log_prob(self, x: Tensor, generator: Generator, effort: float = 1.0) -> Tensor:
        """Log-density (n,) of the data, or of what guidance makes of them."""
        if self.calls == 2:
            base = self.start_log_prob
            return flow_log_prob(self.velocity, x, self.config, generator, effort, base)
        label = self._class() if self.config.guidance else 0
        return self.log_density(x, torch.ones((), device=x.device).to(x), label)

    def start_log_prob(self, x: Tensor) -> Tensor:
        """Log-density (n,) of the noise at the noisy end."""
        return scaled_normal_log_prob(x, self._start_std())
