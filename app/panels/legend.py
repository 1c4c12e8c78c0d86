"""What the marks behind a setting mean."""

from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.widgets.label import Label
from app.widgets.mark import Mark


class LiveLegend(QWidget):
    """Bolt: live; arrow: restarts."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for apply, word in (("live", "live"), ("restart", "restarts")):
            if row.count():
                row.addSpacing(6)
            row.addWidget(Mark(apply))
            row.addWidget(Label(word, colour="text3", size=11))
