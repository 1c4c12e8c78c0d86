"""Which papers stand behind the settings of a run, and their BibTeX."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from engine.lab.cite.papers import PAPERS, Paper
from engine.protocol import RunConfig

MODELS: dict[str, str] = {
    "rectified_flow": "liu2022flow",
    "flow_matching": "lipman2022flow",
    "ddpm": "ho2020denoising",
    "score_sde": "song2020score",
    "edm": "karras2022elucidating",
    "cnf": "chen2018neural",
    "oracle": "karras2022elucidating",
    "realnvp": "dinh2016density",
    "nice": "dinh2014nice",
    "glow": "kingma2018glow",
    "made": "germain2015made",
    "maf": "papamakarios2017masked",
    "iaf": "kingma2016improving",
    "distilled_flow": "oord2017parallel",
    "spline_flow": "durkan2019neural",
    "vae": "kingma2013auto",
    "gan": "goodfellow2014generative",
    "conditional_gan": "mirza2014conditional",
    "cyclegan": "zhu2017unpaired",
    "autoencoder": "hinton2006reducing",
    "vqvae": "oord2017neural",
    "score_matching": "song2019generative",
    "energy_based": "du2019implicit",
    "autoregressive": "radford2018improving",
    "rnade": "uria2013rnade",
}

SAMPLERS: dict[str, str] = {
    "euler": "hairer1993solving",
    "heun": "hairer1993solving",
    "rk4": "hairer1993solving",
    "dopri5": "dormand1980family",
    "ddim": "song2020denoising",
    "ancestral": "ho2020denoising",
    "euler_maruyama": "song2020score",
    "predictor_corrector": "song2020score",
    "annealed_langevin": "song2019generative",
    "dpm_solver_pp_2m": "lu2022dpm",
    "edm_heun": "karras2022elucidating",
}

OPTIMISERS: dict[str, str] = {
    "adam": "kingma2014adam",
    "adamw": "loshchilov2017decoupled",
    "sgd": "robbins1951stochastic",
    "rmsprop": "tieleman2012lecture",
}

#: Data sets that somebody measured or made first; the others are folklore.
DATA: dict[str, str] = {
    "iris": "fisher1936use",
    "wine": "aeberhard1992wine",
    "digits": "alpaydin1998optical",
    "swiss_roll": "tenenbaum2000global",
    "pinwheel": "johnson2016composing",
}

#: Time grids of samplers that somebody thought of; the others are folklore.
GRIDS: dict[str, str] = {
    "karras": "karras2022elucidating",
    "log_snr": "lu2022dpm",
}


@dataclass(frozen=True)
class Variant:
    """A setting whose values bring in a paper of their own.

    ``models`` are those it is asked of, all if empty; ``unless`` tells the values that
    leave the method off.
    """

    setting: str
    what: str
    paper: str
    values: Collection[Any] = ()
    unless: Collection[Any] = (False, 0)
    models: Collection[str] = ()

    def holds(self, config: RunConfig) -> bool:
        """Whether the run uses it."""
        if self.setting not in config.model_settings:
            return False
        if self.models and config.model not in self.models:
            return False
        value = config.model_settings[self.setting]
        return value in self.values if self.values else value not in self.unless


_GANS = ("gan", "conditional_gan", "cyclegan")
_GUIDED = ("flow_matching", "ddpm", "score_sde", "edm")
_BROAD = ("logit_normal", "mode")

VARIANTS: tuple[Variant, ...] = (
    Variant("beta", "weight of the KL", "higgins2017beta", (), (1,), ("vae",)),
    Variant("draws", "importance weights", "burda2015importance", (), (1,), ("vae",)),
    Variant("posterior", "posterior flow", "kingma2016improving", ("iaf",)),
    Variant("loss", "loss", "arjovsky2017wasserstein", ("wasserstein",), (), _GANS),
    Variant("loss", "gradient penalty", "gulrajani2017improved", ("wasserstein",)),
    Variant("loss", "loss", "mao2017least", ("least_squares",), (), _GANS),
    Variant("loss", "loss", "lim2017geometric", ("hinge",), (), _GANS),
    Variant("r1", "gradient penalty", "mescheder2018which", (), (False,), _GANS),
    Variant("spectral_norm", "spectral normalisation", "miyato2018spectral"),
    Variant("condition", "discriminator", "miyato2018cgans", ("projection",)),
    Variant("mapping_depth", "style generator", "karras2018style"),
    Variant("objective", "objective", "vincent2011connection", ("denoising",)),
    Variant("objective", "objective", "hyvarinen2005estimation", ("implicit",)),
    Variant("objective", "objective", "song2019sliced", ("sliced",)),
    Variant(
        "heads", "transformer", "vaswani2017attention", (), (), ("autoregressive",)
    ),
    Variant("trace", "trace estimate", "grathwohl2018ffjord", ("hutchinson",)),
    Variant("density_trace", "trace estimate", "grathwohl2018ffjord", ("hutchinson",)),
    Variant("interpolant", "path", "albergo2022building", ("trigonometric",)),
    Variant("coupling", "coupling", "tong2023improving", ("optimal",)),
    Variant("coupling", "coupling", "pooladian2023multisample", ("optimal",)),
    Variant("conditional", "guidance", "ho2022classifier", (), (False,), _GUIDED),
    Variant("guide_from", "guidance interval", "kynkaanniemi2024applying"),
    Variant("guide_to", "guidance interval", "kynkaanniemi2024applying", (), (1,)),
    Variant("schedule", "noise schedule", "nichol2021improved", ("cosine",)),
    Variant("target", "prediction", "salimans2022progressive", ("v",)),
    Variant("jitter", "noise on the data", "rothfuss2019noise"),
    Variant("waves", "waves of the coordinates", "tancik2020fourier"),
    Variant(
        "time_embedding", "learned waves of time", "kazemi2019time2vec", ("learned",)
    ),
    Variant("time_sampling", "times of training", "esser2024scaling", _BROAD),
    Variant("time_sampling", "times of training", "lee2024improving", ("ends",)),
    Variant(
        "level_sampling", "levels of training", "karras2022elucidating", ("log_normal",)
    ),
    Variant("loss_weight", "weight of the loss", "hang2023efficient", ("min_snr",)),
    Variant("weighting", "weight of the loss", "song2021maximum", ("likelihood",)),
    Variant("zero_snr", "noise schedule", "lin2023common"),
    Variant("guidance", "guidance", "dhariwal2021diffusion", (), (1,), ("oracle",)),
    Variant("warmup", "growing weight of the KL", "sonderby2016ladder"),
    Variant("restart_below", "restart of unused codes", "dhariwal2020jukebox"),
    Variant("batch_norm", "batch normalisation", "ioffe2015batch"),
    Variant("bins", "quantised values", "oord2016pixel", (), (), ("autoregressive",)),
    Variant("top_k", "sampling", "fan2018hierarchical"),
    Variant("depth", "hidden layers", "uria2014deep", (), (1,), ("rnade",)),
)


def cited(config: RunConfig, is_trained: bool = True) -> dict[str, list[str]]:
    """Keys of the papers behind a run, each with what it is cited for.

    Args:
        config: The run with every setting written out.
        is_trained: Whether anything is learned; an exact reference is not.
    """
    found: dict[str, list[str]] = {}

    def cite(key: str | None, what: str) -> None:
        if key is not None and what not in found.setdefault(key, []):
            found[key].append(what)

    cite(MODELS.get(config.model), "model")
    settings = config.model_settings
    if settings.get("reflow_rounds") and settings.get("reflow_times") == "ends":
        cite("lee2024improving", "times of reflow")
    for variant in VARIANTS:
        if variant.holds(config):
            cite(variant.paper, variant.what)
    if config.sampler:
        cite(SAMPLERS.get(config.sampler), "sampler")
        cite(GRIDS.get(str(config.sampler_settings.get("grid"))), "time grid")
    if is_trained:
        cite(OPTIMISERS.get(str(config.training.get("optimizer"))), "optimiser")
        if config.training.get("schedule") == "cosine":
            cite("loshchilov2016sgdr", "learning rate schedule")
        if config.training.get("lookahead"):
            cite("zhang2019lookahead", "slow weights")
        if config.training.get("ema"):
            cite("polyak1992acceleration", "average of weights")
    cite(DATA.get(config.data), "data")
    return found


def bibtex(config: RunConfig, is_trained: bool = True) -> str:
    """The BibTeX entries of a run, each under a line that says what it is for."""
    entries = [
        f"% {', '.join(what)}\n{entry(key, PAPERS[key])}"
        for key, what in cited(config, is_trained).items()
    ]
    return "\n\n".join(entries) + "\n"


def entry(key: str, paper: Paper) -> str:
    """One entry of BibTeX."""
    place = {
        "article": "journal",
        "book": "publisher",
        "techreport": "institution",
        "misc": "howpublished",
    }.get(paper.kind, "booktitle")
    fields = {
        "author": paper.authors,
        "title": paper.title,
        place: paper.venue,
        "volume": paper.volume,
        "pages": paper.pages,
        "year": str(paper.year),
        "doi": paper.doi,
        "eprint": paper.arxiv,
        "archiveprefix": "arXiv" if paper.arxiv else "",
        "url": f"https://arxiv.org/abs/{paper.arxiv}" if paper.arxiv else "",
    }
    lines = [f"  {name:13} = {{{text}}}," for name, text in fields.items() if text]
    return "\n".join([f"@{paper.kind}{{{key},", *lines, "}"])
