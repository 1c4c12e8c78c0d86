"""A pop-up that finds by typing: the model picker and the action palette."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.panels.frame import ThinBar
from app.theme import theme
from app.widgets.paint import LEFT, RIGHT, box, draw_text, painting

Index = QModelIndex | QPersistentModelIndex
ENTRY_ROLE = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class Entry:
    """One line that can be found; an entry without a key is a heading."""

    key: str
    title: str
    hint: str = ""
    sentence: str = ""
    group: str = ""
    enabled: bool = True

    def matches(self, words: str) -> bool:
        """Whether every typed word occurs somewhere."""
        text = f"{self.title} {self.sentence} {self.group} {self.key}".lower()
        return all(word in text for word in words.lower().split())

    def distance(self, words: str) -> int:
        """How far what was typed is from the title: 0 is the title itself."""
        title, typed = self.title.lower(), " ".join(words.lower().split())
        if title == typed:
            return 0
        if title.startswith(typed):
            return 1
        return 2 if all(word in title for word in typed.split()) else 3


class Entries(QAbstractListModel):
    """Entries that match, under headings of their groups."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: list[Entry] = []

    def show(self, entries: Sequence[Entry]) -> None:
        """Show these, and a heading wherever the group changes."""
        self.beginResetModel()
        self._shown = []
        group = ""
        for entry in entries:
            if entry.group and entry.group != group:
                group = entry.group
                self._shown.append(Entry("", group))
            self._shown.append(entry)
        self.endResetModel()

    def entry(self, row: int) -> Entry:
        """The entry of a row."""
        return self._shown[row]

    def rowCount(self, parent: Index | None = None) -> int:
        """Entries and headings."""
        return len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Title for screen readers, the whole entry for the painter."""
        entry = self._shown[index.row()]
        if role == ENTRY_ROLE:
            return entry
        return entry.title if role == Qt.ItemDataRole.DisplayRole else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Headings cannot be chosen."""
        entry = self._shown[index.row()]
        if not entry.key or not entry.enabled:
            return Qt.ItemFlag.ItemIsEnabled
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


class EntryPainter(QStyledItemDelegate):
    """Title, hint at the right, one sentence below."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Headings and lines without a sentence are low."""
        entry: Entry = index.data(ENTRY_ROLE)
        height = 44 if entry.sentence else 28
        return QSize(100, theme.px(height))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """One line."""
        entry: Entry = index.data(ENTRY_ROLE)
        rect = QRectF(option.rect)
        state = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if entry.key and state & QStyle.StateFlag.State_Selected:
            box(painter, rect.adjusted(2, 1, -2, -1), 6, theme.c.bg4)
        self._draw_words(painter, rect.adjusted(10, 0, -10, 0), entry)
        painter.restore()

    def _draw_words(self, painter: QPainter, rect: QRectF, entry: Entry) -> None:
        c, px = theme.c, theme.px
        if not entry.key:
            draw_text(painter, rect, entry.title, c.text3, 11, 600)
            return
        line = QRectF(rect)
        if entry.sentence:
            line.setHeight(px(24))
            below = QRectF(rect)
            below.setTop(rect.top() + px(21))
            below.setHeight(px(20))
            draw_text(painter, below, entry.sentence, c.text3, 11)
        ink = c.text1 if entry.enabled else c.text4
        draw_text(painter, line, entry.title, ink, 13, 500, LEFT)
        draw_text(painter, line, entry.hint, c.text3, 11, 400, RIGHT)


class Finder(QFrame):
    """Type to find, arrows to move, Return to choose, Escape to leave."""

    chosen = Signal(str)

    def __init__(self, placeholder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._entries: list[Entry] = []
        self._model = Entries()
        self.field = QLineEdit()
        self.field.setPlaceholderText(placeholder)
        self.field.setAccessibleName(placeholder)
        self.field.setFrame(False)
        self.list = QListView()
        self.list.setModel(self._model)
        self.list.setItemDelegate(EntryPainter(self.list))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setVerticalScrollBar(ThinBar())
        self.list.setMouseTracking(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setAccessibleName(placeholder)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.addWidget(self.field)
        column.addWidget(self.list, 1)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(placeholder)
        self.field.textChanged.connect(self._filter)
        self.field.installEventFilter(self)
        self.list.clicked.connect(self._choose)
        self.list.entered.connect(self.list.setCurrentIndex)

    def open_at(
        self, place: QPoint, size: QSize, entries: Sequence[Entry], current: str = ""
    ) -> None:
        """Show ``entries`` with the corner at a place on the screen.

        The entry with the key ``current`` is chosen at first, and in sight.
        """
        self._entries = list(entries)
        self.field.setFont(theme.font(13))
        self.field.setTextMargins(theme.px(6), theme.px(4), theme.px(6), theme.px(4))
        self.field.clear()
        self._filter("")
        self.resize(size)
        self.move(place)
        self.show()
        self._go_to(current)
        self.field.setFocus()

    def shown_keys(self) -> list[str]:
        """Keys of the entries that match now."""
        rows = range(self._model.rowCount())
        return [self._model.entry(r).key for r in rows if self._model.entry(r).key]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The field's arrows move in the list, Return chooses."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self._move(1 if event.key() == Qt.Key.Key_Down else -1)
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.list.currentIndex())
            return True
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        """A raised field with a hairline."""
        with painting(self) as painter:
            painter.fillRect(self.rect(), theme.c.bg2)
            box(painter, self.rect().toRectF(), 0, outline=theme.c.edge)

    def _filter(self, words: str) -> None:
        found = _nearest_first([e for e in self._entries if e.matches(words)], words)
        nothing = Entry("", f"Nothing has “{words.strip()}” in it: try fewer letters.")
        self._model.show(found or [nothing])
        self._move(1, -1)

    def _move(self, by: int, start: int | None = None) -> None:
        row = self.list.currentIndex().row() if start is None else start
        for target in range(row + by, self._model.rowCount() if by > 0 else -1, by):
            index = self._model.index(target)
            if index.flags() & Qt.ItemFlag.ItemIsSelectable:
                self.list.setCurrentIndex(index)
                return

    def _go_to(self, key: str) -> None:
        for row in range(self._model.rowCount()):
            if key and self._model.entry(row).key == key:
                index = self._model.index(row)
                self.list.setCurrentIndex(index)
                middle = QListView.ScrollHint.PositionAtCenter
                self.list.scrollTo(index, middle)
                return

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid() and index.flags() & Qt.ItemFlag.ItemIsSelectable:
            key = self._model.entry(index.row()).key
            self.close()
            self.chosen.emit(key)


def _nearest_first(found: Sequence[Entry], words: str) -> list[Entry]:
    """Groups stay whole; the one that holds the nearest title comes first."""
    nearest: dict[str, int] = {}
    for entry in found:
        distance = entry.distance(words)
        nearest[entry.group] = min(distance, nearest.get(entry.group, distance))
    order = list(nearest)
    return sorted(
        found,
        key=lambda e: (nearest[e.group], order.index(e.group), e.distance(words)),
    )
