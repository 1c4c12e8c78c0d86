"""Score samplers, fast samplers and time grids on exact processes."""

import math
from itertools import pairwise

import pytest
import torch
from exact_mixture import ExactMixture, ddpm_path, gaussian, ring, ring_means
from torch import Generator, Tensor

from engine import registry
from engine.metrics.distances import energy_distance
from engine.sampling.base import CountedProcess, Sampler
from engine.sampling.fast import Churn, dpm_solver_pp_2m, edm_heun
from engine.sampling.path import BlurredPath, GaussianPath, LinearPath, TrigPath
from engine.sampling.sde_paths import PowerPath, SubVPPath, VEPath, VPPath
from engine.sampling.stochastic import (
    annealed_langevin,
    euler_maruyama,
    langevin,
    predictor_corrector,
)

PATHS: dict[str, GaussianPath] = {
    "vp": VPPath(0.1, 20.0),
    "sub_vp": SubVPPath(0.1, 20.0),
    "ve": VEPath(0.01, 10.0),
    "power": PowerPath(0.01, 20.0, 7.0),
    "blurred": BlurredPath(0.1),
    "trig": TrigPath(),
    "linear": LinearPath(),
}
RATIOS = [LinearPath(), ddpm_path(), PATHS["vp"], PATHS["ve"], PATHS["power"]]


def make(name: str, **settings: object) -> Sampler:
    kind = registry.sampler(name)
    return kind(kind.Config(**settings))


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def start(process: ExactMixture, n: int, seed: int = 1) -> Tensor:
    zero = torch.zeros((), dtype=torch.float64)
    return float(process.path.sigma(zero)) * process.start(n, seeded(seed))


# Paths and grids


