"""Session files as the window sees them: what is written, what comes back."""

import pytest
from PySide6.QtCore import QObject, Signal

from app import patience, session_files
from app.session_files import KeptDesk, KeptWindow, SessionFiles
from app.session_history import History
from app.session_run import Run
from engine.protocol import (
    Ack,
    Close,
    Metrics,
    OpenSession,
    RunConfig,
    SaveSession,
    Status,
)


class Link:
    def __init__(self) -> None:
        self.sent, self.answers, self.is_up = [], [], True

    def send(self, command, on_ack=None) -> bool:
        self.sent.append(command)
        self.answers.append(on_ack)
        return self.is_up

    def answer(self, error="") -> None:
        self.answers[-1](Ack(id=1, error=error), {})


class Runs(QObject):
    visited = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.all, self.run, self.arriving = {}, None, []

    @property
    def there(self):
        return [run for run in self.all.values() if run not in self.arriving]

    def adopt(self, name, history, number=0):
        self.all[name] = Run(name, number or len(self.all) + 1, history, "")
        return self.all[name]

    def choose(self, name) -> None:
        self.run = self.all[name]

    def forget(self, run) -> None:
        del self.all[run.id]


class Desk:
    def __init__(self) -> None:
        self.waits, self.drawn = [], []

    def learn_again(self, run, settings) -> None:
        self.drawn.append((run.id, settings))

    def wait_again(self, run, values) -> None:
        self.waits.append((run.id, values))


class World(QObject):
    """As much of a session as its files know of."""

    run_ready = Signal(object)
    status_changed = Signal(object)
    snapshots_changed = Signal()
    outdated = Signal(str)
    engine_changed = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.link, self.runs, self.desk = Link(), Runs(), Desk()
        self.catalogue, self.kept_drawings = None, []

    @property
    def run(self):
        return self.runs.run


def config(beta):
    return RunConfig(model="vae", data="rings", model_settings={"beta": beta})


@pytest.fixture
def world(qapp):
    made = World()
    for name, steps in (("run-1", 3), ("run-2", 1)):
        run = made.runs.adopt(name, History(config(0.0)))
        run.applied = run.config
        run.snapshots = [0, 10, 20]
        for beta in range(1, steps + 1):
            run.history.edit(config(float(beta)), f"beta {beta}")
    made.runs.choose("run-1")
    return made


@pytest.fixture
def files(world):
    made = SessionFiles(world)
    made.notes, made.back, made.told = [], [], []
    made.replacing.connect(lambda: made.told.append(world.run.id))
    made.noted.connect(made.notes.append)
    made.opened.connect(lambda window, runs: made.back.append((window, runs)))
    return made


def written(world, files):
    """What the window says of itself in the file that is written now."""
    files.save("lab", KeptDesk(page="compare", alone="b", point=(1.0, 2.0)))
    return world.link.sent[-1]


def opened(world, files, window, monkeypatch, tmp_path):
    monkeypatch.setattr(session_files, "read_head", lambda path: (1, window))
    files.open(str(tmp_path / "lab.genplay"))
    return world.link.sent[-1]


def test_runs_histories_and_the_desk_are_written_under_the_right_ending(world, files):
    world.run.history.stack.undo()
    world.run.speed, world.run.at = 40.0, 10
    command = written(world, files)
    assert isinstance(command, SaveSession)
    assert command.path == "lab.genplay"
    assert command.run_ids == ["run-1", "run-2"]
    kept = KeptWindow.model_validate(command.window)
    assert (kept.shown, kept.page, kept.alone, kept.point) == (
        *("run-1", "compare", "b"),
        (1.0, 2.0),
    )
    first = kept.runs[0]
    assert first.first == config(0.0)
    assert [edit.config for edit in first.edits] == [
        config(float(n)) for n in (1, 2, 3)
    ]
    assert (first.done, first.speed, first.at) == (2, 40.0, 10)
    world.link.answer()
    assert files.path == "lab.genplay"
    assert files.notes[-1].title == "Session saved"


