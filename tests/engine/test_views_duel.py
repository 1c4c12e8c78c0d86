"""The duel of two players: surface, pushes, losses and the sentence about them."""

import math

import numpy as np
import pytest
import torch
from views_world import MEAN, STD, moment, normal_data

from engine import Experiment
from engine.models.conditional_gan import ConditionalGAN, ConditionalGANConfig
from engine.models.gan import GAN, GANConfig
from engine.views.contour import contour
from engine.views.duel import DuelConfig, DuelView, slopes
from engine.views.standing import caption

W = torch.tensor([1.5, -0.5], dtype=torch.float64)
LIMITS = (-2.0, 4.0, -3.0, 3.0)


def linear_gan(**settings) -> GAN:
    """D(x) = sigmoid(w x) in standardised units, and a generator of one spot (1, 2)."""
    gan = GAN(GANConfig(depth=0, **settings)).double()
    with torch.no_grad():
        gan.discriminator[-1].weight.copy_(W[None])
        gan.discriminator[-1].bias.zero_()
        gan.generator[-1].weight.zero_()
        gan.generator[-1].bias.copy_(torch.tensor([1.0, 2.0]))
    return gan


def picture(model, **settings):
    return DuelView(DuelConfig(**settings)).compute(moment(model))


def test_pushes_are_minus_the_gradient_of_the_generators_loss_in_data_units():
    """-ln sigmoid(w x) falls along sigmoid(-w x) w; per data unit it is that / STD."""
    found = picture(linear_gan(), fakes=20)
    value = float(W @ torch.tensor([1.0, 2.0], dtype=torch.float64))
    expected = W / (1 + math.exp(value)) / STD
    assert found.arrays["push"].shape == (20, 2)
    np.testing.assert_allclose(found.arrays["push"], expected.expand(20, 2), rtol=1e-5)
    spot = MEAN + STD * torch.tensor([1.0, 2.0])
    np.testing.assert_allclose(found.arrays["fakes"], spot.expand(20, 2), rtol=1e-5)


@pytest.mark.parametrize(
    ("loss", "pays"),
    [
        ("non_saturating", lambda v: math.log1p(math.exp(-v))),
        ("minimax", lambda v: -math.log1p(math.exp(v))),
        ("least_squares", lambda v: (v - 1) ** 2),
        ("wasserstein", lambda v: -v),
        ("hinge", lambda v: -v),
    ],
)
def test_losses_are_those_of_the_game_without_penalties(loss, pays):
    gan = linear_gan(loss=loss)
    found = picture(gan)
    value = float(W @ torch.tensor([1.0, 2.0], dtype=torch.float64))
    losses = found.meta["losses"]
    assert list(losses) == found.meta["players"] == ["discriminator", "generator"]
    assert losses["generator"] == pytest.approx(pays(value))
    x = (normal_data().train.x - MEAN) / STD
    on_data = gan.config.rules.real(x @ W).mean()
    on_fake = gan.config.rules.fake(torch.tensor(value, dtype=torch.float64))
    expected = float(on_data + on_fake)
    assert losses["discriminator"] == pytest.approx(expected, rel=0.1, abs=0.1)


def test_right_answers_are_counted():
    found = picture(linear_gan())
    # w (1, 2) = 0.5 > 0: every fake passes; half of N(0, 1) lies on the right side.
    assert found.meta["caught"] == 0.0
    assert found.meta["seen"] == pytest.approx(0.5, abs=0.05)
    assert found.meta["accuracy"] == pytest.approx(found.meta["seen"] / 2)


def test_the_line_lies_where_the_critic_is_undecided():
    found = picture(linear_gan())
    ends = torch.from_numpy(found.arrays["contour"]).double().reshape(-1, 2)
    assert len(ends) > 50
    value = ((ends - MEAN) / STD) @ W
    assert value.abs().max() < 0.05


def test_a_class_is_judged_as_what_it_was_made_for():
    """Each fake is pushed by the critic of its own class."""
    torch.manual_seed(0)
    gan = ConditionalGAN(ConditionalGANConfig(width=16), classes=3).double()
    generator = torch.Generator().manual_seed(4)
    fakes, labels = gan.forged(30, torch.Generator().manual_seed(4))
    x = torch.zeros(30, 2, dtype=torch.float64)
    stand = gan.duel(x, torch.zeros(30, dtype=torch.int64), generator)
    torch.testing.assert_close(stand.fakes, fakes.detach())
    assert len(labels.unique()) == 3
    moved = fakes.detach().requires_grad_(True)
    price = gan.config.rules.generator(gan.values(moved, labels)).sum()
    (gradient,) = torch.autograd.grad(price, moved)
    torch.testing.assert_close(stand.push, -gradient)


def test_it_shows_the_weights_that_learn_not_their_average():
    """After one move of the critic alone, its surface has moved and the fakes stand."""
    run = Experiment("gan", "two_moons", training={"ema": 0.999, "batch_size": 32})
    run.train(30)
    before = run.picture("duel")
    run.train_player("discriminator")
    after = run.picture("duel")
    moved = np.abs(after.arrays["critic"] - before.arrays["critic"]).max()
    averaged = run.moment().fitted.critic(torch.zeros(1, 2))
    raw = run.moment().raw.critic(torch.zeros(1, 2))
    assert moved > 1e-4
    assert not torch.equal(averaged, raw)
    np.testing.assert_array_equal(before.arrays["fakes"], after.arrays["fakes"])
    run.train_player("generator")
    last = run.picture("duel")
    np.testing.assert_array_equal(last.arrays["critic"], after.arrays["critic"])
    assert np.abs(last.arrays["fakes"] - after.arrays["fakes"]).max() > 1e-5


