"""What a run says about a place, in words and figures."""

from math import isfinite

from app.plots.ticks import fixed
from app.session_probe import Point, PointAnswer

_SIGN = {"bound": "≥ ", "estimate": "≈ "}


def place_words(point: Point) -> str:
    """``x = (0.50, −1.20)``."""
    return f"x = {_pair(point)}"


def probe_words(answer: PointAnswer) -> dict[str, str]:
    """Title and text of all that there is to know; empty where a model cannot tell."""
    kind = str(answer.facts.get("kind", ""))
    learned, truth = answer.number("learned"), answer.number("truth")
    score, critic = answer.pair("score"), answer.number("critic")
    code = answer.pair("z") or _one(answer.number("z"))
    exact, number = answer.facts.get("is_map", True), answer.number("code")
    nearest, distance = answer.pair("nearest"), answer.number("distance")
    return {
        "log p, learned": _nats(learned, _SIGN.get(kind, "")),
        "log p, true": _nats(truth),
        "score ∇ log p": _pair(score) if score else "",
        "critic": _number(critic) if critic is not None else "",
        "comes from z" if exact else "encoded as z": _pair(code) if code else "",
        "nearest code": f"number {number:.0f}" if number is not None else "",
        "nearest data": _pair(nearest) if nearest else "",
        "distance to it": _number(distance) if distance is not None else "",
        "at step": f"{answer.step:,}",
    }


def _nats(value: float | None, sign: str = "") -> str:
    return "" if value is None else f"{sign}{_number(value)} nats"


def _one(value: float | None) -> tuple[float, ...] | None:
    return None if value is None else (value,)


def _pair(numbers: tuple[float, ...]) -> str:
    return "(" + ", ".join(_number(value) for value in numbers) + ")"


def _number(value: float) -> str:
    if not isfinite(value):
        return "−∞" if value < 0 else "∞"
    return fixed(value, 2 if abs(value) < 100 else 0)
