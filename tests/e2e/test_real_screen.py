"""On a real X11 screen: what the offscreen platform cannot show."""

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog

from app.theme import theme

pytestmark = [pytest.mark.xvfb, pytest.mark.timeout(240)]

ROOT = Path(__file__).parents[2]


def test_a_picture_of_the_whole_window_after_training(tmp_path):
    file = tmp_path / "window.png"
    command = [sys.executable, "-m", "app", "--model", "realnvp", "--steps", "30"]
    done = subprocess.run(
        [*command, "--screenshot", str(file), "--size", "1280x720"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    picture = QImage(str(file))
    assert (picture.width(), picture.height()) == (1280, 720)
    spots = range(0, 1280, 16), range(0, 720, 16)
    colours = {picture.pixel(x, y) for x in spots[0] for y in spots[1]}
    assert len(colours) > 60


def active(lab):
    """The lab's window, once it has the keyboard."""
    lab.window.activateWindow()
    lab.qtbot.waitUntil(lab.window.isActiveWindow, timeout=10_000)
    return lab.window


def test_keys_reach_the_engine_and_back(open_lab):
    lab = open_lab(model="realnvp")
    window = active(lab)
    QTest.keyClick(window, Qt.Key.Key_Space)
    lab.until(lambda: lab.run.is_playing and lab.run.step > 20)
    QTest.keyClick(window, Qt.Key.Key_Space)
    lab.until(lambda: not lab.run.is_playing)
    step = lab.run.step
    QTest.keyClick(window, Qt.Key.Key_Period)
    lab.until(lambda: lab.run.step == step + 1)


def test_f11_is_the_projector_and_gives_the_window_back(open_lab):
    lab = open_lab(model="realnvp")
    window = active(lab)
    QTest.keyClick(window, Qt.Key.Key_F11)
    lab.until(lambda: window.isFullScreen() and theme.look == "projector")
    QTest.keyClick(window, Qt.Key.Key_F11)
    lab.until(lambda: not window.isFullScreen() and theme.look != "projector")


def test_a_figure_goes_to_the_clipboard(open_lab):
    lab = open_lab(model="realnvp")
    lab.until(lambda: lab.window.wall.cards["a"].shows_full_frame)
    QGuiApplication.clipboard().clear()
    window = active(lab)
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(window, Qt.Key.Key_C, keys)
    lab.until(lambda: not QGuiApplication.clipboard().image().isNull())
    assert QGuiApplication.clipboard().image().width() > 400


def test_a_table_dropped_on_the_window_is_asked_about(open_lab, table):
    lab = open_lab(model="realnvp")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(table))])
    event = QDropEvent(
        QPointF(300, 300),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    lab.window.dropEvent(event)
    lab.until(lambda: _sheets(lab.window))
    for sheet in _sheets(lab.window):
        sheet.close()


def _sheets(window):
    shown = QApplication.topLevelWidgets() + window.findChildren(QDialog)
    return [w for w in shown if w.isVisible() and w is not window]
