"""A segmented switch: a few words, one of them chosen."""

from collections.abc import Mapping
from typing import Literal

from PySide6.QtCore import (
    QEasingCurve,
    QPoint,
    QPointF,
    QRectF,
    QSize,
    Qt,
    QVariantAnimation,
    Signal,
)
from PySide6.QtGui import QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QRadioButton,
    QSizePolicy,
    QWidget,
)

from app.theme import theme
from app.widgets.paint import (
    CENTRE,
    box,
    draw_icon,
    draw_text,
    painting,
    ring,
    text_width,
)
from app.widgets.state import State

Form = Literal["whole", "short", "folded"]

_ARROW, _MARGIN = 14, 2  # px
_ROUNDS = 4  # of forms asked for while another is being shown


class Segment(QRadioButton):
    """One word of a :class:`Switch`; a radio button for keys and screen readers."""

    def __init__(self, key: str, text: str, short: str) -> None:
        super().__init__(text)
        self.key = key
        self.whole, self.short = text, short
        self.opens = False
        self.state = State(self)

    @property
    def arrow(self) -> int:
        """Room for the arrow of a word that opens a menu, px."""
        return theme.px(_ARROW) if self.opens else 0

    def sizeHint(self) -> QSize:
        """Room for the word at its heaviest, so that choosing moves nothing."""
        return QSize(self.width_of(self.text()) + self.arrow, theme.px(22))

    @staticmethod
    def width_of(word: str) -> int:
        """Room that a word wants, px."""
        return text_width(word, 12, 600) + theme.px(16)

    def minimumSizeHint(self) -> QSize:
        """A word is never cut; the room round it goes first."""
        wide = text_width(self.text(), 12, 600) + theme.px(4)
        return QSize(wide + self.arrow, theme.px(22))

    def hitButton(self, pos: QPoint) -> bool:
        """The whole segment can be pressed, not only Qt's small circle."""
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        """Only the word: trough and chosen field belong to the switch."""
        c = theme.c
        ink, weight = (c.text1, 600) if self.isChecked() else (c.text2, 500)
        if self.state.hover > 0.5:
            ink = c.text1
        if not self.isEnabled():
            ink = c.text4
        with painting(self) as painter:
            rect = self.rect().toRectF().adjusted(0, 0, -self.arrow, 0)
            draw_text(painter, rect, self.text(), ink, 12, weight, CENTRE)
            if self.opens:
                place = QPointF(rect.right() + theme.px(4), rect.center().y())
                draw_icon(painter, place, "caret-down", 12, c.text3)


