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
