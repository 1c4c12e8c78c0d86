"""A window that would go with what it has learned asks first."""

import pytest
from PySide6.QtWidgets import QFileDialog

from app.panels import question
from app.session_files import SessionFiles

BUTTONS = question.Button


@pytest.fixture
def window(world, monkeypatch):
    made = world.window
    made.asks_to_save, made.asked, made.unsaved = True, [], 60.0
    monkeypatch.setattr(
        SessionFiles, "unsaved_seconds", property(lambda _: made.unsaved)
    )

    def answer(button):
        monkeypatch.setattr(
            question, "ask", lambda *_: made.asked.append(button) or button
        )

    made.answer = answer
    yield made
    made.asks_to_save = False


@pytest.mark.parametrize(
    ("button", "closes"), [(BUTTONS.Discard, True), (BUTTONS.Cancel, False)]
)
def test_the_person_decides(window, button, closes):
    window.answer(button)
    assert window.close() == closes
    assert window.isVisible() != closes
    assert window.asked == [button]


@pytest.mark.parametrize("case", ["little", "not wanted"])
def test_nobody_is_asked_for_nothing(window, case):
    window.answer(BUTTONS.Cancel)
    if case == "little":
        window.unsaved = 5.0
    else:
        window.asks_to_save = False
    assert window.close()
    assert not window.asked


def test_it_closes_once_the_session_is_saved(window, monkeypatch, tmp_path):
    sessions, wanted = window.files.sessions, []
    monkeypatch.setattr(sessions, "save", lambda path, _: wanted.append(path))
    window.answer(BUTTONS.Save)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    assert not window.close()
    sessions.saved.emit()  # of another wish: nobody waits for it
    assert window.isVisible()
    path = str(tmp_path / "lab.genplay")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (path, ""))
    assert not window.close()
    assert window.isVisible()
    assert wanted == [path]
    window.unsaved = 0.0
    sessions.saved.emit()
    assert not window.isVisible()


BRUSH = {
    "do": "brush",
    "path": [0.0, 0.0, 1.0, 1.0],
    "radius": [0.3, 0.3],
    "density": 60,
    "label": 1,
    "seed": 3,
}


@pytest.fixture
def drawn(world, window):
    """A window whose run has learned little, from a drawing that no file has."""
    window.unsaved = 0.0
    drawing = window.pages.page("draw").drawing
    drawing.begin_empty()
    drawing.add([BRUSH], "stroke")
    world.until(lambda: drawing.is_drawn and drawing.draft is None)
    return window


def test_a_drawing_that_no_file_has_is_asked_about(drawn):
    drawn.answer(BUTTONS.Cancel)
    assert not drawn.close()
    assert drawn.asked
    drawn.session.runs.undo_group.undo()
    assert drawn.close()


def test_a_drawing_that_was_saved_by_itself_is_safe(drawn, tmp_path):
    drawn.answer(BUTTONS.Cancel)
    drawn.pages.page("draw").save_drawing(str(tmp_path / "drawing.json"))
    assert drawn.close()
    assert not drawn.asked


def test_the_sketch_that_everyone_is_offered_is_nobody_s_work(world, window):
    window.unsaved = 0.0
    window.answer(BUTTONS.Cancel)
    window.session.desk.choose_data("drawn")
    world.until(lambda: world.client.configured.data == "drawn")
    assert window.session.run.config.data_settings["operations"]
    assert window.close()


def test_another_session_takes_the_place_only_if_that_is_wanted(
    drawn, monkeypatch, tmp_path
):
    files, opened, path = drawn.files, [], str(tmp_path / "old.genplay")
    monkeypatch.setattr(files.sessions, "open", opened.append)
    drawn.answer(BUTTONS.Cancel)
    files.take(path)
    assert drawn.asked
    assert not opened
    drawn.answer(BUTTONS.Save)
    monkeypatch.setattr(files, "save_session", lambda: True)
    files.take(path)
    assert not opened
    files.sessions.saved.emit()
    assert opened == [path]
    drawn.answer(BUTTONS.Discard)
    files.take(path)
    assert opened == [path, path]
