"""The density on its way against closed forms and the models' own log-densities."""

import numpy as np
import pytest
import torch
from views_world import LIMITS, NormalFlow, moment

from engine import Experiment
from engine.sampling.likelihood import normal_log_prob
from engine.views import carried
from engine.views.carried import CarriedConfig, CarriedView
from engine.views.grid import cell_centres


def picture(run, **settings):
    return CarriedView(CarriedConfig(**settings)).compute(run)


class Known(NormalFlow):
    """N(0, 1) to N(m, s^2) in standardised units: p_t is normal at every t."""

    def path_ends(self):
        return "noise", "data"

    def start_log_prob(self, x):
        return normal_log_prob(x)

    def exact(self, data, x, t):
        """Ln p_t in data units: N(t m, (1 - t)^2 + t^2 s^2), and the scaling."""
        z = data.scaling.standardise(x.double())
        std = self._variance(t) ** 0.5
        inner = normal_log_prob((z - t * self.m) / std) - 2 * np.log(std)
        return inner + data.scaling.log_det


def test_every_map_is_the_normal_density_of_its_time():
    model = Known(m=0.5, s=0.5)
    run = moment(model)
    found = picture(run, frames=5, resolution=24)
    assert found.meta["kind"] == "exact"
    grid = cell_centres(LIMITS, 24)
    for t, log_p in zip(found.arrays["times"], found.arrays["maps"], strict=True):
        exact = model.exact(run.data, grid, float(t)).reshape(24, 24).numpy()
        seen = exact > exact.max() - 12
        np.testing.assert_allclose(log_p[seen], exact[seen], atol=0.03)


def test_a_quick_look_counts_areas_and_is_called_an_estimate():
    model = Known(m=0.5, s=0.8)
    run = moment(model, quality=0.5)
    found = picture(run, frames=9, resolution=96)
    cells = found.arrays["maps"].shape[1]
    assert found.meta["kind"] == "estimate"
    assert cells < 96
    assert len(found.arrays["times"]) < 9
    exact = model.exact(run.data, cell_centres(LIMITS, cells), 1.0).numpy()
    last = found.arrays["maps"][-1].ravel()
    seen = exact > exact.max() - 4
    assert np.abs(last - exact)[seen].mean() < 0.5
    # What a cell holds is its mean density times its area, and adds up to one.
    assert found.meta["mass"][-1] == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(
    ("model", "settings"),
    [
        ("cnf", {"solver": "rk4", "steps": 20}),
        ("rectified_flow", {}),
        ("flow_matching", {"source": "rings"}),
        ("ddpm", {}),
        ("score_sde", {}),
    ],
)
def test_at_the_data_end_it_is_the_model_s_own_density(model, settings):
    made = Experiment(model, "eight_gaussians", model_settings={"width": 16} | settings)
    made.trainer.averaged().eval()
    run = made.moment(1.0)
    x = run.data.train.x[:40]
    way = carried._way(run, 20)
    found = carried.log_prob_at(run, way, x, 1.0)
    own = run.fitted.log_prob(x, seed=0).double()
    torch.testing.assert_close(found, own, atol=0.02, rtol=0.01)


def test_at_the_noise_end_it_is_the_start():
    made = Experiment("edm", "eight_gaussians", model_settings={"width": 16})
    made.trainer.averaged().eval()
    run = made.moment(1.0)
    found = picture(run, frames=2, resolution=24)
    std = run.fitted.model.config.sigma_max * run.data.scaling.std
    start = torch.distributions.Normal(run.data.scaling.mean, std)
    grid = cell_centres(run.data.limits, 24)
    exact = start.log_prob(grid).sum(1).reshape(24, 24)
    np.testing.assert_allclose(found.arrays["maps"][0], exact, atol=1e-4)
    assert found.meta["mass"][0] < 0.01


def test_commands_are_heard_between_the_evaluations():
    run = moment(Known())
    picture(run, frames=3, resolution=24)
    # Four evaluations a step on the way back from the end, and each time once.
    assert len(run.ticks) >= 4 * carried.STEPS + 3
