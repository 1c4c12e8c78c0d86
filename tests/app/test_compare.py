"""The comparison in front of the fake engine: runs, links, curves, table, probe."""

from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QHelpEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip
from shiboken6 import isValid

from app.panels.compare.figures import FigureCell
from app.panels.compare.rows import metric_rows, setting_rows
from app.panels.pages import EXPLORE
from app.plots.race import RacePlot
from app.theme import theme
from engine.protocol import (
    Catalogue,
    Configure,
    Diagnosis,
    Failed,
    Finding,
    Pause,
    Play,
    Probe,
    Remedy,
    Reset,
    RunConfig,
    SetSpeed,
    StepOnce,
    Subscribe,
    Unsubscribe,
)


def press(window, keys):
    window.activateWindow()
    combination = QKeySequence(keys)[0]
    QTest.keyClick(window, combination.key(), combination.keyboardModifiers())


def compared(world, *models):
    """The page with the run on show and further models."""
    world.window.pages.show_page("compare")
    compare = world.session.compare
    for model in models:
        compare.add_model(model)
    world.settle()
    world.until(lambda: all(run.status for run in compare.runs))
    return world.window.pages.page("compare")


def hover(widget, where):
    """Let the pointer rest there."""
    tip = QEvent.Type.ToolTip
    event = QHelpEvent(tip, where, widget.mapToGlobal(where))
    QApplication.sendEvent(widget, event)


def plots(page):
    return [p for c in page.columns.values() for p in (c.left, c.right)]


def all_drawn(world, page):
    world.until(lambda: all(p.plot.has_frame for p in plots(page) if p.isVisible()))


def sent_to(world, kind):
    return [c.run_id for c in world.client.of(kind)]


def judge(run, **found):
    """Tell the window of other metrics of a run."""
    metrics = run.status.metrics.model_copy(update=found)
    run.status = run.status.model_copy(update={"metrics": metrics})


def test_runs_that_draw_different_classes_are_not_ranked(world):
    page = compared(world, "realnvp")
    first, second = (page.columns[run.id] for run in world.session.compare.runs)
    judge(first.run, energy_distance=0.1)
    judge(second.run, energy_distance=0.01, of_class="mode 3")
    page.show_status()
    assert second.figures.distance.best.text() == ""
    assert second.figures.nll.unit.text() == "nats, mode 3"
    runs = [first.run, second.run]
    cells = {row.title: row.cells for row in metric_rows(runs)}
    assert cells["Judged by"] == ("all data", "mode 3")
    judge(second.run, energy_distance=0.01, of_class="mode 3", guidance=3.0)
    page.show_status()
    assert second.figures.nll.unit.text() == "nats, mode 3"
    assert second.figures.nll.name.text() == "NLL, exact, guided"
    cells = {row.title: row.cells for row in metric_rows(runs)}
    assert cells["NLL known as"][1] == "exact, guided"
    assert cells["NLL, nats per point"][1].replace(".", "").isdigit()
    judge(first.run, of_class="mode 3")
    page.show_status()
    assert second.figures.distance.best.text() == "best"


def test_the_palette_changes_the_run_that_is_edited_and_the_comparison_stays(world):
    compared(world, "realnvp")
    window, (first, second) = world.window, world.session.compare.runs
    assert world.run is second
    window.search.choose("model:gan")
    world.until(lambda: second.config.model == "gan")
    window.search.choose("data:rings")
    world.until(lambda: first.config.data == second.config.data == "rings")
    assert window.pages.current_name == "compare"
    window.pages.show_page("samplers")
    window.search.choose("model:vae")
    assert window.pages.current_name == EXPLORE


# ---- faults


SLOW = Remedy(title="Slow down", changes={"training": {"learning_rate": 1e-4}})
CLIMB = Finding(
    name="diverging", title="The loss is climbing", text="Up.", remedies=[SLOW]
)


def diagnose(world, run, *findings):
    event = Diagnosis(run_id=run.id, step=5, findings=list(findings))
    world.session._on_run_event(run, event)


def test_a_fault_of_any_run_is_told_with_its_letter_and_cured_there(world):
    page = compared(world, "realnvp")
    first, second = world.session.compare.runs
    world.session.runs.choose(second.id)
    diagnose(world, first, CLIMB)
    (toast,) = world.window.toasts.toasts
    assert toast.title == "Run A: the loss is climbing"
    chip = page.columns[first.id].fault
    assert (chip.text(), chip.isVisible()) == ("1 fault", True)
    assert "Up." in chip.toolTip()
    assert not page.columns[second.id].fault.isVisible()
    before = second.config
    toast.action.click()
    world.settle()
    assert world.run is first
    assert first.config.training["learning_rate"] == 1e-4
    assert second.config == before
    diagnose(world, first)
    assert not chip.isVisible()


