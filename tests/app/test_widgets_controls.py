"""Controls tell the hand's changes, only these, by mouse and by keyboard."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.widgets.button import Button, IconButton, LinkButton
from app.widgets.choice import Choice
from app.widgets.slider import Slider
from app.widgets.state import State
from app.widgets.switch import Switch
from app.widgets.toggle import Toggle
from app.widgets.value_box import ValueBox
from app.widgets.value_range import ValueRange

RATES = ValueRange(1e-5, 1e-1, log=True)
LEFT = Qt.MouseButton.LeftButton


def shown(qtbot, widget, width=160):
    widget.resize(width, widget.sizeHint().height())
    qtbot.addWidget(widget)
    with qtbot.waitActive(widget):
        widget.show()
        widget.activateWindow()
    return widget


@pytest.fixture
def slider(qtbot):
    return shown(qtbot, Slider(RATES, 1e-3, "Learning rate"))


@pytest.fixture
def value_box(qtbot):
    span = ValueRange(1, 1000, log=True, integer=True)
    return shown(qtbot, ValueBox(span, 50, "steps", "Steps"))


@pytest.mark.parametrize(
    "make",
    [lambda: Button("Go"), lambda: IconButton("x", "Go"), lambda: LinkButton("Go")],
)
def test_buttons_are_pressed_by_mouse_and_keys(qtbot, make):
    button = shown(qtbot, make())
    with qtbot.waitSignal(button.clicked):
        QTest.mouseClick(button, LEFT)
    with qtbot.waitSignal(button.clicked):
        QTest.keyClick(button, Qt.Key.Key_Space)
    with qtbot.waitSignal(button.clicked):
        QTest.keyClick(button, Qt.Key.Key_Return)
    spoken = QAccessible.queryAccessibleInterface(button)
    assert spoken.text(QAccessible.Text.Name) == "Go"
    assert spoken.role() == QAccessible.Role.Button


def test_the_ring_shows_after_a_key_and_not_after_the_mouse(qtbot):
    page = QWidget()
    column = QVBoxLayout(page)
    first, second = Button("First"), Button("Second")
    column.addWidget(first)
    column.addWidget(second)
    shown(qtbot, page)
    page.activateWindow()
    QTest.mouseClick(first, LEFT)
    assert not first.findChild(State).ring
    QTest.keyClick(first, Qt.Key.Key_Tab)
    assert second.findChild(State).ring
    assert not first.findChild(State).ring


def test_a_swap_of_words_moves_nothing(qtbot):
    button = Button("Play", "play-fill")
    qtbot.addWidget(button)
    button.keep_room_for("Pause")
    before = button.sizeHint()
    button.setText("Pause")
    assert button.sizeHint() == before


def test_a_switch_tells_the_hands_choice_only(qtbot):
    switch = shown(qtbot, Switch({"a": "Field", "b": "Paths", "c": "Both"}, "View"))
    assert switch.value() == "a"
    with qtbot.assertNotEmitted(switch.chosen):
        switch.set_value("b")
        switch.user_choose("b")
    with qtbot.waitSignal(switch.chosen) as caught:
        switch.user_choose("c")
    assert caught.args == ["c"]
    segments = switch.findChildren(QWidget)
    assert [s.isChecked() for s in segments] == [False, False, True]
    segments[2].setFocus()
    with qtbot.waitSignal(switch.chosen) as caught:
        QTest.keyClick(segments[2], Qt.Key.Key_Left)
    assert caught.args == ["b"]
    assert switch.value() == "b"


def test_a_switch_keeps_its_choice_when_its_words_change(qtbot):
    switch = Switch({"a": "A", "b": "B"})
    qtbot.addWidget(switch)
    switch.set_value("b")
    with qtbot.assertNotEmitted(switch.chosen):
        switch.set_options({"b": "B", "c": "C"})
        assert switch.value() == "b"
        switch.set_options({"d": "D"})
        assert switch.value() == "d"
    with qtbot.waitSignal(switch.chosen, raising=False, timeout=50) as caught:
        switch.user_choose("d")
    assert not caught.signal_triggered


def test_a_word_that_is_not_offered_says_why(qtbot):
    switch = shown(qtbot, Switch({"a": "Learned", "b": "True"}))
    switch.set_option_enabled("b", False, "The true density of a table is unknown.")
    with qtbot.assertNotEmitted(switch.chosen):
        switch.user_choose("b")
    assert "unknown" in switch.findChildren(QWidget)[1].toolTip()


def test_a_slider_shows_silently_and_never_rounds(qtbot, slider):
    with qtbot.assertNotEmitted(slider.edited):
        slider.set_number(0.00123456789)
    assert slider.number() == 0.00123456789


def test_a_slider_is_grabbed_anywhere_and_dragged(qtbot, slider):
    values = []
    slider.edited.connect(values.append)
    middle = slider.height() // 2
    QTest.mousePress(slider, LEFT, pos=QPoint(5, 1))
    assert values == [1e-5]
    QTest.mouseMove(slider, QPoint(80, middle))
    QTest.mouseRelease(slider, LEFT, pos=QPoint(80, middle))
    assert values[-1] == pytest.approx(1e-3, rel=0.05)
    QTest.mouseClick(slider, LEFT, pos=QPoint(159, middle))
    assert values[-1] == slider.number() == 1e-1


def test_a_double_click_restores_the_default(qtbot, slider):
    slider.set_number(0.05)
    with qtbot.waitSignal(slider.edited) as caught:
        QTest.mouseDClick(slider, LEFT, pos=QPoint(20, 10))
    assert caught.args == [1e-3]


def test_arrows_move_a_slider_and_shift_ten_times_as_far(slider):
    values = []
    slider.edited.connect(values.append)
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert values[-1] == 1.1e-3
    slider.set_number(1e-3)
    QTest.keyClick(slider, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert values[-1] == pytest.approx(1e-3 * 10**-0.4, rel=0.02)
    QTest.keyClick(slider, Qt.Key.Key_End)
    assert values[-1] == 1e-1
    assert len(values) == 3


def test_a_slider_has_role_name_value_for_screen_readers(slider):
    spoken = QAccessible.queryAccessibleInterface(slider)
    assert spoken.role() == QAccessible.Role.Slider
    assert spoken.text(QAccessible.Text.Name) == "Learning rate"
    assert spoken.text(QAccessible.Text.Description) == "1e−3"
    assert spoken.valueInterface().currentValue() == 500


def test_assistive_technology_moves_a_slider(qtbot, slider):
    with qtbot.waitSignal(slider.edited) as caught:
        QAccessible.queryAccessibleInterface(slider).valueInterface().setCurrentValue(
            750
        )
    assert caught.args == [0.01]


@pytest.mark.parametrize("control", ["slider", "choice", "track"])
def test_the_wheel_scrolls_the_panel_not_the_value(qtbot, control):
    from PySide6.QtCore import QPointF
    from PySide6.QtGui import QWheelEvent

    from app.widgets.scrubber import ScrubTrack

    widget = {
        "slider": lambda: Slider(RATES, 1e-3),
        "choice": lambda: Choice({"a": "A", "b": "B"}),
        "track": ScrubTrack,
    }[control]()
    shown(qtbot, widget)
    before = widget.value()
    event = QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    widget.wheelEvent(event)
    assert not event.isAccepted()
    assert widget.value() == before


def test_a_value_box_takes_a_typed_number(qtbot, value_box):
    value_box.setFocus()
    value_box.selectAll()
    with qtbot.waitSignal(value_box.edited) as caught:
        QTest.keyClicks(value_box, "1e2")
        QTest.keyClick(value_box, Qt.Key.Key_Return)
    assert caught.args == [100]
    assert value_box.text() == "100"


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("5000", "1 to 1,000 steps"),
        ("0", "1 to 1,000 steps"),
        ("many", "1 to 1,000 steps"),
        ("2.5", "whole numbers, 1 to 1,000 steps"),
    ],
)
def test_a_wrong_number_is_marked_and_not_told(qtbot, value_box, typed, error):
    with qtbot.assertNotEmitted(value_box.edited):
        value_box.type_text(typed)
    assert (value_box.error, value_box.value()) == (error, 50)
    assert value_box.text() == typed
    QTest.keyClick(value_box, Qt.Key.Key_Escape)
    assert (value_box.error, value_box.text()) == ("", "50")


def test_a_value_box_is_silent_and_does_not_overwrite_typing(qtbot, value_box):
    with qtbot.assertNotEmitted(value_box.edited):
        value_box.set_value(70)
        assert value_box.text() == "70"
    value_box.activateWindow()
    value_box.setFocus()
    qtbot.waitUntil(value_box.hasFocus)
    QTest.keyClicks(value_box, "9")
    value_box.set_value(80)
    assert value_box.text() == "9"


def test_a_value_is_never_cut_in_its_box(qtbot):
    from app.widgets.paint import text_width

    box = ValueBox(ValueRange(0, 1e6 - 1, integer=True), 5, "points")
    qtbot.addWidget(box)
    needed = text_width("999,999", 12, 500) + text_width("points", 11)
    assert box.sizeHint().width() > needed


def test_arrows_step_a_value_box(qtbot, value_box):
    with qtbot.waitSignal(value_box.edited) as caught:
        QTest.keyClick(value_box, Qt.Key.Key_Up)
    assert caught.args[0] > 50


def test_a_toggle_tells_the_hand_only(qtbot):
    toggle = shown(qtbot, Toggle("Weight average"))
    with qtbot.assertNotEmitted(toggle.edited):
        toggle.set_value(True)
    with qtbot.waitSignal(toggle.edited) as caught:
        QTest.mouseClick(toggle, LEFT, pos=QPoint(34, 20))
    assert caught.args == [False]
    spoken = QAccessible.queryAccessibleInterface(toggle)
    assert spoken.role() == QAccessible.Role.CheckBox
    assert spoken.text(QAccessible.Text.Name) == "Weight average"


def test_a_choice_gives_keys_and_tells_the_hand_only(qtbot):
    choice = shown(qtbot, Choice({1: "one", 2: "two"}, "Order"))
    with qtbot.assertNotEmitted(choice.chosen):
        choice.set_value(2)
    assert choice.value() == 2
    with qtbot.waitSignal(choice.chosen) as caught:
        QTest.keyClick(choice, Qt.Key.Key_Up)
    assert caught.args == [1]
    with pytest.raises(ValueError, match="not in"):
        choice.set_value(3)
