"""One curve of a panel, and the range that a panel of curves shows."""

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray

from app.plots.ink import colour
from app.plots.marks import Marks, PaneCurve
from app.plots.pane import Pane

# Curves of one panel, told apart by colour, dash and the word at their end.
_INKS: tuple[tuple[str, tuple[int, int] | None], ...] = (
    ("text1", None),
    ("latent", None),
    ("text2", (5, 3)),
    ("data", (2, 2)),
)

_START = 0.4  # share of a curve that is its start
_ENOUGH = 8  # values that have a start
_REACH = 10  # heights of other curves within which a run does no worse than badly


class Curve:
    """One quantity: raw values thin and pale, smoothed ones on top."""

    def __init__(self, pane: Pane, rank: int) -> None:
        self._plain = _INKS[rank % len(_INKS)]
        self.token, self._dash = self._plain
        self._width = 1.0
        self.raw = PaneCurve(connect="finite")
        self.smooth = PaneCurve(connect="finite", antialias=True)
        self.only = Marks(pane, self.token, "o", 5)  # one value makes no line
        for item in (self.raw, self.smooth):
            pane.addItem(item, ignoreBounds=True)
        self.recolour()

    def emphasise(self, on: bool) -> None:
        """Draw it in the colour of the model and wider than its neighbours, or not."""
        if on != (self._width > 1):
            self.token, self._dash = ("samples", None) if on else self._plain
            self._width = 2.5 if on else 1.0
            self.recolour()

    def recolour(self) -> None:
        """Take the colour from the theme again."""
        ink = colour(self.token).toRgb()
        pen = pg.mkPen(ink, width=self._width)
        if self._dash is not None:
            pen.setDashPattern(list(self._dash))
        self.smooth.setPen(pen)
        self.only.recolour()
        ink.setAlphaF(0.4)
        self.raw.setPen(pg.mkPen(ink))

    def set_values(
        self, x: NDArray[Any], raw: NDArray[Any], smooth: NDArray[Any]
    ) -> None:
        """Show both lines over x."""
        place = np.ascontiguousarray(x, dtype=np.float64)
        self.raw.setData(place, np.ascontiguousarray(raw, dtype=np.float64))
        self.smooth.setData(place, np.ascontiguousarray(smooth, dtype=np.float64))
        count = len(place) if len(place) == 1 else 0
        self.only.set_points(np.stack([place, smooth], axis=1)[:count])


def short_names(titles: list[str], room: int = 9) -> list[str]:
    """Titles as short words: their first ones, or initials where those repeat.

    ``Discriminator real`` beside ``Discriminator fake`` and ``Generator loss`` becomes
    ``D real``; ``Energy distance`` beside ``Sliced Wasserstein`` becomes ``Energy``.
    First words that all titles have are left out.
    """
    if len(titles) < 2:
        return [""] * len(titles)
    split = [title.split() for title in titles]
    while all(len(words) > 1 for words in split) and len({w[0] for w in split}) == 1:
        split = [words[1:] for words in split]
    firsts = {words[0] for words in split}
    names = []
    for words in split:
        if len(firsts) == len(titles):
            words = words[:1]
        elif len(words) > 1 and len(firsts) > 1:
            words = [words[0][0], *words[1:]]
        name = " ".join(words)
        names.append(name if len(name) <= room else f"{name[: room - 3]}.")
    return names


def value_range(
    raws: list[NDArray[Any]], smooths: list[NDArray[Any]], extra: list[float]
) -> tuple[float, float]:
    """Limits for the later values; the fall at the start may be cut.

    The last three fifths are shown with most of their raw values, and of what was
    before as much as leaves them a third of the height.
    """
    tails, wholes = list(extra), list(extra)
    for raw, smooth in zip(raws, smooths, strict=True):
        smooth, raw = smooth[np.isfinite(smooth)], raw[np.isfinite(raw)]
        begin = _START if len(smooth) >= _ENOUGH else 0.0
        wholes += _percentiles(smooth, 1, 99)
        tails += _percentiles(smooth[int(begin * len(smooth)) :], 1, 99)
        if len(raw) >= _ENOUGH:
            tails += _percentiles(raw[int(begin * len(raw)) :], 1, 97)
    if not tails:
        return 0.0, 1.0
    low, high = min(tails), max(tails)
    most = 2 * (high - low)
    low = min(low, max(min(wholes), low - most))
    high = max(high, min(max(wholes), high + most))
    if high == low:
        pad = 0.05 * abs(high) or 0.5
    else:  # values alike to four digits are not torn apart
        pad = max(0.08 * (high - low), 0.002 * max(abs(low), abs(high)))
    return low - pad, high + pad


def shared_range(
    raws: list[NDArray[Any]], smooths: list[NDArray[Any]], extra: list[float]
) -> tuple[float, float]:
    """Limits for curves of several runs, so that a bad one flattens none of the others.

    The newest value of each is in sight, but one far above all that the others went
    through. What a curve went through before may take two thirds of the height.
    """
    known = [k for k, smooth in enumerate(smooths) if np.isfinite(smooth).any()]
    near = _near([smooths[k] for k in known])
    raws, smooths = ([of[known[n]] for n in near] for of in (raws, smooths))
    if len(smooths) < 2:
        return value_range(raws, smooths, extra)
    ends = [_last(smooth) for smooth in smooths] + extra
    own = [value_range([r], [s], []) for r, s in zip(raws, smooths, strict=True)]
    height = max(max(ends) - min(ends), min(high - low for low, high in own))
    top = max(ends) + 2 * height
    raws, smooths = ([np.minimum(one, top) for one in of] for of in (raws, smooths))
    return value_range(raws, smooths, extra)


def _near(smooths: list[NDArray[Any]]) -> list[int]:
    """Which curves to have in sight: the lowest, and those in reach of it by and by."""
    found: list[int] = []
    seen: list[float] = []
    for k in sorted(range(len(smooths)), key=lambda k: _last(smooths[k])):
        reach = _REACH * (max(seen) - min(seen)) if seen else 0.0
        if not reach or _last(smooths[k]) <= max(seen) + reach:
            found.append(k)
            seen += _percentiles(smooths[k][np.isfinite(smooths[k])], 1, 99)
    return sorted(found)


def _last(smooth: NDArray[Any]) -> float:
    return float(smooth[np.isfinite(smooth)][-1])


def _percentiles(values: NDArray[Any], *shares: float) -> list[float]:
    """The nearest values, without the detours that make ``np.percentile`` slow."""
    ordered = np.sort(values)
    last = len(ordered) - 1
    return [float(ordered[round(last * s / 100)]) for s in shares if last >= 0]
