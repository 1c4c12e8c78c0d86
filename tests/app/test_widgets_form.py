"""A form shows every field of a schema, in both directions."""

from typing import Literal

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.theme import theme
from app.widgets.form import Form
from app.widgets.form_row import NumberRow
from app.widgets.tooltip import Tooltip
from engine.settings import Settings, knob


class Everything(Settings):
    """One field of each kind that :func:`knob` can make."""

    rate: float = knob(
        1e-3,
        "Learning rate",
        "Length of a step.",
        ge=1e-6,
        le=1.0,
        scale="log",
        apply="live",
        symbol=r"\eta",
        formula=r"\theta \leftarrow \theta - \eta g",
    )
    width: int = knob(
        64, "Hidden units", "Units per layer.", ge=8, le=1024, unit="units", scale="log"
    )
    depth: int = knob(3, "Depth", "Hidden layers.", ge=1, le=8, unit="layers")
    clip: float = knob(0.0, "Clipping", "Longest gradient.", ge=0.0, le=10.0)
    seed: int = knob(0, "Seed", "Same seed, same noise.", ge=0, group="Training")
    shift: float = knob(0.0, "Shift", "Anything goes.", group="Training")
    average: bool = knob(True, "Average", "Sample from it.", apply="live")
    decay: float = knob(
        0.5,
        "Decay",
        "How slowly it forgets.",
        ge=0.0,
        le=1.0,
        shown_if={"average": [True], "solver": ["heun"]},
    )
    solver: Literal["euler", "heun"] = knob(
        "heun", "Solver", "How to integrate.", choices={"heun": "Heun, 2nd order"}
    )
    order: Literal[1, 2, 4] = knob(2, "Order", "Of the method.")
    only: Literal["one"] = knob("one", "Only one", "No choice yet.")


OTHER = {
    "rate": 5e-4,
    "width": 200,
    "depth": 7,
    "clip": 2.5,
    "seed": 12,
    "shift": -1.25,
    "average": False,
    "decay": 0.25,
    "solver": "euler",
    "order": 4,
    "only": "one",
}
CHANGED = [name for name in OTHER if name != "only"]


@pytest.fixture
def form(qtbot):
    form = Form()
    form.set_schema(Everything.model_json_schema())
    form.resize(292, 600)
    qtbot.addWidget(form)
    form.show()
    return form


def test_a_fresh_form_shows_the_defaults(form):
    assert form.values() == Everything().model_dump()


def test_every_value_that_is_set_is_shown_silently(form, qtbot):
    with qtbot.assertNotEmitted(form.edited):
        form.set_values(OTHER)
    assert form.values() == Everything(**OTHER).model_dump()
    kinds = {name: type(value) for name, value in form.values().items()}
    assert kinds == {name: type(value) for name, value in OTHER.items()}


@pytest.mark.parametrize("name", CHANGED)
def test_every_change_by_hand_is_told_once(form, qtbot, name):
    seen = []
    form.edited.connect(lambda field, value: seen.append((field, value)))
    form.fields[name].user_set(OTHER[name])
    form.fields[name].user_set(OTHER[name])
    assert seen == [(name, OTHER[name])]
    assert type(seen[0][1]) is type(OTHER[name])
    assert form.values()[name] == OTHER[name]


@pytest.mark.parametrize("name", ["rate", "width", "depth", "clip", "decay"])
def test_slider_and_box_show_the_same(form, qtbot, name):
    row = form.fields[name]
    assert isinstance(row, NumberRow)
    form.set_values(OTHER)
    form.set_values({"average": True, "solver": "heun"})  # enables the decay
    with qtbot.waitSignal(form.edited) as caught:
        QTest.keyClick(row.slider, Qt.Key.Key_Left)
    assert caught.args == [name, row.value()]
    assert row.box.value() == row.slider.number() == row.value()
    row.user_set(OTHER[name])
    assert row.slider.number() == row.box.value() == OTHER[name]


def test_numbers_without_both_limits_have_no_slider(form):
    assert form.fields["seed"].slider is None
    assert form.fields["shift"].slider is None


@pytest.mark.parametrize(
    ("name", "wrong", "words"),
    [
        ("depth", 9, "1 to 8 layers"),
        ("seed", -1, "at least 0"),
        ("rate", 2.0, "1e−6 to 1"),
    ],
)
def test_a_value_out_of_range_is_marked_below_and_not_told(
    form, qtbot, name, wrong, words
):
    row, before = form.fields[name], form.values()
    with qtbot.assertNotEmitted(form.edited):
        row.user_set(wrong)
    assert form.values() == before
    assert row.note.isVisible()
    assert row.note.text() == words
    row.user_set(OTHER[name])
    assert not row.note.isVisible()


def test_an_error_from_outside_is_shown_and_taken_back(form):
    form.set_error("width", "Too wide for this device.")
    assert form.fields["width"].note.text() == "Too wide for this device."
    form.set_error("width", "")
    assert not form.fields["width"].note.isVisible()


