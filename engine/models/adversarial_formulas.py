"""What both players of a game minimise, as LaTeX: a line for each."""

from collections.abc import Mapping

#: Begins a line that goes on with the one before.
_ON = r" \\ \;\;\;\; {} + "
#: Terms that switches add to the discriminator's line, which is the last.
PENALTY_TERMS: Mapping[str, str] = {
    "r1": _ON + r"\tfrac{\gamma}{2} \, E \, \| \nabla D \|^2"
}


def game_formulas(real: str, fake: str) -> dict[str, str]:
    r"""Formulas by the setting ``loss``.

    Args:
        real: The discriminator at a data point, like ``D(x)``.
        fake: The discriminator at a fake, like ``D(G(z))``.
    """
    tell = rf"\min_D \; -E \ln {real} - E \ln (1 - {fake})"
    hinge = rf"\min_D \; E \, [1 - {real}]_+ + E \, [1 + {fake}]_+"
    squares = rf"\min_D \; E \, ({real} - 1)^2 + E \, {fake}^2"
    steep = r"\lambda \, E \, (\| \nabla D(\hat x) \| - 1)^2"
    critic = rf"\min_D \; E \, {fake} - E \, {real}{_ON}{steep}"

    def against(generator: str, discriminator: str) -> str:
        return rf"\min_G \; {generator} \\ {discriminator}"

    return {
        "non_saturating": against(rf"-E \ln {fake}", tell),
        "minimax": against(rf"E \ln (1 - {fake})", tell),
        "least_squares": against(rf"E \, ({fake} - 1)^2", squares),
        "wasserstein": against(rf"-E \, {fake}", critic),
        "hinge": against(rf"-E \, {fake}", hinge),
    }