def test_the_head_says_less_where_four_runs_share_the_width(world):
    page = compared(world, "realnvp", "vae")
    world.window.resize(1280, 720)
    page.open_settings()
    all_drawn(world, page)
    first = page.columns[world.session.compare.runs[0].id]
    diagnose(world, first.run, CLIMB)
    known = bool(first.left.plot.chips() + first.right.plot.chips())
    world.until(lambda: first.kind.isVisible() == known)
    assert first.fault.text() == "1 fault"
    fourth = world.session.compare.add_model("gan")
    world.until(lambda: fourth.status)
    world.until(lambda: first.kind.isHidden() and first.fault.text() == "1")
    assert CLIMB.title in first.fault.toolTip()


def test_a_long_name_that_has_no_room_gives_way_to_its_short_one(world, monkeypatch):
    """With four runs at 1280 px it was "Masked autoregr..."."""
    whole, tips = "Masked autoregressive flow", []
    monkeypatch.setattr(QToolTip, "showText", lambda _, text, *rest: tips.append(text))
    page = compared(world, "maf")
    world.window.resize(1440, 900)
    name = page.columns[world.session.compare.runs[1].id].name
    table = page.table.table
    head = QPoint(table.width() - 40, 8)
    world.until(lambda: name.shown_text() == whole)
    assert table.whole_at(head) == ""
    world.window.resize(1280, 720)
    for model in ("vae", "gan"):
        world.session.compare.add_model(model)
    world.until(lambda: len(page.columns) == 4 and name.shown_text() == "MAF")
    assert name.text() == whole
    hover(name, name.rect().center())
    places = (QPoint(x, y) for y in (8, 40) for x in range(0, table.width(), 20))
    short = [place for place in places if table.whole_at(place) == whole]
    assert {place.y() for place in short} == {8, 40}  # its name, and the row "Model"
    hover(table, short[0])
    hover(table, QPoint(4, 8))
    assert tips == [whole, whole, ""]
    assert whole in table.text()


def test_three_runs_in_the_smallest_window_have_one_whole_plot_each(world):
    """They had two of 70 px, under "Trajecto" and "Le…"; names were "Real…"."""
    page = compared(world, "realnvp", "vae")
    page.open_settings()
    world.window.resize(1440, 900)
    columns = list(page.columns.values())
    world.until(lambda: all(c.right.isVisible() for c in columns))
    world.window.resize(1100, 640)
    world.until(lambda: not any(c.right.isVisible() for c in columns))
    first = world.session.compare.runs[0]
    slots = world.session.compare.slots[first.id]
    assert f"{first.id}:right" not in slots.shown  # nothing is computed unseen
    for column in columns:
        world.until(lambda n=column.name: n.width() >= n.least_width())
        pane = column.left.plot.paper.pane
        world.until(lambda p=pane, c=column: p.geometry().width() > c.width() / 2)
    world.window.resize(1440, 900)
    world.until(lambda: all(c.right.isVisible() for c in columns))
    assert f"{first.id}:right" in slots.shown


def test_the_step_of_a_run_is_said_in_whole_or_not_at_all(world):
    """Beside three runs at 1280 px step 147 was "step 1…"."""
    page = compared(world, "realnvp", "vae")
    page.open_settings()
    world.window.resize(1280, 720)
    columns = list(page.columns.values())
    for width in (1280, 1360, 1440):
        world.window.resize(width, 760)
        page.grab()  # lays out whatever waits for it
        for pace in (column.pace for column in columns):
            world.until(lambda p=pace: p.isHidden() or p.width() >= p.natural_width())
    world.window.resize(1700, 900)
    world.until(lambda: all(c.pace.isVisible() for c in columns))


def test_names_are_whole_where_four_runs_share_the_smallest_window(world):
    """All four were called "Re…"; three buttons stood beside each."""
    page = compared(world, "realnvp", "vae", "gan")
    page.open_settings()
    world.window.resize(1100, 640)
    columns = list(page.columns.values())
    world.until(lambda: len({c.width() for c in columns}) < 3)
    for column in columns:
        name = column.name
        world.until(lambda n=name: n.width() >= n.least_width())
        assert column.remove.isVisible()
        assert column.settings.isVisible()
    world.window.resize(1440, 900)
    page.panel.hide()
    world.until(lambda: all(c.camera.isVisible() for c in columns))


def test_beside_the_form_in_the_hall_stand_as_many_runs_as_can_be_read(world):
    """Four columns lay over each other: "Real…", "Lea…", "ex…"."""
    page = compared(world, "realnvp", "vae", "gan")
    world.window.resize(1280, 720)
    world.window.toggle_projector(full_screen=False)
    world.window.resize(1280, 720)
    runs = world.session.compare.runs
    columns = [page.columns[run.id] for run in runs]
    page.toggle_settings(runs[2])
    world.until(lambda: sum(not c.isHidden() for c in columns) == 2)

    def apart():
        places = [c.geometry() for c in columns if not c.isHidden()]
        return all(a.right() < b.left() for a, b in pairwise(places))

    world.until(apart)
    assert not columns[2].isHidden()
    assert page.head.count.text() == "2 of 4 runs on"
    for column in columns:
        name = column.name
        if not column.isHidden():
            world.until(lambda n=name: n.width() >= n.least_width())
    page.toggle_settings(runs[0])
    world.until(lambda: not columns[0].isHidden())
    page.toggle_settings(runs[0])
    world.until(lambda: not any(c.isHidden() for c in columns))
    assert page.head.count.text() == "4 runs on"


