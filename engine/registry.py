"""The one list of models, data sets, samplers and views.

Each entry is ``"module:Class"`` and is imported when first asked for, so that listing
names costs nothing. A new model, data set, sampler or view is one line here.
"""

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.data.base import DataSet
    from engine.models.base import GenerativeModel
    from engine.sampling.base import Sampler
    from engine.views.base import View

MODELS: dict[str, str] = {
    "rectified_flow": "engine.models.rectified_flow:RectifiedFlow",
    "flow_matching": "engine.models.flow_matching:FlowMatching",
    "ddpm": "engine.models.ddpm:DDPM",
    "score_sde": "engine.models.score_sde:ScoreSDE",
    "edm": "engine.models.edm:EDM",
    "cnf": "engine.models.cnf:CNF",
    "oracle": "engine.models.oracle:Oracle",
    "realnvp": "engine.models.realnvp:RealNVP",
    "nice": "engine.models.nice:NICE",
    "glow": "engine.models.glow:Glow",
    "made": "engine.models.made:MADE",
    "maf": "engine.models.maf:MAF",
    "iaf": "engine.models.iaf:IAF",
    "distilled_flow": "engine.models.distilled_flow:DistilledFlow",
    "spline_flow": "engine.models.spline_flow:SplineFlow",
    "vae": "engine.models.vae:VAE",
    "gan": "engine.models.gan:GAN",
    "conditional_gan": "engine.models.conditional_gan:ConditionalGAN",
    "cyclegan": "engine.models.cyclegan:CycleGAN",
    "autoencoder": "engine.models.autoencoder:Autoencoder",
    "vqvae": "engine.models.vqvae:VQVAE",
    "score_matching": "engine.models.score_matching:ScoreMatching",
    "energy_based": "engine.models.energy_based:EnergyBased",
    "autoregressive": "engine.models.autoregressive:Autoregressive",
    "rnade": "engine.models.rnade:RNADE",
}

DATA: dict[str, str] = {
    "eight_gaussians": "engine.data.mixtures:EightGaussians",
    "two_moons": "engine.data.two_moons:TwoMoons",
    "checkerboard": "engine.data.checkerboard:Checkerboard",
    "rings": "engine.data.rings:Rings",
    "pinwheel": "engine.data.pinwheel:Pinwheel",
    "two_spirals": "engine.data.spirals:TwoSpirals",
    "swiss_roll": "engine.data.swiss_roll:SwissRoll",
    "gaussian_grid": "engine.data.mixtures:GaussianGrid",
    "s_curve": "engine.data.s_curve:SCurve",
    "banana": "engine.data.banana:Banana",
    "iris": "engine.data.sklearn_tables:Iris",
    "wine": "engine.data.sklearn_tables:Wine",
    "digits": "engine.data.sklearn_tables:Digits",
    "drawn": "engine.data.drawn:Drawn",
    "csv": "engine.data.table:Table",
}

SAMPLERS: dict[str, str] = {
    "euler": "engine.sampling.samplers:Euler",
    "heun": "engine.sampling.samplers:Heun",
    "rk4": "engine.sampling.samplers:RK4",
    "dopri5": "engine.sampling.samplers:Dopri5",
    "ddim": "engine.sampling.samplers:DDIM",
    "ancestral": "engine.sampling.samplers:Ancestral",
    "euler_maruyama": "engine.sampling.score_samplers:EulerMaruyama",
    "predictor_corrector": "engine.sampling.score_samplers:PredictorCorrector",
    "annealed_langevin": "engine.sampling.score_samplers:AnnealedLangevin",
    "dpm_solver_pp_2m": "engine.sampling.score_samplers:DPMSolverPP2M",
    "edm_heun": "engine.sampling.score_samplers:EDMHeun",
}

VIEWS: dict[str, str] = {
    "samples": "engine.views.samples:SamplesView",
    "density": "engine.views.density:DensityView",
    "latent": "engine.views.latent:LatentView",
    "trajectories": "engine.views.trajectories:TrajectoriesView",
    "field": "engine.views.field:FieldView",
    "curves": "engine.views.curves:CurvesView",
    "posterior": "engine.views.posterior:PosteriorView",
    "elbo": "engine.views.elbo:ElboView",
    "denoise": "engine.views.denoise:DenoiseView",
    "levels": "engine.views.levels:LevelsView",
    "pairing": "engine.views.pairing:PairingView",
    "carried": "engine.views.carried:CarriedView",
    "duel": "engine.views.duel:DuelView",
    "codes": "engine.views.codebook:CodesView",
    "chains": "engine.views.chains:ChainsView",
    "layers": "engine.views.layers:LayersView",
    "conditionals": "engine.views.conditionals:ConditionalsView",
    "masks": "engine.views.masks:MasksView",
    "attention": "engine.views.attention:AttentionView",
    "cycle": "engine.views.cycle:CycleView",
    "teacher": "engine.views.teacher:TeacherView",
    "styles": "engine.views.styles:StylesView",
    "guidance": "engine.views.guidance:GuidanceView",
    "dirac": "engine.views.dirac:DiracView",
}


class UnknownNameError(KeyError):
    """A name that is in no list; the message says which names are."""

    def __str__(self) -> str:
        """The sentence itself, without the quotes that KeyError puts round it."""
        return str(self.args[0])


@cache
def _load(target: str) -> Any:
    module, _, attribute = target.partition(":")
    return getattr(import_module(module), attribute)


def _find(kind: str, table: dict[str, str], name: str) -> Any:
    if name not in table:
        known = ", ".join(table)
        raise UnknownNameError(f"There is no {kind} {name!r}; choose one of: {known}.")
    return _load(table[name])


def model(name: str) -> "type[GenerativeModel]":
    """The model class of that name.

    Raises:
        UnknownNameError: No such model.
    """
    return _find("model", MODELS, name)  # type: ignore[no-any-return]


def data_set(name: str) -> "type[DataSet]":
    """The data set class of that name.

    Raises:
        UnknownNameError: No such data set.
    """
    return _find("data set", DATA, name)  # type: ignore[no-any-return]


def sampler(name: str) -> "type[Sampler]":
    """The sampler class of that name.

    Raises:
        UnknownNameError: No such sampler.
    """
    return _find("sampler", SAMPLERS, name)  # type: ignore[no-any-return]


def view(name: str) -> "type[View]":
    """The view class of that name.

    Raises:
        UnknownNameError: No such view.
    """
    return _find("view", VIEWS, name)  # type: ignore[no-any-return]
