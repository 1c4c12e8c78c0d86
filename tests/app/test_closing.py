"""A window that would go with what it has learned asks first."""

import pytest
from PySide6.QtWidgets import QFileDialog

from app.panels import question
from app.session_files import SessionFiles
from engine.protocol import Ack, SaveSession

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


class Writer:
    """A link that leaves the files of a session for the test to write."""

    def __init__(self, link):
        self.send_on, self.answers = link.send, []

    def send(self, command, on_ack=None):
        if not isinstance(command, SaveSession):
            return self.send_on(command, on_ack)
        self.answers.append(on_ack)
        return 1

    def write(self, error=""):
        self.answers.pop(0)(Ack(id=1, error=error), {})


@pytest.fixture
def disk(window, monkeypatch, tmp_path):
    made = Writer(window.session.link)
    monkeypatch.setattr(window.session.link, "send", made.send)
    path = str(tmp_path / "lab.genplay")
    made.name = lambda: path
    window.answer(BUTTONS.Cancel)  # a question that nobody answers would hang
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (made.name(), ""))
    return made


def save_by_hand(window, tmp_path):
    window.files.write_session(str(tmp_path / "mine.genplay"))


def test_it_closes_once_the_session_is_saved(window, disk):
    window.answer(BUTTONS.Save)
    assert not window.close()
    assert window.isVisible()
    window.unsaved = 0.0
    disk.write()
    assert not window.isVisible()


def test_who_names_no_file_stays_and_may_save_later(window, disk, tmp_path):
    window.answer(BUTTONS.Save)
    disk.name = lambda: ""
    assert not window.close()
    window.unsaved = 0.0
    save_by_hand(window, tmp_path)
    disk.write()
    assert window.isVisible()


def test_a_file_that_could_not_be_written_closes_nothing_later(window, disk, tmp_path):
    """The next session that was saved closed the window, minutes afterwards."""
    window.answer(BUTTONS.Save)
    assert not window.close()
    disk.write("The disk is full.")
    assert window.isVisible()
    window.unsaved = 0.0
    save_by_hand(window, tmp_path)
    disk.write()
    assert window.isVisible()


def test_a_session_that_is_being_saved_is_not_lost(window, disk, tmp_path):
    """The engine went with the window, and the file that was asked for with it."""
    window.unsaved = 0.0
    save_by_hand(window, tmp_path)
    assert not window.close()
    assert window.isVisible()
    assert not window.asked
    assert [t.title for t in window.toasts.toasts] == ["The session is being saved"]
    disk.write()
    assert not window.isVisible()


def test_who_does_not_want_to_wait_for_the_file_says_so(window, disk, tmp_path):
    save_by_hand(window, tmp_path)
    assert not window.close()
    window.answer(BUTTONS.No)
    assert not window.close()
    assert window.asked == [BUTTONS.No]
    window.answer(BUTTONS.Yes)
    assert window.close()


def test_an_engine_that_dies_while_it_saves_keeps_no_window_open(
    window, disk, tmp_path
):
    window.unsaved = 0.0
    save_by_hand(window, tmp_path)
    assert not window.close()
    window.session.link.state_changed.emit("dead", "It is gone.")
    assert window.isVisible()
    assert "The session was not saved" in [t.title for t in window.toasts.toasts]
    assert window.close()
    assert not window.asked


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
    drawn, disk, monkeypatch, tmp_path
):
    files, opened, path = drawn.files, [], str(tmp_path / "old.genplay")
    monkeypatch.setattr(files.sessions, "open", opened.append)
    drawn.answer(BUTTONS.Cancel)
    files.take(path)
    assert drawn.asked
    assert not opened
    drawn.answer(BUTTONS.Save)
    files.take(path)
    assert not opened
    disk.write()
    assert opened == [path]
    drawn.session.kept_drawings.clear()
    drawn.answer(BUTTONS.Discard)
    files.take(path)
    assert opened == [path, path]


def test_another_session_waits_until_this_one_is_in_its_file(
    window, disk, monkeypatch, tmp_path
):
    opened, path = [], str(tmp_path / "old.genplay")
    monkeypatch.setattr(window.files.sessions, "open", opened.append)
    window.unsaved = 0.0
    save_by_hand(window, tmp_path)
    window.files.take(path)
    assert not opened
    disk.write()
    assert opened == [path]
    assert window.isVisible()