@pytest.mark.parametrize("name", PATHS)
def test_derivatives_are_those_of_autograd(name: str) -> None:
    path = PATHS[name]
    t = torch.linspace(0.01, 0.98, 98, dtype=torch.float64, requires_grad=True)
    for value, speed in ((path.alpha, path.d_alpha), (path.sigma, path.d_sigma)):
        (slope,) = torch.autograd.grad((value(t) + 0 * t).sum(), t)
        torch.testing.assert_close(speed(t), slope, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("name", ["vp", "sub_vp"])
def test_closed_rates_are_those_of_any_path(name: str) -> None:
    path = PATHS[name]
    t = torch.linspace(0.0, 0.99, 50, dtype=torch.float64)
    found, general = path.reverse_rates(t), GaussianPath.reverse_rates(path, t)
    torch.testing.assert_close(found, general, rtol=1e-8, atol=1e-8)


def test_signal_left_by_the_usual_rates() -> None:
    """a^2 = 4.319e-5 at the noisy end for beta from .1 to 20."""
    t = torch.zeros((), dtype=torch.float64)
    left = float(VPPath(0.1, 20.0).alpha(t).square())
    assert left == pytest.approx(4.319e-5, rel=1e-3)


def test_discrete_and_continuous_schedules_agree() -> None:
    tau = torch.arange(1, 1001, dtype=torch.float64) / 1000
    discrete = ddpm_path(1000).alpha(1 - tau).square()
    continuous = VPPath(0.1, 20.0).alpha(1 - tau).square()
    gap = (discrete / continuous - 1).abs()
    assert float(gap[tau <= 0.6].max()) < 0.013
    assert float(gap.max()) < 0.066


@pytest.mark.parametrize("name", ["vp", "sub_vp", "ve"])
def test_simulated_forward_diffusion_has_the_variance_of_the_path(name: str) -> None:
    """Small steps of dx = -h x d tau + g dw from one point to the noisy end."""
    path, steps = PATHS[name], 1000
    x = torch.full((20_000,), 0.5, dtype=torch.float64)
    generator = seeded()
    x = x + path.sigma(torch.ones((), dtype=torch.float64)) * torch.randn(
        len(x), generator=generator, dtype=torch.float64
    )
    for k in range(steps):
        t = torch.tensor(1 - (k + 0.5) / steps, dtype=torch.float64)
        growth, noise_rate = path.reverse_rates(t)
        noise = torch.randn(len(x), generator=generator, dtype=torch.float64)
        x = x - growth * x / steps + (noise_rate / steps).sqrt() * noise
    zero = torch.zeros((), dtype=torch.float64)
    wanted = float(path.sigma(zero).square())
    assert float(x.var()) == pytest.approx(wanted, rel=0.02)


def test_karras_levels_are_those_of_the_paper() -> None:
    path = PowerPath(0.002, 80.0, 7.0)
    times = torch.tensor(path.times(18, "karras"), dtype=torch.float64)
    levels = path.sigma(times)
    assert len(levels) == 19
    assert float(levels[0]) == pytest.approx(80)
    assert float(levels[1]) == pytest.approx(57.586, abs=1e-3)
    assert float(levels[-2]) == pytest.approx(0.002, rel=1e-9)
    assert float(levels[-1]) == 0


@pytest.mark.parametrize("path", RATIOS)
@pytest.mark.parametrize("grid", ["uniform", "quadratic", "karras", "log_snr"])
@pytest.mark.parametrize("steps", [1, 2, 3, 40])
def test_every_grid_rises_from_nought_to_one(
    path: GaussianPath, grid: str, steps: int
) -> None:
    times = path.times(steps, grid)  # type: ignore[arg-type]
    assert len(times) == steps + 1
    assert (times[0], times[-1]) == (0.0, 1.0)
    assert all(s > t for t, s in pairwise(times))


@pytest.mark.parametrize("path", [LinearPath(), PATHS["ve"]])
def test_log_snr_grid_is_even_in_it(path: GaussianPath) -> None:
    times = torch.tensor(path.times(20, "log_snr"), dtype=torch.float64)[1:-1]
    level = (path.alpha(times) / path.sigma(times)).log()
    torch.testing.assert_close(level.diff(), level.diff()[:1].expand(18))


def test_a_large_karras_exponent_is_the_log_snr_grid() -> None:
    even = LinearPath().times(12, "log_snr")
    assert LinearPath().times(12, "karras", 1e6) == pytest.approx(even, abs=1e-4)


# Orders


def solved(name: str, process: ExactMixture, x: Tensor, times: list[float]) -> Tensor:
    if name == "dpm_solver_pp_2m":
        return dpm_solver_pp_2m(process.denoised, process.path, x, times)
    return edm_heun(process.denoised, process.path, x, times, seeded())


@pytest.mark.parametrize("name", ["dpm_solver_pp_2m", "edm_heun"])
@pytest.mark.parametrize("path", [VEPath(0.05, 5.0), VPPath(0.1, 20.0)])
def test_halving_the_step_shows_order_two(name: str, path: GaussianPath) -> None:
    process = ring(path, std=0.3)
    x = start(process, 30)

    def run(steps: int) -> Tensor:
        times = [0.02 + 0.95 * k / steps for k in range(steps + 1)]
        return solved(name, process, x, times)

    coarse, middle, fine = (run(steps) for steps in (100, 200, 400))
    ratio = float((coarse - middle).abs().mean() / (middle - fine).abs().mean())
    assert registry.sampler(name).order == 2
    assert ratio == pytest.approx(4, rel=0.2)


def test_euler_maruyama_has_weak_order_one() -> None:
    """Normal data: slope and noise of each step are followed exactly."""
    process = gaussian(0.0, 0.5, VPPath(0.1, 20.0))

    def variance(steps: int) -> float:
        times = [0.9 * k / steps for k in range(steps + 1)]
        spread = 1.0
        one = torch.ones(1, 1, dtype=torch.float64)
        for t, s in pairwise(times):
            # Two steps in one call: the last of a call adds no noise.
            slope = euler_maruyama(process.score, process.path, one, [t, s], seeded())
            rate = process.path.reverse_rates(torch.tensor(t, dtype=torch.float64))[1]
            spread = float(slope) ** 2 * spread + float(rate) * (s - t)
        return spread

    t = torch.tensor(0.9, dtype=torch.float64)
    alpha, sigma = process.path.alpha(t), process.path.sigma(t)
    true = float(alpha.square() * 0.25 + sigma.square())
    errors = [abs(variance(steps) - true) for steps in (200, 400)]
    assert registry.sampler("euler_maruyama").order == 1
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.1)


def test_edm_halves_its_step_on_normal_data() -> None:
    """Whole sampler, Karras grid: the error against the closed form falls fourfold."""
    path = PowerPath(0.002, 80.0, 7.0)
    process = gaussian(0.0, 0.5, path)
    x = start(process, 200)
    exact = x * 0.5 / math.sqrt(0.25 + 80**2)

    def error(steps: int) -> float:
        found = make("edm_heun", steps=steps).run(process, x, seeded())
        return float((found - exact).abs().mean())

    assert error(40) / error(80) == pytest.approx(4, rel=0.25)


# Counts


@pytest.mark.parametrize(
    ("name", "settings", "count"),
    [
        ("euler", {"steps": 12}, 12),
        ("heun", {"steps": 12}, 24),
        ("rk4", {"steps": 12}, 48),
        ("ddim", {"steps": 12}, 12),
        ("ancestral", {"steps": 12}, 12),
        ("euler_maruyama", {"steps": 12}, 12),
        ("predictor_corrector", {"steps": 12, "corrections": 2}, 12 + 11 * 2),
        ("annealed_langevin", {"steps": 12, "inner_steps": 5}, 11 * 5 + 1),
        ("dpm_solver_pp_2m", {"steps": 12}, 12),
        ("edm_heun", {"steps": 12}, 23),
    ],
)
def test_evaluations_are_as_many_as_they_should_be(
    name: str, settings: dict[str, object], count: int
) -> None:
    process = CountedProcess(ring(VPPath(0.1, 20.0)))
    x = process.start(3, seeded())
    make(name, **settings).run(process, x, seeded())
    assert process.evaluations == count


