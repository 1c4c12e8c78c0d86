"""Where Tab leads: bar, left, plots, right, history; down and across in each.

Qt's own chain follows the order in which widgets were made, and forms and plots are
made anew all the time; this order is read off the window when Tab is pressed.
"""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QRadioButton, QWidget

_LINE = 12  # px; what lies closer in height is one line


def stops(panels: Sequence[QWidget]) -> list[QWidget]:
    """Widgets at which Tab stops, in order."""
    found: list[QWidget] = []
    for panel in panels:
        if panel.isVisible():
            inside = [w for w in panel.findChildren(QWidget) if _is_stop(w)]
            found += sorted(inside, key=lambda w, p=panel: _place(w, p))  # type: ignore[misc]
    return found


def after(
    panels: Sequence[QWidget], focused: QWidget | None, forward: bool
) -> QWidget | None:
    """The stop that follows the focused widget, or comes before it."""
    order = stops(panels)
    if not order:
        return None
    step = 1 if forward else -1
    if focused not in order:
        return order[0 if forward else -1]
    return order[(order.index(focused) + step) % len(order)]


def _is_stop(widget: QWidget) -> bool:
    takes_tab = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
    if not takes_tab or not widget.isVisible() or not widget.isEnabled():
        return False
    if widget.focusProxy() is not None:
        return False
    if isinstance(widget, QRadioButton) and not widget.isChecked():
        # Arrows move inside a group; Tab stops at its chosen one.
        parent = widget.parentWidget()
        group = parent.findChildren(QRadioButton) if parent else []
        return not any(b.isChecked() for b in group) and widget is group[0]
    return True


def _place(widget: QWidget, panel: QWidget) -> tuple[int, int, int]:
    corner = widget.mapTo(panel, QPoint(0, widget.height() // 2))
    card, above = widget, widget.parentWidget()
    while above is not None and above is not panel:
        card, above = above, above.parentWidget()
    # A card of the plots is gone through whole before the next one.
    block = card.y() // _LINE * 10_000 + card.x()
    return block, corner.y() // _LINE, corner.x()
