"""The page of the wall, in both directions, in front of the fake engine."""

from itertools import pairwise

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from window_world import World

from app.panels.sweep.page import SweepPage
from app.sweep_state import METRICS, Progress
from app.theme import theme
from engine.protocol import CancelJob, JobNews, RunConfig, StartJob, TakeRun, TellJob

START = RunConfig(model="vae", data="eight_gaussians")


@pytest.fixture
def world(qtbot, tmp_path, engine):
    made = World(qtbot, tmp_path, engine, with_window=False, start=lambda _: START)
    made.start()
    made.page = SweepPage(made.session)
    made.sweep = made.page.sweep
    made.gone = []
    made.page.left.connect(lambda: made.gone.append("explore"))
    made.page.wanted.connect(made.gone.append)
    qtbot.addWidget(made.page)
    made.page.resize(1280, 640)
    made.page.show()
    made.page.enter()
    yield made
    made.page.close()
    made.close()


def begin(world):
    world.page.controls.start.click()
    world.until(lambda: world.sweep.cells and world.sweep.cells[-1].arrays)
    return world.sweep


def started(world):
    return world.client.of(StartJob)[-1].settings


@pytest.mark.parametrize("first", ["empty", "controls"])
def test_the_keys_stay_with_the_buttons_of_a_sweep(world, first):
    """They went on to the button that resets the run, as far away as it is."""
    page = world.page
    before = QPushButton("Reset", page)  # what Qt comes to next
    before.show()
    start = page.empty.button if first == "empty" else page.controls.start
    start.setFocus()
    start.click()
    world.until(lambda: world.sweep.is_running)
    world.until(lambda: page.window().focusWidget() is page.controls.stop)
    page.controls.stop.click()
    world.until(lambda: not world.sweep.is_running)
    world.until(lambda: page.window().focusWidget() is page.controls.start)


def test_the_first_sweep_is_proposed_and_begins_by_a_click(world):
    page = world.page
    assert page.empty.isVisibleTo(page)
    assert not page.grid.isVisibleTo(page)
    assert world.sweep.count == len(world.sweep.values["rows"]) * len(
        world.sweep.values["columns"]
    )
    page.empty.button.click()
    world.until(lambda: world.sweep.cells and world.sweep.cells[-1].arrays)
    asked = started(world)
    assert asked["rows"]["name"] == "learning_rate"
    assert asked["config"]["model"] == "vae"
    assert page.grid.isVisibleTo(page)
    assert not page.empty.isVisibleTo(page)


def test_what_has_no_effect_is_swept_only_beside_what_gives_it_one(world):
    """Four equal columns were proposed for a GAN: its loss knows no such penalty."""
    world.session.desk.choose_model("gan")
    penalty, loss = "model_settings.gradient_penalty", "model_settings.loss"

    def keys():
        return {s.key for s in world.sweep.offered}

    assert penalty not in keys()
    assert world.sweep.setting("columns").needs == frozenset()
    world.sweep.set_axis("rows", loss)
    assert penalty in keys()
    world.page.controls.columns.choice.user_choose(penalty)
    assert world.sweep.count == 4 * len(world.sweep.values["rows"])
    world.page.controls.rows.choice.user_choose("seed")
    assert world.sweep.keys["columns"] == ""
    assert world.sweep.count == 4
    assert penalty not in keys()


def test_the_head_has_room_for_its_words_in_the_projector(world):
    """The switch lay over the progress, and a button was cut."""
    begin(world)
    page = world.page
    page.setFixedSize(1280, 640)  # as the window would hold it
    parts = (page.title, page.progress, page.switch, page.slow_half)

    def is_in_a_row():
        rects = [part.geometry() for part in parts]
        apart = all(a.right() < b.left() for a, b in pairwise(rects))
        whole = page.slow_half.width() >= page.slow_half.sizeHint().width()
        return apart and whole and rects[-1].right() <= page.side.x()

    world.until(is_in_a_row)
    wide = page.progress.width()
    assert page.about.isVisible()
    theme.set_look("projector")
    world.until(lambda: page.slow_half.height() > 40 and is_in_a_row())
    assert page.slow_half.toolTip()
    theme.set_look("dark")
    world.until(lambda: page.progress.width() == wide and is_in_a_row())


