"""A switch without room for its words shows the chosen one and a menu of all."""

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication

from app.plots.base import ChipInfo
from app.theme import theme
from app.widgets.switch import Switch


@pytest.fixture
def switch(qtbot):
    made = Switch({"a": "Learned", "b": "True", "c": "Split"}, "Shows")
    qtbot.addWidget(made)
    made.show()
    return made


def words(switch):
    return [key for key, each in switch._segments.items() if each.isVisible()]


def test_folded_it_is_as_wide_as_the_chosen_word(switch):
    whole = switch.sizeHint().width()
    assert whole == switch.natural_width
    switch.set_folded(True)
    assert words(switch) == ["a"]
    assert switch.sizeHint().width() < whole
    assert switch.natural_width == whole
    switch.set_value("b")
    assert words(switch) == ["b"]
    switch.set_options({"b": "True", "d": "Critic"})
    assert words(switch) == ["b"]
    switch.set_folded(False)
    assert words(switch) == ["b", "d"]


def test_the_menu_of_a_folded_switch_chooses(qtbot, switch):
    switch.set_folded(True)
    switch.set_option_enabled("b", False, "unknown")
    menu = switch.menu()
    qtbot.addWidget(menu)
    actions = menu.actions()
    assert [action.text() for action in actions] == ["Learned", "True", "Split"]
    assert [action.isChecked() for action in actions] == [True, False, False]
    assert not actions[1].isEnabled()
    with qtbot.waitSignal(switch.chosen) as caught:
        actions[2].trigger()
    assert caught.args == ["c"]
    assert words(switch) == ["c"]
    with qtbot.assertNotEmitted(switch.chosen):
        switch.user_choose("b")


def test_a_press_on_the_folded_word_opens_the_menu(qtbot, switch):
    switch.set_folded(True)
    switch._segments["a"].click()
    menu = QApplication.activePopupWidget()
    assert menu is not None
    assert len(menu.actions()) == 3
    menu.close()


class FoldsAtSight(QObject):
    """Takes the room away as soon as a word comes back."""

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.ShowToParent:
            self.parent().set_folded(True)
        return False


def test_it_is_folded_where_a_word_that_comes_back_takes_its_own_room(switch):
    switch.set_folded(True)
    watcher = FoldsAtSight(switch)
    switch._segments["b"].installEventFilter(watcher)
    switch.set_folded(False)
    assert words(switch) == ["a"]
    assert switch.sizeHint().width() == switch.width_in("folded")


def test_no_word_of_a_switch_is_cut_in_a_small_window_with_large_words(world):
    card = world.window.wall.cards["a"]
    world.until(lambda: card.plot.has_frame)
    switch = card.plot.header_widgets()[0]
    assert len(words(switch)) > 1

    def cut():
        return [
            each.text()
            for each in switch._segments.values()
            if each.isVisible() and each.width() < each.minimumSizeHint().width()
        ]

    theme.set_text_scale(1.2)
    world.window.resize(1280, 720)
    world.until(lambda: len(words(switch)) == 1)
    world.until(lambda: not cut())
    theme.set_text_scale(1.0)
    world.window.resize(1440, 900)
    world.until(lambda: len(words(switch)) > 1)
    world.until(lambda: not cut())


def test_words_come_back_when_the_rest_of_the_head_becomes_shorter(world, monkeypatch):
    card = world.window.wall.cards["a"]
    world.window.resize(1440, 900)
    world.until(lambda: card.plot.has_frame)
    switch = card.plot.header_widgets()[0]
    world.until(lambda: len(words(switch)) > 1)
    long = [ChipInfo(each, "plain") for each in ("known as long as this", "and this")]
    with monkeypatch.context() as patch:  # chips of its own would come back by a frame
        patch.setattr(card.plot, "chips", lambda: long)
        card.set_stale(False)
        world.until(lambda: len(words(switch)) == 1)
    card.set_stale(False)
    world.until(lambda: len(words(switch)) > 1)
    assert words(switch) == ["learned", "true", "split", "difference"]
