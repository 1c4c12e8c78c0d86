"""Samplers on processes whose every answer is exact: no network, no luck."""

import math
from itertools import pairwise

import pytest
import torch
from exact_mixture import ExactMixture, ddpm_path, gaussian, ring
from torch import Generator, Tensor

from engine import registry
from engine.metrics.distances import energy_distance
from engine.sampling.base import CountedProcess, Sampler, trace
from engine.sampling.discrete import ancestral, ddim, hop
from engine.sampling.ode import (
    DivergedError,
    Tolerance,
    dopri5,
    euler,
    heun,
    rk4,
)
from engine.sampling.path import AnglePath, LinearPath
from engine.sampling.schedules import linear_betas, make_signal_power
from engine.sampling.straightness import straightness, transport_cost

SOLVERS = {"euler": (euler, 1), "heun": (heun, 2), "rk4": (rk4, 4)}


def make(name: str, **settings: object) -> Sampler:
    kind = registry.sampler(name)
    return kind(kind.Config(**settings))


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def error_of(solver, steps: int) -> float:
    """Of dx/dt = x cos t from 0 to 2 and back to 1, whose solution is exp(sin t)."""
    times = [2 * k / steps for k in range(steps + 1)]
    times += [2 - k / steps for k in range(1, steps + 1)]
    x = solver(lambda x, t: x * t.cos(), torch.ones(1, dtype=torch.float64), times)
    return abs(float(x) - math.exp(math.sin(1)))


@pytest.mark.parametrize("name", SOLVERS)
def test_halving_the_step_shows_the_order(name: str) -> None:
    solver, order = SOLVERS[name]
    ratio = error_of(solver, 40) / error_of(solver, 80)
    assert ratio == pytest.approx(2**order, rel=0.15)
    assert registry.sampler(name).order == order


@pytest.mark.parametrize(("name", "ratio"), [("euler", 2), ("heun", 4), ("rk4", 16)])
def test_order_on_the_ring(name: str, ratio: float) -> None:
    """On lines that pass between modes the fields bend hard, and the order holds."""
    process = ring()
    x_0 = process.start(50, seeded())
    exact = rk4(process.velocity, x_0, LinearPath().times(800))

    def error(steps: int) -> float:
        x = SOLVERS[name][0](process.velocity, x_0, LinearPath().times(steps))
        return float((x - exact).abs().mean())

    assert error(100) / error(200) == pytest.approx(ratio, rel=0.25)


@pytest.mark.parametrize("name", [*SOLVERS, "dopri5"])
def test_a_constant_field_is_solved_exactly(name: str) -> None:
    x_0 = torch.randn(5, 2, dtype=torch.float64)
    solver = dopri5 if name == "dopri5" else SOLVERS[name][0]
    x = solver(lambda x, t: torch.full_like(x, 2.0), x_0, [0.0, 0.1, 0.4, 1.0])
    torch.testing.assert_close(x, x_0 + 2)


@pytest.mark.parametrize("tolerance", [1e-4, 1e-7, 1e-10])
def test_adaptive_steps_keep_the_tolerance(tolerance: float) -> None:
    allowed = Tolerance(tolerance, tolerance)
    start = torch.ones(1, dtype=torch.float64)
    times: list[float] = []
    x = dopri5(
        lambda x, t: x * t.cos(), start, [0.0, 2.0, 1.0],
        lambda t, x: times.append(t), allowed,
    )  # fmt: skip
    assert abs(float(x) - math.exp(math.sin(1))) < 20 * tolerance
    assert 2.0 in times
    assert times[-1] == 1.0


def test_adaptive_solver_has_order_five() -> None:
    """Ten times the steps of a fixed grid of targets: the error falls by 2^5."""

    def error(pieces: int) -> float:
        times = [2 * k / pieces for k in range(pieces + 1)]
        loose = Tolerance(1e3, 1e3)
        start = torch.ones(1, dtype=torch.float64)
        x = dopri5(lambda x, t: x * t.cos(), start, times, tolerance=loose)
        return abs(float(x) - math.exp(math.sin(2)))

    assert error(16) / error(32) == pytest.approx(32, rel=0.35)


