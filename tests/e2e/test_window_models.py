"""What looks inside a model, in the real window before the real engine."""

import numpy as np
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def plot_of(lab, slot, view):
    lab.session.slots.choose(slot, view)
    card = lab.window.wall.cards[slot]
    lab.until(lambda: card.plot.view == view and card.shows_full_frame)
    return card.plot


def test_players_move_alone_and_the_picture_shows_which(open_lab):
    lab = open_lab(model="gan", settings=["batch_size=64"])
    lab.train(20)
    plot = plot_of(lab, "a", "duel")
    lab.until(lambda: plot.meta["step"] == 20)
    before = {name: array.copy() for name, array in plot.arrays.items()}
    plot.duel_strip.buttons[0].click()
    lab.until(lambda: plot.meta["step"] == 21)
    critic = plot.arrays["critic"]
    assert critic.shape != before["critic"].shape or not np.allclose(
        critic, before["critic"], atol=1e-6
    )
    np.testing.assert_array_equal(plot.arrays["fakes"], before["fakes"])
    assert plot.duel_strip.news.text().startswith("D moved: loss ")
    plot.duel_strip.play.click()
    lab.until(lambda: plot.meta["step"] >= 23)
    plot.duel_strip.play.click()
    assert not np.array_equal(plot.arrays["fakes"], before["fakes"])


def test_a_dragged_point_takes_the_step_of_the_sampler(open_lab):
    lab = open_lab(model="rectified_flow")
    plot = plot_of(lab, "a", "denoise")
    before = plot.points("x").copy()
    x_0, x_1, y_0, y_1 = plot.limits
    plot._grab(*before[0].tolist())(0.5 * (x_0 + x_1), 0.5 * (y_0 + y_1), True)
    lab.until(lambda: not np.array_equal(plot.points("x"), before))
    np.testing.assert_allclose(
        plot.points("x")[0], [0.5 * (x_0 + x_1), 0.5 * (y_0 + y_1)], atol=1e-4
    )
    plot.scrubber.moved.emit(0.9)
    lab.until(lambda: plot.meta["t"] > 0.8)
