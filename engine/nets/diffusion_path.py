"""The diffusions of Song et al. as settings, shared by all that noise data that way."""

from typing import Literal

from engine.models.base import ModelConfig
from engine.sampling.path import GaussianPath
from engine.sampling.sde_paths import SubVPPath, VEPath, VPPath
from engine.settings import knob

_VP = {"sde": ["vp", "sub_vp"]}
_VE = {"sde": ["ve"]}


class DiffusionPathConfig(ModelConfig):
    """Which diffusion turns data into noise."""

    sde: Literal["vp", "sub_vp", "ve"] = knob(
        "vp",
        "Diffusion",
        "Noise replaces the data, replaces them with less spread on the way, or "
        "explodes round them.",
        group="Noise",
        choices={
            "vp": "Variance preserving",
            "sub_vp": "Sub-VP",
            "ve": "Variance exploding",
        },
    )
    beta_min: float = knob(
        0.1,
        "Rate at the data",
        "How fast noise is added where the data are clean.",
        ge=0.01,
        le=5,
        scale="log",
        symbol=r"\beta_0",
        formula=r"\beta = \beta_0 + \tau\,(\beta_1 - \beta_0)",
        group="Noise",
        shown_if=_VP,
    )
    beta_max: float = knob(
        20.0,
        "Rate at the noise",
        "How fast noise is added at the noisy end.",
        ge=8,
        le=50,
        scale="log",
        symbol=r"\beta_1",
        formula=r"\beta = \beta_0 + \tau\,(\beta_1 - \beta_0)",
        group="Noise",
        shown_if=_VP,
    )
    sigma_min: float = knob(
        0.01,
        "Least noise",
        "Standard deviation of the noise at the data end.",
        ge=0.001,
        le=0.2,
        scale="log",
        symbol=r"\sigma_{min}",
        formula=r"\sigma = \sigma_{min} (\sigma_{max} / \sigma_{min})^\tau",
        group="Noise",
        shown_if=_VE,
    )
    sigma_max: float = knob(
        10.0,
        "Most noise",
        "Standard deviation of the noise at the noisy end.",
        ge=2,
        le=100,
        scale="log",
        symbol=r"\sigma_{max}",
        formula=r"\sigma = \sigma_{min} (\sigma_{max} / \sigma_{min})^\tau",
        group="Noise",
        shown_if=_VE,
    )


def diffusion_path(config: DiffusionPathConfig) -> GaussianPath:
    """Signal and noise of the diffusion that is set."""
    if config.sde == "ve":
        return VEPath(config.sigma_min, config.sigma_max)
    kind = VPPath if config.sde == "vp" else SubVPPath
    return kind(config.beta_min, config.beta_max)