def test_curves_are_named_whole_or_short_at_their_ends(qtbot):
    plot = RacePlot()
    qtbot.addWidget(plot)
    plot.resize(700, 300)
    one = np.ones(1)
    arrays = {f"A.{part}": one for part in ("x", "value", "smooth")}
    long, short = "Masked autoregressive flow", "MAF"
    for name, said in ((long, short), ("DDPM", "DDPM")):
        plot.show_frame({"names": {"A": name}, "shorts": {"A": short}}, arrays)
        assert plot.panel.ends[0].text == f"A 1.00 {said}"


def test_a_name_of_a_figure_says_less_where_it_has_less_room(qtbot):
    cell = FigureCell()
    qtbot.addWidget(cell)
    names = ("NLL, estimate, guided", "NLL, estimate", "NLL")
    cell.set_figure(names, "1.00", "nats", is_best=False)
    wide = 300
    seen = [cell.name.text()]
    while wide > 10:
        cell.resize(wide, 40)
        cell._fit()
        if cell.name.text() != seen[-1]:
            seen.append(cell.name.text())
        wide -= 5
    assert tuple(seen) == names


def test_runs_at_their_very_start_have_an_axis_that_can_be_read(qtbot):
    plot = RacePlot()
    qtbot.addWidget(plot)
    arrays = {"A.x": np.zeros(1), "A.value": np.ones(1), "A.smooth": np.ones(1)}
    plot.show_frame({"names": {"A": "Flow"}}, arrays)
    assert plot.panel.pane.home[:2] == (0.0, 1.0)


def test_a_note_follows_its_run_out_of_the_comparison(world):
    compared(world, "realnvp")
    first, second = world.session.compare.runs
    diagnose(world, first, CLIMB)
    diagnose(world, second, CLIMB)
    toasts = world.window.toasts.toasts
    titles = [f"Run {letter}: the loss is climbing" for letter in "AB"]
    assert [t.title for t in toasts] == titles
    assert toasts[1].accessibleName() == f"{titles[1]}. Up."
    world.session.compare.remove(first)
    assert [t.title for t in toasts] == [CLIMB.title]
    assert toasts[0].about.startswith(second.id)


def test_more_steps_are_for_the_run_that_was_complete(world):
    compared(world, "realnvp")
    first, second = world.session.compare.runs
    first.status = first.status.model_copy(update={"state": "complete"})
    world.session.runs.plays_together = False
    world.session.runs.choose(first.id)
    world.session.play()
    (toast,) = world.window.toasts.toasts
    assert toast.title.startswith("Run A: training is complete")
    world.session.runs.choose(second.id)
    steps = [run.config.training["steps"] for run in (first, second)]
    toast.action.click()
    now = [run.config.training["steps"] for run in (first, second)]
    assert now == [2 * steps[0], steps[1]]


def test_a_run_that_cannot_go_on_is_named_and_reset_alone(world):
    compared(world, "realnvp")
    first = world.session.compare.runs[0]
    failed = Failed(run_id=first.id, step=0, reason="It is gone.")
    world.session._on_run_event(first, failed)
    (toast,) = world.window.toasts.toasts
    assert toast.title == "Run A: training stopped at step 0"
    world.client.sent.clear()
    toast.action.click()
    assert sent_to(world, Reset) == [first.id]


def test_no_empty_chip_stands_in_a_head_before_its_first_picture(world):
    page = compared(world)
    run = world.session.compare.add_model("realnvp")
    column = page.columns[run.id]
    column.show()  # at once: its layout would do so a turn later
    assert not column.kind.isVisible()
    all_drawn(world, page)
    known = column.left.plot.chips() + column.right.plot.chips()
    assert column.kind.isVisible() == bool(known)


def test_a_figure_has_its_short_name_where_the_long_one_would_be_cut(qtbot):
    cell = FigureCell()
    qtbot.addWidget(cell)
    cell.resize(200, 40)
    cell.show()
    cell.set_figure(("Evals per sample", "Evals"), "1", "", is_best=True)
    assert cell.name.text() == "Evals per sample"
    cell.resize(90, 40)
    assert cell.name.text() == "Evals"
    cell.resize(200, 40)
    assert cell.name.text() == "Evals per sample"


