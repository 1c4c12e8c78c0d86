"""Panels of curves on one paper: the same x axis, an own y axis for each unit."""

from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.plots.ink import colour
from app.plots.pane import Pane
from app.plots.paper import Paper
from app.plots.ticks import (
    decade_parts,
    decades,
    log_text,
    power_text,
    three_ticks,
    tick_text,
)
from app.theme import theme
from app.widgets.numbers import in_powers
from app.widgets.paint import CENTRE, RIGHT, draw_text, text_width

_LEFT, _BOTTOM, _TITLE, _GAP = 46, 24, 18, 10
_LEAST_RIGHT, _MOST_RIGHT = 60, 118  # room for the values at the ends
_CROWDED = 1.6  # times as high as a panel of one or two curves
_LEAST, _TWO_COLUMNS = 62, 720
_VEIL = 215  # of 255, under words that curves may cross


@dataclass(frozen=True)
class EndValue:
    """The last value of a curve, written at its end; ``y`` as drawn."""

    y: float
    text: str
    token: str


@dataclass(frozen=True)
class Line:
    """A dashed line with words: a reference (at ``place`` on y) or a change (on x)."""

    place: float
    text: str
    token: str = "data_text"


@dataclass
class Panel:
    """One pane with what stands round it; ``own_x``: its x axis is its own."""

    pane: Pane
    title: str = ""
    unit: str = ""
    is_log: bool = False
    ends: list[EndValue] = field(default_factory=list)
    references: list[Line] = field(default_factory=list)
    own_x: bool = False


def spread(places: list[float], gap: float, low: float, high: float) -> list[float]:
    """Places moved apart so that none is nearer than ``gap``; order is kept."""
    order = sorted(range(len(places)), key=lambda index: places[index])
    result = list(places)
    edge = low
    for index in order:
        result[index] = max(places[index], edge)
        edge = result[index] + gap
    edge = high
    for index in reversed(order):
        result[index] = min(result[index], edge)
        edge = result[index] - gap
    return result