def test_columns_say_their_values_where_names_have_no_room(world):
    """In the projector all four were called "Finest time wave …"."""
    begin(world)
    world.page.setFixedSize(1400, 560)
    plan = world.sweep.plan
    name, heads = plan.columns.title, world.page.grid._titles
    values = [plan.columns.words(v) for v in plan.column_values]
    names = [f"{name} = {value}" for value in values]
    assert len(values) > 1
    world.until(lambda: [head.text() for head in heads] == names)
    theme.set_look("projector")
    world.until(lambda: [head.text() for head in heads] == values)
    theme.set_look("dark")
    world.until(lambda: all(h.width() >= h.natural_width() for h in heads))
    width = min(head.width() for head in heads)
    longest = max(head.natural_width() for head in heads)
    world.page.setFixedSize(1400 - len(values) * (width - longest + 6), 560)
    world.until(lambda: [head.text() for head in heads] == values)


@pytest.mark.parametrize("width", [860, 960, 1060, 1280])
def test_the_head_says_what_is_swept_or_nothing(world, width):
    """At 1100 px it said "Learni…"."""
    begin(world)
    page = world.page
    page.setFixedSize(width, 560)
    page.grab()  # lays out whatever waits for it
    world.until(lambda: page.about.isHidden() or page.about.width() >= 110)


def test_every_control_reaches_the_engine(world):
    controls = world.page.controls
    controls.rows.choice.user_choose("seed")
    controls.rows.values.type_text("3 5")
    controls.columns.choice.user_choose("training.optimizer")
    controls.columns.values.type_text("Adam, RMSProp")
    controls.form.fields["steps"].user_set(77)
    controls.form.fields["metric"].user_set("nll")
    controls.form.fields["processes"].user_set(3)
    begin(world)
    asked = started(world)
    assert asked["rows"] == {"group": "seed", "name": "seed", "values": [3, 5]}
    assert asked["columns"] == {
        "group": "training",
        "name": "optimizer",
        "values": ["adam", "rmsprop"],
    }
    assert (asked["steps"], asked["metric"], asked["processes"]) == (77, "nll", 3)
    world.until(lambda: world.sweep.kind)
    assert world.page.heat_head._title.text() == f"{METRICS['nll']} (bound)"


@pytest.mark.parametrize(
    ("metric", "first"), [("loss", "Loss"), ("nll", "NLL, nats (bound)")]
)
def test_the_chosen_run_says_its_metric_once_and_in_full(world, metric, first):
    world.page.controls.form.fields["metric"].user_set(metric)
    begin(world)
    card = world.page.card
    world.until(lambda: world.sweep.kind and card.figures.pairs[0][0].text() == first)
    shown = [name.text() for name, value in card.figures.pairs if not value.isHidden()]
    assert shown.count("Loss") == 1
    assert shown[1] == "Step"


def test_the_controls_show_what_is_asked(world):
    rows = world.page.controls.rows
    world.sweep.set_axis("rows", "model_settings.width")
    assert rows.choice.value() == "model_settings.width"
    world.sweep.set_values("rows", [16, 32])
    assert rows.values.text() == "16  32"
    world.sweep.set_axis("rows", "")
    assert not rows.values.isEnabled()
    rows.choice.user_choose("model_settings.width")
    rows.values.type_text("8")
    rows.suggest.click()
    assert len(world.sweep.values["rows"]) == 4
    world.sweep.set_steps(123)
    world.sweep.set_metric("loss")
    shown = world.page.controls.form.values()
    assert shown == {"steps": 123, "metric": "loss", "processes": 0}
    world.sweep.set_processes(2)
    assert world.page.controls.form.values()["processes"] == 2


def test_as_many_processes_can_be_asked_for_as_the_engine_has_cores(world):
    """The fake engine says that it has four."""
    row = world.page.controls.form.fields["processes"]
    assert list(row.options) == [0, 1, 2, 3, 4]
    assert row.options[0] == "automatic"


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"stacks": [8, 8]}, "2 stacks of 8"),
        ({"stacks": [16]}, "a stack of 16"),
        (
            {"stacks": [4, 3], "processes": 2},
            "a stack of 4 and a stack of 3 in 2 processes",
        ),
        ({"alone": 4}, "one after the other"),
        ({"alone": 4, "processes": 2}, "4 alone in 2 processes"),
        ({"stacks": [8], "alone": 2}, "a stack of 8 and 2 alone"),
        ({"alone": 1}, ""),
    ],
)
def test_how_the_runs_are_trained_in_a_few_words(told, words):
    assert Progress(**told).ways == words


def test_the_page_says_how_the_runs_are_trained_and_why(world):
    sweep = begin(world)
    text = world.page.foot.text()
    assert f"{sweep.count} runs: a stack of {sweep.count - 2} and 2 alone" in text
    assert "in 2 processes" in text
    short = world.page.foot._short
    assert text.startswith(short)
    assert short.endswith("steps/s together")  # the rest may go, not be cut
    assert world.page.foot.toolTip() == "Two cores."


