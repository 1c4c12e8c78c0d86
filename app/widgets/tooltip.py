"""Rich tooltips: symbol, title, formula, one sentence, range, and when it applies."""

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QHelpEvent, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.theme import theme
from app.widgets.label import Label
from app.widgets.mark import Mark
from app.widgets.maths import MathsLabel
from app.widgets.paint import box, painting

_GONE = (
    QEvent.Type.Leave,
    QEvent.Type.MouseButtonPress,
    QEvent.Type.KeyPress,
    QEvent.Type.Hide,
    QEvent.Type.WindowDeactivate,
)


@dataclass(frozen=True)
class Tip:
    """What a rich tooltip says; ``symbol`` and ``formula`` are LaTeX."""

    title: str
    sentence: str
    symbol: str = ""
    formula: str = ""
    range_text: str = ""
    apply: str = ""
    reason: str = ""


class Tooltip(QWidget):
    """The window of a :class:`Tip`."""

    def __init__(self, tip: Tip, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.ToolTip)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(f"{tip.title}: {tip.sentence}")
        column = QVBoxLayout(self)
        margin = theme.px(12)
        column.setContentsMargins(margin, margin - 2, margin, margin - 2)
        column.setSpacing(theme.px(6))
        head = QHBoxLayout()
        head.setSpacing(theme.px(6))
        if tip.symbol:
            head.addWidget(MathsLabel(tip.symbol, size=15))
        head.addWidget(Label(tip.title, colour="text1", size=13, weight=600))
        head.addStretch(1)
        column.addLayout(head)
        if tip.formula:
            column.addWidget(MathsLabel(tip.formula, size=16))
        column.addWidget(Label(tip.sentence, wraps=True))
        if tip.reason:
            column.addWidget(Label(tip.reason, colour="warn", wraps=True))
        if tip.range_text or tip.apply:
            column.addLayout(self._foot(tip))
        self.setFixedWidth(theme.px(280))

    def paintEvent(self, event: QPaintEvent) -> None:
        """A raised field with an outline."""
        with painting(self) as painter:
            box(painter, self.rect().toRectF(), 8, theme.c.bg2, theme.c.strong)

    @staticmethod
    def _foot(tip: Tip) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.setSpacing(theme.px(4))
        foot.addWidget(Label(tip.range_text, colour="text3"), 1)
        if tip.apply:
            words = "live" if tip.apply == "live" else "restarts the run"
            foot.addWidget(Mark(tip.apply))
            foot.addWidget(Label(words, colour="text3"))
        return foot


class _TipWatch(QObject):
    """Shows and hides the tooltip of one widget."""

    def __init__(self, widget: QWidget, tip: Tip) -> None:
        super().__init__(widget)
        self.tip = tip
        self._shown: Tooltip | None = None
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take over Qt's own tooltip event."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._show(event.globalPos())
            return True
        if self._shown is not None and event.type() in _GONE:
            self._shown.close()
            self._shown.deleteLater()
            self._shown = None
        return False

    def _show(self, where: QPoint) -> None:
        if self._shown is not None:
            return
        parent = self.parent()
        window = Tooltip(self.tip, parent if isinstance(parent, QWidget) else None)
        window.adjustSize()
        place = where + QPoint(theme.px(12), theme.px(16))
        screen = QGuiApplication.screenAt(where) or QGuiApplication.primaryScreen()
        area = screen.availableGeometry()
        place.setX(min(place.x(), area.right() - window.width()))
        if place.y() + window.height() > area.bottom():
            place.setY(where.y() - window.height() - theme.px(8))
        window.move(place)
        window.show()
        self._shown = window


def set_tip(widget: QWidget, tip: Tip) -> None:
    """Give ``widget`` a rich tooltip; screen readers get its sentence."""
    watch = widget.findChild(
        _TipWatch, options=Qt.FindChildOption.FindDirectChildrenOnly
    )
    if watch is None:
        _TipWatch(widget, tip)
    else:
        watch.tip = tip
    widget.setAccessibleDescription(f"{tip.sentence} {tip.reason}".strip())
