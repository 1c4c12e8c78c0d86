"""Settings of the variational autoencoder."""

from typing import ClassVar, Literal

from engine.models.base import ModelConfig
from engine.nets.mlp import ACTIVATION_LABELS, Activation
from engine.settings import knob


class VAEConfig(ModelConfig):
    """Settings of :class:`VAE`."""

    first: ClassVar[tuple[str, ...]] = ("beta", "latent_dim", "width")

    latent_dim: int = knob(
        2, "Latent axes", "Number of axes of the latent space.", ge=1, le=16, symbol="d"
    )
    width: int = knob(
        128,
        "Width",
        "Units per hidden layer of encoder and decoder.",
        ge=8,
        le=512,
        unit="units",
        scale="log",
    )
    depth: int = knob(
        3,
        "Depth",
        "Hidden layers of encoder and decoder; 0 makes both linear (PCA).",
        ge=0,
        le=6,
        unit="layers",
    )
    activation: Activation = knob(
        "silu",
        "Activation",
        "Nonlinearity between hidden layers.",
        choices=ACTIVATION_LABELS,
    )
    spread: Literal["fixed", "learned"] = knob(
        "fixed",
        "Decoder spread",
        "Whether the decoder's noise is set or learned.",
        choices={"fixed": "Fixed", "learned": "Learned"},
    )
    sigma_x: float = knob(
        0.1,
        "Decoder noise",
        "Spread of the decoder, where the data have spread 1: smaller means sharper.",
        ge=0.02,
        le=1.0,
        apply="live",
        scale="log",
        symbol=r"\sigma_x",
        formula=r"p(x|z) = N(g(z), \sigma_x^2 I)",
        shown_if={"spread": ["fixed"]},
    )
    draws: int = knob(
        1,
        "Draws",
        "Codes per point; more tighten the bound that is trained, and then "
        "beta counts as 1.",
        ge=1,
        le=100,
        apply="live",
        scale="log",
        symbol="k",
        group="Objective",
        formula=r"L_k = E \ln \frac{1}{k} \sum_i \frac{p(x, z_i)}{q(z_i|x)}",
    )
    beta: float = knob(
        1.0,
        "Beta",
        "Price of information in the codes; with more than one draw it has "
        "no effect, since only beta = 1 gives a bound there.",
        ge=0.0,
        le=20.0,
        apply="live",
        scale="log",
        symbol=r"\beta",
        group="Objective",
        formula=r"-E_q \ln p(x|z) + \beta \, KL",
        shown_if={"draws": [1]},
    )
    warmup: int = knob(
        0,
        "KL warm-up",
        "Steps over which beta grows from zero to its value.",
        ge=0,
        le=5000,
        unit="steps",
        apply="live",
        group="Objective",
        shown_if={"draws": [1]},
    )
    posterior: Literal["gaussian", "iaf"] = knob(
        "gaussian",
        "Posterior",
        "Shape of the cloud of codes of one point: an ellipse along the axes, or one "
        "bent by an inverse autoregressive flow that sees the point.",
        group="Posterior",
        choices={"gaussian": "Gaussian", "iaf": "Flow (IAF)"},
        formula=r"z_{k+1,i} = z_{k,i} \, e^{\alpha_i} + m_i",
    )
    posterior_steps: int = knob(
        2,
        "Flow steps",
        "Steps that bend the posterior; each has a network of the same width and "
        "depth as the encoder.",
        ge=1,
        le=8,
        unit="steps",
        group="Posterior",
        symbol="T",
        shown_if={"posterior": ["iaf"]},
    )
    sample_noise: bool = knob(
        True,
        "Noise in samples",
        "Add the decoder's noise to samples; off shows its mean.",
        apply="live",
        group="Sampler",
    )
    density_draws: int = knob(
        64,
        "Density draws",
        "Codes per point when the density is shown; more raise the "
        "bound towards the truth.",
        ge=1,
        le=1000,
        apply="live",
        scale="log",
        group="Density",
    )