def test_many_numbers_in_a_row_are_told_as_a_range(form):
    row, other = form.fields["decay"], form.fields["width"]
    row.schema = {**row.schema, "shown_if": {"width": [9, 8, 7, 6]}}
    form.fields["average"].user_set(False)
    assert row.accessibleDescription().endswith(f"{other.title} is 6 to 9.")
    row.schema = {**row.schema, "shown_if": {"width": [9, 7, 6, 4]}}
    form.fields["average"].user_set(True)
    assert row.accessibleDescription().endswith("9 or 7 or 6 or 4.")


def test_a_row_without_effect_is_grey_and_says_why(form):
    row = form.fields["decay"]
    assert row.box.isEnabled()
    form.fields["average"].user_set(False)
    assert not row.box.isEnabled()
    assert not row.slider.isEnabled()
    assert row.accessibleDescription().endswith("Has an effect only if Average is on.")
    form.set_values({"average": True, "solver": "euler"})
    assert row.accessibleDescription().endswith("if Solver is Heun, 2nd order.")
    form.set_values({"solver": "heun"})
    assert row.box.isEnabled()


def test_pending_restarts_are_counted_and_offered(form, qtbot):
    form.set_pending({"width", "depth", "unknown"})
    assert {n for n, row in form.fields.items() if row.mark.is_pending} == {
        "width",
        "depth",
    }
    words = form._waiting
    assert words.isVisible()
    assert words.text() == "2 changes wait for a restart"
    with qtbot.waitSignal(form.restart_requested):
        QTest.mouseClick(form._restart, Qt.MouseButton.LeftButton)
    form.set_pending(set())
    assert not words.isVisible()


def test_groups_are_headings_and_can_be_chosen(qtbot):
    form = Form()
    qtbot.addWidget(form)
    schema = Everything.model_json_schema()
    form.set_schema(schema, groups=["Training"])
    assert list(form.fields) == ["seed", "shift"]
    assert not form._sections
    form.set_schema(schema, groups=["Training", "Model", "None such"])
    assert list(form.fields)[:3] == ["seed", "shift", "rate"]
    assert len(form._sections) == 2


def test_another_schema_replaces_the_rows(form, qtbot):
    form.set_pending({"width"})
    form.set_schema({"properties": {}})
    assert form.values() == {}
    assert not form._waiting.isVisible()


@pytest.mark.parametrize("panel", [292, 316])
def test_a_form_fits_both_panels(form, panel):
    assert form.minimumSizeHint().width() <= panel - 24
    form.resize(panel - 24, 600)
    assert all(row.label.width() >= 60 for row in form.fields.values())
    for row in form.fields.values():
        assert row.mark.geometry().right() <= row.width()
    assert form.fields["rate"].slider.width() >= theme.px(44)


def test_a_double_click_on_a_name_restores_the_default(form, qtbot):
    form.set_values(OTHER)
    with qtbot.waitSignal(form.edited) as caught:
        QTest.mouseDClick(form.fields["width"].label, Qt.MouseButton.LeftButton)
    assert caught.args == ["width", 64]


def test_a_kind_that_no_row_can_show_is_named():
    schema = {"properties": {"name": {"type": "array", "default": []}}}
    with pytest.raises(ValueError, match="'name' of type 'array'"):
        Form().set_schema(schema)


def test_the_tooltip_of_a_row_tells_range_and_when(form, qtbot):
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QHelpEvent
    from PySide6.QtWidgets import QApplication, QLabel

    row = form.fields["rate"]
    event = QHelpEvent(QEvent.Type.ToolTip, QPoint(5, 5), row.mapToGlobal(QPoint(5, 5)))
    QApplication.sendEvent(row, event)
    tip = row.findChild(Tooltip)
    assert tip.isVisible()
    words = [label.text() for label in tip.findChildren(QLabel)]
    for expected in (
        "Learning rate",
        "Length of a step.",
        "1e−6 to 1, usual 1e−3",
        "live",
    ):
        assert expected in words
    QApplication.sendEvent(row, QEvent(QEvent.Type.Leave))
    assert not tip.isVisible()


def test_rows_grow_with_the_text(form):
    before = form.fields["width"].sizeHint()
    theme.set_text_scale(1.5)
    after = form.fields["width"].sizeHint()
    assert after.height() >= 1.4 * before.height()


def test_a_row_without_effect_is_folded_away_where_that_is_wanted(qtbot):
    form = Form(folds=True)
    qtbot.addWidget(form)
    form.set_schema(Everything.model_json_schema())
    form.show()
    row = form.fields["decay"]
    assert row.isVisible()
    form.fields["average"].user_set(False)
    assert row.isHidden()
    assert form.values()["decay"] == 0.5  # it is kept
    form.set_values({"average": True})
    assert row.isVisible()
