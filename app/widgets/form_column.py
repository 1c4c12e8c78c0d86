"""Several forms above each other whose labels, sliders and boxes line up."""

from collections.abc import Iterable

from PySide6.QtCore import QObject

from app.widgets.form import Form


class FormColumn(QObject):
    """Gives all its forms the widths that the widest of them needs."""

    def __init__(self, forms: Iterable[Form], parent: QObject) -> None:
        super().__init__(parent)
        self._forms = list(forms)
        for form in self._forms:
            form.aligned.connect(self.align)

    def align(self) -> None:
        """Find the widths again; each form asks for it when its rows change."""
        wanted = [form.natural_widths() for form in self._forms]
        labels = max(label for label, _ in wanted)
        boxes = max(box for _, box in wanted)
        for form in self._forms:
            form.set_widths(labels, boxes)
