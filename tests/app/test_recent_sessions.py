"""Sessions that were saved or opened lately: remembered, offered, forgotten."""

import argparse
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog

from app import application, preferences
from app.panels import question
from app.preferences import Preferences
from app.recent_sessions import MOST, RecentSessions
from app.session_files import KeptDesk, SessionFiles
from engine.protocol import Ack, RunConfig


@pytest.fixture
def recent():
    return RecentSessions(Preferences())


def test_the_newest_stands_first_and_each_once(recent, tmp_path):
    paths = [str(tmp_path / f"{n}.genplay") for n in range(MOST + 2)]
    for path in paths:
        recent.add(path)
    assert recent.paths == paths[:1:-1]
    recent.add(paths[4])
    assert recent.paths[0] == paths[4]
    assert len(recent.paths) == len(set(recent.paths)) == MOST


def test_a_name_without_a_folder_is_kept_whole(recent, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recent.add("lab.genplay")
    assert recent.paths == [str(tmp_path / "lab.genplay")]


@pytest.mark.skipif(sys.platform == "win32", reason="other paths")
@pytest.mark.parametrize(
    ("paths", "folders"),
    [
        (["/data/labs/a.genplay"], ["…/labs"]),
        (["/d/p/x/a.genplay", "/d/x/a.genplay"], ["…/p/x", "/d/x"]),
        (["/a.genplay"], ["/"]),
        (["/x/a.genplay", "/w/x/a.genplay"], ["/x", "/w/x"]),
        (["/d/p/x/a.genplay", "/d/q/x/a.genplay"], ["…/p/x", "…/q/x"]),
        (["/d/p/x/a.genplay", "/d/q/x/b.genplay"], ["…/x", "…/x"]),
        (["/home/me/labs/a.genplay", "/home/me/b.genplay"], ["~/labs", "~"]),
    ],
)
def test_folders_are_as_short_as_tells_files_apart(recent, monkeypatch, paths, folders):
    monkeypatch.setattr(Path, "home", lambda: Path("/home/me"))
    for path in reversed(paths):
        recent.add(path)
    assert list(recent.named()) == paths
    assert [folder for _, folder in recent.named().values()] == folders


def test_two_windows_and_a_crash_lose_nothing(tmp_path):
    """Each window knew only its own files, and the last to close kept those."""
    file, windows = tmp_path / "window.json", []
    preferences.save(file, Preferences(caption="mine"))
    for _ in range(2):
        windows.append(RecentSessions(Preferences()))
        windows[-1].file = file
    windows[0].add(str(tmp_path / "a.genplay"))
    windows[1].add(str(tmp_path / "b.genplay"))
    names = [name for name, _ in windows[0].named().values()]
    assert names == ["b.genplay", "a.genplay"]
    kept = preferences.load(file)
    assert (kept.recent, kept.caption) == (windows[0].paths, "mine")
    windows[0].clear()
    assert windows[1].paths == preferences.load(file).recent == []


@pytest.fixture
def lab(world, tmp_path, monkeypatch):
    """A window with a session file, and what it was asked to open."""
    world.path = str(tmp_path / "lab & co.genplay")
    Path(world.path).write_bytes(b"")
    world.opened, world.notes = [], []
    monkeypatch.setattr(world.window.files.sessions, "open", world.opened.append)
    world.window.files.noted.connect(world.notes.append)
    return world


def offered(window) -> list[QAction]:
    """What stands below the heading of the menu beside the run's name."""
    actions = window.top.menu_of_runs().actions()
    texts = [action.text() for action in actions]
    return actions[texts.index("Open recent") + 1 :] if "Open recent" in texts else []


def test_what_is_saved_or_opened_is_offered_again(world, tmp_path, monkeypatch):
    files, answers = world.window.files, []
    path = str(tmp_path / "mine.genplay")
    send = world.session.link.send

    def keep(command, on_ack=None):
        kind = type(command).__name__
        if kind not in ("SaveSession", "OpenSession"):
            return send(command, on_ack)
        answers.append((command, on_ack))
        return True

    monkeypatch.setattr(world.session.link, "send", keep)
    files.sessions.save(path, KeptDesk())
    assert not files.recent.paths, "it is not in its file yet"
    answers[-1][1](Ack(id=1, error="The disk is full."), {})
    assert not files.recent.paths
    files.sessions.save(path, KeptDesk())
    answers[-1][1](Ack(id=1), {})
    assert files.recent.paths == [path]
    written = answers[-1][0].window
    assert "recent" not in written, "no session knows of others"

    other = str(tmp_path / "other.genplay")
    monkeypatch.setattr("app.session_files.read_head", lambda _: ([], written))
    files.sessions.open(other)
    assert files.recent.paths == [path]
    answers[-1][1](Ack(id=1), {})
    assert files.recent.paths == [other, path]


def test_menu_and_palette_offer_them(lab):
    window = lab.window
    assert offered(window) == []
    assert not any(e.key.startswith("recent:") for e in window.search.entries())
    window.files.recent.add(lab.path)
    first, *_, last = offered(window)
    name, _, folder = first.text().partition("\t")
    assert (name, first.data()) == ("lab && co.genplay", lab.path)
    assert folder.startswith("…")
    first.trigger()
    assert lab.opened == [lab.path]
    found = {e.title: e for e in window.search.entries()}
    entry = found["Open recent: lab & co.genplay"]
    assert entry.matches("recent lab")
    window.search.choose(entry.key)
    assert lab.opened == [lab.path] * 2
    last.trigger()
    assert last.text() == "Clear this list"
    assert not window.files.recent.paths
    assert Path(lab.path).exists()
    window.files.recent.add(lab.path)
    window.search.choose(found["Clear the list of recent sessions"].key)
    assert not window.files.recent.paths


def test_a_file_that_is_gone_says_so_and_leaves_the_list(lab, monkeypatch):
    monkeypatch.setattr(question, "ask", lambda *_: pytest.fail("asked for nothing"))
    lab.window.asks_to_save = True
    monkeypatch.setattr(SessionFiles, "unsaved_seconds", property(lambda _: 60.0))
    lab.window.files.recent.add(lab.path)
    Path(lab.path).unlink()
    lab.window.files.open_recent(lab.path)
    lab.window.asks_to_save = False
    assert not lab.opened
    assert not lab.window.files.recent.paths
    assert "lab & co.genplay is no longer in" in lab.notes[-1].text
    assert lab.notes[-1].text.count(". ") == 0


def test_what_is_unsaved_is_asked_about_as_by_hand(lab, monkeypatch):
    answers = iter([question.Button.Cancel, question.Button.Discard] * 2)
    asked = []
    monkeypatch.setattr(
        question, "ask", lambda *words: asked.append(words[1:]) or next(answers)
    )
    monkeypatch.setattr(SessionFiles, "unsaved_seconds", property(lambda _: 60.0))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (lab.path, ""))
    lab.window.asks_to_save = True
    lab.window.files.recent.add(lab.path)
    for way in (
        lambda: lab.window.files.open_recent(lab.path),
        lab.window.files.ask_session,
    ):
        lab.opened.clear()
        way()
        assert not lab.opened
        way()
        assert lab.opened == [lab.path]
    lab.window.asks_to_save = False
    assert asked[:2] == asked[2:]


def test_the_program_keeps_them_in_the_preferences(tmp_path, monkeypatch):
    """At the end, too, where the look and the size are written."""
    made = []

    class Stub(application.Program):
        def __init__(self, *given):
            super().__init__(*given)
            made.append(self)

    file = tmp_path / "window.json"
    options = argparse.Namespace(
        open=None, theme=None, size=None, screenshot=None, settings=[], steps=0
    )
    wanted = RunConfig(model="rectified_flow", data="eight_gaussians")
    program = Stub(options, wanted, Preferences(), file)
    monkeypatch.setattr(program, "_go_on", program.window.close)
    kept = str(tmp_path / "lab.genplay")
    program.window.files.sessions.used.emit(kept)
    assert preferences.load(file).recent == [kept]
    elsewhere = RecentSessions(Preferences())
    elsewhere.file = file
    elsewhere.add(str(tmp_path / "other.genplay"))
    monkeypatch.setattr("sys.excepthook", sys.excepthook)  # it is set by the program
    program.run()
    names = [Path(p).name for p in preferences.load(file).recent]
    assert names == ["other.genplay", "lab.genplay"]
