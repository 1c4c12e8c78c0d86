"""The buttons in the head of a plot, and which of them have room beside its words."""

from collections.abc import Callable, Iterable

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu

from app.widgets.button import IconButton
from app.widgets.switch import Form, Switch


class HeadButtons:
    """Settings, camera and maximise; where there is no room one button holds them.

    Attributes:
        tune: Opens the settings of the view.
        more: Opens a menu of what has no room.
    """

    def __init__(
        self, header: QHBoxLayout, camera: IconButton, maximise: IconButton
    ) -> None:
        self.tune = IconButton("sliders-horizontal", "Settings of this view (Ctrl+,)")
        self.more = IconButton("dots-three-bold", "More: settings, figure, size")
        self._header, self._camera, self._maximise = header, camera, maximise
        header.insertWidget(header.indexOf(camera), self.tune)
        header.insertWidget(header.indexOf(maximise), self.more)

    def fit(self, width: int, switches: list[Switch], has_settings: bool) -> None:
        """Show as much as a head of this width, px, has room for.

        Where words would be cut one button holds what the others do. Where that is not
        enough words go short, then to maximise goes in too; at last only the chosen
        word is there.
        """
        gap = self._header.spacing()
        shown = [each for each in self._all() if not each.isHidden()]
        used = _width(shown, gap) + sum(each.sizeHint().width() for each in switches)
        room = width - self._header.sizeHint().width() + used
        for form, kept in self._ways(has_settings):
            words = sum(each.width_in(form) for each in switches)
            if words + _width(kept, gap) <= room:
                break
        for switch in switches:
            switch.set_form(form)
        for button in self._all():
            button.setHidden(button not in kept)

    def menu(
        self, figures: QMenu, has_settings: bool, tune: Callable[[], None]
    ) -> QMenu:
        """Add what is hidden to the menu of the figures."""
        if self._maximise.isHidden():
            figures.addSeparator()
            size = figures.addAction(self._maximise.accessibleName())
            size.triggered.connect(lambda: self._maximise.click())
        if has_settings:
            settings = QAction("Settings of this view…", figures)
            settings.triggered.connect(lambda: tune())
            first = figures.actions()[0]
            figures.insertAction(first, settings)
            figures.insertSeparator(first)
        return figures

    def _all(self) -> tuple[IconButton, ...]:
        return self.tune, self._camera, self.more, self._maximise

    def _ways(self, has_settings: bool) -> Iterable[tuple[Form, list[IconButton]]]:
        """Forms of the words and buttons beside them, the best first."""
        pair = [self.tune, self._camera] if has_settings else [self._camera]
        all_there = [*pair, self._maximise]
        in_two = [self.more if has_settings else self._camera, self._maximise]
        in_one = [self.more]
        return (
            ("whole", all_there),
            ("whole", in_two),
            ("short", in_two),
            ("whole", in_one),
            ("short", in_one),
            ("folded", all_there),
            ("folded", in_two),
            ("folded", in_one),
        )


def _width(buttons: list[IconButton], gap: int) -> int:
    """Room that buttons want, each with the gap beside it, px."""
    return sum(each.sizeHint().width() + gap for each in buttons)
