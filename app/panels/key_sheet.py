"""The sheet of keys: every action that has one, by group."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.panels.finder import Entry
from app.theme import theme
from app.widgets.button import Button
from app.widgets.label import Label

_MORE = (
    ("Arrow keys", "Move a slider; with Shift ten times as far"),
    ("Double click", "Restore the default of a setting"),
    ("Tab", "Go on: bar, data, plots, model, history"),
)


class KeySheet(QDialog):
    """A dialog that only tells; any of Escape, Return and F1 closes it."""

    def __init__(self, entries: Sequence[Entry], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        px = theme.px
        self.setWindowTitle("Keys")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(px(20), px(16), px(20), px(16))
        column.setSpacing(px(10))
        column.addWidget(Label("Keys", colour="text1", size=19, weight=600))
        keyed = [entry for entry in entries if entry.hint]
        groups = list(dict.fromkeys(entry.group for entry in keyed))
        blocks = [
            (g, [(e.hint, e.title) for e in keyed if e.group == g]) for g in groups
        ]
        blocks.append(("Everywhere", list(_MORE)))
        columns = QHBoxLayout()
        columns.setSpacing(px(32))
        half = (len(blocks) + 1) // 2
        for part in (blocks[:half], blocks[half:]):
            columns.addWidget(_block(part), 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(columns)
        close = Button("Close", kind="primary")
        close.clicked.connect(self.accept)
        column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)


def _block(groups: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> QWidget:
    widget = QWidget()
    grid = QGridLayout(widget)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(theme.px(16))
    grid.setVerticalSpacing(theme.px(4))
    row = 0
    for group, lines in groups:
        grid.addWidget(Label(group, colour="text3", size=11, weight=600), row, 0)
        for key, title in lines:
            row += 1
            name = Label(key, colour="text1", weight=600)
            name.setMinimumWidth(name.natural_width() + 2)
            what = Label(title)
            what.setMinimumWidth(what.natural_width() + 2)
            grid.addWidget(name, row, 0)
            grid.addWidget(what, row, 1)
        row += 1
    return widget
