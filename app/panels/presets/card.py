"""One preset: its picture over its title and sentence."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import (
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPixmap,
    QTextOption,
)
from PySide6.QtWidgets import QSizePolicy

from app.palette import mix
from app.presets import Preset
from app.theme import theme
from app.widgets.paint import box, draw_text, painting, ring
from app.widgets.press import PressButton
from app.widgets.state import State

_WORDS = 82  # px for the title and three lines of the sentence


class PresetCard(PressButton):
    """A picture to press."""

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        self.preset = preset
        self._picture = QPixmap()
        self.setAccessibleName(preset.title)
        self.setAccessibleDescription(preset.sentence)
        self.setToolTip(preset.sentence)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._state = State(self, self._restyle)

    def sizeHint(self) -> QSize:
        """Four beside each other fill a window."""
        return QSize(theme.px(300), theme.px(230))

    def minimumSizeHint(self) -> QSize:
        """Four fit into the smallest window."""
        return QSize(theme.px(200), theme.px(150))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Card, picture, title, sentence, ring."""
        c, px, whole = theme.c, theme.px, self.rect().toRectF()
        words = QRectF(whole)
        words.setTop(whole.bottom() - px(_WORDS))
        paper = QRectF(whole)
        paper.setBottom(words.top())
        with painting(self) as painter:
            ground = mix(c.bg1, c.bg3, self._state.hover)
            outline = mix(c.edge, c.accent, self._state.hover)
            box(painter, whole, 8, ground)
            self._paint_picture(painter, paper)
            box(painter, whole, 8, None, outline)
            line = words.adjusted(px(12), px(8), -px(12), 0)
            line.setHeight(px(18))
            draw_text(painter, line, self.preset.title, c.text1, 13, 600)
            text = words.adjusted(px(12), px(28), -px(12), -px(6))
            self._paint_sentence(painter, text)
            if self._state.ring:
                ring(painter, whole, 8)

    def _paint_picture(self, painter: QPainter, room: QRectF) -> None:
        edges = QPainterPath()
        edges.addRoundedRect(self.rect().toRectF(), theme.px(8), theme.px(8))
        painter.save()
        painter.setClipPath(edges)
        painter.fillRect(room, theme.c.well)
        if not self._picture.isNull():
            self._paint_pixels(painter, room)
        painter.restore()

    def _paint_pixels(self, painter: QPainter, room: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        size = self._picture.size().scaled(
            room.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio
        )
        place = QRectF(0, 0, size.width(), size.height())
        place.moveCenter(room.center())
        painter.drawPixmap(place, self._picture, QRectF(self._picture.rect()))

    def _restyle(self) -> None:
        self._picture = QPixmap()
        self._picture.loadFromData(self.preset.picture(theme.look == "dark"))
        self.update()

    def _paint_sentence(self, painter: QPainter, room: QRectF) -> None:
        painter.setFont(theme.font(11))
        painter.setPen(theme.c.text2)
        option = QTextOption(Qt.AlignmentFlag.AlignLeft)
        option.setWrapMode(QTextOption.WrapMode.WordWrap)
        painter.drawText(room, self.preset.sentence, option)
