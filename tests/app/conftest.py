"""Widgets wear the dark look, at normal size, without motion; a window to test."""

import pytest


@pytest.fixture(autouse=True)
def _plain_theme(qapp):
    from app.theme import theme

    theme.set_less_motion(True)
    theme.apply(qapp)
    yield
    theme.set_look("dark")
    theme.set_text_scale(1.0)


@pytest.fixture(scope="module")
def engine():
    """A fake engine that serves one window after the other."""
    from window_world import Recorder

    made = Recorder()
    yield made
    made.end()


@pytest.fixture
def world(qtbot, tmp_path, engine):
    """A window in front of the fake engine, with a run that waits for a hand."""
    from window_world import World

    made = World(qtbot, tmp_path, engine)
    made.start()
    yield made
    made.close()
