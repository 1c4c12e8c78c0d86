"""Settings of a GAN: those of the game, its noise, and the styles of StyleGAN."""

from typing import ClassVar

from engine.models.adversarial_config import AdversarialConfig
from engine.settings import knob

#: The fields that have an effect with a mapping network only.
_WITH_STYLES = {"mapping_depth": list(range(1, 9))}


class GANConfig(AdversarialConfig):
    """Settings of :class:`engine.models.gan.GAN`."""

    first: ClassVar[tuple[str, ...]] = ("loss", "r1", "width")

    latent_dim: int = knob(
        2,
        "Noise axes",
        "Numbers of noise that the generator turns into one point.",
        ge=1,
        le=64,
        symbol="z",
    )
    mapping_depth: int = knob(
        0,
        "Mapping layers",
        "Layers that turn noise into a style, which then bends every layer of the "
        "generator; 0 is a plain generator.",
        ge=0,
        le=8,
        unit="layers",
        group="Style",
        symbol="w = f(z)",
    )
    style_dim: int = knob(
        16,
        "Style axes",
        "Numbers in a style.",
        ge=1,
        le=64,
        group="Style",
        symbol="w",
        shown_if=_WITH_STYLES,
    )
    mapping_rate: float = knob(
        0.01,
        "Mapping rate",
        "Learning rate of the mapping layers relative to all others.",
        ge=1e-4,
        le=1,
        scale="log",
        group="Style",
        shown_if=_WITH_STYLES,
    )
    normalise_z: bool = knob(
        False,
        "Normalise noise",
        "Bring the noise of each point to unit length; with two axes that puts it on a "
        "circle.",
        group="Style",
        formula=r"z / \sqrt{\overline{z^2}}",
        shown_if=_WITH_STYLES,
    )
    mixing: float = knob(
        0.9,
        "Style mixing",
        "Share of fakes in training whose later layers follow another style; on two "
        "coordinates 0 is sharper.",
        ge=0,
        le=1,
        apply="live",
        group="Style",
        symbol="p",
        shown_if=_WITH_STYLES,
    )
    truncation: float = knob(
        1.0,
        "Truncation",
        "How far styles of shown samples keep from their mean: 0 shows one point, "
        "above 1 exaggerates.",
        ge=0,
        le=1.5,
        apply="live",
        group="Style",
        symbol=r"\psi",
        formula=r"w' = \bar w + \psi \, (w - \bar w)",
        shown_if=_WITH_STYLES,
    )
    mean_decay: float = knob(
        0.995,
        "Mean memory",
        "Memory of the running mean of styles that truncation pulls to.",
        ge=0,
        le=0.9999,
        apply="live",
        group="Style",
        formula=r"\bar w \leftarrow d \, \bar w + (1 - d) \, w",
        shown_if=_WITH_STYLES,
    )