def test_adaptive_solver_says_where_it_got_stuck() -> None:
    with pytest.raises(DivergedError, match=r"got stuck at t = 0\.[45]"):
        dopri5(lambda x, t: 1 / (0.5 - t) ** 2 + 0 * x, torch.zeros(1), [0.0, 1.0])


def test_adaptive_solver_agrees_with_torchdiffeq() -> None:
    torchdiffeq = pytest.importorskip("torchdiffeq")
    process = ring(std=0.3)
    x_0 = process.start(50, seeded())
    ours = dopri5(process.velocity, x_0, [0.0, 1.0], tolerance=Tolerance(1e-9, 1e-9))
    theirs = torchdiffeq.odeint(
        lambda t, x: process.velocity(x, t), x_0,
        torch.tensor([0.0, 1.0], dtype=torch.float64), rtol=1e-9, atol=1e-9,
    )  # fmt: skip
    torch.testing.assert_close(ours, theirs[-1], rtol=1e-5, atol=1e-6)


SETTINGS: dict[str, dict[str, object]] = {
    "euler": {"steps": 100, "grid": "quadratic"},
    "heun": {"steps": 50},
    "rk4": {"steps": 40},
    "dopri5": {},
    "ddim": {"steps": 50},
    "ancestral": {"steps": 100},
    "euler_maruyama": {"steps": 200},
    "predictor_corrector": {"steps": 100},
    "annealed_langevin": {"steps": 30, "step_size": 0.2},
    "dpm_solver_pp_2m": {"steps": 40},
    "edm_heun": {"steps": 40, "grid": "karras"},
}
#: The work of Langevin sampling is of another kind.
MOST_EVALUATIONS = {"annealed_langevin": 600}


@pytest.mark.parametrize("name", registry.SAMPLERS)
@pytest.mark.parametrize("path", ["linear", "ddpm"])
def test_every_sampler_recovers_the_ring_on_either_path(name: str, path: str) -> None:
    process = ring(ddpm_path() if path == "ddpm" else LinearPath())
    x_0 = process.start(4000, seeded(1))
    counted = CountedProcess(process)
    x = make(name, **SETTINGS[name]).run(counted, x_0, seeded(2))
    assert energy_distance(x, process.sample(4000, seeded(3))) < 0.01
    assert counted.evaluations <= MOST_EVALUATIONS.get(name, 200)


@pytest.mark.parametrize("name", registry.SAMPLERS)
def test_frames_run_from_the_noise_to_the_result(name: str) -> None:
    process = ring(ddpm_path())
    x_0 = process.start(20, seeded())
    seen = trace(make(name), process, x_0, seeded(1))
    assert float(seen.times[0]) == 0
    assert float(seen.times[-1]) == 1
    assert (seen.times.diff() > 0).all()
    torch.testing.assert_close(seen.x[0], x_0)
    torch.testing.assert_close(seen.x[-1], make(name).run(process, x_0, seeded(1)))
    assert seen.evaluations > 0


@pytest.mark.parametrize("name", registry.SAMPLERS)
def test_only_stochastic_samplers_use_the_generator(name: str) -> None:
    settings = {"ddim": {"eta": 0.5}, "edm_heun": {"churn": True}}.get(name, {})
    process, generator = ring(ddpm_path()), seeded(4)
    before = generator.get_state()
    sampler = make(name, **settings)
    sampler.run(process, process.start(5, seeded()), generator)
    used = not torch.equal(before, generator.get_state())
    assert used == registry.sampler(name).stochastic == sampler.uses_noise


def test_one_shot_noising_equals_the_chain() -> None:
    """The forward steps composed one by one, from data to the last level."""
    path, betas = ddpm_path(), linear_betas(100)
    factor, variance = torch.ones(2, dtype=torch.float64)
    for n in range(1, 101):
        move = hop(path, 1 - n / 100, 1 - (n - 1) / 100, factor)
        torch.testing.assert_close(move.beta, betas[n - 1], rtol=1e-9, atol=0)
        factor = factor * (1 - betas[n - 1]).sqrt()
        variance = variance * (1 - betas[n - 1]) + betas[n - 1] if n > 1 else betas[0]
        t = torch.tensor(1 - n / 100, dtype=torch.float64)
        torch.testing.assert_close(path.alpha(t), factor, rtol=1e-9, atol=0)
        torch.testing.assert_close(path.sigma(t).square(), variance)


