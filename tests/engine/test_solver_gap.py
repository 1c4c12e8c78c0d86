"""A guided log-density is called exact only where its solver's steps allow it."""

import pytest
import torch

from engine import Experiment
from engine.link.probe import _log_prob
from engine.metrics.solver_gap import POINTS, known_kind, likely, solver_gap
from engine.views.density import learned_at
from engine.views.grid import cell_centres


def guided(weight: float, **settings) -> Experiment:
    """The exact field of one mode under guidance: its density is only an ODE's."""
    chosen = {"label": 1, "guidance": weight} | settings
    return Experiment("oracle", "eight_gaussians", seed=0, model_settings=chosen)


def heldout(run: Experiment) -> torch.Tensor:
    return run.judged().heldout.x[:POINTS]


def known(run: Experiment) -> tuple[str, str]:
    fitted, x = run.fitted(), heldout(run)
    return known_kind(fitted, x, fitted.log_prob(x, 0), 0)


@pytest.mark.parametrize("weight", [3.0, 4.0, 8.0])
def test_the_gap_is_about_the_error_of_the_steps_that_were_taken(weight):
    run, fine = guided(weight), guided(weight, density_steps=500)
    x = heldout(run)
    true = fine.fitted().log_prob(x, 0).double()
    error = (run.fitted().log_prob(x, 0).double() - true).abs().mean()
    assert solver_gap(run.fitted(), x, 0) == pytest.approx(float(error), rel=0.3)


def test_a_formula_and_a_solver_that_chooses_its_steps_have_no_gap():
    for run in (guided(1.0), guided(4.0, density_solver="dopri5")):
        assert solver_gap(run.fitted(), heldout(run), 0) == 0


def test_a_density_that_is_no_number_is_infinitely_far_off():
    run = guided(4.0)
    nowhere = torch.full((3, 2), float("nan"), dtype=torch.float64)
    assert solver_gap(run.fitted(), nowhere, 0) == float("inf")
    assert solver_gap(run.fitted(), nowhere[:0], 0) == 0


@pytest.mark.parametrize(
    ("weight", "steps", "kind"),
    [
        (1.0, 50, "exact"),
        (2.0, 50, "exact"),
        (4.0, 50, "estimate"),
        (4.0, 100, "exact"),
    ],
)
def test_guidance_is_called_exact_only_with_enough_steps(weight, steps, kind):
    run = guided(weight, density_steps=steps)
    found, note = known(run)
    assert found == kind
    assert ("too few density steps" in note) == (kind == "estimate")
    assert run.measure(POINTS).nll.kind == kind
    assert _log_prob(run.fitted(), run.data, heldout(run), 0)[0]["kind"] == kind


def test_an_estimated_trace_stays_an_estimate_whatever_the_steps():
    run = guided(2.0, density_trace="hutchinson", density_steps=200)
    assert known(run)[0] == "estimate"


@pytest.mark.parametrize(("steps", "kind"), [(50, "exact"), (4, "estimate")])
def test_the_map_of_a_density_says_so_where_it_shows_colour(steps, kind):
    run = guided(2.0, density_steps=steps)
    grid = cell_centres(run.data.limits, 32)
    assert learned_at(run.moment(), grid).kind == kind


def test_the_likely_points_are_the_best_ones_and_numbers():
    log_p = -(torch.arange(1000.0) - 500).abs() / 10
    log_p[500:502] = float("nan")
    log_p[0] = float("inf")
    places = likely(log_p)
    assert POINTS / 2 < len(places) <= POINTS
    assert ((places - 500).abs() <= 81).all()
    assert not ((places == 500) | (places == 501) | (places == 0)).any()
    assert len(likely(log_p[1:4])) == 3
    assert len(likely(log_p[:0])) == 0
