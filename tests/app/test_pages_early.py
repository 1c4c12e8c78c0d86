"""Pages that are opened while the engine is still starting."""

import pytest
from window_world import World

from app.presets import presets
from app.session_slots import SLOTS


@pytest.fixture
def early(qtbot, tmp_path, engine):
    """A window that has no run yet."""
    made = World(qtbot, tmp_path, engine)
    yield made
    made.close()


def test_a_comparison_opened_too_early_shows_the_run_when_it_comes(early):
    """It stayed at "0 runs" over an empty page for good."""
    pages = early.window.pages
    pages.show_page("compare")
    page = pages.page("compare")
    assert early.run is None
    assert not page.columns
    early.start()
    early.until(lambda: early.run is not None)
    assert list(page.columns) == [early.run.id]
    early.until(lambda: page.columns[early.run.id].left.plot.has_frame)
    assert page.head.count.text() == "1 run on"


def test_a_comparison_left_too_early_does_not_open_by_itself(early):
    pages = early.window.pages
    pages.show_page("compare")
    pages.show_page("explore")
    early.start()
    early.until(lambda: early.run is not None)
    assert not early.session.compare.is_open


def test_a_bench_opened_too_early_tries_the_usual_samplers_when_the_run_comes(early):
    """Its list of samplers stayed empty for good."""
    pages = early.window.pages
    pages.show_page("samplers")
    page = pages.page("samplers")
    assert not page.bench.chosen
    early.start()
    early.until(lambda: "euler" in page.bench.chosen)
    assert list(page.choices.rows) == [s.name for s in page.bench.samplers()]


def test_a_preset_chosen_too_early_begins_when_the_run_comes(early):
    """The first start opens on its cards: a click left them and did nothing else."""
    pages = early.window.pages
    pages.show_page("presets")
    chosen = next(p for p in presets() if p.config.model == "realnvp")
    pages.page("presets").cards[chosen.name].click()
    assert pages.current_name == "explore"
    assert early.run is None
    early.start()
    early.until(lambda: early.run is not None and early.run.is_playing)
    assert early.run.config.model == "realnvp"
    slots = early.session.slots.slots
    assert [slots[s].view for s in SLOTS] == chosen.views
