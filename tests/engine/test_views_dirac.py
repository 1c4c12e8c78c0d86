"""The Dirac-GAN: gradients by autograd of the losses, endings by known cases."""

import math

import pytest
import torch

from engine import Experiment
from engine.models.adversarial_losses import (
    LOSSES,
    Penalties,
    gradient_penalty,
    r1_penalty,
)
from engine.models.dirac_game import DERIVATIVES, DiracGame
from engine.views.dirac import ending

PENALTIES = (Penalties(), Penalties(r1=0.7), Penalties(gradient=0.4, r1=0.2))


def game(loss="wasserstein", turns=1, **weights) -> DiracGame:
    return DiracGame(loss, Penalties(**weights), turns)


def walked(of: DiracGame, rate, steps, at_once, start=(1.0, 0.0)) -> torch.Tensor:
    places = list(of.path(start, rate, steps, at_once=at_once))
    return torch.tensor(places, dtype=torch.float64)


def points() -> torch.Tensor:
    generator = torch.Generator().manual_seed(6)
    return 2 * torch.randn(40, 2, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("loss", LOSSES)
def test_derivatives_are_those_of_the_models_losses(loss):
    s = torch.linspace(-3.1, 3, 41, dtype=torch.float64, requires_grad=True)
    rules = LOSSES[loss]
    for part, known in zip(
        (rules.fake, rules.generator), DERIVATIVES[loss], strict=True
    ):
        (slope,) = torch.autograd.grad(part(s).sum(), s)
        expected = torch.tensor([known(v) for v in s.tolist()], dtype=torch.float64)
        torch.testing.assert_close(slope, expected)


@pytest.mark.parametrize("penalties", PENALTIES)
@pytest.mark.parametrize("loss", LOSSES)
def test_flow_and_steps_follow_the_losses_with_their_penalties(loss, penalties):
    """Against the penalties of the models, asked of the line u + psi x."""
    of = DiracGame(loss, penalties)
    field = of.field(points())
    pull_theta, pull_psi = of.pulls()
    for (theta, psi), found in zip(points().tolist(), field, strict=True):
        t = torch.tensor([[theta]], dtype=torch.float64, requires_grad=True)
        p = torch.tensor(psi, dtype=torch.float64, requires_grad=True)

        def values(x, p=p):
            return of.undecided + p * x[:, 0]

        zero, chord = torch.zeros_like(t), torch.full((1,), 0.3, dtype=torch.float64)
        against = LOSSES[loss].real(values(zero)).sum()
        against = against + LOSSES[loss].fake(values(t.detach())).sum()
        against = against + penalties.r1 * r1_penalty(values, zero)
        against = against + penalties.gradient * gradient_penalty(
            values, zero, t.detach(), chord
        )
        (up,) = torch.autograd.grad(against, p)
        (along,) = torch.autograd.grad(LOSSES[loss].generator(values(t)).sum(), t)
        expected = [-float(along), -float(up)]
        assert found.tolist() == pytest.approx(expected, abs=1e-9)
        assert [pull_theta(theta, psi), pull_psi(theta, psi)] == pytest.approx(
            expected, abs=1e-9
        )


@pytest.mark.parametrize("r1", [0.0, 0.3, 5.0])
@pytest.mark.parametrize("loss", LOSSES)
def test_eigenvalues_are_those_of_the_flow_at_rest(loss, r1):
    of = game(loss, r1=r1)
    step = 1e-5 * torch.eye(2, dtype=torch.float64)
    jacobian = (of.field(step) - of.field(-step)).T / 2e-5
    expected = torch.linalg.eigvals(jacobian)
    order = sorted(of.eigenvalues(), key=lambda v: (v.real, v.imag))
    known = sorted(expected.tolist(), key=lambda v: (round(v.real, 6), v.imag))
    assert order == pytest.approx(known, abs=1e-5)
    assert torch.equal(of.field(torch.zeros(1, 2).double()).abs(), torch.zeros(1, 2))


def test_a_gradient_penalty_has_no_eigenvalues_at_its_kink():
    assert game(gradient=0.1).eigenvalues() is None


def test_steps_at_once_in_the_bilinear_game_grow_by_a_known_factor():
    """SYSTEMS B2: the radius grows by sqrt(1 + rate^2) with each step, exactly."""
    radius = walked(game(), 0.1, 200, at_once=True).norm(dim=1)
    torch.testing.assert_close(
        radius[1:] / radius[:-1], torch.full((200,), math.sqrt(1.01)).double()
    )


def test_steps_in_turn_stay_on_an_ellipse():
    """They keep theta^2 + psi^2 - rate theta psi, whatever the number of steps."""
    theta, psi = walked(game(), 0.1, 5000, at_once=False).T
    kept = theta.square() + psi.square() - 0.1 * theta * psi
    torch.testing.assert_close(kept, kept[:1].expand_as(kept))


def test_turns_are_steps_of_the_discriminator_before_one_of_the_generator():
    (_, psi_0), (theta, psi) = game(turns=3).path((1.0, 0.0), 0.1, 1, at_once=False)
    assert (psi_0, psi) == pytest.approx((0.0, -0.3))
    assert theta == pytest.approx(1 - 0.03)


@pytest.mark.parametrize(
    ("of", "at_once", "rate", "word"),
    [
        (game(), True, 0.01, "spirals out"),
        (game(), False, 0.01, "circles"),
        (game("minimax"), False, 0.01, "circles"),
        (game("minimax"), True, 0.01, "spirals out"),
        (game("minimax", r1=0.3), True, 0.01, "converges"),
        (game("non_saturating", r1=0.3), False, 0.01, "converges"),
        (game("non_saturating"), True, 0.01, "converges"),  # slowly: sublinear
        (game("hinge", r1=5.0), True, 0.01, "converges"),  # without a turn
    ],
)
def test_known_endings(of, at_once, rate, word):
    path = walked(of, rate, 6000, at_once)
    assert ending(path, rate**2).word == word


def test_a_turn_of_the_bilinear_flow_has_a_known_factor():
    """(1 + rate^2)^(steps / 2) over 2 pi / atan(rate) steps."""
    found = ending(walked(game(), 0.01, 6000, at_once=True), 1e-4)
    per_step = math.log(1 + 0.01**2) / 2
    expected = math.exp(per_step * 2 * math.pi / math.atan(0.01))
    assert found.per_turn == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("start", [(2.0, 0.0), (0.3, 0.0)])
def test_under_a_gradient_penalty_a_path_nears_a_cycle(start):
    """Mescheder et al.: rest repels; from inside and outside the cycle is the same."""
    of = game(gradient=0.1)
    path = walked(of, 0.005, 6000, False, start)
    assert ending(path, 1e-4, cyclic=True).word == "nears a cycle"
    late = walked(of, 0.005, 40_000, False, start)
    assert ending(late, 1e-4, cyclic=True).word == "circles"
    assert float(late[-2000:].norm(dim=1).max()) == pytest.approx(4 / math.pi, rel=0.15)


def test_a_short_path_is_on_its_way():
    assert ending(walked(game(), 0.01, 50, at_once=True), 1e-4).word == "is on its way"


def test_a_path_that_runs_away_ends():
    path = walked(game(), 1.0, 1000, at_once=True)
    assert len(path) < 30
    assert path.isfinite().all()


def test_the_view_takes_rules_and_rate_of_the_run():
    settings = {"loss": "hinge", "r1_weight": 0.5, "d_steps": 2, "spectral_norm": True}
    run = Experiment(
        "gan",
        "two_moons",
        model_settings=settings,
        training={"learning_rate": 0.02},
    )
    found = run.picture("dirac", {"factor": 5, "theta": 0.5, "psi": -1.0, "length": 20})
    meta = found.meta
    assert (meta["loss"], meta["r1"], meta["turns"]) == ("Hinge", 0.5, 2)
    assert (meta["rate"], meta["steps"]) == (pytest.approx(0.1), 200)
    assert meta["words"] == "without spectral norm"
    assert meta["ends"] == {"together": "converges", "in_turn": "converges"}
    for name, at_once in (("together", True), ("in_turn", False)):
        of = game("hinge", turns=2, r1=0.5)
        expected = walked(of, 0.1, 200, at_once, (0.5, -1.0)).float()
        torch.testing.assert_close(torch.from_numpy(found.arrays[name]), expected)
    again = run.picture("dirac", {"factor": 1, "theta": 1.0})
    assert (again.arrays["lines"] == found.arrays["lines"]).all()
    other = Experiment("gan", "two_moons").picture("dirac")

    def tops(picture):
        return picture.arrays["lines"][:5, 0]

    assert (tops(other) != tops(found)).any()  # lines of another game
