"""Settings of a CycleGAN: those of the game, the other data set, the way back."""

from typing import ClassVar, Literal

from engine.models.adversarial_config import AdversarialConfig
from engine.models.adversarial_losses import LOSS_LABELS, LossName
from engine.settings import knob

#: Every data set of the registry but a person's own table.
OtherData = Literal[
    "rings",
    "two_moons",
    "eight_gaussians",
    "checkerboard",
    "pinwheel",
    "two_spirals",
    "swiss_roll",
    "gaussian_grid",
    "s_curve",
    "banana",
    "iris",
    "wine",
    "digits",
]
OTHER_LABELS: dict[str, str] = {
    "rings": "Rings",
    "two_moons": "Two moons",
    "eight_gaussians": "Eight Gaussians",
    "checkerboard": "Checkerboard",
    "pinwheel": "Pinwheel",
    "two_spirals": "Two spirals",
    "swiss_roll": "Swiss roll",
    "gaussian_grid": "Gaussian grid",
    "s_curve": "S-curve",
    "banana": "Banana",
    "iris": "Iris",
    "wine": "Wine",
    "digits": "Digits",
}


class CycleGANConfig(AdversarialConfig):
    """Settings of :class:`engine.models.cyclegan.CycleGAN`."""

    first: ClassVar[tuple[str, ...]] = ("other", "cycle_weight", "loss")

    other: OtherData = knob(
        "rings",
        "Other data set",
        "Where points are carried to and from, in the scale of the run's own data.",
        choices=OTHER_LABELS,
        symbol="Y",
    )
    loss: LossName = knob(
        "least_squares",
        "Loss",
        "The rules of the game: how real and fake are scored, and what the generators "
        "minimise.",
        apply="live",
        group="Game",
        choices=LOSS_LABELS,
        formula=r"E (D(y) - 1)^2 + E D(G(x))^2",
    )
    cycle_weight: float = knob(
        1.0,
        "Cycle weight",
        "Pull of each point back to where it started, after there and back; 10, made "
        "for images, holds points on the plane nearly still.",
        ge=0,
        le=50,
        apply="live",
        group="Way back",
        symbol=r"\lambda",
    )
    identity: float = knob(
        0.0,
        "Identity",
        "Share of the cycle weight that keeps each point where it is if it could be in "
        "the target already.",
        ge=0,
        le=1,
        apply="live",
        group="Way back",
        formula=r"E \| G(y) - y \|_1 + E \| F(x) - x \|_1",
    )
    history: int = knob(
        50,
        "History",
        "Earlier fakes kept for each discriminator, which sees some of them again; 0 "
        "shows the newest only.",
        ge=0,
        le=100_000,
        slider=(0, 10_000),
        unit="points",
        group="Way back",
    )
