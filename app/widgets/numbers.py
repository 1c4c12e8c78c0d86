"""How numbers are written for people, and read back from what they type."""

import re

MINUS = "−"
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")


def format_number(value: float, digits: int = 4) -> str:
    """A number as the look writes it: ``4,096``, ``0.15``, ``5e−4``, ``−0.72``.

    Whole numbers below a million keep all their figures; others have at most
    ``digits`` significant ones.
    """
    if value == 0:
        return "0"
    if abs(value) < 1e6 and value == int(value):
        return f"{int(value):,}".replace("-", MINUS)
    if 1e-2 <= abs(value) < 1e6:
        text = f"{value:,.{digits}g}"
        if "e" in text:
            text = f"{value:,.0f}"
    else:
        return in_powers(value, digits)
    return text.replace("-", MINUS)


def in_powers(value: float, digits: int) -> str:
    """A number in powers of ten, without needless zeros: ``6.7e5``, ``5e−4``."""
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}".replace("-", MINUS)


def rate_number(rate: float) -> str:
    """Steps a second; a slow run does not stand still, so below ten with a tenth."""
    return f"{rate:.1f}" if 0 < rate < 9.95 else f"{rate:,.0f}"


def unit_word(value: float, unit: str) -> str:
    """The unit as it is said of a number: one ``layer``, two ``layers``."""
    is_plural = len(unit) > 1 and unit.endswith("s")
    return unit[:-1] if value == 1 and is_plural else unit


def parse_number(text: str) -> float:
    """The number that a person typed: ``5e-4``, ``5e−4``, ``4,096``, ``0,15``, ``1/3``.

    A comma groups thousands where it can, else it is the decimal sign.

    Raises:
        ValueError: If it is no finite number.
    """
    plain = text.replace(MINUS, "-").replace(" ", "").replace("\u202f", "").strip()
    grouped = _GROUPED.fullmatch(plain) is not None
    plain = plain.replace(",", "" if grouped else ".")
    top, slash, bottom = plain.partition("/")
    value = float(top)
    if slash:
        if float(bottom) == 0:
            raise ValueError("A number divided by zero.")
        value /= float(bottom)
    if not abs(value) < float("inf"):
        raise ValueError("Not a finite number.")
    return value
