"""The one place for colours, fonts, sizes and icons.

Widgets read ``theme.c`` when they paint and repaint on ``theme.changed``; nobody keeps
a colour. Icons and formulas carry their colour in their pixels and are therefore
cached by colour.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QFont, QFontDatabase, QIcon, QPalette, QPixmap
from PySide6.QtWidgets import QApplication

from app.icons import icon, icon_pixmap
from app.palette import LOOKS, Colours

FAMILIES = (
    "Inter",
    "Segoe UI Variable Text",
    "Segoe UI",
    ".AppleSystemUIFont",
    "Noto Sans",
    "Noto Sans CJK",
    "DejaVu Sans",
)
PROJECTOR_SCALE = 1.6
_PAPER_SHARE = 0.1  # lowest part of a density map that fades into the paper


@cache
def _load_inter() -> bool:
    """Put Inter into the font database, once; False if system fonts must do."""
    try:
        from fontpkg_inter import ROOT

        # From data, not by path: else Qt 6.11 draws all its weights alike.
        data = (ROOT / "files" / "Inter[opsz,wght].ttf").read_bytes()
    except (ImportError, OSError):
        return False
    return QFontDatabase.addApplicationFontFromData(data) >= 0


@cache
def _map(name: str) -> NDArray[np.uint8]:
    """A perceptually uniform colour map as RGBA rows (256, 4), low first."""
    from pyqtgraph import colormap  # 0.4 s: only when a plot asks

    table = colormap.get(name).getLookupTable(nPts=256, alpha=True)
    return np.asarray(table, dtype=np.uint8)


class Theme(QObject):
    """Current look, text size and motion; ``changed`` means repaint and lay out anew.

    Attributes:
        c: Colours of the current look.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.c: Colours = LOOKS["dark"]
        self._look = "dark"
        self._text_scale = 1.0
        self._less_motion = False
        self._fonts: dict[tuple[int, int, bool], QFont] = {}
        self._has_plain_figures = False
        self._app: QApplication | None = None

    @property
    def look(self) -> str:
        """``"dark"``, ``"light"`` or ``"projector"``."""
        return self._look

    def set_look(self, look: str) -> None:
        """Recolour everything.

        Raises:
            ValueError: If there is no such look.
        """
        if look not in LOOKS:
            raise ValueError(f"No look {look!r}: choose one of {', '.join(LOOKS)}.")
        if look != self._look:
            self._look = look
            self.c = LOOKS[look]
            self._refresh()

    @property
    def text_scale(self) -> float:
        """Size of text and controls that the person chose, 1 is normal."""
        return self._text_scale

    def set_text_scale(self, scale: float) -> None:
        """Scale text and controls together, held to 0.8 ... 2."""
        scale = min(max(scale, 0.8), 2.0)
        if scale != self._text_scale:
            self._text_scale = scale
            self._refresh()

    @property
    def less_motion(self) -> bool:
        """Whether nothing may be animated."""
        return self._less_motion

    def set_less_motion(self, less: bool) -> None:
        """Switch animations off or on."""
        self._less_motion = less

    def duration(self, milliseconds: int) -> int:
        """Length of an animation, ms; 0 where less motion is wanted."""
        return 0 if self._less_motion else milliseconds

    @property
    def scale(self) -> float:
        """Factor on all sizes: text scale, and 1.6 in the projector look."""
        by_look = PROJECTOR_SCALE if self._look == "projector" else 1.0
        return by_look * self._text_scale

    def px(self, size: float) -> int:
        """Pixels for a size given for the normal look; at least 1 if positive."""
        return max(round(size * self.scale), 1 if size > 0 else 0)

    def font(self, size: int, weight: int = 400) -> QFont:
        """A font of ``size`` pixels (before scaling) with figures of equal width."""
        key = (self.px(size), weight, self._has_plain_figures)
        if key not in self._fonts:
            self._fonts[key] = self._make_font(*key)
        return QFont(self._fonts[key])

    @contextmanager
    def plain_figures(self) -> Iterator[None]:
        """Fonts with the usual glyphs of figures and signs, for drawings on paper.

        The glyphs of equal width stand for no character: in a PDF no reader could find
        or copy them. A family that begins with a dot would make readers of SVG
        overlook all of them.
        """
        self._has_plain_figures = True
        try:
            yield
        finally:
            self._has_plain_figures = False

    def plain_font(self, pixels: int, weight: int) -> QFont:
        """The font of drawings on paper, of so many pixels."""
        return self._make_font(pixels, weight, True)

    @staticmethod
    def _make_font(pixels: int, weight: int, plain: bool) -> QFont:
        _load_inter()
        font = QFont()
        families = [f for f in FAMILIES if not (plain and f.startswith("."))]
        font.setFamilies(families)
        font.setPixelSize(pixels)
        font.setWeight(QFont.Weight(weight))
        font.setFeature(QFont.Tag("tnum"), 0 if plain else 1)
        # Else Inter shows the x of a file named 16x9 as another sign.
        font.setFeature(QFont.Tag("calt"), 0)
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        return font

    def icon(self, name: str, colour: str | None = None) -> QIcon:
        """Phosphor icon, e.g. ``"play-fill"``, in a colour like ``#RRGGBB``."""
        return icon(name, colour or self.c.text1.name())

    def pixmap(
        self, name: str, size: int, colour: str | None = None, ratio: float = 1.0
    ) -> QPixmap:
        """An icon of ``size`` pixels (before scaling), ready to be painted."""
        return icon_pixmap(name, self.px(size), colour or self.c.text1.name(), ratio)

    def density_lut(self) -> NDArray[np.uint8]:
        """RGBA rows (256, 4) for a density; row 0 is the paper."""
        lut = _map("CET-CBL1").copy()
        if not self.c.is_dark:
            lut = lut[::-1].copy()
        share = np.clip(np.linspace(0, 1, 256) / _PAPER_SHARE, 0, 1)[:, None]
        paper = np.array(self.c.well.getRgb())
        blended: NDArray[np.uint8] = (
            (paper + share * (lut - paper)).round().astype("u1")
        )
        return blended

    def signed_lut(self) -> NDArray[np.uint8]:
        """RGBA rows (256, 4) for a difference; the middle is zero."""
        return _map("CET-D6" if self.c.is_dark else "CET-CBD1").copy()

    def apply(self, app: QApplication) -> None:
        """Fusion style, palette and font for menus, dialogs and pop-ups."""
        self._app = app
        app.setStyle("Fusion")
        app.setPalette(self.palette())
        app.setFont(self.font(13))

    def palette(self) -> QPalette:
        """The Qt palette of the current look."""
        c, role = self.c, QPalette.ColorRole
        palette = QPalette()
        for name, colour in {
            role.Window: c.bg1,
            role.WindowText: c.text1,
            role.Base: c.bg2,
            role.AlternateBase: c.bg1,
            role.Text: c.text1,
            role.PlaceholderText: c.text3,
            role.Button: c.bg3,
            role.ButtonText: c.text1,
            role.ToolTipBase: c.bg2,
            role.ToolTipText: c.text1,
            role.Highlight: c.accent,
            role.HighlightedText: c.on_accent,
            role.Accent: c.accent,
            role.Link: c.accent,
            role.Light: c.bg4,
            role.Midlight: c.bg4,
            role.Mid: c.edge,
            role.Dark: c.edge,
            role.Shadow: c.bg0,
        }.items():
            palette.setColor(name, colour)
        for name in (role.WindowText, role.Text, role.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, name, c.text4)
        return palette

    def _refresh(self) -> None:
        self._fonts.clear()
        if self._app is not None:
            self._app.setPalette(self.palette())
            self._app.setFont(self.font(13))
        self.changed.emit()


theme = Theme()
