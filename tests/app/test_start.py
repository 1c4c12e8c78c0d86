"""From the command line to the first picture, and what is said where none can be."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from app import application, platform_check
from app.__main__ import main, parser
from app.start import TABLE, BadRequest, data_named

ROOT = Path(__file__).parents[2]


def run_app(*arguments, **environment):
    """The program in a process of its own; no display unless one is given."""
    kept = {k: v for k, v in os.environ.items() if k not in _DISPLAY}
    kept |= {"PYTHONPATH": str(ROOT)} | environment
    command = [sys.executable, "-m", "app", *arguments]
    return subprocess.run(
        command, env=kept, cwd=ROOT, capture_output=True, text=True, timeout=100
    )


_DISPLAY = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="about X11")
@pytest.mark.parametrize("display", ["", ":97"])
def test_without_a_display_one_sentence_and_status_1(display):
    ended = run_app(**({"DISPLAY": display} if display else {}))
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "genplay train" in ended.stderr
    assert "apt install" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_missing_library_is_named_with_its_package(monkeypatch):
    monkeypatch.setattr(platform_check, "missing_library", lambda: "libEGL.so.1")
    monkeypatch.setattr(sys, "platform", "linux")
    words = platform_check.problem()
    assert "libEGL.so.1" in words
    assert "libegl1" in words
    assert "genplay train" in words


def test_the_library_in_a_message_of_the_loader_is_found():
    said = "libGL.so.1: cannot open shared object file: No such file or directory"
    assert platform_check._library_in(said) == "libGL.so.1"
    assert platform_check._library_in("all is well") == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--seed", "-1"],
        ["--size", "wide"],
        ["--theme", "pink"],
        ["--steps", "-5"],
        ["--nonsense"],
    ],
)
def test_bad_usage_is_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BadRequest, match=r"cells\.csv"):
        data_named(str(tmp_path / "cells.csv"))
    file = tmp_path / "cells.csv"
    file.write_text("a,b\n1,2\n")
    assert data_named(str(file)) == (TABLE, {"file": str(file)})
    assert data_named("two_moons") == ("two_moons", {})


def test_contract_of_the_command_line():
    line = "--model vae --data rings --set a=1 --set b=2 --seed 3 --theme light"
    options = parser().parse_args(
        [*line.split(), *["--size", "900x700", "--screenshot", "x.png", "--steps", "9"]]
    )
    assert options.settings == ["a=1", "b=2"]
    assert (options.model, options.data, options.seed) == ("vae", "rings", 3)
    assert options.size == (900, 700)
    assert (options.screenshot, options.steps) == (Path("x.png"), 9)


def test_the_window_opens_without_torch_and_without_pyqtgraph():
    """What the window's frame needs; plots and engine come once it is on screen."""
    code = (
        "import json, sys, app.application;"
        "heavy = ('torch', 'pyqtgraph', 'sklearn', 'scipy', 'PIL');"
        "print(json.dumps([m for m in heavy if m in sys.modules]))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert json.loads(ended.stdout) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "word"),
    [(["--model", "perceptron"], "perceptron"), (["--set", "colour=red"], "colour")],
)
def test_what_does_not_exist_ends_with_status_2(arguments, word, tmp_path):
    picture = tmp_path / "window.png"
    ended = run_app(*arguments, "--screenshot", str(picture))
    assert ended.returncode == 2
    assert word in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not picture.exists()


class _Turns:
    """As much of the program as the self-test of the binding needs."""

    app = SimpleNamespace(processEvents=lambda: None)
    _lost_in_a_while = application.Program._lost_in_a_while


def test_a_binding_is_faulty_only_if_it_loses_references_again_and_again(monkeypatch):
    """Objects that are done with give theirs back as well, but only once."""
    counts = iter([9000, 8900, 8900, 8890])
    monkeypatch.setattr(application.sys, "getrefcount", lambda of: next(counts))
    program = _Turns()
    assert not application.Program._loses_references(program)
    counts = iter(range(9000, 0, -30))
    assert application.Program._loses_references(program)