class Switch(QWidget):
    """At most some four words in a trough; ``chosen`` gives the key of the new one.

    Arrow keys move the choice. Keys are what the program means, words what is shown;
    some may have a ``short`` form for where there is little room. Folded, only the
    chosen word is there and opens a menu of all.
    """

    chosen = Signal(str)

    def __init__(
        self,
        options: Mapping[str, str],
        name: str = "",
        parent: QWidget | None = None,
        *,
        short: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(parent)
        self._short = dict(short or {})
        self._segments: dict[str, Segment] = {}
        self._value = ""
        self._form: Form = "whole"
        self._is_showing = self._is_late = False
        self._field = QRectF()
        self._slide = QVariantAnimation(self)
        self._slide.setEasingCurve(QEasingCurve.Type.OutQuad)
        self._slide.valueChanged.connect(self._on_slide)
        self._row = QHBoxLayout(self)
        self._row.setSpacing(0)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._state = State(self, self._restyle)
        self.set_options(options)

    def value(self) -> str:
        """Key of the chosen word; empty if there is none."""
        return self._value

    @property
    def options(self) -> dict[str, str]:
        """What is on offer: keys and words."""
        return {key: each.whole for key, each in self._segments.items()}

    def set_options(self, options: Mapping[str, str]) -> None:
        """Offer other words, silently; the choice stays if its key stays."""
        for segment in self._segments.values():
            self._row.removeWidget(segment)
            segment.hide()
            segment.deleteLater()
        self._segments = {
            key: Segment(key, text, self._short.get(key, text))
            for key, text in options.items()
        }
        for segment in self._segments.values():
            self._row.addWidget(segment)
            segment.clicked.connect(self._on_clicked)
        keep = self._value if self._value in options else next(iter(options), "")
        self._value = ""
        self.set_value(keep)
        self._show_segments()

    def set_value(self, key: str) -> None:
        """Choose silently.

        Raises:
            KeyError: If no word has this key.
        """
        if key == self._value:
            return
        self._value = key
        if key:
            self._segments[key].setChecked(True)
            self._show_segments()
            self._move_field()

    def set_folded(self, folded: bool) -> None:
        """Show the chosen word only, where there is no room for all."""
        self.set_form("folded" if folded else "whole")

    def set_form(self, form: Form) -> None:
        """Show whole words, short ones, or the chosen one only."""
        if form != self._form:
            self._form = form
            self._show_segments()

    def width_in(self, form: Form) -> int:
        """Room that it wants in a form, also while that is not laid out yet, px."""
        segments = self._segments
        if form == "folded":
            segments = {k: s for k, s in segments.items() if k == self._value}
        words = [s.whole if form == "whole" else s.short for s in segments.values()]
        arrow = theme.px(_ARROW) if form == "folded" else 0
        return sum(map(Segment.width_of, words)) + arrow + 2 * theme.px(_MARGIN)

    def menu(self) -> QMenu:
        """A fresh menu of all words."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for key, segment in self._segments.items():
            action = menu.addAction(segment.whole)
            action.setCheckable(True)
            action.setChecked(key == self._value)
            action.setEnabled(segment.isEnabled())
            action.triggered.connect(lambda _=False, k=key: self._choose(k))
        return menu

    def set_option_enabled(self, key: str, enabled: bool, reason: str = "") -> None:
        """Offer a word or not; ``reason`` says in the tooltip why not."""
        self._segments[key].setEnabled(enabled)
        self._segments[key].setToolTip("" if enabled else reason)

    @property
    def natural_width(self) -> int:
        """Room that its whole words want, px."""
        return self.width_in("whole")

    def user_choose(self, key: str) -> None:
        """Act as a click on the word would, or on its place in the menu."""
        segment = self._segments[key]
        if self._form != "folded":
            segment.click()
        elif segment.isEnabled():
            self._choose(key)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the raised field under the chosen word."""
        self._row.activate()
        self._field = self._goal()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Trough, raised field, ring."""
        c, rect = theme.c, self.rect().toRectF()
        with painting(self) as painter:
            trough = c.bg2 if c.is_dark else c.bg3
            box(painter, rect, 6, trough, c.edge)
            if self._value and self.isEnabled():
                raised = c.bg4 if c.is_dark else c.bg2
                outline = None if c.is_dark else c.edge
                # New words are laid out after they were set; only a slide is ahead.
                slides = self._slide.state() == QVariantAnimation.State.Running
                field = self._field if slides else self._goal()
                box(painter, field, 4, raised, outline)
            if any(segment.state.ring for segment in self._segments.values()):
                ring(painter, rect, 6)

    def _on_clicked(self) -> None:
        sender = self.sender()
        if isinstance(sender, Segment) and sender.opens:
            self.menu().popup(self.mapToGlobal(QPoint(0, self.height())))
        elif isinstance(sender, Segment):
            self._choose(sender.key)

    def _choose(self, key: str) -> None:
        if key != self._value:
            self.set_value(key)
            self.chosen.emit(key)

    def _show_segments(self) -> None:
        """All of them, or the chosen one with its arrow.

        Qt lays out anew in the midst of showing a word, so that whoever gives the room
        may ask for another form before this one stands: Qt would then show the word
        after it was hidden. The last form asked for comes when this one is done.
        """
        self._is_late = True
        if self._is_showing:
            return
        self._is_showing = True
        for _ in range(_ROUNDS):
            self._is_late = False
            self._show_in(self._form)
            if not self._is_late:
                break
        self._is_showing = False

    def _show_in(self, form: Form) -> None:
        is_folded = form == "folded"
        for key, segment in list(self._segments.items()):
            segment.setText(segment.whole if form == "whole" else segment.short)
            segment.opens = is_folded and key == self._value
            segment.setHidden(is_folded and key != self._value)
            segment.updateGeometry()
            segment.update()

    def _goal(self) -> QRectF:
        segment = self._segments.get(self._value)
        return segment.geometry().toRectF() if segment else QRectF()

    def _move_field(self) -> None:
        self._slide.stop()
        length = theme.duration(120)
        if length == 0 or not self.isVisible():
            self._on_slide(self._goal())
            return
        self._slide.setStartValue(self._field)
        self._slide.setEndValue(self._goal())
        self._slide.setDuration(length)
        self._slide.start()

    def _on_slide(self, field: QRectF) -> None:
        self._field = field
        self.update()

    def _restyle(self) -> None:
        margin = theme.px(_MARGIN)
        self._row.setContentsMargins(margin, margin, margin, margin)
        for segment in self._segments.values():
            segment.updateGeometry()
