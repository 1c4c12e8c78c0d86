"""Nothing is cut: notes, names, formulas, and rows that line up."""

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.theme import theme
from app.widgets.button import Button
from app.widgets.form import Form
from app.widgets.form_column import FormColumn
from app.widgets.label import Label
from app.widgets.maths import first_formula, first_line
from app.widgets.model_card import short_paper
from app.widgets.paint import draw_fitted, text_width
from app.widgets.progress import Progress
from app.widgets.switch import Switch
from app.widgets.toast import ToastStack


@pytest.fixture
def stack(qtbot):
    window = QWidget()
    window.resize(800, 600)
    qtbot.addWidget(window)
    stack = ToastStack(window)
    window.show()
    return stack


def test_notes_have_room_for_all_their_lines(stack):
    text = "The run stopped at step 812. " * 4
    stack.show_toast("warning", "The loss is not finite", text, "Go back")
    stack.show_toast("good", "Figure copied")
    long, short = stack.toasts
    label = long._text
    assert label.height() >= label.heightForWidth(label.width()) > 40
    assert short.height() >= 30
    assert long.geometry().bottom() < short.geometry().top()
    assert stack.rect().contains(long.geometry())
    assert stack.rect().contains(short.geometry())


def test_a_long_title_is_read_whole_above_what_to_do(qtbot, stack):
    title = "The log-determinant explodes"
    toast = stack.show_toast("warning", title, "It tears.", "Back to step 1, slower")
    short = stack.show_toast("warning", "Dead codes", "12 of 64.", "Move them")
    heading = toast._heading
    assert heading.width() >= heading.natural_width()
    below = toast._text.geometry
    qtbot.waitUntil(lambda: toast.action.geometry().top() >= below().bottom())
    assert toast.rect().contains(toast.action.geometry())
    assert toast.action.x() == toast._text.x()
    assert short.action.geometry().bottom() <= short._text.geometry().top()
    assert short.height() < toast.height()


def test_a_title_too_long_for_a_line_takes_two(stack):
    toast = stack.show_toast("warning", "No such thing " * 5, "Why.")
    heading = toast._heading
    assert heading.height() >= heading.heightForWidth(heading.width()) > 25
    assert toast.rect().contains(toast._text.geometry())


def test_a_switch_keeps_its_field_under_the_word_when_words_change(qtbot):
    switch = Switch({"a": "Learned", "b": "True"}, "Which")
    qtbot.addWidget(switch)
    switch.show()
    switch.set_options({"a": "Learned", "c": "Split", "d": "Critic"})
    QTest.qWait(1)  # the layout's own event
    goal = switch._goal()
    assert goal.width() < switch.width() / 2
    assert switch.rect().toRectF().contains(goal)


def test_a_name_too_long_for_its_card_is_set_smaller(qapp):
    name = "Eight Gaussians"
    wide = text_width(name, 12, 600)
    image = QImage(wide * 2, 24, QImage.Format.Format_ARGB32)

    def ink(room):
        image.fill(0)
        painter = QPainter(image)
        draw_fitted(painter, QRectF(0, 0, room, 24), name, QColor("black"), 600)
        painter.end()
        drawn = range(image.width())
        return max(x for x in drawn if any(image.pixel(x, y) for y in range(24)))

    assert ink(wide) > 0.9 * wide
    assert ink(round(0.85 * wide)) <= 0.85 * wide + 1


def test_forms_above_each_other_line_up(qtbot):
    page = QWidget()
    qtbot.addWidget(page)
    forms = [Form(page), Form(page)]
    FormColumn(forms, page)
    for form, title in zip(forms, ("Width", "Learning rate"), strict=True):
        form.set_schema({"properties": {"x": number(title)}})
    first, second = (form.fields["x"] for form in forms)
    assert first.label.width() == second.label.width()
    assert first.box.width() == second.box.width()


def number(title):
    limits = {"minimum": 1, "maximum": 512, "default": 8}
    return {"title": title, "type": "integer", "apply": "live", **limits}


def test_only_the_first_of_several_formulas_and_short_author_lists():
    assert first_formula(r"a = b,\quad c = d") == "a = b"
    assert first_formula("a = b") == "a = b"
    assert first_line(r"a = b \\ c = d,\quad e") == "a = b"
    assert short_paper("Liu, Gong, Liu 2022") == "Liu et al. 2022"
    assert short_paper("Kingma & Welling 2013") == "Kingma & Welling 2013"
    assert short_paper("Song et al. 2020") == "Song et al. 2020"


def test_labels_of_a_form_take_no_more_than_they_may(qtbot):
    form = Form()
    qtbot.addWidget(form)
    form.set_schema({"properties": {"a": number("Modes per side of it")}})
    assert form.fields["a"].label.width() == 84
    form.set_label_limit(66)
    assert form.fields["a"].label.width() == 66


def test_a_button_greyed_out_in_use_gives_the_focus_to_the_window(qtbot):
    window = QWidget()
    window.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    qtbot.addWidget(window)
    first, second = Button("Start"), Button("Stop")
    row = QHBoxLayout(window)
    row.addWidget(first)
    row.addWidget(second)
    window.show()
    first.setFocus()
    assert window.focusWidget() is first
    first.setEnabled(False)
    assert not first.isEnabled()
    assert window.focusWidget() is window
    second.setFocus()
    first.setEnabled(True)
    assert window.focusWidget() is second


def test_a_short_progress_leaves_out_what_would_lie_over_its_name(qtbot):
    progress = Progress("82 of 1,000 steps")
    qtbot.addWidget(progress)
    progress.set_progress(0.5, 120)
    found = []
    for width in (300, 150, 100):
        progress.resize(width, 28)
        found.append(progress.how_far())
    assert found == ["120 s left, 50 %", "50 %", ""]


def test_a_short_progress_says_its_name_in_short(qtbot):
    """In the projector a sweep was "Trying which of …"."""
    progress = Progress("")
    qtbot.addWidget(progress)
    progress.set_name("Trying which of them train faster together", "Timing them")
    progress.resize(400, 28)
    assert progress.shown_name().startswith("Trying which of them")
    progress.resize(104, 28)
    assert progress.shown_name() == "Timing them"
    assert progress.accessibleName() == progress.toolTip()
    progress.set_name("Ended")
    assert progress.shown_name() == "Ended"
    assert progress.toolTip() == ""


def test_a_label_that_is_kept_whole_wants_no_more_room_after_the_projector(qtbot):
    """Qt remembered the width of the minimum before: a gap of 100 px stayed."""
    label = Label("Rectified flow, run 1, step 292")
    qtbot.addWidget(label)
    label.keep_whole()
    before = label.sizeHint().width()
    theme.set_look("projector")
    label.keep_whole()
    assert label.sizeHint().width() > 1.3 * before
    theme.set_look("dark")
    label.sizeHint()  # a layout asks before the minimum is set
    label.keep_whole()
    assert label.minimumWidth() == label.natural_width() + 2
    assert label.sizeHint().width() == before


def test_a_note_that_stands_fits_another_look(stack, qtbot):
    """Its text was cut on a projector, and its icon lay outside afterwards."""
    text = "All codes together carry 0.000 nats about a point: it ignores them."
    note = stack.show_toast("warning", "Run B: posterior collapse", text, "Cure")
    before = note.height()
    for look in ("projector", "dark"):
        theme.set_look(look)
        qtbot.waitUntil(lambda: stack.width() == note.width())
        needed = note._column.totalHeightForWidth(note.width())
        qtbot.waitUntil(lambda needed=needed: note.height() == needed)
        assert stack.rect().contains(note.geometry())
    assert note.height() == before
