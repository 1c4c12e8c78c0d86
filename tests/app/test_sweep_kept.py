"""A sweep stays with its session: what it measured is shown again."""

import json

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from window_world import World

from app.panels.sweep.page import SweepPage
from engine.protocol import CancelJob, JobNews, Play, RunConfig, StartJob

START = RunConfig(model="vae", data="eight_gaussians")


@pytest.fixture
def world(qtbot, tmp_path, engine):
    made = World(qtbot, tmp_path, engine, with_window=False, start=lambda _: START)
    made.start()
    made.said = []

    def page():
        found = SweepPage(made.session)
        found.noted.connect(made.said.append)
        qtbot.addWidget(found)
        found.resize(1280, 640)
        found.show()
        found.enter()
        return found

    made.new_page = page
    yield made
    made.close()


def swept(world, is_ended):
    page = world.new_page()
    sweep = page.sweep
    sweep.set_axis("rows", "seed")
    sweep.set_values("rows", [3, 5])
    sweep.set_axis("columns", "training.optimizer")
    sweep.set_steps(77)
    page.switch.user_choose("samples")
    page.controls.start.click()
    world.until(lambda: sweep.cells and sweep.cells[-1].arrays)
    if is_ended:
        job = world.client.of(StartJob)[-1].job_id
        news = JobNews(job_id=job, what="sweep", share=1, result={}, ended=True)
        world.session.jobs.receive(news, {})
    return page


def brought_back(world, page):
    """The page of a window that opens the file which ``page`` was saved in."""
    kept = json.loads(json.dumps(page.kept(), allow_nan=False))
    found = world.new_page()
    found.recall(kept, {})
    return found


@pytest.mark.parametrize("is_ended", [True, False])
def test_what_a_sweep_measured_comes_back(world, is_ended):
    page = swept(world, is_ended)
    found = brought_back(world, page)
    old, new = page.sweep, found.sweep
    assert new.plan.words == old.plan.words
    assert new.plan.config == old.plan.config
    assert [new.plan.name_of(i) for i in range(new.plan.count)] == [
        old.plan.name_of(i) for i in range(old.plan.count)
    ]
    assert [c.metric for c in new.cells] == [c.metric for c in old.cells]
    assert [c.losses for c in new.cells] == [c.losses for c in old.cells]
    assert new.best == old.best
    for before, after in zip(old.cells, new.cells, strict=True):
        assert before.arrays.keys() == after.arrays.keys()
        for name, array in before.arrays.items():
            assert np.array_equal(array, after.arrays[name])
    assert found.switch.value() == "samples"
    assert found.grid.isVisibleTo(found)
    assert not found.empty.isVisibleTo(found)
    assert found.grid.tiles[1].metric_words == page.grid.tiles[1].metric_words
    assert found.heat.values == page.heat.values
    if is_ended:
        assert found.progress._name == page.progress._name


def test_one_that_was_under_way_is_said_to_have_been(world):
    found = brought_back(world, swept(world, is_ended=False))
    assert [n.title for n in world.said] == ["The sweep had not ended"]
    assert not found.sweep.is_running
    assert "stopped" in {tile.state_words for tile in found.grid.tiles}


def test_one_that_had_ended_needs_no_word(world):
    brought_back(world, swept(world, is_ended=True))
    assert world.said == []


def test_a_run_that_is_no_more_is_trained_again_from_its_seed(world, qtbot):
    found = brought_back(world, swept(world, is_ended=True))
    found.sweep.select(1)
    assert found.card.open.text() == "Train it again"
    for words in (found.card.open.toolTip(), found.foot.text()):
        assert "Only figures and pictures are kept" in words
    runs, before = world.session.runs, world.session.run
    with qtbot.waitSignal(found.left):
        QTest.keyClick(found.grid, Qt.Key.Key_Return)
    run = world.session.run
    assert run is not before
    assert runs.all[run.id].config == found.sweep.plan.config_of(1)
    assert run.config.training["steps"] == 77
    assert world.said[-1].title == f"Run {run.number} trains again"
    world.until(lambda: run.id in [c.run_id for c in world.client.of(Play)])
    world.until(lambda: run.step > 0)