def test_a_run_that_the_engine_does_not_know_is_left_out(world, files):
    world.runs.all["run-2"].applied = None
    assert written(world, files).run_ids == ["run-1"]


def test_a_full_disk_is_told(world, files):
    written(world, files)
    world.link.answer("No space left.")
    assert files.notes[-1].text == "No space left."
    assert files.path == ""


def test_opened_runs_have_their_histories_and_replace_the_old_ones(
    world, files, monkeypatch, tmp_path
):
    world.run.history.stack.undo()
    world.run.speed, world.run.at = 40.0, 10
    window = written(world, files).window
    old = list(world.runs.all)
    command = opened(world, files, window, monkeypatch, tmp_path)
    assert isinstance(command, OpenSession)
    assert list(world.runs.all)[2:] == [command.prefix + name for name in old]
    assert world.run.id == "run-1"  # until the engine has read the file
    for name in old:  # as the engine reports before it answers
        new = world.runs.all[command.prefix + name]
        new.snapshots = [0, 10, 20]
        facts = {"step": 20, "steps": 100, "seconds": 1, "steps_per_second": 20}
        new.status = Status(run_id=new.id, state="paused", **facts)
    world.link.answer()
    closed = [c.run_id for c in world.link.sent if isinstance(c, Close)]
    assert closed == old
    assert list(world.runs.all) == [command.prefix + name for name in old]
    run = world.run
    assert (run.id, run.speed, run.at) == (command.prefix + "run-1", 40.0, 10)
    assert [r.number for r in world.runs.all.values()] == [1, 2]
    assert run.config == config(2.0)
    assert run.history.stack.canRedo()
    run.history.stack.redo()
    assert run.config == config(3.0)
    for _ in range(3):
        run.history.stack.undo()
    assert run.config == config(0.0)
    assert files.told == ["run-1"]  # before any new run is on show
    kept, by_old_id = files.back[0]
    assert kept.page == "compare"
    assert by_old_id == {name: world.runs.all[command.prefix + name] for name in old}
    assert files.notes[-1].text == "2 runs, with histories."


def test_a_moment_that_was_not_kept_is_not_visited(world, files, monkeypatch, tmp_path):
    world.run.at = 15
    window = written(world, files).window
    opened(world, files, window, monkeypatch, tmp_path)
    for run in world.runs.all.values():
        run.snapshots = [0, 10, 20]
    world.link.answer()
    assert world.run.at is None


@pytest.mark.parametrize("is_up", [True, False])
def test_what_the_engine_cannot_read_leaves_the_runs(
    world, files, monkeypatch, tmp_path, is_up
):
    window, before = written(world, files).window, dict(world.runs.all)
    world.link.is_up = is_up
    opened(world, files, window, monkeypatch, tmp_path)
    if is_up:
        world.link.answer("It is damaged.")
        assert files.notes[-1].text == "It is damaged."
    assert world.runs.all == before
    assert world.run.id == "run-1"
    assert not files.back


def test_a_foreign_or_damaged_head_is_one_sentence(world, files, monkeypatch, tmp_path):
    good = written(world, files).window
    sent = len(world.link.sent)
    for bad in ({}, {**good, "runs": []}, {**good, "shown": "run-9"}):
        monkeypatch.setattr(session_files, "read_head", lambda path, b=bad: (1, b))
        files.open(str(tmp_path / "lab.genplay"))
        assert files.notes[-1].title == "The session was not opened"
        assert "lab.genplay" in files.notes[-1].text
    assert len(world.link.sent) == sent


def test_an_older_version_kept_less_of_the_desk_and_a_newer_keeps_more(world, files):
    good = written(world, files).window
    window = {"shown": good["shown"], "runs": good["runs"], "more": 1}
    assert KeptWindow.model_validate(window).page == ""


