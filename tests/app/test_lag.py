"""A picture that its run has left far behind says which step it shows."""

import pytest
from PySide6.QtWidgets import QApplication

from app.panels.compare.figures import FigureCell
from app.panels.lag import is_far_behind
from app.panels.pages import EXPLORE
from app.plots.base import ChipInfo


@pytest.mark.parametrize(
    ("shown", "step", "rate", "behind"),
    [
        (0, 500, 200.0, True),
        (0, 350, 200.0, False),  # less than two seconds of training
        (9600, 10_000, 100.0, False),  # less than 5 % of the steps
        (9400, 10_000, 100.0, True),
        (0, 150, 0.0, False),
        (0, 250, 0.0, True),
        (500, 0, 100.0, False),  # the run began again
        (500, 500, 100.0, False),
    ],
)
def test_far_behind_is_five_percent_and_two_seconds(shown, step, rate, behind):
    assert is_far_behind(shown, step, rate) == behind


def chips(card):
    return [chip.text() for chip in card._chips]


def said(card):
    """Chips of the head, and what stands over a picture for want of room."""
    late = card.plot.paper.late if card.plot is not None else ""
    return [*chips(card), *([late] if late else [])]


def train_to(world, step, rate):
    """The run reports a step; no picture comes with the report."""
    facts = {"step": step, "steps_per_second": rate}
    world.run.take_status(world.run.status.model_copy(update=facts))
    world.session.status_changed.emit(world.run.status)


def test_a_picture_left_behind_says_its_step_until_a_new_one_comes(world):
    card = world.window.wall.cards["a"]
    world.until(lambda: card._frame is not None)
    frame, arrays = card.slot.frame
    assert "step 0" not in said(card)
    train_to(world, 900, 100.0)
    assert "step 0" in said(card)
    train_to(world, 900, 0.0)  # paused: the picture is as old as before
    assert "step 0" in said(card)
    card._on_frame("a", frame.model_copy(update={"step": 890}), arrays)
    assert not [text for text in said(card) if text.startswith("step")]


def test_a_moment_that_is_visited_is_said_once(world):
    card = world.window.wall.cards["a"]
    world.until(lambda: card._frame is not None)
    world.run.at = 0
    train_to(world, 900, 100.0)
    card.refresh()
    assert said(card).count("step 0") == 1


def test_a_visited_moment_is_not_said_of_curves_which_go_on(world):
    """A session saved at step 34 came back with "step 34" over curves to the end."""
    cards = world.window.wall.cards.values()
    world.until(lambda: all(card._frame is not None for card in cards))
    world.run.at = 0
    for card in cards:
        card.refresh()
        wants = [] if card.slot.view == "curves" else ["step 0"]
        assert [words for words in said(card) if words.startswith("step")] == wants
    assert "curves" in {card.slot.view for card in cards}


def test_until_the_visited_moment_comes_the_step_of_the_picture_is_said(world):
    card = world.window.wall.cards["a"]
    world.until(lambda: card._frame is not None)
    frame, arrays = card.slot.frame
    world.run.at = 34
    card.slot.frame = None
    card._on_frame("a", frame.model_copy(update={"step": 900}), arrays)
    assert "step 900" in chips(card)
    card._on_frame("a", frame.model_copy(update={"step": 34}), arrays)
    assert "step 34" in chips(card)
    assert "step 900" not in chips(card)


def test_a_picture_of_another_run_says_so_until_its_own_comes(world, monkeypatch):
    """For some hundred milliseconds it passed for the picture of the new run."""
    cards = world.window.wall.cards.values()
    world.until(lambda: all(card._frame is not None for card in cards))
    for card in cards:
        card._overdue.setInterval(60_000)
    drawn = world.session.slots.receive
    monkeypatch.setattr(world.session.slots, "receive", lambda *_: None)
    compared(world)
    world.window.pages.show_page(EXPLORE)
    world.settle()
    assert world.session.run.number == 2
    for card in cards:
        assert card.plot.has_frame
        assert "run 1" in said(card)
    monkeypatch.setattr(world.session.slots, "receive", drawn)
    world.session.slots.subscribe_all()
    world.until(lambda: not any("run 1" in said(card) for card in cards))