@pytest.mark.parametrize("path", [ddpm_path(), LinearPath()])
@pytest.mark.parametrize(("std", "variance"), [(1.0, "beta"), (0.0, "posterior")])
def test_ancestral_variances_are_exact_where_they_should(
    path: object, std: float, variance: str
) -> None:
    """Beta for data N(0, 1), posterior for a point: the output variance is theirs.

    The update is linear here, so its slope and its noise are followed exactly.
    """
    process = gaussian(0.0, std, path)  # type: ignore[arg-type]
    times = process.path.grid_times(100)
    spread = 1.0
    for t, s in pairwise(times):
        one = torch.ones(1, 1, dtype=torch.float64)
        slope = ancestral(process.denoised, process.path, one, [t, s], seeded())
        move = hop(process.path, t, s, one)
        fresh = move.posterior if variance == "posterior" else move.prior_posterior
        last = s == times[-1]
        spread = float(slope) ** 2 * spread + (0 if last else float(fresh))
    # The last step adds no noise: it leaves the mean of what is known at n = 1.
    missing = 0.0 if std == 0 else float(fresh)
    assert spread == pytest.approx(std**2 - missing, abs=1e-9)


@pytest.mark.parametrize(
    ("variance", "low", "high"), [("posterior", 0.12, 0.145), ("beta", 0.152, 0.175)]
)
def test_true_spread_lies_between_the_two_variances(
    variance: str, low: float, high: float
) -> None:
    process = ring(ddpm_path())
    sampler = make("ancestral", steps=100, variance=variance)
    x = sampler.run(process, process.start(4000, seeded(1)), seeded(2))
    assert energy_distance(x, process.sample(4000, seeded(3))) < 0.01
    assert low < process.spread_in_modes(x) < high


def test_ddim_without_fresh_noise_ignores_the_generator() -> None:
    process = ring(ddpm_path())
    x_0, sampler = process.start(50, seeded()), make("ddim", steps=20)
    first = sampler.run(process, x_0, seeded(1))
    assert torch.equal(first, sampler.run(process, x_0, seeded(2)))


