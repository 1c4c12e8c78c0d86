"""The strip under a plot that says in numbers what lies under the pointer."""

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import theme
from app.widgets.paint import draw_icon, draw_text, painting, shortened, text_width

Parts = list[tuple[str, str]]


class ReadOut(QWidget):
    """Pairs of a name and a value in one line; a hint while nothing is pointed at."""

    def __init__(self, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hint = hint
        self._parts: Parts = []
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Values under the pointer")
        theme.changed.connect(self._on_theme)

    @property
    def text(self) -> str:
        """What the strip says, as one line."""
        return "  ".join(f"{name} {value}" for name, value in self._parts)

    @property
    def hint(self) -> str:
        """What it says while nothing is pointed at."""
        return self._hint

    def set_parts(self, parts: Parts) -> None:
        """Show pairs of name and value; none brings the hint back."""
        if parts != self._parts:
            self._parts = parts
            self.setAccessibleDescription(self.text)
            self.update()

    def set_hint(self, hint: str) -> None:
        """What to say while nothing is pointed at."""
        self._hint = hint
        self.update()

    def sizeHint(self) -> QSize:
        """A strip of 36 px."""
        return QSize(theme.px(200), theme.px(36))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Cross-hair, then names in grey and values in bold."""
        c, px = theme.c, theme.px
        with painting(self) as painter:
            middle = self.height() / 2
            draw_icon(painter, QPointF(px(10), middle), "crosshair", 12, c.text3)
            x = float(px(24))
            if not self._parts:
                rest = QRectF(x, 0, self.width() - x, self.height())
                hint = self._hint
                for end in (";", " to read"):
                    hint = shortened(hint, [end], rest.width(), 12)
                draw_text(painter, rest, hint, c.text3, 12)
            for name, value in self._parts:
                for text, ink, weight, gap in (
                    (name, c.text2, 400, 5),
                    (value, c.text1, 600, 14),
                ):
                    if not text:
                        continue
                    wide = text_width(text, 12, weight)
                    rest = QRectF(x, 0, self.width() - x, self.height())
                    if rest.width() < px(16):
                        return
                    draw_text(painter, rest, text, ink, 12, weight)
                    x += wide + px(gap)

    def _on_theme(self) -> None:
        self.updateGeometry()
        self.update()
