"""Settings that all adversarial models share: networks, game, stabilisers."""

from engine.models.adversarial_losses import (
    LOSS_LABELS,
    LOSSES,
    AdversarialLoss,
    LossName,
    Penalties,
)
from engine.models.base import ModelConfig
from engine.nets.mlp import ACTIVATION_LABELS, Activation
from engine.settings import knob

_CLASSIC = [name for name in LOSSES if name != "wasserstein"]


class AdversarialConfig(ModelConfig):
    """Settings of a game of generators against discriminators."""

    width: int = knob(
        128,
        "Width",
        "Units per hidden layer of all networks.",
        ge=8,
        le=512,
        unit="units",
        scale="log",
    )
    depth: int = knob(
        3,
        "Depth",
        "Hidden layers of all networks; 0 makes them linear.",
        ge=0,
        le=6,
        unit="layers",
    )
    activation: Activation = knob(
        "relu",
        "Activation",
        "Nonlinearity between hidden layers.",
        choices=ACTIVATION_LABELS,
    )
    loss: LossName = knob(
        "non_saturating",
        "Loss",
        "The rules of the game: how real and fake are scored, and what the generator "
        "minimises.",
        apply="live",
        group="Game",
        choices=LOSS_LABELS,
        formula=r"-\ln D(G(z)) \quad \mathrm{or} \quad \ln(1 - D(G(z))) \quad"
        r" \mathrm{or} \quad (D(G(z)) - 1)^2 \quad \mathrm{or} \quad -D(G(z))",
    )
    d_steps: int = knob(
        1,
        "D steps",
        "Steps of the discriminator before each step of the generator.",
        ge=1,
        le=10,
        unit="steps",
        apply="live",
        group="Game",
        shown_if={"loss": _CLASSIC},
    )
    critic_steps: int = knob(
        5,
        "Critic steps",
        "Steps of the Wasserstein critic before each step of the generator; it should "
        "be near its best.",
        ge=1,
        le=10,
        unit="steps",
        apply="live",
        group="Game",
        shown_if={"loss": ["wasserstein"]},
    )
    gradient_penalty: float = knob(
        0.1,
        "Gradient penalty",
        "Pull of the Wasserstein critic's slope to 1 between real and fake points.",
        ge=0,
        le=100,
        slider=(0, 10),
        apply="live",
        group="Stabilisers",
        symbol=r"\lambda",
        formula=r"\lambda \, E \left( \| \nabla f(\hat x) \| - 1 \right)^2",
        shown_if={"loss": ["wasserstein"]},
    )
    r1: bool = knob(
        True,
        "R1 penalty",
        "Punish slopes of the discriminator at real points, which makes the game "
        "settle.",
        apply="live",
        group="Stabilisers",
        formula=r"\tfrac{\gamma}{2} \, E \| \nabla D(x) \|^2",
    )
    r1_weight: float = knob(
        0.1,
        "R1 weight",
        "Strength of the R1 penalty.",
        ge=0,
        le=10,
        slider=(0, 2),
        apply="live",
        group="Stabilisers",
        symbol=r"\gamma",
        shown_if={"r1": [True]},
    )
    spectral_norm: bool = knob(
        False,
        "Spectral norm",
        "Divide each layer of the discriminator by its largest stretch, so that it "
        "cannot be steep.",
        apply="live",
        group="Stabilisers",
        formula=r"W / \sigma_{\max}(W)",
    )
    logit_gain: float = knob(
        10.0,
        "Logit gain",
        "Factor on the output of a normalised discriminator; at 1 it is too flat to "
        "tell modes apart on two coordinates.",
        ge=1,
        le=50,
        apply="live",
        group="Stabilisers",
        shown_if={"spectral_norm": [True]},
    )

    @property
    def rules(self) -> AdversarialLoss:
        """The loss functions of the chosen game."""
        return LOSSES[self.loss]

    @property
    def penalties(self) -> Penalties:
        """What is added to the discriminator's loss under these settings."""
        return Penalties(
            gradient=self.gradient_penalty if self.loss == "wasserstein" else 0.0,
            r1=self.r1_weight if self.r1 else 0.0,
        )

    @property
    def discriminator_turns(self) -> int:
        """Steps of the discriminator before one of the generator."""
        return self.critic_steps if self.loss == "wasserstein" else self.d_steps
