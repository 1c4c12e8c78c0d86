"""A window opens where all of it can be seen."""

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QWidget

from app.placing import place
from app.preferences import Preferences

SMALL, LARGE = QRect(0, 0, 1280, 720), QRect(0, 0, 2560, 1440)


@pytest.fixture
def window(qapp):
    made = QWidget()
    made.preferences = Preferences()
    made.setMinimumSize(1100, 640)
    return made


def size(window):
    return window.width(), window.height()


def test_the_first_window_is_no_larger_than_the_screen(window):
    place(window, None, [LARGE])
    assert size(window) == (1440, 900)
    place(window, None, [SMALL])
    assert size(window) == (1278, 688)


def test_nobody_has_to_work_in_less_than_the_minimum(window):
    """At 800 x 600 parts of the window lay over each other."""
    place(window, (800, 600), [LARGE])
    assert size(window) == (1100, 640)
    place(window, (800, 600), [LARGE], is_picture=True)
    assert size(window) == (800, 600)


def test_it_comes_back_where_it_was_if_that_is_still_there(window):
    window.preferences.geometry = [1500, 100, 1200, 700]
    place(window, None, [SMALL, QRect(1280, 0, 1280, 1024)])
    assert window.geometry() == QRect(1500, 100, 1200, 700)
    window.resize(1100, 640)
    place(window, None, [SMALL])
    assert size(window) == (1278, 688)
    window.preferences.geometry = [10, 10, 1900, 1000]  # of a larger screen
    place(window, None, [SMALL])
    assert window.geometry() == QRect(10, 10, 1278, 688)
