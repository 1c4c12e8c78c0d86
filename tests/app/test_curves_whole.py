"""Curves are of the whole training, also while an earlier moment is on show."""

import csv

import pytest

from app.plots.catalogue import make_plot
from app.plots.preview import FRAMES
from app.take_away import WAYS


@pytest.fixture
def plot(qtbot):
    made = make_plot("curves")
    qtbot.addWidget(made)
    made.resize(640, 420)
    return made


def at(step):
    meta, arrays = FRAMES["curves"]()
    return meta | {"step": step}, arrays


def test_the_moment_on_show_is_marked_and_the_rest_is_not_cut(plot):
    """Picture and file held all of it, and nothing said so."""
    plot.show_frame(*at(12340))
    whole = [panel.pane.home for panel in plot.panel_paper.panels]
    assert plot.visited is None
    assert plot.read_out.hint == plot.hint
    assert not plot.numbers_note()
    plot.show_frame(*at(6170))
    assert [panel.pane.home for panel in plot.panel_paper.panels] == whole
    lines = {line.text: line.place for line in plot.panel_paper.changes}
    assert lines["on show: step 6,170"] == 6170
    assert "step 6,170" in plot.read_out.hint
    assert plot.describe().startswith("Step 12,340: Loss")
    assert {table.rows[-1, 0] for table in plot.tables().values()} == {12340}
    assert "whole training" in plot.numbers_note()
    plot.set_view_state({"axis": "seconds"})
    lines = {line.text: line.place for line in plot.panel_paper.changes}
    assert lines["on show: step 6,170"] == pytest.approx(6170 / 4210)
    plot.show_frame(*at(12340))
    assert plot.read_out.hint == plot.hint
    assert len(plot.panel_paper.changes) == 1


def test_who_hears_a_plot_is_told_of_its_last_picture(plot, qtbot):
    """Of two within a second the first was told, as long as the run was paused."""
    first, second = at(12340), at(6170)
    plot.show_frame(*first)
    told = plot.paper.accessibleDescription()
    meta, arrays = second
    plot.show_frame(meta, {name: array[:-1] for name, array in arrays.items()})
    assert plot.describe() != told
    qtbot.waitUntil(lambda: plot.paper.accessibleDescription() == plot.describe())


def test_curves_over_noise_levels_are_of_their_moment(qtbot):
    """They were taken for a whole training: no head said of which step they are."""
    levels = make_plot("levels")
    qtbot.addWidget(levels)
    meta, arrays = FRAMES["levels"]()
    levels.show_frame(meta | {"step": 0}, arrays)
    assert not levels.shows_whole_training
    assert levels.visited is None
    assert not levels.panel_paper.changes


def test_saved_numbers_say_of_what_they_are(world, tmp_path):
    card = world.window.wall.cards["d"]
    world.until(lambda: card.plot is not None and card.plot.has_frame)
    assert card.plot.view == "curves"
    told = []
    card.figures.noted.connect(told.append)
    path = tmp_path / "curves.csv"
    card.plot.show_frame(*at(12340))
    card.figures.save_table(path)
    assert told[-1].text == str(path)
    card.plot.show_frame(*at(6170))
    card.figures.save_table(path)
    assert "whole training, also after step 6,170" in told[-1].text
    with path.open() as file:
        steps = [float(row["step"]) for row in csv.DictReader(file)]
    assert max(steps) == 12340


def test_so_does_the_file_of_all_curves(world):
    take, run = world.window.take_away, world.session.run
    way = next(way for way in WAYS if way.what == "curves")
    assert take._words(way, {"file": "a.csv"}) == "a.csv"
    run.at = 0
    assert take._words(way, {"file": "a.csv"}).endswith("of the whole training.")
    run.at = None
