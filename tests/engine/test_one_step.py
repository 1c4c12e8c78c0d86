"""One step taken apart is the step that the sampler makes."""

import math

import pytest
import torch
from views_world import NormalFlow

from engine import registry
from engine.models.ddpm import DDPM, DDPMConfig
from engine.sampling.base import trace
from engine.sampling.one_step import moments, one_step

ODE = ["euler", "heun", "rk4", "ddim", "edm_heun"]
NOISY = {
    "ddim": {"eta": 0.7},
    "ancestral": {"variance": "beta"},
    "euler_maruyama": {},
    "predictor_corrector": {"corrections": 2},
    "annealed_langevin": {"inner_steps": 3},
    # Too little churn to meet its bound: what each step takes is its share.
    "edm_heun": {"churn": True, "churn_amount": 0.6, "churn_low": 0.0},
}
X = torch.tensor([[0.4, -0.9], [1.3, 0.2], [-0.6, 2.0]], dtype=torch.float64)


def process():
    return NormalFlow(m=0.5, s=0.3)


def made(name, **settings):
    kind = registry.sampler(name)
    return kind(kind.Config(**{"steps": 6, **settings}))


@pytest.mark.parametrize("name", ODE)
@pytest.mark.parametrize("grid", ["uniform", "karras"])
def test_it_is_the_step_of_the_whole_way(name, grid):
    sampler = made(name, grid=grid)
    generator = torch.Generator().manual_seed(0)
    whole = trace(sampler, process(), X, generator)
    for k in range(6):
        t = float(whole.times[k])
        step = one_step(sampler, process(), whole.x[k], t, generator)
        assert (step.t, step.until) == (t, float(whole.times[k + 1]))
        assert (step.number, step.steps) == (k + 1, 6)
        torch.testing.assert_close(step.after, whole.x[k + 1], rtol=0, atol=0)
        torch.testing.assert_close(step.still, step.after, rtol=0, atol=0)


@pytest.mark.parametrize("name", NOISY)
def test_with_the_same_noise_it_is_the_same_step(name):
    sampler = made(name, **NOISY[name])
    generator = torch.Generator().manual_seed(0)
    states, frames, times = [], [], []

    def keep(t, x):
        states.append(generator.get_state())
        frames.append(x)
        times.append(t)

    sampler.run(process(), X, generator, keep)
    moved = 0
    for k in range(len(times) - 1):
        again = torch.Generator()
        again.set_state(states[k])
        step = one_step(sampler, process(), frames[k], times[k], again)
        torch.testing.assert_close(step.after, frames[k + 1], rtol=0, atol=0)
        moved += not torch.equal(step.after, step.still)
    assert moved >= len(times) - 2 - (name == "edm_heun")


def test_the_multistep_solver_makes_its_first_step():
    sampler = made("dpm_solver_pp_2m")
    whole = trace(sampler, process(), X, torch.Generator())
    step = one_step(sampler, process(), X, 0.0, torch.Generator())
    torch.testing.assert_close(step.after, whole.x[1], rtol=0, atol=0)
    later = one_step(sampler, process(), whole.x[3], 0.5, torch.Generator())
    first_order = made("ddim")
    other = one_step(first_order, process(), whole.x[3], 0.5, torch.Generator())
    torch.testing.assert_close(later.after, other.after)


def test_the_adaptive_solver_begins_where_it_is_asked():
    kind = registry.sampler("dopri5")
    sampler = kind(kind.Config())
    assert moments(sampler, process()) == [0.0, 1.0]
    step = one_step(sampler, process(), X, 0.37, torch.Generator())
    assert step.t == pytest.approx(0.37)
    assert 0.37 < step.until < 1
    assert step.steps == 0
    flow = process()
    # Along the exact solution the standardised place is kept.
    before = (X - 0.37 * flow.m) / math.sqrt(flow._variance(0.37))
    after = (step.after - step.until * flow.m) / math.sqrt(flow._variance(step.until))
    torch.testing.assert_close(before, after, atol=1e-4, rtol=0)


def test_a_time_between_two_moments_is_the_step_that_holds_it():
    sampler = made("euler", steps=10)
    step = one_step(sampler, process(), X, 0.57, torch.Generator())
    assert step.t == pytest.approx(0.5)
    assert step.number == 6
    last = one_step(sampler, process(), X, 1.0, torch.Generator())
    assert (last.number, last.until) == (10, 1.0)


def test_the_still_end_of_an_ancestral_step_is_the_mean_of_the_paper():
    """Ho et al. 2020, algorithm 2, in their letters and their count of noise."""
    model = DDPM(DDPMConfig(T=50)).double()
    sampler = registry.sampler("ancestral")
    made_of = sampler(sampler.Config(steps=50, variance="posterior"))
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(20_000, 2, generator=generator, dtype=torch.float64)
    with torch.no_grad():
        step = one_step(made_of, model, x, 0.4, generator)
    n = 50 - 20
    times = torch.tensor([1 - n / 50, 1 - (n - 1) / 50], dtype=torch.float64)
    bar, bar_before = model.path.alpha(times).square()
    alpha = bar / bar_before
    beta = 1 - alpha
    mean = (x - beta / (1 - bar).sqrt() * step.guess.eps) / alpha.sqrt()
    torch.testing.assert_close(step.still, mean)
    spread = ((1 - bar_before) / (1 - bar) * beta).sqrt()
    noise = step.after - step.still
    assert noise.std() == pytest.approx(float(spread), rel=0.02)


def test_what_the_network_says_is_said_at_the_beginning_of_the_step():
    class Watched(NormalFlow):
        asked: list

        def denoised(self, x, t):
            self.asked.append(float(t))
            return super().denoised(x, t)

    model = Watched(m=0.5, s=0.3)
    model.asked = []
    step = one_step(made("ddim", steps=4), model, X, 0.5, torch.Generator())
    assert set(model.asked) == {0.5}
    expected = NormalFlow(m=0.5, s=0.3).denoised(X, torch.tensor(0.5))
    torch.testing.assert_close(step.guess.x_data, expected.x_data)
    assert step.evaluations == 1