def test_settings_that_wait_for_a_restart_wait_again(
    world, files, monkeypatch, tmp_path
):
    world.run.waiting = {"model_settings": {"beta"}}
    window = written(world, files).window
    assert [kept["waiting"] for kept in window["runs"]] == [
        {"model_settings": {"beta": 3.0}},
        {},
    ]
    opened(world, files, window, monkeypatch, tmp_path)
    world.link.answer()
    assert world.desk.waits == [("open-1-run-1", {"model_settings": {"beta": 3.0}})]


def trained(run, seconds):
    run.status = Status(
        run_id=run.id,
        state="paused",
        step=5,
        steps=9,
        seconds=seconds,
        steps_per_second=1.0,
    )


def test_training_that_no_file_has_is_counted(world, files, monkeypatch, tmp_path):
    assert files.unsaved_seconds == 0
    first, second = world.runs.all.values()
    trained(first, 30.0)
    trained(second, 4.0)
    assert files.unsaved_seconds == 34.0
    window = written(world, files).window
    trained(second, 6.0)  # while the file is being written
    world.link.answer(error="The disk is full.")
    assert files.unsaved_seconds == 36.0
    written(world, files)
    trained(second, 7.0)
    world.link.answer()
    assert files.unsaved_seconds == 1.0
    opened(world, files, window, monkeypatch, tmp_path)
    trained(world.runs.all["open-1-run-1"], 30.0)
    world.link.answer()
    assert files.unsaved_seconds == 0
    trained(world.runs.all["open-1-run-1"], 33.0)
    assert files.unsaved_seconds == 3.0


def test_what_was_measured_stands_until_it_is_measured_anew(
    world, files, monkeypatch, tmp_path
):
    """Dashes stood there until an engine with much to do had measured again."""
    trained(world.run, 4.0)
    measured = Metrics(step=3, points=500, energy_distance=0.02)
    facts = {"metrics": measured, "evaluations_per_sample": 50}
    world.run.take_status(world.run.status.model_copy(update=facts))
    window = written(world, files).window
    opened(world, files, window, monkeypatch, tmp_path)
    run = world.runs.all["open-1-run-1"]
    trained(run, 4.0)
    world.link.answer()
    assert run.status.metrics == measured
    assert run.status.evaluations_per_sample == 50
    assert run.trail == [measured]
    bare = run.status.model_copy(update={"metrics": None, "step": 6})
    run.take_status(bare)
    assert run.status.metrics == measured
    run.take_status(bare.model_copy(update={"step": 2}))  # it went back in time
    assert run.status.metrics is None
    run.take_status(bare.model_copy(update={"metrics": Metrics(step=6, points=9)}))
    run.take_status(bare)
    assert run.status.metrics is None


def test_measured_by_another_version_is_left_out(world, files, monkeypatch, tmp_path):
    trained(world.run, 4.0)
    window = written(world, files).window
    window["runs"][0]["measured"] = {"trail": [{"step": 1, "beauty": 7}]}
    opened(world, files, window, monkeypatch, tmp_path)
    trained(world.runs.all["open-1-run-1"], 4.0)
    world.link.answer()
    assert files.back
    assert world.run.trail == []


@pytest.fixture
def impatient(monkeypatch, request):
    """Files of a window that minds to wait at once."""
    monkeypatch.setattr(patience, "_MOMENT", 0)
    return request.getfixturevalue("files")


@pytest.mark.parametrize("error", ["", "No space left."])
def test_a_session_that_is_long_in_writing_is_told_until_it_is_written(
    world, impatient, qtbot, error
):
    over = []
    world.outdated.connect(over.append)
    written(world, impatient)
    qtbot.waitUntil(lambda: bool(impatient.notes))
    (note,) = impatient.notes
    assert (note.title, note.text) == ("Saving the session", "lab.genplay")
    world.link.answer(error)
    assert over == [note.about]


