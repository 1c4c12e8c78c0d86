"""Round numbers for axes, and how plots write numbers."""

from collections.abc import Sequence
from math import ceil, floor, isfinite, log10

import numpy as np

MINUS = "−"
# Steps tried within a decade, the most readable first.
_STEPS = (1.0, 2.0, 5.0, 4.0, 3.0, 2.5)
# Distances of ticks in the largest of them, above which they are told from the first.
_MOST_GAPS = 1000


def fixed(value: float, digits: int = 2) -> str:
    """A number with so many decimals and a true minus sign; ``not finite`` if so."""
    if not isfinite(value):
        return "not finite"
    text = f"{value:,.{digits}f}"
    if text.startswith("-") and not text.strip("-0.,"):
        text = text[1:]
    return text.replace("-", MINUS)


def significant(value: float, digits: int = 3) -> str:
    """A number with so many significant digits: ``0.0031``, ``1.65``, ``5e−4``."""
    if not isfinite(value):
        return "not finite"
    if value == 0:
        return "0"
    size = floor(log10(abs(value)))
    if -4 <= size < 6:
        return fixed(value, min(max(digits - 1 - size, 0), 6))
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa}e{int(exponent)}".replace("-", MINUS)


def layer_tag(layer: int, names: Sequence[str]) -> str:
    """``layer 2 of 8: scale and shift of y``, layers counted from 1."""
    return f"layer {layer} of {len(names)}: {names[layer - 1]}"


def _multiples(low: float, high: float, step: float) -> list[float]:
    slack = 1e-9 * (high - low)
    first, last = ceil((low - slack) / step), floor((high + slack) / step)
    return [index * step for index in range(first, last + 1)]


def three_ticks(low: float, high: float, edge: float = 0.03) -> list[float]:
    """About three round numbers in ``[low, high]``, never more than four.

    ``edge`` is the share of the span at each end that stays free of them.
    """
    span = high - low
    if not (isfinite(span) and span > 0):
        return []
    free = edge * span
    decade = floor(log10(span))
    fallback: list[float] = []
    for exponent in (decade, decade - 1):
        for digit in _STEPS:
            found = _multiples(low + free, high - free, digit * 10.0**exponent)
            if len(found) == 3:
                return found
            if 2 <= len(found) <= 4 and len(found) > len(fallback):
                fallback = found
    return fallback


def decades(low: float, high: float) -> list[float]:
    """Powers of ten (as exponents) within two logarithms, at most four of them."""
    exponents = list(range(ceil(low - 1e-9), floor(high + 1e-9) + 1))
    return [float(e) for e in exponents[:: max(1, ceil(len(exponents) / 4))]]


def decade_parts(low: float, high: float) -> list[float]:
    """Logarithms of round numbers between two that are about a decade apart."""
    decades = range(floor(low), ceil(high) + 1)
    logs = (log10(digit) + decade for decade in decades for digit in (1, 2, 5))
    found = [v for v in logs if low <= v <= high]
    if 3 <= len(found) <= 4:
        return found
    plain = [log10(v) for v in three_ticks(10.0**low, 10.0**high) if v > 0]
    return plain if len(plain) > 1 else three_ticks(low, high)


def power_text(exponent: int) -> str:
    """A power of ten as a tick's label: ``0.01``, ``1``, ``100``, ``1e−6``, ``1e5``."""
    if not -4 < exponent < 5:
        return f"1e{exponent}".replace("-", MINUS)
    return fixed(10.0**exponent, max(0, -exponent))


def log_text(value: float) -> str:
    """The number behind a logarithm to base 10, without needless zeros."""
    size = 10.0**value
    return significant(size, 3) if size >= 1e5 else f"{float(f'{size:.3g}'):,g}"


def tick_text(value: float, ticks: list[float]) -> str:
    """A tick's label, with the decimals that the distance of its neighbours asks.

    Where that is very small beside the numbers themselves, as of times in seconds,
    all but the first say how much more they are than it: ``1.7e9  +50  +100``.
    """
    gap = float(np.min(np.diff(ticks))) if len(ticks) > 1 else abs(value) or 1.0
    largest = max(map(abs, ticks), default=abs(value))
    is_extreme = largest >= 1e6 or gap < 1e-4
    if is_extreme and largest > _MOST_GAPS * gap:
        first = ticks[0]
        if value == first:
            return _whole(first, gap)
        more = [round((tick - first) / gap) * gap for tick in ticks]
        return f"+{tick_text(more[ticks.index(value)], more)}"
    if abs(value) >= 1e6 or gap < 1e-4:
        return significant(value, _digits(ticks or [value], gap))
    return fixed(value, _decimals(gap))


def _decimals(gap: float, most: int = 5) -> int:
    digits = 0
    while digits < most and abs(round(gap, digits) - gap) > 1e-6 * gap:
        digits += 1
    return digits


def _digits(ticks: list[float], gap: float) -> int:
    """Significant digits, two at least, that leave nothing of the ticks out."""
    for digits in range(2, 5):
        if all(abs(float(f"{t:.{digits - 1}e}") - t) < 1e-3 * gap for t in ticks):
            return digits
    return 5


def _whole(value: float, gap: float) -> str:
    """A number to the digit of the gap, as short as it can be."""
    if abs(value) < 1e6:
        return fixed(value, _decimals(gap, most=12))
    digits = floor(log10(abs(value))) - floor(log10(gap)) + 1
    mantissa, exponent = f"{value:.{digits}e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}".replace("-", MINUS)
