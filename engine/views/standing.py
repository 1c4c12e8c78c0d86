"""What a game between two players says about itself, in one sentence."""

from collections.abc import Mapping

#: Shares of right answers beyond which a judge has won, and near which it guesses.
WON, GUESSING = 0.95, 0.6
#: A push shorter than this share of the data's spread moves nothing that one sees.
FAINT = 0.02


def accuracy(real: float, fake: float) -> float:
    """Share of right answers where data and fakes are equally frequent."""
    return (real + fake) / 2


def caption(players: Mapping[str, float], right: float, push: float) -> str:
    """Which player is ahead, from numbers.

    Args:
        players: Loss of each player, the judge first.
        right: Share of points that the judge calls by their right name.
        push: Typical length of the generator's wish, in spreads of the data per unit
            of loss.
    """
    judge, forger = (name.replace("_", " ") for name in players)
    plural = judge.endswith("s")
    subject = f"The {judge} {'tell' if plural else 'tells'}"
    share = f"{100 * right:.0f} %"
    if right >= WON and push < FAINT:
        return (
            f"{subject} {share} apart, flat under the fakes: the "
            f"{forger} {'learn' if forger.endswith('s') else 'learns'} little."
        )
    if right >= WON:
        return f"{subject} {share} apart; the arrows show the way out."
    if right <= GUESSING:
        return f"{subject} {share} apart, hardly more than a guess."
    return f"{subject} {share} apart: a fair game."