def test_the_shortest_name_stands_beside_best(qtbot):
    """In a small hall it was "Distan… b…"."""
    cell = FigureCell()
    qtbot.addWidget(cell)
    cell.resize(200, 40)
    cell.show()
    cell.set_figure(("Distance", "Distance"), "0.1", "", is_best=True)
    assert cell.name.text() == "Distance"
    cell.resize(76, 40)
    assert cell.name.text() == "Dist."
    assert cell.best.width() >= cell.best.natural_width()


# ---- runs


def test_key_opens_the_page_with_the_run_on_show_and_brings_it_back(world):
    run = world.run
    press(world.window, "Ctrl+Shift+D")
    page = world.window.pages.page("compare")
    assert world.window.pages.current_name == "compare"
    assert list(page.columns) == [run.id]
    all_drawn(world, page)
    slots = {c.slot for c in world.client.of(Subscribe) if ":" in c.slot}
    assert slots == {f"{run.id}:{p}" for p in ("left", "right", "curves")}
    press(world.window, "M")  # a key of the first page's plots
    assert not world.session.slots.shown
    world.client.sent.clear()
    press(world.window, "Ctrl+Shift+D")
    assert world.window.pages.current_name == EXPLORE
    quit_ = {c.slot for c in world.client.of(Unsubscribe)}
    assert quit_ == slots


def test_models_of_any_family_stand_side_by_side_with_the_same_data_and_seed(world):
    page = compared(world, "gan", "realnvp", "ddpm")
    runs = world.session.compare.runs
    assert [r.config.model for r in runs] == [
        "rectified_flow",
        "gan",
        "realnvp",
        "ddpm",
    ]
    assert {(r.config.data, r.config.seed) for r in runs} == {("eight_gaussians", 0)}
    letters = [column.badge.letter for column in page.columns.values()]
    assert letters == ["A", "B", "C", "D"]
    all_drawn(world, page)
    assert not any(c.right.isVisible() for c in page.columns.values())
    views = {column.left.plot.view for column in page.columns.values()}
    assert views == {"density"}  # which all have; a GAN has no path
    widths = [column.width() for column in page.columns.values()]
    assert max(widths) - min(widths) <= 1
    cells = [column.figures.distance for column in page.columns.values()]
    assert all(c.value.width() >= c.value.natural_width() for c in cells)
    assert world.session.compare.duplicate() is None
    assert "Four runs" in world.notes[-1].title
    assert not page.head.add.isEnabled()


def test_copy_is_ready_for_one_change(world):
    press(world.window, "Ctrl+D")
    page = world.window.pages.page("compare")
    first, copy = world.session.compare.runs
    assert copy.config == first.config
    assert world.run is copy
    assert page.panel.isVisible()
    world.settle()
    page.panel.training.form.fields["batch_size"].user_set(64)
    world.settle()
    assert copy.config.training["batch_size"] == 64
    assert first.config.training["batch_size"] == 512
    titles = {row.title: row.cells for row in page.table.table.rows}
    assert titles == {"Batch size": ("512 points", "64 points")}
    press(world.window, "Ctrl+Z")
    assert copy.config == first.config
    page.columns[copy.id].settings.click()
    assert not page.panel.isVisible()


def test_a_run_is_removed_paused_and_kept(world):
    page = compared(world, "gan")
    first, second = world.session.compare.runs
    world.session.play()
    world.until(lambda: second.is_playing)
    third = world.session.compare.add_model("realnvp")
    world.until(lambda: third.is_playing)  # as the others do
    world.session.compare.remove(third)
    page.columns[second.id].remove.click()
    assert list(page.columns) == [first.id]
    assert second.id in world.session.runs.all
    assert world.run is first
    world.until(lambda: not (second.is_playing or third.is_playing))
    assert first.id not in sent_to(world, Pause)
    assert not page.columns[first.id].remove.isEnabled()
    world.session.compare.remove(first)
    assert world.session.compare.runs == [first]
    world.session.runs.choose(second.id)  # from the menu of runs
    assert world.session.compare.runs == [first, second]
    page.columns[second.id].explore.click()
    assert world.window.pages.current_name == EXPLORE
    assert world.session.slots.run_id == second.id
    world.until(lambda: not first.is_playing)


def test_what_is_removed_is_gone_for_good(world):
    page = compared(world)
    compare = world.session.compare
    copy = compare.duplicate()
    world.settle()
    column, slots = page.columns[copy.id], compare.slots[copy.id]
    world.until(lambda: column.left.plot.has_frame)
    compare.remove(copy)
    world.until(lambda: not isValid(column) and not isValid(slots))
    world.session.probe.ask(0.5, 1.0)
    world.until(lambda: world.session.probe.answers)
    theme.set_look("light")
    world.session.runs.choose(copy.id)
    assert page.columns[copy.id] is not column
    world.until(lambda: page.columns[copy.id].left.plot.has_frame)
    assert page.race._watched[copy.id] is compare.slots[copy.id]