def test_a_lost_run_says_why_and_cannot_be_opened(world):
    begin(world)
    why = "The process that trained this run was ended by signal SIGKILL."
    fact = {"cell": 4, "step": 8, "state": "lost", "metric": None, "losses": {}}
    fact |= {"diverged_at": None, "trouble": why}
    job = world.client.of(StartJob)[-1].job_id
    news = JobNews(job_id=job, what="sweep", share=0.5, result={"cells": [fact]})
    world.session.jobs.receive(news, {})
    page = world.page
    assert page.grid.tiles[4].state_words == "lost"
    world.sweep.select(4)
    assert page.card.trouble.text() == why
    assert page.card.trouble.isVisibleTo(page)
    assert not page.card.open.isEnabled()
    world.sweep.select(0)
    assert not page.card.trouble.isVisibleTo(page)
    assert page.card.open.isEnabled()


def end(world, *facts):
    """The sweep ends, after news of some cells: index, step and state."""
    job = world.client.of(StartJob)[-1].job_id
    known = {"metric": None, "losses": {}, "diverged_at": None}
    cells = [{"cell": i, "step": at, "state": state} | known for i, at, state in facts]
    for result, ended in (({"cells": cells}, False), ({}, True)):
        news = JobNews(job_id=job, what="sweep", share=1, result=result, ended=ended)
        world.session.jobs.receive(news, {})


def test_a_sweep_that_is_stopped_says_how_far_it_came(world):
    sweep = begin(world)
    reached = max(cell.step for cell in sweep.cells)
    assert 0 < reached < sweep.plan.steps
    end(world)
    assert world.page.progress._name == f"Ended at step {reached:,}"
    assert sweep.progress.share == reached / sweep.plan.steps
    tiles = world.page.grid.tiles
    assert tiles[4].state_words == "stopped"
    assert tiles[2].state_words == "diverged"


def test_cells_that_were_stopped_at_different_steps_are_told_apart(world):
    """One that had not begun was "still learning"; all had ended at the furthest."""
    steps = begin(world).plan.steps
    tiles, count = world.page.grid.tiles, world.sweep.count
    rest = [(i, steps, "settled") for i in range(5, count)]
    first = [(0, 0, "learning"), (1, 40, "learning"), (2, 3, "diverged")]
    end(world, *first, (3, 9, "unstable"), (4, 5, "stopped"), *rest)
    words = [tile.state_words for tile in tiles[:5]]
    assert words == ["not begun", "stopped", "diverged", "unstable", "stopped"]
    assert {tile.state_words for tile in tiles[5:]} <= {"", "best"}
    name = world.page.progress._name
    assert name == f"Ended between steps 0 and {steps:,}"
    share = (40 + 9 + steps * len(rest)) / (3 + len(rest)) / steps
    assert world.sweep.progress.share == pytest.approx(share)


def test_a_sweep_that_went_to_its_last_step_just_ended(world):
    steps = begin(world).plan.steps
    count = world.sweep.count
    learnt = [(i, steps, "learning") for i in range(count) if i != 2]
    end(world, *learnt)
    assert world.page.progress._name == "Ended"
    assert world.page.grid.tiles[4].state_words == "still learning"
    assert world.sweep.progress.share == 1.0


def test_one_setting_cannot_stand_on_both_axes(world):
    world.sweep.set_axis("rows", "seed")
    world.sweep.set_axis("columns", "training.learning_rate")
    world.page.controls.columns.choice.user_choose("seed")
    assert world.sweep.keys == {"rows": "training.learning_rate", "columns": "seed"}


def test_bad_values_say_one_sentence_and_lose_nothing(world):
    rows = world.page.controls.rows
    before = list(world.sweep.values["rows"])
    rows.values.type_text("1e-3 abc")
    assert rows.note.isVisibleTo(world.page)
    assert "“abc” is no number" in rows.note.text()
    assert world.sweep.values["rows"] == before
    QTest.keyClick(rows.values, Qt.Key.Key_Escape)
    rows.values.type_text("1e-3 1e-2")
    assert not rows.note.isVisibleTo(world.page)
    assert world.sweep.values["rows"] == [1e-3, 1e-2]


def test_too_many_runs_are_refused_before_they_begin(world):
    controls = world.page.controls
    controls.rows.choice.user_choose("seed")
    controls.rows.values.type_text(" ".join(map(str, range(10))))
    assert not controls.start.isEnabled()
    assert "At most 36 runs; these values make 40." in controls.note.text()
    controls.columns.choice.user_choose("")
    assert controls.start.isEnabled()
    controls.rows.choice.user_choose("")
    assert "Choose a setting" in controls.note.text()


