"""One curve of a panel, and the range that a panel of curves shows."""

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray

from app.plots.ink import colour
from app.plots.pane import Pane

# Curves of one panel, told apart by colour, dash and the word at their end.
_INKS: tuple[tuple[str, tuple[int, int] | None], ...] = (
    ("text1", None),
    ("latent", None),
    ("text2", (5, 3)),
    ("data", (2, 2)),
)


class Curve:
    """One quantity: raw values thin and pale, smoothed ones on top."""

    def __init__(self, pane: Pane, rank: int) -> None:
        self.token, self._dash = _INKS[rank % len(_INKS)]
        self.raw = pg.PlotCurveItem(skipFiniteCheck=False, connect="finite")
        self.smooth = pg.PlotCurveItem(connect="finite", antialias=True)
        for item in (self.raw, self.smooth):
            pane.addItem(item, ignoreBounds=True)
        self.recolour()

    def recolour(self) -> None:
        """Take the colour from the theme again."""
        ink = colour(self.token).toRgb()
        pen = pg.mkPen(ink)
        if self._dash is not None:
            pen.setDashPattern(list(self._dash))
        self.smooth.setPen(pen)
        ink.setAlphaF(0.4)
        self.raw.setPen(pg.mkPen(ink))

    def set_values(
        self, x: NDArray[Any], raw: NDArray[Any], smooth: NDArray[Any]
    ) -> None:
        """Show both lines over x."""
        place = np.ascontiguousarray(x, dtype=np.float64)
        self.raw.setData(place, np.ascontiguousarray(raw, dtype=np.float64))
        self.smooth.setData(place, np.ascontiguousarray(smooth, dtype=np.float64))


def short_names(titles: list[str], room: int = 9) -> list[str]:
    """Titles as short words: first words that differ shrink to their initial.

    ``Discriminator real`` beside ``Generator loss`` becomes ``D real``.
    """
    if len(titles) < 2:
        return [""] * len(titles)
    names = []
    for title in titles:
        words = title.split()
        if len(words) > 1 and len({other.split()[0] for other in titles}) > 1:
            words = [words[0][0], *words[1:]]
        name = " ".join(words)
        names.append(name if len(name) <= room else f"{name[: room - 3]}.")
    return names


def value_range(
    raws: list[NDArray[Any]], smooths: list[NDArray[Any]], extra: list[float]
) -> tuple[float, float]:
    """Limits that show the smoothed curves and nearly all of the raw ones."""
    lows, highs = list(extra), list(extra)
    for raw, smooth in zip(raws, smooths, strict=True):
        settled = smooth[len(smooth) // 8 :]  # the fall at the start may be cut
        settled = settled[np.isfinite(settled)]
        raw = raw[np.isfinite(raw)]
        if len(settled):
            lows.append(float(np.percentile(settled, 1)))
            highs.append(float(np.percentile(settled, 99)))
        if len(raw) > 4:
            lows.append(float(np.percentile(raw, 1)))
            highs.append(float(np.percentile(raw, 97)))
    if not lows:
        return 0.0, 1.0
    low, high = min(lows), max(highs)
    pad = 0.08 * (high - low) or 0.05 * abs(high) or 0.5
    return low - pad, high + pad
