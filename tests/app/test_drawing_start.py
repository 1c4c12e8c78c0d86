"""A drawing on the command line of the window, and gestures in its history."""

import json
import time

import pytest

from app.session_history import History
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