def test_cells_show_what_the_engine_tells(world):
    sweep = begin(world)
    page = world.page
    tile = page.grid.tiles[1]
    assert len(page.grid.tiles) == sweep.count
    assert tile.metric_words == "0.100"
    assert tile.state_words == "best"
    assert tile.thumb.has("density")
    assert page.grid.tiles[2].state_words == "diverged"
    assert page.heat.values[:3] == [0.5, 0.1, None]
    assert page.heat.marked == 1
    assert "4,321 steps/s together" in page.foot.text()
    assert page.card.title.text() == sweep.plan.name_of(1)
    assert page.card.chip.text() == "best"


def test_a_cell_that_diverged_ranks_nowhere(world):
    """Its last sound step, often the first, stretched the colours of all others."""
    sweep = begin(world)
    sweep.cells[2].metric = 7.0
    sweep.cell_changed.emit(2)
    assert world.page.heat.values[2] is None
    sweep.cells[2].state = "learning"
    sweep.cell_changed.emit(2)
    assert world.page.heat.values[2] == 7.0


def test_pointing_lights_the_cell_on_both_maps(world):
    begin(world)
    page = world.page
    page.grid.tiles[5].entered.emit(5)
    assert page.heat.lit == 5
    page.heat.pointed.emit(4)
    assert [t.is_lit for t in page.grid.tiles].index(True) == 4
    page.heat.pointed.emit(None)
    assert not any(t.is_lit for t in page.grid.tiles)


def test_a_chosen_cell_is_told_of_and_keys_move_the_choice(world):
    sweep = begin(world)
    page = world.page
    QTest.mouseClick(page.grid.tiles[2], Qt.MouseButton.LeftButton)
    assert sweep.selected == 2
    assert page.card.chip.text() == "diverged"
    assert page.card.title.text() == sweep.plan.name_of(2)
    QTest.keyClick(page.grid, Qt.Key.Key_Down)
    assert sweep.selected == 2 + sweep.plan.shape[1]
    QTest.keyClick(page.grid, Qt.Key.Key_Left)
    assert page.grid.tiles[sweep.selected].is_chosen


@pytest.mark.parametrize("height", [594, 774])
def test_the_best_cell_can_be_opened_at_first_sight(world, height):
    """In windows of 1280x720 and 1440x900 the button lay below the fold."""
    world.page.resize(1280, height)
    begin(world)
    card = world.page.card
    for button in (card.open, card.compare):
        world.until(lambda b=button: b.visibleRegion().boundingRect() == b.rect())
    assert world.page.side._area.verticalScrollBar().value() == 0


def test_a_chosen_cell_brings_its_figures_into_sight(world):
    begin(world)
    page = world.page
    page.resize(1280, 500)

    def is_seen():
        return page.card.figures.visibleRegion().boundingRect().height() >= 20

    QTest.mouseClick(page.grid.tiles[1], Qt.MouseButton.LeftButton)
    world.until(is_seen)
    assert page.side._area.verticalScrollBar().value() > 0


@pytest.mark.parametrize("content", ["samples", "latent", "curves", "density"])
def test_every_kind_of_thumbnail_can_be_chosen(world, content):
    begin(world)
    world.page.switch.user_choose(content)
    assert {t.content for t in world.page.grid.tiles} == {content}
    assert not world.page.grab().isNull()


def test_the_slow_half_is_the_worse_half(world):
    sweep = begin(world)
    world.page.slow_half.click()
    (told,) = world.client.of(TellJob)
    count = sum(1 for i in range(sweep.count) if i != 2) // 2
    worst = sorted(range(sweep.count), reverse=True)[: count - (count > 12)]
    assert len(told.words["stop"]) == count
    assert 1 not in told.words["stop"]
    assert 2 not in told.words["stop"]
    assert set(worst[:3]) <= set(told.words["stop"])
    world.until(lambda: sweep.cells[told.words["stop"][0]].state == "stopped")


