"""The wall in front of the real engine: train a grid, open a cell, stop, be refused."""

import numpy as np
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


def test_what_the_engine_refuses_is_one_sentence(wall):
    """A value that the window's check does not know of."""
    wall.sweep.set_values("columns", [-5.0])
    wall.page.controls.start.click()
    wall.until(lambda: wall.refusals)
    assert not wall.sweep.is_running
    (refusal,) = wall.refusals
    assert "'beta' of vae is -5" in refusal.text
    assert wall.page.controls.start.isEnabled()