def test_models_are_found_by_typing_and_copies_stand_first(world):
    page = compared(world)
    page.head.add.click()
    picker = page.head.picker
    assert picker.shown_keys()[0] == f"copy of {world.run.id}"
    QTest.keyClicks(picker.field, "realnvp")
    QTest.keyClick(picker.field, Qt.Key.Key_Return)
    world.until(lambda: len(world.session.compare.runs) == 2)
    assert world.session.compare.runs[1].config.model == "realnvp"
    page.head.add.click()
    QTest.keyClick(picker.field, Qt.Key.Key_Return)
    world.until(lambda: len(world.session.compare.runs) == 3)
    assert world.session.compare.runs[2].config.model == "rectified_flow"


# ---- what is shared


def test_data_and_seed_change_all_runs_and_undo_brings_all_back(world):
    page = compared(world, "gan", "realnvp")
    runs = world.session.compare.runs
    world.session.desk.edit("training", "batch_size", 64)
    page.head.data.chosen.emit("two_moons")
    assert {run.config.data for run in runs} == {"two_moons"}
    world.settle()
    page.head.seed.click()
    assert len({run.config.seed for run in runs}) == 1
    assert runs[0].config.seed != 0
    world.settle()
    sent = {c.run_id: c.config for c in world.client.of(Configure)}
    assert {c.data for c in sent.values()} == {"two_moons"}
    assert len({c.seed for c in sent.values()}) == 1
    press(world.window, "Ctrl+Z")
    press(world.window, "Ctrl+Z")
    assert {run.config.data for run in runs} == {"eight_gaussians"}
    assert {run.config.seed for run in runs} == {0}
    assert runs[2].config.training["batch_size"] == 64
    assert runs[0].history.stack.canRedo()
    press(world.window, "Ctrl+Shift+Z")
    assert {run.config.data for run in runs} == {"two_moons"}
    world.window.pages.show_page(EXPLORE)
    world.session.desk.choose_data("rings")
    assert runs[0].config.data == "two_moons"
    world.window.pages.show_page("compare")
    assert {run.config.data for run in runs} == {"rings"}


def test_one_play_drives_all_runs_and_can_be_switched_off(world):
    page = compared(world, "gan")
    compare = world.session.compare
    first, second = compare.runs
    ids = [first.id, second.id]
    session = world.session
    press(world.window, "Space")
    assert sent_to(world, Play) == ids
    world.until(lambda: first.is_playing and second.is_playing)
    assert world.window.top.play.text() == "Pause"
    press(world.window, "Space")
    world.until(lambda: not (first.is_playing or second.is_playing))
    assert sent_to(world, Pause) == ids
    session.set_speed(50)
    session.step_once(3)
    session.reset()
    for kind in (SetSpeed, StepOnce, Reset):
        assert sent_to(world, kind) == ids, kind
    page.head.links["controls"].click()
    session.step_once()
    assert sent_to(world, StepOnce) == [*ids, world.run.id]
    for name, chip in page.head.links.items():
        compare.set_link(name, False)
        assert not chip.isChecked()
        chip.click()
        assert name in compare.links


def test_figures_of_another_moment_than_the_one_on_show_say_their_step(world):
    """They were those of the newest step, over pictures of a kept one."""
    page = compared(world, "gan")
    world.window.resize(1440, 900)
    world.session.step_once(500)
    runs = world.session.compare.runs
    world.until(lambda: all(run.status.metrics.step == 500 for run in runs))
    world.until(lambda: all(500 in run.snapshots for run in runs))
    figures = page.columns[runs[0].id].figures
    world.until(lambda: figures.distance.name.text() == "Energy distance")
    world.session.runs.visit(0)
    world.until(lambda: runs[0].at == 0)
    world.until(lambda: figures.distance.name.text() == "Energy distance, step 500")
    assert figures.nll.name.text().endswith(", step 500")
    world.window.timeline.timeline.returned_live.emit()
    world.until(lambda: figures.distance.name.text() == "Energy distance")


def test_timeline_visits_the_nearest_snapshot_of_every_run(world):
    page = compared(world, "gan")
    first, second = world.session.compare.runs
    world.session.runs.choose(second.id)
    page.head.links["controls"].click()
    world.session.step_once(300)
    world.until(lambda: second.step == 300 and second.snapshots[-1] == 300)
    world.session.runs.choose(first.id)
    world.session.step_once(700)
    world.until(lambda: first.step == 700 and first.snapshots[-1] == 700)
    timeline = world.window.timeline.timeline
    assert set(timeline.track.snapshots) == {0, 100, 200, 300, 500, 700}
    timeline.scrubbed.emit(480)
    assert (first.at, second.at) == (500, 300)
    world.until(lambda: page.columns[second.id].left.plot.has_frame)
    asked = {c.slot: c.at for c in world.client.of(Subscribe)}
    assert asked[f"{first.id}:left"] == 500
    assert asked[f"{second.id}:left"] == 300
    assert "at step 300" in page.columns[second.id].pace.text()
    timeline.returned_live.emit()
    assert (first.at, second.at) == (None, None)
    page.head.links["time"].click()
    timeline.scrubbed.emit(100)
    assert (first.at, second.at) == (100, None)


