"""The wall in front of the real engine: train a grid, open a cell, stop, be refused."""

import numpy as np
import psutil
import pytest

from engine.protocol import Ack, Probe

pytestmark = pytest.mark.slow
POINTS = [[0.0, 0.0], [1.0, -0.5], [-1.2, 0.7]]


@pytest.fixture
def wall(open_lab):
    lab = open_lab(
        model="vae",
        settings=["width=16", "depth=1", "points=500"],
    )
    lab.window.pages.show_page("sweep")
    lab.page = lab.window.pages.page("sweep")
    lab.sweep = lab.page.sweep
    lab.refusals = []
    lab.page.noted.connect(lab.refusals.append)
    for axis, key, values in (
        ("rows", "training.learning_rate", [1e-3, 1e-2, 3e-2]),
        ("columns", "model_settings.beta", [0.1, 1.0, 4.0]),
    ):
        lab.sweep.set_axis(axis, key)
        lab.sweep.set_values(axis, values)
    return lab


def encoded(lab, run):
    """Codes of some points, as the run's network sees them now."""
    answers = []

    def on_ack(ack, arrays):
        assert isinstance(ack, Ack)
        answers.append((ack.error, arrays))

    probe = Probe(run_id=run.id, what="encode", points=POINTS)
    lab.session.link.send(probe, on_ack)
    lab.until(lambda: answers)
    error, arrays = answers[0]
    assert error == ""
    return np.array(arrays["z"])


def test_a_grid_trains_and_an_opened_cell_has_its_weights(wall):
    wall.sweep.set_steps(40)
    wall.page.controls.start.click()
    wall.until(lambda: not wall.sweep.is_running)
    cells = wall.sweep.cells
    assert [c.step for c in cells] == [40] * 9
    assert all(c.metric > 0 and "density" in c.arrays for c in cells)
    wall.sweep.select(7)
    wall.page.card.open.click()
    wall.until(lambda: wall.run.number == 2 and wall.run.status)
    assert wall.run.step == 40
    assert wall.run.config.training["learning_rate"] == 3e-2
    assert wall.run.config.model_settings["beta"] == 1.0
    losses = wall.run.status.losses
    assert losses == pytest.approx(cells[7].losses)
    codes = encoded(wall, wall.run)
    # The same training alone comes to the same weights.
    alone = wall.session.runs.make(wall.run.config)
    wall.session.runs.choose(alone.id)
    wall.until(lambda: wall.run is alone and alone.status)
    wall.train(40)
    np.testing.assert_allclose(encoded(wall, alone), codes, rtol=1e-2, atol=2e-3)


def test_a_sweep_is_stopped_at_once_and_keeps_what_it_has(wall):
    wall.sweep.set_steps(1_000_000)
    wall.page.controls.start.click()
    assert not wall.page.slow_half.isEnabled()
    wall.until(wall.page.slow_half.isEnabled)
    wall.page.slow_half.click()
    wall.until(lambda: any(c.state == "stopped" for c in wall.sweep.cells))
    wall.page.controls.stop.click()
    wall.until(lambda: not wall.sweep.is_running)
    assert 0 < max(c.step for c in wall.sweep.cells) < 1_000_000
    assert all(c.arrays for c in wall.sweep.cells)
    wall.page.card.open.click()
    wall.until(lambda: wall.run.number == 2)


@pytest.fixture
def two_processes(open_lab):
    """A model that cannot be stacked, in two processes."""
    lab = open_lab(model="vqvae", settings=["width=16", "depth=1", "points=500"])
    lab.window.pages.show_page("sweep")
    lab.page = lab.window.pages.page("sweep")
    lab.sweep = lab.page.sweep
    lab.sweep.set_axis("rows", "seed")
    lab.sweep.set_values("rows", [3, 4])
    lab.sweep.set_axis("columns", "")
    lab.sweep.set_processes(2)
    return lab


def open_cell(lab, index):
    """The run of a cell, and its codes."""
    before = lab.run
    lab.sweep.select(index)
    lab.page.card.open.click()
    lab.until(lambda: lab.run is not before and lab.run.status)
    return lab.run, encoded(lab, lab.run)


def trained_alone(lab, config, steps):
    """Codes of a run of its own."""
    alone = lab.session.runs.make(config)
    lab.session.runs.choose(alone.id)
    lab.until(lambda: lab.run is alone and alone.status)
    lab.train(steps)
    return encoded(lab, alone)


def workers(lab):
    return psutil.Process(lab.client.engine_pid).children()


def test_a_cell_of_another_process_opens_as_the_run_trained_alone(two_processes):
    lab = two_processes
    lab.sweep.set_steps(40)
    lab.page.controls.start.click()
    lab.until(lambda: not lab.sweep.is_running)
    assert "2 alone in 2 processes" in lab.page.foot.text()
    assert [c.step for c in lab.sweep.cells] == [40] * 2
    assert all(c.metric > 0 and "density" in c.arrays for c in lab.sweep.cells)
    lab.until(lambda: workers(lab) == [])
    opened = [open_cell(lab, index) for index in range(2)]
    for run, codes in opened:
        np.testing.assert_array_equal(trained_alone(lab, run.config, 40), codes)


def test_workers_end_with_a_killed_engine_and_with_another_sweep(two_processes):
    lab = two_processes
    lab.sweep.set_steps(1_000_000)
    lab.page.controls.start.click()
    lab.until(lambda: workers(lab))
    (first,) = workers(lab)
    lab.page.controls.stop.click()
    lab.until(lambda: not lab.sweep.is_running)
    lab.until(lambda: not first.is_running())
    lab.page.controls.start.click()
    lab.until(lambda: workers(lab))
    (second,) = workers(lab)
    psutil.Process(lab.client.engine_pid).kill()
    lab.until(lambda: not second.is_running())
    lab.until(lambda: not lab.sweep.is_running)


def test_what_the_engine_refuses_is_one_sentence(wall):
    """A value that the window's check does not know of."""
    wall.sweep.set_values("columns", [-5.0])
    wall.page.controls.start.click()
    wall.until(lambda: wall.refusals)
    assert not wall.sweep.is_running
    (refusal,) = wall.refusals
    assert "('beta') of VAE is -5" in refusal.text
    assert wall.page.controls.start.isEnabled()
