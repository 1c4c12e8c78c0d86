"""Pages: one on screen at a time, and none asks for anything behind the others."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.panels import pages
from app.panels.pages import EXPLORE, Page, PageEntry, Pages
from app.session_slots import SLOTS


class Diary(Page):
    """Writes down when it comes and goes."""

    def __init__(self, session) -> None:
        super().__init__(session)
        self.days: list[str] = []

    def enter(self) -> None:
        self.days.append("enter")

    def leave(self) -> None:
        self.days.append("leave")


class Quiet:
    """A session of which only the slots matter."""

    def __init__(self) -> None:
        self.slots = self
        self.seen: list[set[str]] = []

    def show_only(self, names: set[str]) -> None:
        self.seen.append(names)


@pytest.fixture
def stack(qtbot, monkeypatch):
    monkeypatch.setattr(
        pages,
        "PAGES",
        {
            name: PageEntry(name, "", "x", f"{__name__}:Diary")
            for name in ("one", "two")
        },
    )
    session = Quiet()
    stack = Pages(session, QLabel("four plots"))
    qtbot.addWidget(stack)
    return session, stack


def test_a_page_is_entered_and_left_and_the_plots_rest_meanwhile(stack):
    session, shown = stack
    shown.show_page("one")
    one = shown.page("one")
    shown.show_page("one")
    assert one.days == ["enter"]
    assert shown.currentWidget() is one
    assert session.seen == [set()]
    shown.show_page("two")
    assert one.days == ["enter", "leave"]
    shown.show_page(EXPLORE)
    assert shown.page("two").days == ["enter", "leave"]
    assert session.seen == [set(), set(SLOTS)]


def test_a_page_can_send_the_person_back_and_its_key_goes_both_ways(stack, qtbot):
    _, shown = stack
    shown.toggle_page("one")
    with qtbot.waitSignal(shown.page_changed):
        shown.page("one").left.emit()
    assert shown.current_name == EXPLORE
    shown.toggle_page("one")
    shown.toggle_page("one")
    assert shown.current_name == EXPLORE


def test_the_focus_does_not_jump_to_whatever_is_left(qtbot, stack):
    _, shown = stack
    window = QWidget()
    column = QVBoxLayout(window)
    button, field = QPushButton("next"), QLineEdit(shown.currentWidget())
    for each in (shown, button):
        column.addWidget(each)
    window.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
    qtbot.addWidget(window)
    window.show()
    field.setFocus()
    shown.show_page("one")
    assert window.focusWidget() is window
    button.setFocus()
    shown.show_page(EXPLORE)
    assert window.focusWidget() is button


def test_every_listed_page_can_be_imported():
    for entry in pages.PAGES.values():
        module, _, attribute = entry.where.partition(":")
        assert issubclass(getattr(__import__(module, fromlist=["_"]), attribute), Page)