def test_a_run_that_is_no_more_can_be_compared_once_it_trains_again(world, qtbot):
    found = brought_back(world, swept(world, is_ended=True))
    found.sweep.select(2)
    with qtbot.waitSignal(found.wanted) as caught:
        found.card.compare.click()
    assert caught.args == ["compare"]
    assert world.session.run.config == found.sweep.plan.config_of(2)


def test_the_same_sweep_can_be_begun_again(world):
    page = swept(world, is_ended=True)
    found = brought_back(world, page)
    first = world.client.of(StartJob)[-1].settings
    found.controls.start.click()
    assert world.client.of(StartJob)[-1].settings == first
    world.until(lambda: found.sweep.cells[-1].arrays)
    found.sweep.select(1)
    assert found.card.open.text() == "Open this run"


def test_what_is_only_asked_for_comes_back(world):
    page = world.new_page()
    page.sweep.set_axis("rows", "seed")
    page.sweep.set_values("rows", [8, 9])
    page.sweep.set_metric("loss")
    found = brought_back(world, page)
    assert found.sweep.values == page.sweep.values
    assert found.sweep.keys == page.sweep.keys
    assert found.sweep.metric == "loss"
    assert found.sweep.plan is None


SPOILT = {
    "no cells": lambda s: s.update(cells=[]),
    "too many rows": lambda s: s["rows"]["values"].append(1),
    "metric": lambda s: s.update(metric="luck"),
    "words for numbers": lambda s: s["rows"].update(values=["a", "b"]),
    "content": lambda s: s["cells"][0]["arrays"]["density"].update(content="?"),
    "size": lambda s: s["cells"][0]["arrays"]["density"].update(shape=[9**6, 9**6]),
    "short": lambda s: s["cells"][0]["arrays"]["density"].update(shape=[65, 64]),
    "no places": lambda s: s["cells"][0]["arrays"]["samples"].update(shape=[480]),
    "nothing": lambda s: s.clear(),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_a_damaged_sweep_is_left_out(world, spoil):
    kept = swept(world, is_ended=True).kept()
    spoil(kept["sweep"])
    found = world.new_page()
    found.recall(kept, {})
    assert found.sweep.plan is None
    assert found.empty.isVisibleTo(found)


def test_the_sweep_of_another_session_goes_with_it(world):
    """Its runs are gone; the wall of them stood on over the next session."""
    page = swept(world, is_ended=False)
    job = world.client.of(StartJob)[-1].job_id
    page.renew()
    assert world.client.of(CancelJob)[-1].job_id == job
    assert page.sweep.plan is None
    assert page.sweep.cells == []
    assert not page.grid.isVisibleTo(page)
    assert page.empty.isVisibleTo(page)
    page.controls.start.click()
    world.until(lambda: page.sweep.cells and page.sweep.cells[-1].arrays)
    assert page.grid.isVisibleTo(page)


def test_late_news_of_a_sweep_that_was_let_go_are_nothing(world):
    """They were taken for news of the next session's cells, or failed without any."""
    page = swept(world, is_ended=False)
    kept = page.kept()
    job = world.client.of(StartJob)[-1].job_id
    fact = {"cell": 1, "step": 1, "state": "lost", "metric": 9.0, "losses": {}}
    result = {"cells": [fact | {"diverged_at": None}]}
    news = JobNews(job_id=job, what="sweep", share=0.5, result=result)
    page.renew()
    world.session.jobs.receive(news, {})
    assert page.sweep.cells == []
    page.recall(kept, {})
    metric = page.sweep.cells[1].metric
    world.session.jobs.receive(news, {})
    assert page.sweep.cells[1].metric == metric != 9.0


def test_pages_that_a_session_keeps_nothing_of_begin_anew(qtbot, tmp_path, engine):
    made = World(qtbot, tmp_path, engine, start=lambda _: START)
    try:
        made.start()
        pages = made.window.pages
        pages.show_page("sweep")
        page = pages.page("sweep")
        page.controls.start.click()
        made.until(lambda: page.sweep.plan is not None)
        pages.recall({"sweep": page.kept()}, {})
        assert page.sweep.plan is not None
        pages.recall({}, {})
        assert page.sweep.plan is None
    finally:
        made.close()