def test_a_kept_moment_shows_the_players_of_then():
    run = Experiment("gan", "two_moons", training={"ema": 0.99, "batch_size": 32})
    run.train(4)
    run.keep()
    then = run.picture("duel")
    run.train(20)
    again = run.picture("duel", at=4)
    np.testing.assert_allclose(again.arrays["critic"], then.arrays["critic"], atol=1e-6)


@pytest.mark.parametrize(
    ("right", "push", "words"),
    [
        (0.99, 0.001, "flat"),
        (0.99, 0.4, "way out"),
        (0.55, 0.2, "guess"),
        (0.8, 0.2, "fair"),
    ],
)
def test_the_sentence_follows_from_the_numbers(right, push, words):
    found = caption({"discriminator": 1.0, "generator": 0.5}, right, push)
    assert words in found
    assert f"{100 * right:.0f} %" in found
    assert found.startswith("The discriminator tells ")
    assert found.endswith(".")
    many = caption({"discriminators": 1.0, "generators": 0.5}, right, push)
    assert many.startswith("The discriminators tell ")


# ---- contour lines


def grid(side):
    step = 6 / side
    x = LIMITS[0] + step * (np.arange(side) + 0.5)
    y = LIMITS[2] + step * (np.arange(side) + 0.5)
    return np.meshgrid(x, y)


def test_the_line_of_a_plane_is_straight():
    x, y = grid(17)
    pieces = contour(2 * x - y, 0.7, LIMITS)
    assert len(pieces) > 10
    np.testing.assert_allclose(2 * pieces[..., 0] - pieces[..., 1], 0.7, atol=1e-5)


def test_the_line_of_a_cone_is_a_closed_circle():
    x, y = grid(64)
    pieces = contour(np.hypot(x - 1, y), 1.5, LIMITS).astype(float)
    length = np.linalg.norm(pieces[:, 1] - pieces[:, 0], axis=1).sum()
    assert length == pytest.approx(2 * np.pi * 1.5, rel=1e-3)
    ends = np.round(pieces.reshape(-1, 2), 4)
    _, counts = np.unique(ends, axis=0, return_counts=True)
    assert (counts == 2).all()  # each end is the beginning of another piece


def test_a_saddle_has_two_branches_that_do_not_cross():
    x, y = grid(31)
    pieces = contour((x - 1.02) * (y - 0.03), 0.05, LIMITS)
    side = np.sign((pieces[..., 0] - 1.02) * (pieces[..., 1] - 0.03))
    assert (side > 0).all()
    quadrant = np.sign(pieces[..., 0] - 1.02)
    assert (quadrant[:, 0] == quadrant[:, 1]).all()


@pytest.mark.parametrize(
    ("far", "alone"), [(2.0, [(1, 0), (0, 1)]), (0.5, [(0, 0), (1, 1)])]
)
def test_in_a_saddle_cell_the_middle_decides_which_corners_are_cut_off(far, alone):
    """Corners + - over - +: a high middle joins the high ones, a low one the low."""
    pieces = contour(np.array([[1.0, -1.0], [-1.0, far]]), 0.0, (-0.5, 1.5, -0.5, 1.5))
    assert pieces.shape == (2, 2, 2)
    cut_off = {tuple(corner) for corner in pieces.mean(axis=1).round().tolist()}
    assert cut_off == set(alone)


def test_a_value_that_is_nowhere_has_no_line():
    assert contour(np.zeros((8, 8)), 1.0, LIMITS).shape == (0, 2, 2)


def test_the_slope_is_that_of_the_values_in_standardised_coordinates():
    """D = sigmoid(w x): the values' gradient is w everywhere, whatever the verdict."""
    found = picture(linear_gan(loss="wasserstein", gradient_penalty=2.0))
    size = float(W.norm())
    np.testing.assert_allclose(found.arrays["slope"], size, rtol=1e-5)
    assert found.meta["slopes"] == pytest.approx({"data": size, "fakes": size})
    assert found.meta["goal"] == 1.0
    assert picture(linear_gan()).meta["goal"] is None
    assert len(found.arrays["steep"]) == 0  # nowhere is it 1


@pytest.mark.parametrize("name", ["gan", "conditional_gan", "cyclegan"])
def test_slopes_are_difference_quotients_of_what_the_penalty_sees(name):
    run = Experiment(name, "two_moons", training={"ema": 0.0})
    run.train(3)
    fitted = run.moment().raw
    model = fitted.model.double()
    x = torch.randn(40, 2, generator=torch.Generator().manual_seed(2)).double()
    step = 1e-5 * torch.eye(2, dtype=torch.float64)
    with torch.no_grad():
        quotient = [
            (model.opinion(x + row) - model.opinion(x - row)) / 2e-5 for row in step
        ]
    expected = torch.stack(quotient, 1).norm(dim=1)
    torch.testing.assert_close(slopes(fitted, x), expected, rtol=1e-4, atol=1e-6)


def test_the_opinion_on_all_classes_is_the_mean_by_their_shares():
    torch.manual_seed(0)
    gan = ConditionalGAN(ConditionalGANConfig(width=16), classes=3).double()
    gan.shares.copy_(torch.tensor([0.5, 0.25, 0.25]))
    x = torch.randn(9, 2, dtype=torch.float64)
    each = [gan.values(x, torch.full((9,), y)) for y in range(3)]
    expected = 0.5 * each[0] + 0.25 * each[1] + 0.25 * each[2]
    torch.testing.assert_close(gan.opinion(x), expected)
    gan.config = gan.config.model_copy(update={"shown_class": 2})
    torch.testing.assert_close(gan.opinion(x), each[1])
