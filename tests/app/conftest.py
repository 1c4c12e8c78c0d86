"""Widgets under test wear the dark look, at normal size, without motion."""

import pytest


@pytest.fixture(autouse=True)
def _plain_theme(qapp):
    from app.theme import theme

    theme.set_less_motion(True)
    theme.apply(qapp)
    yield
    theme.set_look("dark")
    theme.set_text_scale(1.0)
