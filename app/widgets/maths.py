"""Formulas on screen: LaTeX to SVG to pixels, cached by formula, colour and size."""

from functools import lru_cache

from PySide6.QtCore import QByteArray, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from app.theme import theme
from app.widgets.paint import draw_text, painting
from app.widgets.state import State

_BREAK = r"\\"  # between two lines


@lru_cache(maxsize=512)
def formula_svg(latex: str, colour: str, size: float) -> bytes:
    """SVG of a formula; empty where ziamath cannot set it."""
    if not latex.strip():
        return b""
    # 0.3 s: with the first formula, not with the window
    from ziamath.config import config
    from ziamath.zmath import Latex

    config.svg2 = False  # Qt draws nothing from SVG 2
    try:
        drawn = Latex(latex, size=size, color=colour)
        return bytes(drawn.svg(), "utf-8")
    except Exception:  # noqa: BLE001 - the parser's errors share no base; text it is
        return b""


def first_formula(latex: str) -> str:
    """The first of several formulas in one line: the one that is read from afar."""
    return latex.partition(r"\quad")[0].rstrip(" ,;")


def first_line(latex: str) -> str:
    """The first line of the first formula, where there is room for one only."""
    return first_formula(latex).partition(_BREAK)[0].rstrip()


@lru_cache(maxsize=512)
def formula_pixmap(latex: str, colour: str, size: float, ratio: float) -> QPixmap:
    """A formula as pixels on nothing; a null pixmap where it cannot be set.

    Args:
        latex: The formula, without dollar signs.
        colour: Like ``#RRGGBB``.
        size: Height of the font, px.
        ratio: Pixels of the device in one pixel of the layout.
    """
    renderer = QSvgRenderer(QByteArray(formula_svg(latex, colour, size)))
    area = renderer.viewBoxF()
    if not renderer.isValid() or area.isEmpty():
        return QPixmap()
    extent = area.size()
    pixmap = QPixmap((extent * ratio).toSize() + QSize(1, 1))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, extent.width(), extent.height()))
    painter.end()
    return pixmap


class MathsLabel(QLabel):
    """A formula that is set smaller when its room is narrow, and is never blank.

    What cannot be set is shown as its LaTeX text. ``spoken`` is for screen readers.
    """

    def __init__(
        self,
        latex: str = "",
        *,
        size: int = 15,
        colour: str = "text1",
        spoken: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._latex = latex
        self._size = size
        self._colour = colour
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._state = State(self)
        self.set_formula(latex, spoken)

    def set_formula(self, latex: str, spoken: str = "") -> None:
        """Show another formula."""
        self._latex = latex
        self.setAccessibleName(spoken or latex)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """The formula at its full size."""
        pixmap = self._pixmap()
        if pixmap.isNull():
            return QSize(theme.px(80), theme.px(20) if self._latex else 0)
        return pixmap.deviceIndependentSize().toSize() + QSize(0, theme.px(2))

    def minimumSizeHint(self) -> QSize:
        """May become narrow: the formula shrinks."""
        whole = self.sizeHint()
        return QSize(min(theme.px(40), whole.width()), whole.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """The formula at the left, or its text."""
        if not self._latex:
            return
        pixmap = self._pixmap()
        with painting(self) as painter:
            if pixmap.isNull():
                ink = getattr(theme.c, self._colour)
                draw_text(painter, self.rect().toRectF(), self._latex, ink, 12)
                return
            extent = pixmap.deviceIndependentSize()
            shrink = min(1.0, self.width() / extent.width())
            if shrink < 1:
                pixmap = self._pixmap(shrink)
                extent = pixmap.deviceIndependentSize()
            # Margins round up, so that it may still be a pixel too wide.
            extent = extent * min(1.0, self.width() / extent.width())
            top = round((self.height() - extent.height()) / 2)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(
                QRectF(QPointF(0, top), extent), pixmap, QRectF(pixmap.rect())
            )

    def _pixmap(self, shrink: float = 1.0) -> QPixmap:
        colour = getattr(theme.c, self._colour).name()
        size = round(theme.px(self._size) * shrink * 0.995, 2)
        return formula_pixmap(self._latex, colour, size, self.devicePixelRatioF())