def test_axes_and_path_times_move_together_until_they_are_unlinked(world):
    page = compared(world, "realnvp")
    all_drawn(world, page)
    panes = [p.plot.square.pane for p in plots(page)]
    panes[0].zoom(0.5)
    assert all(p.limits == pytest.approx(panes[0].limits) for p in panes)
    panes[3].go_home()
    assert all(p.limits == pytest.approx(panes[3].home) for p in panes)
    page.head.links["axes"].click()
    panes[0].zoom(0.5)
    assert panes[1].limits == pytest.approx(panes[1].home)
    page.head.links["axes"].click()
    assert panes[1].limits == pytest.approx(panes[0].limits)
    first, second = (column.right.plot for column in page.columns.values())
    first.film._on_scrubbed(0.25)
    assert second.film.time == pytest.approx(0.25)
    second.film.advance()
    assert first.film.time == second.film.time > 0.25
    page.head.links["time"].click()
    first.film._on_scrubbed(0.75)
    assert second.film.time < 0.5


def test_densities_share_the_larger_maximum(world):
    page = compared(world, "realnvp")
    world.session.step_once(900)
    runs = world.session.compare.runs
    world.until(lambda: all(run.step == 900 for run in runs))
    all_drawn(world, page)
    first, second = (column.left.plot for column in page.columns.values())
    meta, arrays = first.meta, first.arrays
    first.show_frame(meta | {"log_max": 2.1, "log_min": -5.9}, arrays)
    page.columns[runs[0].id].left.drawn.emit()
    assert first.span == second.span
    assert first.span[1] == pytest.approx(2.25)
    assert first.span[1] - first.span[0] == pytest.approx(8)
    page.head.links["colours"].click()
    assert first.span == pytest.approx((-5.9, 2.1))
    assert second.span[1] == pytest.approx(second.meta["log_max"])


# ---- curves, figures, table


def test_curves_of_all_runs_over_steps_seconds_and_evaluations(world):
    page = compared(world, "gan")
    world.session.step_once(500)
    runs = world.session.compare.runs
    race = page.race
    world.until(lambda: all(run.step == 500 for run in runs))
    world.until(
        lambda: all(
            race.plot._of(n, "x").size and race.plot._of(n, "x")[-1] == 500
            for n in "AB"
        )
    )
    ends = [end.text for end in race.plot.panel.ends]
    assert ends[0].startswith("A ")
    assert ends[0].endswith("Rectified flow")
    assert ends[1].endswith("GAN")
    assert race.plot.race_paper.band == pytest.approx(np.log10(0.01))
    race.axis.user_choose("seconds")
    assert race.plot._of("A", "x")[-1] == pytest.approx(0.5)
    race.axis.user_choose("evaluations")
    batch = [run.config.training["batch_size"] for run in runs]
    for letter, size in zip("AB", batch, strict=True):
        # The fake engine counts two passes per step and point.
        assert race.plot._of(letter, "x")[-1] == pytest.approx(500 * 2 * size)
    race.quantity.user_choose("nll")
    assert race.plot.race_paper.band is None
    assert "NLL" in race.title.text()
    race.quantity.user_choose("loss")
    assert race.plot._of("A", "x").size
    race.quantity.user_choose("modes")
    assert race.plot.race_paper.words  # the fake engine counts no modes
    race.figures.copy()
    assert not QGuiApplication.clipboard().image().isNull()


@pytest.mark.parametrize(
    ("name", "value", "cells"),
    [("sigma_x", 0.5, ("0.1", "0.5")), ("sample_noise", False, ("on", "off"))],
)
def test_settings_of_one_title_do_not_hide_each_other(qapp, name, value, cells):
    """A VAE had two that were called Decoder noise: one hid the other's difference."""
    file = Path(__file__).parents[1] / "fixtures" / "catalogue.json"
    catalogue = Catalogue.model_validate_json(file.read_text())
    fields = next(m for m in catalogue.models if m.name == "vae").settings["properties"]
    fields["sample_noise"]["title"] = fields["sigma_x"]["title"]
    usual = {n: f["default"] for n, f in fields.items()}
    configs = [
        RunConfig(model="vae", data="rings", model_settings=usual | change)
        for change in ({}, {name: value})
    ]
    runs = [SimpleNamespace(config=c, ready=None, status=None) for c in configs]
    (row,) = setting_rows(runs, catalogue, differing=True)
    assert (row.title, row.cells) == ("Decoder noise", cells)


