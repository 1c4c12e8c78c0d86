"""Nothing that opens leaves anything behind when it closes."""

import ast
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QMenu, QWidget

import app
from app.bench_alive import live_objects
from app.bench_leaks import Reading, main
from app.bench_openers import Opener, openers, popups
from engine.protocol import Ping

OPENS = 3
#: Actions that open nothing; "duplicate" makes a run, which stays.
RUN = {"play", "step", "reset", "new_seed", "restart", "live", "branch", "redraw"}
PLOTS = {"reset_view", "plot_1", "plot_2", "plot_3", "plot_4"}
OPENS_NOTHING = {*RUN, *PLOTS, "page_explore", "undo", "redo"}
NOT_CLOSED = {"duplicate", "quit"}
WINDOWS = {"QDialog", "WindowType.Popup", "WindowType.ToolTip", "WindowType.Tool"}


def settle(world):
    """Until the engine has obeyed, and all that was closed is gone."""
    world.client._client.request(Ping())
    QCoreApplication.processEvents()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def alive(world):
    world.client.sent.clear()
    found = live_objects(world.window)
    del found["Python objects"]  # pictures come when they come
    return found


def leaked(world, opener):
    """What has more instances after each of three rounds, at least one for an open.

    What is made once, when something first opens, is no leak; nor is what waits for an
    engine that is busy elsewhere.
    """
    counts = []
    for _ in range(4):
        for _ in range(OPENS):
            opener.open(world.window)
            settle(world)
            opener.close(world.window)
            settle(world)
        settle(world)
        counts.append(alive(world))
    steps = list(pairwise(counts))
    gains = {k: tuple(new[k] - old[k] for old, new in steps) for k in counts[-1]}
    return {k: gain for k, gain in gains.items() if min(gain) >= OPENS}


def test_a_sheet_that_is_closed_is_gone(world):
    assert leaked(world, openers()["keys"]) == {}


def test_a_widget_that_stays_is_noticed(world):
    def keep(window):
        # Many: other objects of the window's own life may end in the meantime.
        for _ in range(20):
            QWidget(window)

    gains = leaked(world, Opener(keep, lambda w: None))
    assert {"widgets", "Qt objects"} <= gains.keys()


def test_a_listener_that_stays_is_noticed(world):
    def listen(window):
        window.session.noted.connect(lambda _: window)

    gains = leaked(world, Opener(listen, lambda w: None))
    assert list(gains) == [
        f"function {__name__}.{listen.__qualname__}.<locals>.<lambda>"
    ]


def test_the_slope_is_that_of_the_last_part_and_knows_its_error():
    """A line, after a beginning that does not count; then one with a known wobble."""
    reading = Reading()
    for at in range(10):
        wobble = 1.0 if at % 2 else -1.0
        reading.take(at, mb=100.0 if at < 2 else 5.0 + 0.25 * at, wobble=wobble)
    assert reading.slope("mb", 0.8) == pytest.approx((0.25, 0.0))
    # By hand: x = 0..9 about 4.5 has squares 82.5, x . y = 5; the rest has 10 - 25/82.5
    slope, error = 5 / 82.5, ((10 - 25 / 82.5) / 8 / 82.5) ** 0.5
    assert reading.slope("wobble", 1.0) == pytest.approx((slope, error))


def test_too_few_opens_for_a_slope_are_refused(capsys):
    with pytest.raises(SystemExit) as left:
        main(["--only", "note", "--opens", "5"])
    assert left.value.code == 2
    assert "--opens 5: a slope needs 20 or more" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", openers())
def test_nothing_that_opens_leaves_anything_behind(world, name):
    assert leaked(world, openers()[name]) == {}


def others(world):
    """Windows on screen beside the main one."""
    shown = (w for w in QApplication.topLevelWidgets() if w.isVisible())
    return [w for w in shown if w is not world.window]


def test_each_action_is_opened_and_closed_or_opens_nothing(world):
    claimed = {name for each in openers().values() for name in each.actions}
    every = set(world.window.actions_by_name.acts)
    assert claimed | OPENS_NOTHING | NOT_CLOSED == every
    for name in sorted(OPENS_NOTHING - {"page_explore"}):
        world.window.actions_by_name.trigger(name)
        settle(world)
        assert others(world) == [], name
        assert world.window.pages.current_name == "explore", name


def window_classes():
    """Names of the classes of the program that are windows of their own."""
    found = set()
    for file in Path(app.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and node.name != "Window":
                dialog = any(ast.unparse(base) == "QDialog" for base in node.bases)
                words = ast.unparse(node)
                if dialog or any(f"Qt.{kind}" in words for kind in WINDOWS):
                    found.add(node.name)
    return found


def modules_with(call):
    """Modules of the program whose source makes such a call."""
    root = Path(app.__file__).parents[1]
    files = Path(app.__file__).parent.rglob("*.py")
    return {
        ".".join(file.relative_to(root).with_suffix("").parts)
        for file in files
        if call in file.read_text("utf-8")
    }


def test_every_sheet_and_menu_of_the_program_is_among_the_openers(world, monkeypatch):
    """Found in the source, so that a new one is not forgotten."""
    modules, makers, seen = modules_with("QMenu("), set(), set()
    for name in modules:
        monkeypatch.setattr(
            import_module(name),
            "QMenu",
            lambda *args, name=name: makers.add(name) or QMenu(*args),
        )
    for name, opener in popups().items():
        opener.open(world.window)
        world.until(lambda: others(world))  # a table's sheet comes with its columns
        shown = {type(window).__name__ for window in others(world)}
        assert len(shown) == 1, name
        seen |= shown
        opener.close(world.window)
        settle(world)
        assert others(world) == [], name
    assert makers == modules
    assert window_classes() <= seen


def test_a_question_for_a_file_of_each_kind_is_asked(world, monkeypatch):
    kinds, asked = ("getOpenFileName", "getSaveFileName", "getExistingDirectory"), []
    for name in kinds:
        answer = ("", "") if name.endswith("Name") else ""
        monkeypatch.setattr(
            QFileDialog, name, lambda *_, n=name, a=answer: asked.append(n) or a
        )
    for name, opener in openers().items():
        if name.endswith("question"):
            opener.open(world.window)
    assert sorted(asked) == sorted(kinds)


def test_counting_is_no_leak_itself(qapp):
    """It finds what Qt has put into a box; Python's sides of that outlive the box."""
    window = QWidget()
    window.session = QObject(window)
    counts = []
    for _ in range(8):
        box = QComboBox(window)
        box.addItems(["one", "two"])
        box.view()
        live_objects(window)
        box.deleteLater()
        del box
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        counts.append(live_objects(window)["Python objects"])
    assert counts[-1] - counts[2] < 5  # for each of five boxes it was a dozen and more
