"""The range of a number: where a value lies on its track, and what a step is."""

from dataclasses import dataclass
from math import exp, expm1, floor, log, log1p, log10

_STEPS = 100  # arrow presses from one end of the track to the other


def _round_significant(value: float, digits: int) -> float:
    return float(f"{value:.{digits - 1}e}")


@dataclass(frozen=True)
class ValueRange:
    """Limits of a number, with a linear or logarithmic track between them.

    A logarithmic track that starts at 0 is ``log(1 + v / s)`` with ``s`` a
    thousandth of its end, so that 0 stays reachable.
    """

    minimum: float
    maximum: float
    log: bool = False
    integer: bool = False

    def __contains__(self, value: float) -> bool:
        return self.minimum <= value <= self.maximum

    def fraction(self, value: float) -> float:
        """Place of ``value`` on the track, 0 ... 1."""
        value = min(max(value, self.minimum), self.maximum)
        low, high = self.minimum, self.maximum
        if high == low:
            return 0.0
        if not self.log:
            return (value - low) / (high - low)
        if low > 0:
            return log(value / low) / log(high / low)
        knee = (high - low) / 1000
        return log1p((value - low) / knee) / log1p(1000)

    def value(self, fraction: float) -> float:
        """The value at a place of the track, not rounded."""
        fraction = min(max(fraction, 0.0), 1.0)
        low, high = self.minimum, self.maximum
        if not self.log:
            return low + fraction * (high - low)
        if low > 0:
            return low * exp(fraction * log(high / low))
        return low + (high - low) / 1000 * expm1(fraction * log1p(1000))

    def snap(self, value: float) -> float:
        """A round value near ``value``, inside the limits: what a hand means."""
        if self.integer:
            value = float(round(value))
        elif self.log:
            value = _round_significant(value, 2)
        elif self.maximum > self.minimum:
            decimals = 2 - floor(log10(self.maximum - self.minimum))
            value = round(value, decimals)
        return min(max(value, self.minimum), self.maximum)

    def step(self, value: float, count: int) -> float:
        """``value`` after ``count`` presses of an arrow; never stuck by rounding."""
        if self.integer and self.maximum - self.minimum <= _STEPS:
            return self.snap(value + count)
        place = self.fraction(value) + count / _STEPS
        moved = self.snap(self.value(place))
        if moved == self.snap(value) and count:
            direction = 1 if count > 0 else -1
            if self.integer:
                return self.snap(value + direction)
            while moved == self.snap(value) and 0 < place < 1:
                place += direction / _STEPS
                moved = self.snap(self.value(place))
        return moved
