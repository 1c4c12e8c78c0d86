"""A drawing on the command line of the window, and gestures in its history."""

import gc
import json
import time
import weakref

import pytest

from app.session_history import ConfigEdit, History
from app.start import BadRequest, _of_file, requested
from engine.protocol import Catalogue, RunConfig

DAB = {"do": "brush", "path": [0.0, 0.0], "radius": [1.0, 1.0], "density": 9}


@pytest.fixture(scope="module")
def catalogue(request):
    file = request.config.rootpath / "tests" / "fixtures" / "catalogue.json"
    return Catalogue.model_validate_json(file.read_text())


def asked(catalogue, text):
    config = RunConfig(model="vae", data="drawn")
    return requested(catalogue, config, [f"operations={text}"]).data_settings


def test_a_drawing_comes_from_a_file_or_as_text(catalogue, tmp_path):
    file = tmp_path / "mine.json"
    file.write_text(json.dumps([DAB]))
    for text in (f"@{file}", json.dumps([DAB])):
        settings = asked(catalogue, text)
        assert settings["operations"] == [DAB]
        assert settings["canvas"] == [-4.0, 4.0, -4.0, 4.0]


def test_a_bad_file_is_one_sentence(tmp_path, monkeypatch):
    with pytest.raises(BadRequest, match="cannot be read"):
        _of_file(tmp_path / "none.json")
    file = tmp_path / "bad.json"
    for content in ("", "[", "[" * 100_000, "\x00"):
        file.write_text(content)
        with pytest.raises(BadRequest, match="no readable JSON"):
            _of_file(file)
    monkeypatch.setattr("app.start._MAX_SETTING", 3)
    file.write_text("[1, 2]")
    with pytest.raises(BadRequest, match="too large"):
        _of_file(file)


def test_a_gesture_is_one_step_however_long_it_takes(qapp, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    start = RunConfig(model="vae", data="drawn")
    history = History(start)
    for seed, gesture in enumerate(["one", "one", "one", "two", "two"], start=1):
        clock[0] += 60.0
        history.edit(start.model_copy(update={"seed": seed}), "stroke", gesture=gesture)
    assert history.stack.count() == 2
    seeds = [history.config.seed]
    for _ in range(2):
        history.stack.undo()
        seeds.append(history.config.seed)
    assert seeds == [5, 3, 0]


def test_edits_that_became_one_leave_nothing_in_memory(qapp, monkeypatch):
    """A slider dragged over a drawing would keep two copies of it at each stop."""
    made: list[weakref.ref[ConfigEdit]] = []

    class Watched(ConfigEdit):
        def __init__(self, *args: object) -> None:
            super().__init__(*args)
            made.append(weakref.ref(self))

    monkeypatch.setattr("app.session_history.ConfigEdit", Watched)
    start = RunConfig(model="vae", data="drawn")
    history = History(start)
    for seed in range(1, 20):
        history.edit(start.model_copy(update={"seed": seed}), "stroke", gesture="one")
    gc.collect()
    kept = [edit() for edit in made if edit() is not None]
    assert kept == [history.stack.command(0)]
    history.stack.undo()
    assert history.config == start
    history.stack.redo()
    assert history.config.seed == 19


def test_an_edit_after_undo_is_an_edit_of_its_own(qapp):
    """Taken into the one before, it would bring back what was just undone."""
    start = RunConfig(model="vae", data="drawn")
    history = History(start)
    for seed in (1, 2):
        history.edit(start.model_copy(update={"seed": seed}), f"seed {seed}")
    history.edit(start.model_copy(update={"seed": 3}), "seed 3", key="seed")
    history.stack.undo()
    history.edit(start.model_copy(update={"seed": 4}), "seed 4", key="seed")
    history.stack.undo()
    assert history.config.seed == 2