def test_stop_ends_the_sweep_and_its_cells_can_still_be_opened(world):
    sweep = begin(world)
    assert not world.page.controls.start.isEnabled()
    world.page.controls.stop.click()
    world.until(lambda: not sweep.is_running)
    assert world.page.controls.start.isEnabled()
    sweep.select(3)
    world.page.card.open.click()
    world.until(lambda: world.run.number == 2)
    (taken,) = world.client.of(TakeRun)
    assert (taken.item, taken.new_run_id) == (3, world.run.id)
    assert world.gone == ["explore"]
    world.until(lambda: world.run.status and world.run.step == sweep.steps // 2)


def test_while_a_run_comes_from_elsewhere_the_card_says_so(world):
    """Another process may have it: nothing else is asked for until it is here."""
    sweep, card = begin(world), world.page.card
    sweep.select(3)
    card.compare.click()
    assert card.open.text() == "Opening…"
    assert "hands it over" in card.open.toolTip()
    assert not card.open.isEnabled()
    assert not card.compare.isEnabled()
    QTest.mouseDClick(world.page.grid.tiles[4], Qt.MouseButton.LeftButton)
    world.until(lambda: world.run.number == 2)
    assert [taken.item for taken in world.client.of(TakeRun)] == [3]
    assert world.gone == ["compare"]
    sweep.select(3)
    assert card.open.text() == "Open this run"
    assert card.open.isEnabled()


def test_a_run_that_does_not_come_can_be_asked_for_again(world):
    sweep, card = begin(world), world.page.card
    world.session.link.send(CancelJob(job_id=world.client.of(StartJob)[-1].job_id))
    sweep.select(3)
    card.open.click()
    assert card.open.text() == "Opening…"
    world.until(lambda: card.open.isEnabled())
    assert card.open.text() == "Open this run"
    assert world.notes[-1].title == "No run was made"
    card.open.click()
    assert sweep.awaited == 3
    world.session.link.restarted.emit()  # the engine died over it
    assert sweep.awaited is None
    assert card.open.isEnabled()
    world.until(lambda: len(world.session.runs.all) == 1)


def test_a_double_click_opens(world):
    begin(world)
    QTest.mouseDClick(world.page.grid.tiles[4], Qt.MouseButton.LeftButton)
    world.until(lambda: world.run.number == 2)
    assert world.client.of(TakeRun)[0].item == 4


def test_return_opens_and_compare_goes_to_the_comparison(world):
    sweep = begin(world)
    world.page.grid.setFocus()
    sweep.select(0)
    QTest.keyClick(world.page.grid, Qt.Key.Key_Return)
    world.until(lambda: world.gone == ["explore"])
    world.page.card.compare.click()
    world.until(lambda: world.gone == ["explore", "compare"])
    assert world.run.number == 3


def test_another_sweep_lets_the_first_one_go(world):
    sweep = begin(world)
    first = world.client.of(StartJob)[-1].job_id
    world.page.controls.stop.click()
    world.until(lambda: not sweep.is_running)
    sweep.set_axis("rows", "")
    begin(world)
    assert world.client.of(CancelJob)[-1].job_id == first
    assert sweep.plan.shape == (1, sweep.count)
    assert len(world.page.grid.tiles) == sweep.count


def test_another_model_offers_its_own_settings(world):
    world.session.desk.choose_model("realnvp")
    world.settle()
    keys = {s.key for s in world.sweep.offered}
    assert "model_settings.beta" not in keys
    assert "model_settings.couplings" in keys
    assert set(world.sweep.keys.values()) <= keys | {""}


def test_a_refused_sweep_is_told_and_can_be_tried_again(world):
    heard = []
    world.page.noted.connect(heard.append)
    begin(world)
    world.session.jobs.forget("The engine has stopped.")
    assert not world.sweep.is_running
    assert [n.text for n in heard] == ["The engine has stopped."]
    assert world.page.controls.start.isEnabled()
    assert not world.page.controls.stop.isEnabled()


def test_the_window_has_a_key_for_the_wall_and_goes_on_to_compare(
    qtbot, tmp_path, engine
):
    world = World(qtbot, tmp_path, engine, start=lambda _: START)
    world.start()
    pages = world.window.pages
    world.window.actions_by_name.trigger("page_sweep")
    assert pages.current_name == "sweep"
    world.page = pages.page("sweep")
    world.sweep = world.page.sweep
    begin(world)
    world.page.card.compare.click()
    world.until(lambda: pages.current_name == "compare")
    assert world.run in world.session.compare.runs
    keys = world.window.actions_by_name.key_text("page_sweep")
    assert keys == "Ctrl+Shift+W"
    world.close()


def test_a_cell_that_cannot_be_had_leaves_no_run_behind(world):
    sweep = begin(world)
    world.session.link.send(CancelJob(job_id=world.client.of(StartJob)[-1].job_id))
    sweep.open_cell(0)
    world.until(lambda: world.notes)
    assert world.notes[-1].title == "No run was made"
    assert [run.number for run in world.session.runs.all.values()] == [1]
    assert world.gone == []