def test_ddim_with_all_fresh_noise_is_ancestral_sampling() -> None:
    """Same seed, adjacent levels: the same step of the posterior variance."""
    process = ring(ddpm_path())
    x_0 = process.start(50, seeded())
    for t in (0.0, 0.3, 0.77, 0.98):
        args = (process.denoised, process.path, x_0, [t, t + 0.01, 1.0])
        one: list[Tensor] = []
        two: list[Tensor] = []
        ddim(*args, seeded(7), 1.0, lambda _, x, keep=one: keep.append(x))
        ancestral(
            *args, seeded(7), "posterior", lambda _, x, keep=two: keep.append(x)
        )  # fmt: skip
        torch.testing.assert_close(one[1], two[1], rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("path", [ddpm_path(), LinearPath()])
def test_ddim_hits_a_single_point_in_one_step(path: object) -> None:
    process = gaussian(1.7, 0.0, path)  # type: ignore[arg-type]
    x = make("ddim", steps=1).run(process, process.start(30, seeded()), seeded())
    torch.testing.assert_close(x, torch.full_like(x, 1.7))


def test_ddim_of_fifty_steps_narrows_the_modes_a_little() -> None:
    process = ring(ddpm_path(50))
    x_0 = process.start(4000, seeded(1))
    x = make("ddim", steps=50).run(process, x_0, seeded())
    assert energy_distance(x, process.sample(4000, seeded(3))) < 0.01
    assert process.spread_in_modes(x) == pytest.approx(0.140, abs=0.004)


def test_encoding_and_decoding_closes_as_steps_double() -> None:
    def gap(steps: int) -> float:
        process = ring(ddpm_path(steps))
        data = process.sample(100, seeded(1))
        times = process.path.grid_times(steps)
        args = (process.denoised, process.path)
        code = ddim(*args, data, times[::-1], seeded())
        back = ddim(*args, code, times, seeded())
        return float((back - data).square().mean().sqrt())

    gaps = [gap(steps) for steps in (100, 200, 400)]
    assert gaps[0] < 0.05
    for wide, narrow in pairwise(gaps):
        assert 1.6 < wide / narrow < 2.8


def test_more_steps_than_levels_become_the_levels() -> None:
    process = ring(ddpm_path(30))
    seen = trace(make("ddim", steps=500), process, process.start(3, seeded()), seeded())
    assert seen.evaluations == 30


def eps_as_diffusers_sees_it(process: ExactMixture, x: Tensor, index: int) -> Tensor:
    """Their level ``index`` counts from 0 and is our n - 1."""
    t = torch.tensor(1 - (int(index) + 1) / 100, dtype=torch.float64)
    return process.denoised(x, t).eps


@pytest.mark.slow
@pytest.mark.parametrize("eta", [0.0, 0.6])
@pytest.mark.parametrize("steps", [100, 50])
def test_ddim_agrees_with_diffusers(eta: float, steps: int) -> None:
    module = pytest.importorskip("diffusers.schedulers.scheduling_ddim")
    theirs = module.DDIMScheduler(
        num_train_timesteps=100, trained_betas=linear_betas(100).numpy(),
        clip_sample=False, set_alpha_to_one=True, timestep_spacing="trailing",
    )  # fmt: skip
    theirs.set_timesteps(steps)
    process, generator = ring(ddpm_path()), seeded(5)
    x = x_0 = process.start(64, seeded())
    for index in theirs.timesteps:
        eps = eps_as_diffusers_sees_it(process, x, index)
        x = theirs.step(eps, index, x, eta=eta, generator=generator).prev_sample
    ours = make("ddim", steps=steps, eta=eta).run(process, x_0, seeded(5))
    torch.testing.assert_close(ours, x, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variance", "named"), [("posterior", "fixed_small"), ("beta", "fixed_large")]
)
def test_ancestral_agrees_with_diffusers(variance: str, named: str) -> None:
    module = pytest.importorskip("diffusers.schedulers.scheduling_ddpm")
    theirs = module.DDPMScheduler(
        num_train_timesteps=100, trained_betas=linear_betas(100).numpy(),
        clip_sample=False, variance_type=named,
    )  # fmt: skip
    process, generator = ring(ddpm_path()), seeded(5)
    x = x_0 = process.start(64, seeded())
    for index in theirs.timesteps:
        eps = eps_as_diffusers_sees_it(process, x, index)
        x = theirs.step(eps, index, x, generator=generator).prev_sample
    ours = make("ancestral", steps=100, variance=variance).run(process, x_0, seeded(5))
    torch.testing.assert_close(ours, x, rtol=1e-4, atol=1e-5)


def test_schedule_without_signal_can_be_sampled() -> None:
    process = ring(AnglePath(make_signal_power("linear", 100, zero_snr=True)))
    for name in ("ddim", "ancestral", "heun"):
        x = make(name, steps=50).run(process, process.start(2000, seeded(1)), seeded(2))
        assert energy_distance(x, process.sample(4000, seeded(3))) < 0.01, name


def test_straightness_of_independent_normals() -> None:
    """Flow between equal normals one apart: S = 2 - pi / 2 at every shift."""
    process = gaussian(3.0, 1.0)
    x_0 = process.start(40_000, seeded())
    seen = trace(make("heun", steps=40), process, x_0, seeded())
    s = float(straightness(seen.times, seen.x))
    assert s == pytest.approx(2 - math.pi / 2, rel=0.03)
    assert float(transport_cost(seen.x)) == pytest.approx(9, rel=1e-3)


def test_straight_lines_have_straightness_zero() -> None:
    times = torch.tensor([0.0, 0.1, 0.7, 1.0], dtype=torch.float64)
    start, end = torch.randn(2, 20, 2, dtype=torch.float64)
    x = torch.stack([torch.lerp(start, end, float(t)) for t in times])
    assert float(straightness(times, x)) == pytest.approx(0, abs=1e-24)
    bent = x.clone()
    bent[2] += 1
    assert float(straightness(times, bent)) == pytest.approx(
        2 * (1 / 0.6 + 1 / 0.3), rel=1e-9
    )