def test_a_step_that_the_head_would_cut_is_said_over_the_picture(world):
    """In the smallest window "step 771" was "step 7…" beside a longer chip."""
    card = world.window.wall.cards["a"]
    world.until(lambda: card._frame is not None)
    world.window.resize(1440, 900)
    cards = world.window.wall.cards.values()
    world.until(lambda: all(card._frame is not None for card in cards))
    world.settle()  # a report that comes yet would take the step back
    card.plot.chips = lambda: [ChipInfo("estimate", "estimate")]
    train_to(world, 123_456, 100.0)
    world.until(lambda: chips(card) == ["estimate", "step 0"])
    frame, arrays = card.slot.frame
    card._on_frame("a", frame.model_copy(update={"step": 100_771}), arrays)
    world.until(lambda: "step 100,771" in chips(card))
    card.setFixedWidth(250)
    world.until(lambda: card.plot.paper.late == "step 100,771")
    assert chips(card) == ["estimate"]
    card.setFixedWidth(420)
    world.until(lambda: "step 100,771" in chips(card))
    assert card.plot.paper.late == ""


def test_a_head_that_was_too_full_before_a_step_takes_it_once_it_has_room(
    world, monkeypatch
):
    """It was said over the picture, as no chip had been long since."""
    cards = world.window.wall.cards.values()
    world.until(lambda: all(card._frame is not None for card in cards))
    world.settle()
    card = world.window.wall.cards["a"]
    card.setFixedWidth(420)
    long = [ChipInfo("known as long as this" * n, "plain") for n in (1, 2)]
    with monkeypatch.context() as patch:
        patch.setattr(card.plot, "chips", lambda: long)
        card.set_stale(False)
        world.until(lambda: card.header.minimumSize().width() > card.width())
        card.grab()  # lays out whatever waits for it
    card.set_stale(False)
    world.until(lambda: card.header.minimumSize().width() <= card.width())
    train_to(world, 900, 100.0)
    card.grab()
    assert "step 0" in chips(card)


def compared(world):
    """The page of a comparison with two runs, all their plots drawn."""
    world.window.pages.show_page("compare")
    world.session.compare.duplicate()
    world.settle()
    page = world.window.pages.page("compare")
    places = [p for c in page.columns.values() for p in (c.left, c.right)]
    world.until(lambda: all(place.plot.has_frame for place in places))
    world.settle()  # a report that comes yet would undo what a test reports
    return page, places


def report(world, run, step, rate):
    facts = {"step": step, "steps_per_second": rate}
    run.take_status(run.status.model_copy(update=facts))
    world.session.reported.emit(run, run.status)


def test_in_a_comparison_each_picture_left_behind_says_its_step(world):
    """They fell behind without a word."""
    _, places = compared(world)
    run = places[0].run
    assert {place.plot.paper.late for place in places} == {""}
    report(world, run, 900, 100.0)
    assert [p.plot.paper.late for p in places] == ["step 0", "step 0", "", ""]
    report(world, run, 900, 0.0)  # paused: the picture is as old as before
    place = places[0]
    assert place.plot.paper.late == "step 0"
    frame, arrays = world.session.compare.slots[run.id][place.name].frame
    place._on_frame(place.name, frame.model_copy(update={"step": 890}), arrays)
    assert [p.plot.paper.late for p in places] == ["", "step 0", "", ""]
    assert [p.cell.caption for p in places[:2]] == ["step 890", "step 0"]
    run.at = 0  # the head of its column tells which moment is on show
    report(world, run, 900, 100.0)
    assert places[1].plot.paper.late == ""


def test_a_picture_left_behind_wears_its_step_and_its_figure_does_not(world):
    _, places = compared(world)
    paper = places[0].plot.paper
    plain = paper.grab().toImage()
    report(world, places[0].run, 900, 100.0)
    marked = paper.grab().toImage()
    changed = [
        (x, y)
        for x in range(plain.width())
        for y in range(plain.height())
        if marked.pixel(x, y) != plain.pixel(x, y)
    ]
    frame = paper.frame
    assert changed
    assert all(frame.contains(x, y) for x, y in changed)
    assert places[0].plot.twin().paper.late == ""


def test_a_plot_that_comes_back_knows_of_which_step_its_picture_is(world):
    _, places = compared(world)
    place = places[0]
    first = place.plot
    report(world, place.run, 900, 100.0)
    place.choose("samples")
    place.choose("density")
    assert place.plot is first
    assert place.cell.caption == "step 0"
    assert first.paper.late == "step 0"


def measured(world, run, at):
    """The engine measured the run at this step, and has not since."""
    found = run.status.metrics.model_copy(update={"step": at})
    run.take_status(run.status.model_copy(update={"metrics": found}))