# What they draw


@pytest.mark.parametrize("name", ["vp", "sub_vp", "ve"])
def test_reverse_diffusion_recovers_the_ring(name: str) -> None:
    process = ring(PATHS[name])
    sampler = make("euler_maruyama", steps=100, grid="quadratic")
    if name == "ve":
        sampler = make("euler_maruyama", steps=200)
    x = sampler.run(process, start(process, 4000), seeded(2))
    assert energy_distance(x, process.sample(4000, seeded(3))) < 0.01


def test_corrector_steps_mend_a_wrong_state() -> None:
    """Begun far too narrow, the walk alone stays so; Langevin steps widen it."""
    process = gaussian(0.0, 1.0, VEPath(0.5, 2.0))
    times = [0.5 + 0.3 * k / 20 for k in range(21)]
    t = torch.tensor(times[-1], dtype=torch.float64)
    right = math.sqrt(1 + float(process.path.sigma(t)) ** 2)

    def error(corrections: int) -> float:
        x = torch.zeros(4000, 1, dtype=torch.float64)
        args = (process.score, process.path, x, times, seeded(2))
        return abs(float(predictor_corrector(*args, corrections).std()) - right)

    assert error(5) < 0.25 * error(0)


def test_no_corrector_is_euler_maruyama() -> None:
    process = ring(PATHS["vp"])
    x, times = start(process, 20), process.path.times(15)
    args = (process.score, process.path, x, times)
    one = predictor_corrector(*args, seeded(4), corrections=0)
    assert torch.equal(one, euler_maruyama(*args, seeded(4)))


def test_the_diffusion_without_its_noise_is_not_the_ode() -> None:
    """The score counts twice as much: the difference is half of g^2 s."""
    process, x = ring(PATHS["vp"]), start(ring(PATHS["vp"]), 20)
    t = torch.tensor(0.6, dtype=torch.float64)
    growth, noise_rate = process.path.reverse_rates(t)
    score = process.score(x, t)
    drift = growth * x + noise_rate * score
    torch.testing.assert_close(drift - process.velocity(x, t), noise_rate / 2 * score)


@pytest.mark.parametrize("eta", [0.1, 0.5])
def test_langevin_on_normal_data_is_wider_by_a_known_factor(eta: float) -> None:
    x = torch.zeros(40_000, 1, dtype=torch.float64)
    x = langevin(lambda x: -x, x, eta, 200, seeded())
    assert float(x.var()) == pytest.approx(1 / (1 - eta / 2), rel=0.03)


def test_annealing_recovers_the_ring_and_a_single_level_does_not() -> None:
    """Unadjusted steps at the lowest noise alone keep the weights they start with."""
    process = ring(VEPath(0.05, 2.0))
    x, target = start(process, 2000), process.sample(2000, seeded(3))
    found = make("annealed_langevin", steps=20).run(process, x, seeded(2))
    assert energy_distance(found, target) < 0.02
    crowded = ring_means()[:2].repeat(100, 1)
    times = [0.98, 0.99, 1.0]
    stuck = annealed_langevin(
        process.denoised, process.path, crowded, times, seeded(2), 0.1, 200
    )
    nearest = torch.cdist(stuck, ring_means()).argmin(1)
    assert nearest.bincount(minlength=8).tolist()[2:] == [0] * 6


def test_churn_adds_and_removes_noise_of_the_right_size() -> None:
    process = ring(PATHS["power"])
    x, target = start(process, 4000), process.sample(4000, seeded(3))
    sampler = make("edm_heun", steps=60, churn=True, churn_amount=30)
    found = sampler.run(process, x, seeded(2))
    assert energy_distance(found, target) < 0.01
    assert process.spread_in_modes(found) == pytest.approx(0.15, rel=0.04)
    calm = make("edm_heun", steps=60).run(process, x, seeded(2))
    assert not torch.allclose(found, calm, atol=0.05)


def test_churn_stays_inside_its_levels() -> None:
    process = ring(PATHS["power"])
    x, times = start(process, 30), process.path.times(20, "karras")
    args = (process.denoised, process.path, x, times)
    outside = edm_heun(*args, seeded(1), Churn(20.0, low=1e3, high=1e4))
    assert torch.equal(outside, edm_heun(*args, seeded(2)))


def test_dpm_solver_beats_ddim_at_equal_cost() -> None:
    process = ring(ddpm_path(1000))
    x = process.start(100, seeded())
    exact = make("rk4", steps=200).run(process, x, seeded())

    def error(name: str) -> float:
        found = make(name, steps=50, grid="log_snr").run(process, x, seeded())
        return float((found - exact).norm(dim=1).median())

    assert error("dpm_solver_pp_2m") < 0.4 * error("ddim")