def test_a_dead_engine_writes_no_more(world, impatient, qtbot):
    over = []
    world.outdated.connect(over.append)
    written(world, impatient)
    qtbot.waitUntil(lambda: bool(impatient.notes))
    world.engine_changed.emit("busy", "")
    assert over == []
    world.engine_changed.emit("dead", "")
    assert over == [impatient.notes[0].about]


def test_a_session_that_is_long_in_reading_is_told(
    world, impatient, qtbot, monkeypatch, tmp_path
):
    window = written(world, impatient).window
    world.link.answer()
    impatient.notes.clear()
    opened(world, impatient, window, monkeypatch, tmp_path)
    qtbot.waitUntil(lambda: bool(impatient.notes))
    assert impatient.notes[0].title == "Opening the session"


def test_a_session_that_is_being_read_is_neither_written_nor_opened_twice(
    world, files, monkeypatch, tmp_path
):
    """Its runs stood in the menu of runs, twice the same number, and could be had."""
    window = written(world, files).window
    opened(world, files, window, monkeypatch, tmp_path)
    trained(world.runs.all["open-1-run-1"], 30.0)
    assert [run.id for run in world.runs.there] == ["run-1", "run-2"]
    assert files.unsaved_seconds == 0
    reading = world.link.answers[-1]
    world.runs.all["open-1-run-1"].applied = config(0.0)
    assert written(world, files).run_ids == ["run-1", "run-2"]
    sent = len(world.link.sent)
    files.open(str(tmp_path / "lab.genplay"))
    assert len(world.link.sent) == sent
    assert files.notes[-1].text == "Another one is being opened."
    reading(Ack(id=1), {})
    assert [run.id for run in world.runs.there] == ["open-1-run-1", "open-1-run-2"]
    assert opened(world, files, window, monkeypatch, tmp_path).prefix == "open-2-"


def test_an_engine_that_dies_while_it_reads_leaves_the_runs_as_they_were(
    world, files, monkeypatch, tmp_path
):
    window, before = written(world, files).window, dict(world.runs.all)
    world.link.answer()
    opened(world, files, window, monkeypatch, tmp_path)
    world.engine_changed.emit("dead", "")
    assert world.runs.all == before
    assert files.notes[-1].title == "The session was not opened"
    opened(world, files, window, monkeypatch, tmp_path)
    world.link.answer()
    assert files.back


def test_no_engine_writes_and_reads_nothing_and_says_so(
    world, files, monkeypatch, tmp_path
):
    window = written(world, files).window
    world.link.answer()
    world.link.is_up = False
    written(world, files)
    assert files.notes[-1].title == "The session was not saved"
    assert not files.saving.under_way
    opened(world, files, window, monkeypatch, tmp_path)
    assert files.notes[-1].title == "The session was not opened"


def test_a_drawing_that_was_cleared_is_wanted_empty_again(
    world, files, monkeypatch, tmp_path
):
    """The engine learns from the points before; they came back onto the canvas."""
    drawn = config(0.0).model_copy(
        update={"data": "drawn", "data_settings": {"operations": [{"do": "brush"}]}}
    )
    world.run.history.edit(drawn, "stroke")
    empty = drawn.model_copy(update={"data_settings": {"operations": []}})
    world.run.history.edit(empty, "clear")
    window = written(world, files).window
    opened(world, files, window, monkeypatch, tmp_path)
    world.runs.all["open-1-run-1"].history.config = drawn  # as the engine reports
    world.link.answer()
    assert world.desk.drawn == [("open-1-run-1", {"operations": []})]


def test_a_session_without_a_run_is_not_saved_in_silence(qapp):
    """While the engine starts, a named file was asked for and never written."""
    empty, notes = World(), []
    files = SessionFiles(empty)
    files.noted.connect(notes.append)
    files.save("lab", KeptDesk())
    assert not empty.link.sent
    assert [note.title for note in notes] == ["The session was not saved"]