def test_in_a_comparison_figures_of_an_earlier_step_than_the_run_say_so(world):
    """Measured seldom, they stood under pictures of the newest step without a word."""
    page, places = compared(world)
    world.window.resize(1440, 900)
    run = places[0].run
    cells = page.columns[run.id].figures
    measured(world, run, 500)
    report(world, run, 510, 100.0)
    world.until(lambda: cells.distance.name.text() == "Energy distance")
    report(world, run, 900, 100.0)
    world.until(lambda: cells.distance.name.text() == "Energy distance, step 500")
    assert cells.nll.name.text().endswith(", step 500")
    assert "step" not in cells.cost.name.text()  # counted, not measured
    assert cells.distance.toolTip() == "Measured at step 500."
    report(world, run, 900, 0.0)  # paused: the figures are as old as before
    assert cells.distance.name.text() == "Energy distance, step 500"
    page.table.mode.user_choose("metrics")
    rows = {row.title: row.cells for row in page.table.table.rows}
    assert rows["Measured at step"][0] == "500"
    measured(world, run, 900)
    report(world, run, 900, 100.0)
    world.until(lambda: cells.distance.name.text() == "Energy distance")
    assert not cells.distance.toolTip()


def test_in_the_hall_step_and_likelihood_are_those_of_the_run_and_moment_on_show(world):
    """With the first of two runs chosen they stayed those of the second."""
    compared(world)
    window, runs = world.window, world.session.runs
    window.toggle_projector(full_screen=False)
    foot, top = window.projector_foot, window.projector_top
    first, second = world.session.compare.runs
    for run, step in ((first, 700), (second, 300)):
        measured(world, run, step)
        report(world, run, step, 100.0)
    runs.choose(second.id)
    assert foot.step.text() == "step 300"
    runs.choose(first.id)
    assert foot.step.text() == "step 700"
    words = foot.nll.text()
    assert words.startswith("NLL")
    measured(world, first, 400)
    world.session.status_changed.emit(first.status)
    assert foot.nll.text() == f"{words}, step 400"
    first.at = 0
    runs.moved.emit(first)
    assert foot.step.text() == "at step 0"
    first.at = None
    done = second.status.model_copy(update={"state": "playing"})
    second.take_status(done)
    world.session.reported.emit(second, done)
    assert top.play.text() == "Pause"  # it drives both
    window.toggle_projector(full_screen=False)


@pytest.mark.parametrize(
    ("width", "name", "unit"),
    [
        (260, "Energy distance, step 500", ""),
        (150, "Distance, step 500", ""),
        (115, "Distance", "step 500"),
        (60, "Dist.", ""),
    ],
)
def test_the_step_of_a_figure_stands_where_it_has_room(qtbot, width, name, unit):
    cell = FigureCell()
    qtbot.addWidget(cell)
    cell.resize(width, 40)
    cell.show()
    names = ("Energy distance", "Distance")
    cell.set_figure(names, "0.0042", "", is_best=True, then="step 500")
    assert (cell.name.text(), cell.unit.text()) == (name, unit)
    assert cell.toolTip() == "Measured at step 500."


@pytest.mark.parametrize("is_best", [False, True])
def test_no_step_of_a_figure_is_cut(qtbot, is_best):
    """Of four runs at 1280 px it read "NLL, nats, ste…"."""
    cell = FigureCell()
    qtbot.addWidget(cell)
    cell.show()
    names = ("NLL, nats", "NLL, nats")
    for width in range(90, 200, 3):
        cell.resize(width, 40)
        cell.set_figure(names, "7,100", "est.", is_best, then="step 400")
        QApplication.processEvents()
        for label in (cell.name, cell.unit):
            if "step" in label.text():
                assert label.width() >= label.natural_width(), width


def test_four_runs_on_a_small_projector_have_two_whole_figures_each(world):
    """Three read "Dista… b…", "NLL, … …" and "Ev… b…"."""
    page, places = compared(world)
    world.window.resize(1280, 720)
    figures = page.columns[places[0].run.id].figures
    assert figures.cost.isVisible()
    world.window.toggle_projector(full_screen=False)
    for _ in range(2):
        world.session.compare.duplicate()
    page.panel.hide()
    world.settle()
    world.until(lambda: figures.width() < 310)
    assert not figures.cost.isVisible()

    def is_whole(label):
        return not label.text() or label.width() >= label.natural_width()

    for cell in (figures.distance, figures.nll):
        world.until(lambda c=cell: is_whole(c.name) and is_whole(c.best))
        assert is_whole(cell.unit)
    world.window.toggle_projector(full_screen=False)
    world.until(lambda: figures.cost.isVisible())