def test_table_and_figures_say_what_differs_and_what_is_best(world):
    page = compared(world, "gan")
    table = page.table
    titles = {row.title: row for row in table.table.rows}
    assert titles["Model"].cells == ("Rectified flow", "GAN")
    assert titles["Adam β₁"].cells[1] == "0.5"
    assert titles["Adam β₁"].strong == (False, True)
    assert "EMA decay" not in titles or len(set(titles["EMA decay"].cells)) > 1
    few = len(table.table.rows)
    table.mode.user_choose("all")
    assert len(table.table.rows) > few
    table.mode.user_choose("metrics")
    titles = {row.title: row.cells for row in table.table.rows}
    assert titles["Evaluations per sample"] == ("64", "64")
    assert titles["NLL known as"][0] == "exact"
    assert "Judged by" not in titles
    table.copy.click()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0] == "\tA Rectified flow\tB GAN"
    assert len(lines) == 1 + len(table.table.rows)
    first, second = page.columns.values()
    assert first.figures.distance.value.text() == "0.02"
    assert first.figures.distance.best.text() == "best"  # both have the same
    assert first.figures.cost.best.text() == "best"  # as good as the other
    better = second.run.status.metrics.model_copy(update={"energy_distance": 0.001})
    second.run.status = second.run.status.model_copy(update={"metrics": better})
    page.show_status()
    assert second.figures.distance.best.text() == "best"
    assert first.figures.distance.best.text() == ""
    metrics = first.run.status.metrics.model_copy(update={"points": 2000})
    for chance, word in ((0.03, ""), (0.09, "best")):  # of 2,000 points a quarter
        update = {"chance": chance, "metrics": metrics}
        first.run.status = first.run.status.model_copy(update=update)
        page.show_status()
        assert first.figures.distance.best.text() == word


def test_views_of_a_run_are_chosen_over_its_plots(world):
    page = compared(world, "gan")
    page.head.links["views"].click()
    column = page.columns[world.session.compare.runs[1].id]
    menu = column.right.head.view.menu()
    actions = {a.data(): a for a in menu.actions()}
    assert "trajectories" not in actions  # a GAN has no path
    assert actions["latent"].isChecked()
    column.right.plot.move_wished.emit("generator")
    moves = [(c.run_id, c.player) for c in world.client.of(StepOnce)]
    assert moves == [(column.run.id, "generator")]  # the flow has no such player
    actions["samples"].trigger()
    assert column.right.plot.view == "samples"
    world.until(lambda: column.right.plot.has_frame)
    world.session.runs.choose(world.session.compare.runs[0].id)
    flow = page.columns[world.run.id].right
    assert flow.plot.view == "trajectories"
    flow.plot.mode_switch.user_choose("both")
    world.until(lambda: flow.plot._field_arrays)
    world.session.desk.choose_model("vae")
    world.settle()
    assert flow.plot.view == "latent"  # a VAE has no path
    world.until(lambda: flow.plot.has_frame)


# ---- the probe


def test_a_click_asks_all_runs_and_fills_the_table(world):
    page = compared(world, "gan")
    all_drawn(world, page)
    first, second = page.columns.values()
    first.left.plot.asked.emit(0.5, 1.0)
    asked = [(c.run_id, c.what, c.points) for c in world.client.of(Probe)]
    runs = world.session.compare.runs
    assert asked == [(run.id, "point", [[0.5, 1.0]]) for run in runs]
    world.until(lambda: len(world.session.probe.answers) == 2)
    assert page.table.mode.value() == "place"
    rows = {row.title: row.cells for row in page.table.table.rows}
    float(rows["log p, learned, nats"][0].replace("−", "-"))  # no unit in a cell
    assert rows["nearest data"] == ("(0.60, 1.10)",) * 2
    # In the head of a narrow card it was cut to "x = (…", and no copy had it.
    assert rows["x"] == ("(0.50, 1.00)",) * 2
    assert "(0.50, 1.00)" in page.table.table.text()
    for column in (first, second):
        assert column.left.plot._marks[column.left.plot.data_pane()].cross.points.size


def test_a_dragged_start_is_followed_by_all_runs_that_show_paths(world):
    page = compared(world, "realnvp", "rectified_flow")
    all_drawn(world, page)
    first, _, third = (column.right for column in page.columns.values())
    world.client.sent.clear()
    first.plot.probed.emit("path", [[0.3, -0.4]])
    assert third.plot._start == (0.3, -0.4)
    asked = {c.run_id for c in world.client.of(Probe)}
    assert {first.run.id, third.run.id} <= asked
    world.until(lambda: third.plot._answer is not None)


def test_of_a_drag_one_question_is_under_way_and_the_newest_follows(world):
    questions = world.session.questions
    answers = []
    questions.probe_answered.connect(lambda *answer: answers.append(answer))
    for step in range(100):
        questions.probe("b", "path", [[step / 100, 0.0]])
    assert len(world.client.of(Probe)) == 1
    world.until(lambda: len(answers) == 3)
    asked = [(c.points[0][0], c.quick) for c in world.client.of(Probe)]
    # A quick path of the newest place, and a full one since the hand rests.
    assert asked == [(0.0, False), (0.99, True), (0.99, False)]
    assert answers[-1][2]["x"][0, 0, 0] == pytest.approx(0.99)
    for step in range(3):
        questions.probe("c", "decode", [[step / 100, 0.0]])
    world.until(lambda: len(answers) == 5)
    assert not any(c.quick for c in world.client.of(Probe) if c.what == "decode")


