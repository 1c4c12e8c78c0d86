"""The card of the chosen model: family, paper, name, formula, one sentence."""

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.palette import mix
from app.theme import theme
from app.widgets.label import FittedLabel, Label
from app.widgets.maths import MathsLabel, first_formula
from app.widgets.paint import box, draw_icon, painting, ring
from app.widgets.press import PressButton
from app.widgets.state import State

_AUTHORS = 2  # more of them are "et al."


def short_paper(paper: str) -> str:
    """``Liu et al. 2022`` for ``Liu, Gong, Liu 2022``."""
    names, _, year = paper.rpartition(" ")
    authors = names.replace(" & ", ", ").split(", ")
    return f"{authors[0]} et al. {year}" if len(authors) > _AUTHORS else paper


class ModelCard(PressButton):
    """What is trained; a click asks for the model picker."""

    picker_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._family = FittedLabel(colour="text3")
        self._paper = Label(colour="text3")
        self._name = Label(colour="text1", size=15, weight=600)
        self._formula = MathsLabel(size=17)
        self._sentence = Label(wraps=True)
        self._head = QHBoxLayout()
        self._head.addWidget(self._family, 1)
        self._head.addWidget(self._paper, 0)
        self._column = QVBoxLayout(self)
        self._column.addLayout(self._head)
        self._column.addWidget(self._name)
        self._column.addWidget(self._formula)
        self._column.addWidget(self._sentence)
        for part in (self._family, self._paper, self._name, self._formula):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._sentence.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.setToolTip("Choose another model")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self.picker_requested)
        self._state = State(self, self._restyle)

    def set_model(
        self, family: str, paper: str, name: str, formula: str, sentence: str
    ) -> None:
        """Show a model; ``formula`` is LaTeX, ``paper`` like ``Liu et al. 2022``."""
        self._family.setText(family)
        self._paper.setText(short_paper(paper))
        self._name.setText(name)
        self.set_formula(formula)
        self._sentence.setText(sentence)
        self.setAccessibleName(f"Model: {name}")
        self.setAccessibleDescription(f"{family}, {paper}. {sentence}")
        self.updateGeometry()

    def set_formula(self, formula: str) -> None:
        """Show another formula of the same model; LaTeX."""
        self._formula.set_formula(first_formula(formula), formula)
        self._formula.setVisible(bool(formula))

    def paintEvent(self, event: QPaintEvent) -> None:
        """A raised card with an arrow at the height of the name."""
        c, rect = theme.c, self.rect().toRectF()
        with painting(self) as painter:
            outline = mix(c.edge, c.strong, self._state.hover)
            box(painter, rect, 8, c.bg2, outline)
            middle = self._name.geometry().center().y()
            arrow = QPointF(rect.right() - theme.px(18), middle)
            ink = mix(c.text3, c.text1, self._state.hover)
            draw_icon(painter, arrow, "caret-down", 12, ink)
            if self._state.ring:
                ring(painter, rect, 8)

    def _restyle(self) -> None:
        px = theme.px
        self._column.setContentsMargins(px(12), px(8), px(12), px(10))
        self._column.setSpacing(px(3))
        self._head.setSpacing(px(8))