class PanelPaper(Paper):
    """Panels in one column, or in two where there is room; some may not fit."""

    def __init__(self) -> None:
        super().__init__()
        self.panels: list[Panel] = []
        self.changes: list[Line] = []
        self.x_unit = ""
        self.words = ""  # instead of panels, if there is none
        self.cursor: float | None = None
        self.hidden_panels = 0
        self.right = theme.px(_LEAST_RIGHT)

    def set_panels(self, panels: list[Panel]) -> None:
        """Show these panels, in order of importance."""
        self.panels = panels
        self.refresh()

    def set_cursor(self, x: float | None) -> None:
        """A vertical line in all panels."""
        if x != self.cursor:
            self.cursor = x
            self.viewport().update()

    def lay_out(self, width: int, height: int) -> None:
        """Share the height among as many panels as stay readable."""
        px = theme.px
        columns = 2 if width >= px(_TWO_COLUMNS) and len(self.panels) > 2 else 1
        one = px(_TITLE + _GAP) + px(_LEAST)
        rows = max(1, min(-(-len(self.panels) // columns), (height - px(28)) // one))
        shown = min(len(self.panels), rows * columns)
        self.hidden_panels = len(self.panels) - shown
        column_width = width / columns
        self.right = self._room_at_right()
        for index, panel in enumerate(self.panels):
            panel.pane.setVisible(index < shown)
            column, row = divmod(index, rows)
            heights = self._heights(column * rows, rows, height - px(_BOTTOM), one)
            left = column * column_width + px(_LEFT)
            top = sum(heights[:row]) + px(_TITLE)
            panel.pane.setGeometry(
                QRectF(
                    round(left),
                    round(top),
                    max(round(column_width - px(_LEFT) - self.right), 20),
                    max(round(heights[row] - px(_TITLE + _GAP)), 20),
                )
            )

    def _heights(self, first: int, rows: int, room: int, least: int) -> list[float]:
        """Heights of the panels in one column: more for those with many curves."""
        inside = self.panels[first : first + rows]
        weights = [_CROWDED if len(panel.ends) > 2 else 1.0 for panel in inside]
        weights += [1.0] * (rows - len(inside))
        if min(weights) * room / sum(weights) < least:
            return [room / rows] * rows
        return [weight * room / sum(weights) for weight in weights]

    def _room_at_right(self) -> int:
        """Room for the values at the ends of curves, pixels, in tens."""
        texts = [end.text for panel in self.panels for end in panel.ends]
        longest = max((text_width(text, 12, 600) for text in texts), default=0)
        wanted = -(-(longest + theme.px(14)) // 10) * 10
        return min(max(wanted, theme.px(_LEAST_RIGHT)), theme.px(_MOST_RIGHT))

    def shown_panels(self) -> list[Panel]:
        """Those that have room."""
        return self.panels[: len(self.panels) - self.hidden_panels]

    def paint_behind(self, painter: QPainter) -> None:
        """Titles, labels, changes, references, end values."""
        if self.words:
            middle = QRectF(0, 0, self.width(), self.height())
            draw_text(painter, middle, self.words, theme.c.text2, 12, align=CENTRE)
        shown = self.shown_panels()
        for index, panel in enumerate(shown):
            frame = QRectF(panel.pane.geometry())
            self._paint_title(painter, panel, frame)
            self._paint_y(painter, panel, frame)
            following = shown[index + 1] if index + 1 < len(shown) else None
            is_last = (
                following is None
                or following.pane.geometry().left() != panel.pane.geometry().left()
            )
            self._paint_x(painter, panel, frame, labelled=is_last)
            self._paint_references(painter, panel, frame)
            if not panel.own_x:
                self._paint_changes(painter, panel, frame)
            self._paint_ends(painter, panel)
        if self.hidden_panels:
            where, words = self.more_room(), self._more()
            draw_text(painter, where, words, theme.c.text3, 11, align=RIGHT)

    def _more(self) -> str:
        """That some panels have no room: at length, unless the title needs it."""
        words = f"+{self.hidden_panels} more"
        whole = f"{words} when enlarged"
        return whole if self._fits_beside_title(whole) else words

    def more_room(self) -> QRectF:
        """Where that is said; nowhere if all have room.

        At the right of the first title, or else of the labels on the x axis.
        """
        if not self.hidden_panels:
            return QRectF()
        px, words = theme.px, self._more()
        wide = text_width(words, 11) + 2
        if self._fits_beside_title(words):
            return QRectF(self.width() - px(12) - wide, 0, wide, px(_TITLE))
        top = self.height() - px(_BOTTOM + 4)
        return QRectF(self.width() - px(2) - wide, top, wide, px(16))

    def _fits_beside_title(self, words: str) -> bool:
        title = text_width(self.panels[0].title, 12, 600) + theme.px(_LEFT + 4 + 8)
        room: int = self.width() - theme.px(14)
        line = QRectF(0, 0, self.width(), theme.px(_TITLE - 4))
        if any(line.intersects(end) for end in self.end_rooms(self._upper_right())):
            return False  # so many values end there that they climb beside the title
        return title + text_width(words, 11) <= room

    def _upper_right(self) -> Panel:
        """The panel under the upper right corner."""
        shown = [QRectF(panel.pane.geometry()) for panel in self.shown_panels()]
        places = [(-frame.left(), frame.top()) for frame in shown]
        return self.panels[places.index(min(places))]

    def paint_ahead(self, painter: QPainter) -> None:
        """Words of dashed lines, what was changed, the line under the pointer."""
        for panel in self.shown_panels():
            self._paint_reference_words(painter, panel, QRectF(panel.pane.geometry()))
        shown = [panel for panel in self.shown_panels() if not panel.own_x]
        for panel in shown[:1]:
            self._name_changes(painter, panel)
        if self.cursor is None:
            return
        painter.setPen(theme.c.strong)
        for panel in shown:
            frame = panel.pane.geometry()
            x = round(panel.pane.pixel(self.cursor, 0.0).x())
            if frame.left() <= x <= frame.right():
                painter.drawLine(QPointF(x, frame.top()), QPointF(x, frame.bottom()))

    def _paint_title(self, painter: QPainter, panel: Panel, frame: QRectF) -> None:
        px, c = theme.px, theme.c
        line = self._title_place(panel, frame)
        line.setRight(frame.right() + self.right - px(8))
        if line.intersects(self.more_room()):
            line.setRight(self.more_room().left() - px(8))
        draw_text(painter, line, panel.title, c.text2, 12, 600)
        line.setLeft(line.left() + text_width(panel.title, 12, 600) + px(7))
        if panel.unit and line.width() > text_width(panel.unit, 11):
            draw_text(painter, line, panel.unit, c.text3, 11)

    def _title_place(self, panel: Panel, frame: QRectF) -> QRectF:
        """Where a title stands, px, without its unit."""
        px, wide = theme.px, text_width(panel.title, 12, 600)
        return QRectF(frame.left() + px(4), frame.top() - px(_TITLE), wide, px(16))

    def _paint_y(self, painter: QPainter, panel: Panel, frame: QRectF) -> None:
        px, c = theme.px, theme.c
        _, _, low, high = panel.pane.limits
        ticks = decades(low, high) if panel.is_log else three_ticks(low, high)
        is_power = panel.is_log and len(ticks) > 1
        if panel.is_log and not is_power:
            ticks = decade_parts(low, high)
        for value in ticks:
            y = round(panel.pane.pixel(0.0, value).y())
            painter.setPen(c.grid)
            painter.drawLine(QPointF(frame.left(), y), QPointF(frame.right(), y))
            painter.setPen(c.text4)
            painter.drawLine(QPointF(frame.left() - px(3), y), QPointF(frame.left(), y))
            if is_power:
                text = power_text(round(value))
            else:
                text = log_text(value) if panel.is_log else tick_text(value, ticks)
            if text_width(text, 11) > px(_LEFT - 6):
                text = in_powers(value, 2)
            label = QRectF(frame.left() - px(60), y - px(8), px(54), px(16))
            draw_text(painter, label, text, c.text3, 11, align=RIGHT)

    def _paint_x(
        self, painter: QPainter, panel: Panel, frame: QRectF, labelled: bool
    ) -> None:
        px, c = theme.px, theme.c
        low, high, _, _ = panel.pane.limits
        ticks, free = three_ticks(low, high, edge=0.0), -1e4
        for value in ticks if labelled else []:
            x = round(panel.pane.pixel(value, 0.0).x())
            painter.setPen(c.text4)
            painter.drawLine(
                QPointF(x, frame.bottom()), QPointF(x, frame.bottom() + px(3))
            )
            last = value == ticks[-1] and self.x_unit
            text = tick_text(value, ticks) + (f" {self.x_unit}" if last else "")
            half = text_width(text, 11) / 2
            if x - half < free:
                continue  # its neighbour's label takes the room
            free = x + half + px(3)
            label = QRectF(x - px(40), frame.bottom() + px(6), px(80), px(16))
            draw_text(painter, label, text, c.text3, 11, align=CENTRE)

    def _paint_references(self, painter: QPainter, panel: Panel, frame: QRectF) -> None:
        for line in panel.references:
            y = panel.pane.pixel(0.0, line.place).y()
            if frame.top() <= y <= frame.bottom():
                self._dashed(painter, line.token)
                painter.drawLine(
                    QPointF(frame.left(), round(y)), QPointF(frame.right(), round(y))
                )

    def _paint_reference_words(
        self, painter: QPainter, panel: Panel, frame: QRectF
    ) -> None:
        """Over the curves, which may pass there, on a veil."""
        taken = [self._title_place(panel, frame)]
        veil = QColor(colour(self.ground))
        veil.setAlpha(_VEIL)
        for line in panel.references:
            y = panel.pane.pixel(0.0, line.place).y()
            if not frame.top() <= y <= frame.bottom():
                continue
            wide = text_width(line.text, 11) + 2
            words = QRectF(frame.right() - 4 - wide, y + 1, wide, theme.px(16))
            if words.bottom() > frame.bottom() + theme.px(_GAP):
                words.moveBottom(y - 1)
            if any(words.intersects(other) for other in taken):
                words.moveBottom(y - 1)  # on the line's other side
            if words.intersects(self.more_room()):
                words.moveRight(self.more_room().left() - theme.px(8))
            blocked = any(words.intersects(other) for other in taken)
            if blocked or words.left() < frame.left():
                continue  # no room; the line stays
            taken.append(QRectF(words))
            painter.fillRect(words.adjusted(-2, 1, 2, -1), veil)
            draw_text(painter, words, line.text, colour(line.token), 11, align=RIGHT)

    def _paint_changes(self, painter: QPainter, panel: Panel, frame: QRectF) -> None:
        for line in self.changes:
            x = round(panel.pane.pixel(line.place, 0.0).x())
            if frame.left() <= x <= frame.right():
                self._dashed(painter, line.token)
                painter.drawLine(QPointF(x, frame.top()), QPointF(x, frame.bottom()))

    def _name_changes(self, painter: QPainter, panel: Panel) -> None:
        """What was changed, on a little paper before the curves."""
        frame = QRectF(panel.pane.geometry())
        free = frame.left()
        shade = QColor(colour(self.ground))
        shade.setAlpha(_VEIL)
        for line in self.changes:
            x = round(panel.pane.pixel(line.place, 0.0).x())
            if not frame.left() <= x <= frame.right():
                continue
            wide = text_width(line.text, 11)
            left = x + theme.px(5)
            if left + wide > frame.right():  # beyond it stand the last values
                left = x - theme.px(5) - wide
            if left < free:
                continue  # its neighbour's words are in the way; the line stays
            words = QRectF(left, frame.top(), wide + 2, theme.px(16))
            painter.fillRect(words, shade)
            draw_text(painter, words, line.text, theme.c.text2, 11)
            free = words.right() + theme.px(6)

    def end_rooms(self, panel: Panel) -> list[QRectF]:
        """Where the values at the ends of curves are written."""
        frame, gap = QRectF(panel.pane.geometry()), theme.px(15)
        wanted = [panel.pane.pixel(0.0, end.y).y() for end in panel.ends]
        inside = [min(max(y, frame.top()), frame.bottom()) for y in wanted]
        rows = spread(inside, gap, frame.top(), frame.bottom())
        left, wide = frame.right() + theme.px(6), self.right - theme.px(8)
        return [QRectF(left, y - gap / 2, wide, gap) for y in rows]

    def _paint_ends(self, painter: QPainter, panel: Panel) -> None:
        for end, words in zip(panel.ends, self.end_rooms(panel), strict=True):
            draw_text(painter, words, end.text, colour(end.token), 12, 600)

    def _dashed(self, painter: QPainter, token: str) -> None:
        pen = QPen(colour(token))
        pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
