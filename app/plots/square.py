"""The square paper: equal limits, three labels per axis, tags, and a rail beside it."""

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QPainter
from PySide6.QtWidgets import QToolTip

from app.plots.figures_block import Numbers
from app.plots.foot import LINES, ROW, paint_foot
from app.plots.pane import Pane
from app.plots.paper import Paper
from app.plots.rail import Block, Figure
from app.plots.rail_places import place
from app.plots.ticks import three_ticks, tick_text
from app.theme import theme
from app.widgets.paint import CENTRE, LEFT, RIGHT, draw_text, shortened, text_width

_LEFT, _TOP, _BOTTOM, _RIGHT = 34, 2, 24, 10  # room for labels, px of the normal look
_LABEL, _LEAST_LABEL = 11, 7  # px of type
_BARE = 8  # px at the left without labels
_GAP, _RAIL, _LEAST = 14, 104, 110


class Square(Paper):
    """A pane kept square by geometry, with everything that LOOK puts round it.

    Attributes:
        pane: Where data items go; y points up.
        grid: Whether lines are drawn on the paper (not under an image).
        tags: Words at the top left, top right and bottom corners of the frame.
    """

    keeps_rail = False  # whether its rail can never lie flat below it
    has_rail = True  # False: no rail, and the square takes its room
    has_left_axis = True  # False: the labels stand at a neighbour with the same limits
    moved = Signal(object)  # (x, y) under the pointer; None when it has left
    laid_out = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.grid = True
        self.tags: tuple[str, str] = ("", "")
        #: Whether the left tag goes where it would be cut beside the right one.
        self.left_tag_may_go = False
        self.axis_names: tuple[str, str] = ("", "")
        self.margin_top = 0
        self.margin_right = 0
        self._blocks: list[Block] = []
        self._figures: list[Figure] = []
        self._rail = QRectF()
        self._foot = QRectF()
        self.pane = self.add_pane(Pane())
        self.pane.set_home(-3.2, 3.2, -3.2, 3.2)
        self.pointed.connect(self._on_pointed)

    @property
    def frame(self) -> QRectF:
        """The square of data, in pixels."""
        return QRectF(self.pane.geometry())

    @property
    def rail(self) -> QRectF:
        """The rail, in pixels; empty if there is no room for it."""
        return QRectF(self._rail)

    def set_rail(self, blocks: list[Block], figures: list[Figure]) -> None:
        """What stands beside the plot; painted again only if it differs."""
        if (blocks, figures) != (self._blocks, self._figures):
            self._blocks, self._figures = blocks, figures
            self.on_rail_changed()
            self.redraw()

    def set_tags(self, left: str = "", right: str = "") -> None:
        """Words in the upper corners of the frame."""
        if (left, right) != self.tags:
            self.tags = (left, right)
            self.viewport().update()

    def shown_tags(self, room: float) -> tuple[str, str]:
        """The tags that are written where both have so many pixels."""
        wants = sum(self._tag_wants())
        goes = self.left_tag_may_go and all(self.tags) and wants > room
        return ("", self.tags[1]) if goes else self.tags

    def set_grid(self, shown: bool) -> None:
        """Lines on the paper, or none under an image."""
        if shown != self.grid:
            self.grid = shown
            self.redraw()

    def set_axis_names(self, x: str, y: str) -> None:
        """Short names of the axes, written inside the frame; empty for none."""
        if (x, y) != self.axis_names:
            self.axis_names = (x, y)
            self.viewport().update()

    def on_rail_changed(self) -> None:
        """For subclasses that keep a pane in the rail."""

    def placed(self) -> list[tuple[Block | Figure, QRectF]]:
        """The blocks of the rail and where they stand."""
        return place(self._blocks, self._figures, self._rail)

    def tip_at(self, pixel: QPointF) -> str:
        """What the block or figure of the rail under a pixel means."""
        for block, rect in self.placed():
            if rect.contains(pixel) and isinstance(block, Numbers | Figure):
                return block.tip
        return ""

    def viewportEvent(self, event: QEvent) -> bool:
        """Numbers of the rail say what they mean."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            words = self.tip_at(event.pos().toPointF())
            if words:
                QToolTip.showText(event.globalPos(), words, self)
                return True
        return bool(super().viewportEvent(event))

    def lay_out(self, width: int, height: int) -> None:
        """A square at the left, the rail at its right, centred if room is plenty."""
        px = theme.px
        left, top = self._left, px(_TOP) + self.margin_top
        free_x = width - left - px(_RIGHT) - self.margin_right
        free_y = height - top - px(_BOTTOM)
        railed = free_x - px(_GAP + _RAIL)
        has_rail = self.has_rail and railed >= px(_LEAST)
        side = max(min(railed if has_rail else free_x, free_y), 20)
        spare = (railed if has_rail else free_x) - side
        flat = px(ROW * LINES + _GAP)
        lies = theme.look == "projector" and not self.keeps_rail and self.has_rail
        if lies and min(free_x, free_y - flat) > side:
            self._lay_flat(QRectF(left, top, free_x, free_y), flat)
            return
        self._foot = QRectF()
        if spare > width // 4:
            left += spare // 2
        self.pane.setGeometry(QRectF(left, top, side, side))
        x = left + side + self.margin_right + px(_GAP)
        rail_width = min(px(_RAIL) + max(spare, 0) // 2, px(130))
        self._rail = QRectF(x, top, rail_width, side) if has_rail else QRectF()
        self.on_rail_changed()
        self.laid_out.emit()

    @property
    def _left(self) -> int:
        return theme.px(_LEFT if self.has_left_axis else _BARE)

    def _lay_flat(self, room: QRectF, flat: int) -> None:
        """A larger square, and the rail in two lines below it."""
        side = round(min(room.width(), room.height() - flat))
        left = room.left() + (room.width() - side) // 2
        self.pane.setGeometry(QRectF(left, room.top(), side, side))
        self._rail = QRectF()
        foot = theme.px(ROW * LINES)
        top = room.top() + side + theme.px(_BOTTOM + 4)
        wide = room.width() + theme.px(_LEFT - 12)
        self._foot = QRectF(theme.px(12), top, wide, foot)
        self.on_rail_changed()
        self.laid_out.emit()

    def paint_behind(self, painter: QPainter) -> None:
        """Paper, grid, ticks, labels, rail."""
        c, frame = theme.c, self.frame
        painter.fillRect(frame, c.well)
        self._paint_axes(painter, frame)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for block, rect in self.placed():
            block.paint(painter, rect)
        if not self._foot.isEmpty():
            paint_foot(painter, self._foot, self._blocks, self._figures)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_axes(self, painter: QPainter, frame: QRectF) -> None:
        c, px = theme.c, theme.px
        x_0, x_1, y_0, y_1 = self.pane.limits
        xs, ys = three_ticks(x_0, x_1), three_ticks(y_0, y_1)
        for value in xs:
            x = round(self.pane.pixel(value, y_0).x())
            if self.grid:
                painter.setPen(c.grid)
                painter.drawLine(QPointF(x, frame.top()), QPointF(x, frame.bottom()))
            painter.setPen(c.text4)
            painter.drawLine(
                QPointF(x, frame.bottom()), QPointF(x, frame.bottom() + px(3))
            )
            label = QRectF(x - px(40), frame.bottom() + px(5), px(80), px(16))
            draw_text(painter, label, tick_text(value, xs), c.text3, 11, align=CENTRE)
        for value in ys:
            y = round(self.pane.pixel(x_0, value).y())
            if self.grid:
                painter.setPen(c.grid)
                painter.drawLine(QPointF(frame.left(), y), QPointF(frame.right(), y))
            painter.setPen(c.text4)
            painter.drawLine(QPointF(frame.left() - px(3), y), QPointF(frame.left(), y))
            if self.has_left_axis:
                label = QRectF(0, y - px(8), frame.left() - px(6), px(16))
                self._left_label(painter, label, tick_text(value, ys))

    @staticmethod
    def _left_label(painter: QPainter, label: QRectF, text: str) -> None:
        """A long number is set smaller: cut short it would be another number."""
        size = _LABEL
        while size > _LEAST_LABEL and text_width(text, size) > label.width():
            size -= 1
        draw_text(painter, label, text, theme.c.text3, size, align=RIGHT)

    def paint_ahead(self, painter: QPainter) -> None:
        """A frame of 1 px, the tags and the names of the axes."""
        c, px, frame = theme.c, theme.px, self.frame
        painter.setPen(c.edge)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(frame.adjusted(0, 0, -1, -1))
        inner = frame.adjusted(px(10), px(5), -px(10), -px(5))
        line = QRectF(inner.left(), inner.top(), inner.width(), px(18))
        for text, room, align in zip(
            self.shown_tags(line.width() + px(4)),
            self._tag_rooms(line),
            (LEFT, RIGHT),
            strict=True,
        ):
            if text:
                self._tag(painter, room, text, align)
        x_name, y_name = self.axis_names
        foot = QRectF(inner.left(), inner.bottom() - px(16), inner.width(), px(16))
        if x_name:
            self._axis_name(painter, foot, f"{x_name} →", RIGHT)
        if y_name:
            row = line.translated(0, px(20) if self.tags[0] else 0)
            self._axis_name(painter, row, f"{y_name} ↑", LEFT)

    def _tag_wants(self) -> list[int]:
        return [text_width(tag, 12, 600) + theme.px(8) for tag in self.tags]

    def _tag_rooms(self, line: QRectF) -> tuple[QRectF, QRectF]:
        """Of the left and the right tag: never over each other, half for each at least.

        Each stands out of its room by its ground, to its own side.
        """
        wants, room = self._tag_wants(), line.width() + theme.px(4)
        left = 0.0
        if self.shown_tags(room)[0]:
            left = min(wants[0], max(room - wants[1], room / 2))
        ends = QRectF(line), QRectF(line)
        ends[0].setWidth(left)
        ends[1].setLeft(line.right() - room + left)
        return ends

    def _tag(
        self, painter: QPainter, line: QRectF, text: str, align: Qt.AlignmentFlag
    ) -> None:
        """Words on a little paper, so that data under them do not hurt."""
        text = shortened(text, ",:", line.width() - theme.px(8), 12, 600)
        width = min(text_width(text, 12, 600) + theme.px(8), int(line.width()))
        left = line.left() - theme.px(4)
        if align == RIGHT:
            left = line.right() + theme.px(4) - width
        ground = QRectF(left, line.top(), width, line.height())
        painter.fillRect(ground, _shade())
        draw_text(painter, ground, text, theme.c.text1, 12, 600, CENTRE)

    @staticmethod
    def _axis_name(
        painter: QPainter, line: QRectF, text: str, align: Qt.AlignmentFlag
    ) -> None:
        """The same for a name, which may lie on a dark cell as well as on none."""
        wide = text_width(text, _LABEL)
        left = line.left() if align == LEFT else line.right() - wide
        ground = QRectF(left, line.top(), wide, line.height())
        painter.fillRect(ground.adjusted(-theme.px(4), 0, theme.px(4), 0), _shade())
        draw_text(painter, ground, text, theme.c.text2, _LABEL)

    def _on_pointed(self, pixel: QPointF | None) -> None:
        inside = pixel is not None and self.frame.contains(pixel)
        self.moved.emit(self.pane.data_point(pixel) if pixel and inside else None)


def _shade() -> QColor:
    """Paper through which a little of the data is seen."""
    shade = theme.c.well.toRgb()
    shade.setAlpha(200)
    return shade
