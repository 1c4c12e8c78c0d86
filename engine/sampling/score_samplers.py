"""More samplers a person can choose: along the score, and in few steps."""

from torch import Generator, Tensor

from engine.models.base import Process
from engine.sampling import fast, stochastic
from engine.sampling.base import OnStep, Sampler
from engine.sampling.path import Grid
from engine.sampling.samplers import GRID_LABELS, FewStepsConfig, StepsConfig
from engine.settings import knob

_CHURNED = {"churn": [True]}


class DiffusionConfig(StepsConfig):
    """Settings of a walk with fresh noise in every step."""

    steps: int = knob(
        100,
        "Steps",
        "Steps from noise to data.",
        ge=1,
        le=1000,
        unit="steps",
        apply="live",
        scale="log",
        group="Sampler",
    )


class CorrectorConfig(DiffusionConfig):
    """Settings of the predictor-corrector sampler."""

    corrections: int = knob(
        1,
        "Corrector steps",
        "Langevin steps after each step of the diffusion; each costs an evaluation.",
        ge=0,
        le=5,
        unit="steps",
        apply="live",
        group="Sampler",
    )
    snr: float = knob(
        0.16,
        "Corrector size",
        "Length of a Langevin step against the noise in it.",
        ge=0.01,
        le=0.5,
        apply="live",
        scale="log",
        symbol="r",
        formula=r"\eta = 2\,(r\,\sigma)^2",
        group="Sampler",
        shown_if={"corrections": [1, 2, 3, 4, 5]},
    )


class LangevinConfig(StepsConfig):
    """Settings of annealed Langevin sampling."""

    steps: int = knob(
        10,
        "Noise levels",
        "Levels that the annealing visits, the last one without noise.",
        ge=2,
        le=200,
        unit="levels",
        apply="live",
        scale="log",
        group="Sampler",
    )
    inner_steps: int = knob(
        20,
        "Steps per level",
        "Langevin steps at each noise level.",
        ge=1,
        le=200,
        unit="steps",
        apply="live",
        scale="log",
        group="Sampler",
    )
    step_size: float = knob(
        0.1,
        "Step size",
        "Size of a Langevin step, as a share of the noise's variance; large steps "
        "widen the modes.",
        ge=1e-4,
        le=0.5,
        apply="live",
        scale="log",
        symbol=r"\eta",
        formula=r"x \leftarrow x + \eta\sigma^2 s + \sqrt{2 \eta \sigma^2}\,\xi",
        group="Sampler",
    )
    grid: Grid = knob(
        "log_snr",
        "Time grid",
        "How the levels are spread.",
        apply="live",
        group="Sampler",
        choices=GRID_LABELS,
    )


class EDMConfig(FewStepsConfig):
    """Settings of EDM's sampler; the defaults of the noise are the paper's."""

    steps: int = knob(
        18,
        "Steps",
        "Steps from noise to data; all but the last cost two evaluations.",
        ge=1,
        le=1000,
        unit="steps",
        apply="live",
        scale="log",
        group="Sampler",
    )
    grid: Grid = knob(
        "karras",
        "Time grid",
        "How the steps are spread over the noise levels.",
        apply="live",
        group="Sampler",
        choices=GRID_LABELS,
    )
    churn: bool = knob(
        False,
        "Churn",
        "Add fresh noise before each step and remove it again, which corrects "
        "earlier errors.",
        apply="live",
        group="Sampler",
    )
    churn_amount: float = knob(
        10.0,
        "Churn amount",
        "Fresh noise over all steps together; each step takes at most two fifths "
        "more than there is.",
        ge=0.1,
        le=100,
        apply="live",
        scale="log",
        symbol=r"S_{churn}",
        formula=r"\hat r = r\,(1 + \min(S_{churn} / N, \sqrt{2} - 1))",
        group="Sampler",
        shown_if=_CHURNED,
    )
    churn_low: float = knob(
        0.05,
        "Churn from",
        "Smallest noise-to-signal ratio at which noise is added.",
        ge=0,
        le=1,
        apply="live",
        symbol=r"S_{tmin}",
        group="Sampler",
        shown_if=_CHURNED,
    )
    churn_high: float = knob(
        50.0,
        "Churn up to",
        "Largest noise-to-signal ratio at which noise is added.",
        ge=0.1,
        le=100,
        apply="live",
        scale="log",
        symbol=r"S_{tmax}",
        group="Sampler",
        shown_if=_CHURNED,
    )
    churn_inflation: float = knob(
        1.003,
        "Churn inflation",
        "Standard deviation of the added noise relative to the right one; networks "
        "that remove too much need more.",
        ge=0.9,
        le=1.1,
        apply="live",
        symbol=r"S_{noise}",
        group="Sampler",
        shown_if=_CHURNED,
    )