def test_the_probe_asks_again_when_a_run_stops_or_shows_another_moment(world):
    session = world.session
    session.probe.ask(0.5, 1.0)
    world.until(lambda: session.probe.answers)
    world.train(300)
    world.until(lambda: session.probe.answers[world.run.id].step == 300)
    session.runs.visit(100)
    world.until(lambda: session.probe.answers[world.run.id].step == 100)
    assert world.client.of(Probe)[-1].at == 100


@pytest.mark.parametrize(("slot", "what"), [("b", "path"), ("c", "decode")])
def test_what_was_dragged_is_asked_again_of_another_moment(world, slot, what):
    """Else the path of one moment would lie on the picture of another."""
    session = world.session
    world.until(lambda: session.slots[slot].frame)

    def asked():
        return [(c.points, c.at) for c in world.client.of(Probe)]

    session.questions.probe(slot, what, [[0.3, -0.4]])
    session.questions.probe(slot, "log_prob", [[0.3, -0.4]])
    world.until(lambda: not session.questions._newest)
    world.client.sent.clear()
    world.train(300)
    world.until(lambda: asked() == [([[0.3, -0.4]], None)])
    world.until(lambda: not session.questions._newest)
    session.runs.visit(100)
    world.until(lambda: asked()[1:] == [([[0.3, -0.4]], 100)])
    session.questions.follow(slot, what, world.run, 100)  # the same moment once more
    assert len(asked()) == 2


def test_a_path_in_a_run_that_trains_is_asked_at_the_pace_of_pictures(world):
    """It stayed that of the step at which it was dragged."""
    questions, run = world.session.questions, world.run
    answers, place = [], "a place without pictures of its own"
    questions.probe_answered.connect(lambda *answer: answers.append(answer))
    questions.probe(place, "path", [[0.3, -0.4]])
    for step in (10, 20, 30):  # pictures come faster than answers
        questions.follow(place, "path", run, step)
        questions.follow(place, "decode", run, step)  # nothing was dragged there
    assert len(world.client.of(Probe)) == 1
    world.until(lambda: len(answers) == 2 and not questions._newest)
    asked = [(c.what, c.points, c.quick) for c in world.client.of(Probe)]
    assert asked == [("path", [[0.3, -0.4]], False)] * 2
    questions.follow(place, "path", run, 30)
    assert len(world.client.of(Probe)) == 2


@pytest.mark.parametrize("page", ["explore", "compare"])
def test_pictures_of_a_run_that_trains_bring_the_dragged_path_along(world, page):
    if page == "compare":
        shown = compared(world, "rectified_flow")
        place = shown.columns[world.run.id].right
        slots = world.session.compare.slots[world.run.id]
    else:
        place, slots = world.window.wall.cards["b"], world.session.slots
    world.until(lambda: place.plot.has_frame)
    place.plot._drag_start(0.3, -0.4, done=True)
    world.until(lambda: not world.session.questions._newest)
    world.client.sent.clear()
    frame, arrays = slots[place.name].frame
    later = frame.model_copy(update={"step": 7})
    slots.receive(later, arrays)
    world.until(lambda: world.client.of(Probe))
    asked = {(c.run_id, c.what) for c in world.client.of(Probe)}
    assert asked == {(world.run.id, "path")}


@pytest.mark.parametrize("page", ["explore", "compare"])
def test_what_a_picture_lacks_is_brought_by_one_click(world, page):
    run = world.run
    if page == "compare":
        place = compared(world, "gan").columns[run.id].right
    else:
        place = world.window.wall.cards["b"]
    world.until(lambda: place.plot.has_frame)
    remedy = {"title": "Slowly", "changes": {"training": {"learning_rate": 1e-4}}}
    place.plot.show_way_out("Too fast", "It lacks calm.", remedy)
    place.plot.empty.button.click()
    assert run.config.training["learning_rate"] == 1e-4
    assert world.run is run
    assert place.plot.view == "trajectories"


# ---- faults


def test_a_killed_engine_brings_all_compared_runs_back(world):
    page = compared(world, "gan")
    runs = world.session.compare.runs
    all_drawn(world, page)
    world.client.sent.clear()
    world.client.kill()
    world.until(lambda: any("restarted" in n.title for n in world.notes))
    world.settle()
    ids = {run.id for run in runs}
    world.until(lambda: set(sent_to(world, Configure)) == ids)
    lefts = {f"{run_id}:left" for run_id in ids}
    world.until(lambda: lefts <= {c.slot for c in world.client.of(Subscribe)})
    world.session.play()
    world.until(lambda: all(run.is_playing for run in runs))
