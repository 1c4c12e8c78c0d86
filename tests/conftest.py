"""Runs without a screen, keeps a picture of what failed, and lets no window stay."""

import ctypes
import gc
import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# On a loaded machine an example may take any time, and so may its making.
settings.register_profile(
    "lab", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("lab")

_XCB_LIBRARIES = ("libxcb-cursor.so.0", "libxcb-icccm.so.4", "libxcb-keysyms.so.1")
_MUCH = 50_000  # allocations of containers, after which garbage is collected
_PICTURES = pytest.StashKey[Path]()


def _x_display_answers() -> bool:
    """Whether Qt could open a window on DISPLAY; if not, it would abort."""
    try:
        for name in _XCB_LIBRARIES:
            ctypes.CDLL(name)
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return False
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    works = xcb.xcb_connection_has_error(connection) == 0
    xcb.xcb_disconnect(connection)
    return works


def _has_display() -> bool:
    if sys.platform != "linux":
        return True
    wayland = os.environ.get("WAYLAND_DISPLAY")
    if wayland and (Path(os.environ.get("XDG_RUNTIME_DIR", "")) / wayland).exists():
        return True
    return bool(os.environ.get("DISPLAY")) and _x_display_answers()


os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
if not _has_display():
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def pytest_collection_modifyitems(items):
    """Leave out what needs a real X display where there is none."""
    if os.environ.get("QT_QPA_PLATFORM") == "offscreen":
        reason = pytest.mark.skip(reason="needs a real X display, e.g. xvfb-run")
        for item in items:
            if "xvfb" in item.keywords:
                item.add_marker(reason)


def _visible_windows():
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is None or widgets.QApplication.instance() is None:
        return []
    return [w for w in widgets.QApplication.topLevelWidgets() if w.isVisible()]


@pytest.fixture(scope="session", autouse=True)
def _pictures_folder(request, tmp_path_factory):
    request.config.stash[_PICTURES] = tmp_path_factory.getbasetemp() / "failed"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Save each visible window of a failed test, before pytest-qt closes it."""
    outcome = yield
    report = outcome.get_result()
    if report.when != "call" or not report.failed:
        return
    for number, window in enumerate(_visible_windows()):
        folder = item.config.stash[_PICTURES]
        folder.mkdir(exist_ok=True)
        file = folder / f"{item.name.replace('/', '_')}-{number}.png"
        if window.grab().save(str(file)):
            report.sections.append(("picture of the window", str(file)))


@pytest.fixture
def qtbot(qtbot):
    """Keeps each widget until it is closed; pytest-qt's own qtbot does not.

    Without this, the garbage collector may destroy a window after its test while Qt
    is painting one of its children, which ends the process.
    """
    kept = []
    add = qtbot.addWidget

    def add_widget(widget, **options):
        kept.append(widget)
        add(widget, **options)

    qtbot.addWidget = qtbot.add_widget = add_widget
    yield qtbot
    kept.clear()


@pytest.fixture(scope="session", autouse=True)
def _garbage_is_collected_here():
    """Not in whatever thread allocates: widgets must die in the window's thread."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(autouse=True)
def _no_window_stays():
    yield
    if gc.get_count()[0] > _MUCH:
        gc.collect()
    left = _visible_windows()
    names = [f"{type(w).__name__} {w.windowTitle()!r}" for w in left]
    for window in left:
        window.close()
    assert not left, f"The test left windows open: {', '.join(names)}"