class EulerMaruyama(Sampler):
    """The reverse diffusion itself."""

    name = "euler_maruyama"
    title = "Euler-Maruyama"
    description = "Euler steps of the reverse diffusion, with fresh noise in each."
    Config = DiffusionConfig
    order = 1
    stochastic = True

    def run(
        self,
        process: Process,
        x_0: Tensor,
        generator: Generator,
        on_step: OnStep | None = None,
    ) -> Tensor:
        """Walk from t = 0 to t = 1; one evaluation a step."""
        times = self.config.times(process)
        return stochastic.euler_maruyama(
            process.score, process.path, x_0, times, generator, on_step
        )


class PredictorCorrector(Sampler):
    """A diffusion step, then Langevin steps at the level reached."""

    name = "predictor_corrector"
    title = "Predictor-corrector"
    description = "Steps of the reverse diffusion, each put right by Langevin steps."
    Config = CorrectorConfig
    stochastic = True

    def run(
        self,
        process: Process,
        x_0: Tensor,
        generator: Generator,
        on_step: OnStep | None = None,
    ) -> Tensor:
        """Walk from t = 0 to t = 1; 1 + corrections evaluations a step, 1 the last."""
        return stochastic.predictor_corrector(
            process.score,
            process.path,
            x_0,
            self.config.times(process),
            generator,
            self.config.corrections,
            self.config.snr,
            on_step,
        )


class AnnealedLangevin(Sampler):
    """Langevin steps at falling noise."""

    name = "annealed_langevin"
    title = "Annealed Langevin"
    description = "Random steps up the density, at ever smaller noise levels."
    Config = LangevinConfig
    stochastic = True

    def run(
        self,
        process: Process,
        x_0: Tensor,
        generator: Generator,
        on_step: OnStep | None = None,
    ) -> Tensor:
        """Walk from t = 0 to t = 1, all steps of a level in one frame."""
        return stochastic.annealed_langevin(
            process.denoised,
            process.path,
            x_0,
            self.config.grid_times(process),
            generator,
            self.config.step_size,
            self.config.inner_steps,
            on_step,
        )


class DPMSolverPP2M(Sampler):
    """DPM-Solver++, second order, multistep."""

    name = "dpm_solver_pp_2m"
    title = "DPM-Solver++ (2M)"
    description = "Order 2 at one evaluation a step, from the last two guesses."
    Config = FewStepsConfig
    order = 2

    def run(
        self,
        process: Process,
        x_0: Tensor,
        generator: Generator,
        on_step: OnStep | None = None,
    ) -> Tensor:
        """Solve from t = 0 to t = 1; the generator is not used."""
        del generator
        times = self.config.grid_times(process)
        return fast.dpm_solver_pp_2m(
            process.denoised, process.path, x_0, times, on_step
        )


class EDMHeun(Sampler):
    """Karras' sampler: Heun in the noise-to-signal ratio, with churn if wanted."""

    name = "edm_heun"
    title = "EDM (Heun)"
    description = "Heun's method in the noise level itself; churn adds fresh noise."
    Config = EDMConfig
    order = 2
    stochastic = True

    @property
    def uses_noise(self) -> bool:
        """Only with churn."""
        return bool(self.config.churn)

    def run(
        self,
        process: Process,
        x_0: Tensor,
        generator: Generator,
        on_step: OnStep | None = None,
    ) -> Tensor:
        """Solve from t = 0 to t = 1; without churn the generator is not used."""
        config = self.config
        churn = fast.Churn()
        if config.churn:
            churn = fast.Churn(
                config.churn_amount,
                config.churn_low,
                config.churn_high,
                config.churn_inflation,
                config.steps,
            )
        return fast.edm_heun(
            process.denoised,
            process.path,
            x_0,
            config.times(process),
            generator,
            churn,
            on_step,
        )
