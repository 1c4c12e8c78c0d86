"""Paths, schedules and conversions between what a network may predict."""

import math

import pytest
import torch
from torch import Tensor

from engine.sampling.path import AnglePath, GaussianPath, LinearPath, spread
from engine.sampling.schedules import (
    linear_betas,
    make_signal_power,
    signal_power,
    without_last_signal,
)
from engine.sampling.targets import Target, pair_of, target_of

PATHS: dict[str, GaussianPath] = {
    "linear": LinearPath(),
    "ddpm": AnglePath(make_signal_power("linear", 100)),
    "cosine": AnglePath(make_signal_power("cosine", 50)),
    "zero_snr": AnglePath(make_signal_power("linear", 100, zero_snr=True)),
}
TARGETS: tuple[Target, ...] = ("eps", "x0", "v", "score", "u")


@pytest.fixture(params=PATHS)
def path(request: pytest.FixtureRequest) -> GaussianPath:
    return PATHS[request.param]


def slope(function, t: Tensor) -> Tensor:
    t = t.clone().requires_grad_(True)
    (result,) = torch.autograd.grad(function(t).sum(), t)
    return result


def test_derivatives_are_those_of_autograd(path: GaussianPath) -> None:
    t = torch.linspace(0.003, 0.998, 301, dtype=torch.float64)
    torch.testing.assert_close(path.d_alpha(t), slope(path.alpha, t))
    torch.testing.assert_close(path.d_sigma(t), slope(path.sigma, t))


def test_path_goes_from_noise_to_data(path: GaussianPath) -> None:
    t = torch.linspace(0, 1, 1001, dtype=torch.float64)
    alpha, sigma = path.alpha(t), path.sigma(t)
    assert (alpha.diff() > 0).all()
    assert (sigma.diff() <= 0).all()
    assert float(alpha[-1]) == pytest.approx(1, abs=1e-12)
    assert float(sigma[-1]) == pytest.approx(0, abs=1e-12)
    assert float(alpha[0]) < 0.1
    assert float(sigma[0]) > 0.99
    for speed in (path.d_alpha(t), path.d_sigma(t)):
        assert speed.isfinite().all()


@pytest.mark.parametrize("zero_snr", [False, True])
def test_angle_path_keeps_the_schedule_at_its_moments(zero_snr: bool) -> None:
    bar = make_signal_power("linear", 100, zero_snr=zero_snr)
    path = AnglePath(bar)
    t = 1 - torch.arange(101, dtype=torch.float64) / 100
    torch.testing.assert_close(path.alpha(t).square(), bar, rtol=1e-10, atol=1e-13)
    torch.testing.assert_close(path.sigma(t).square(), 1 - bar, rtol=1e-10, atol=1e-13)


def test_angle_path_moves_smoothly_through_its_moments() -> None:
    t = torch.arange(1, 100, dtype=torch.float64) / 100
    path = PATHS["ddpm"]
    assert isinstance(path, AnglePath)
    before, after = path.d_angle(t - 1e-9), path.d_angle(t + 1e-9)
    torch.testing.assert_close(before, after, rtol=1e-5, atol=1e-5)


def test_quadratic_spacing_is_finer_near_the_data() -> None:
    assert spread(4) == [0, 0.25, 0.5, 0.75, 1]
    assert spread(4, "quadratic") == [0, 0.4375, 0.75, 0.9375, 1]


@pytest.mark.parametrize(
    ("steps", "spacing", "count"),
    [(1, "uniform", 1), (7, "uniform", 7), (50, "quadratic", 50), (100, "uniform", 100),
     (1000, "uniform", 100)],
)  # fmt: skip
def test_discrete_samplers_stop_at_moments_of_the_schedule(
    steps: int, spacing: str, count: int
) -> None:
    times = PATHS["ddpm"].grid_times(steps, spacing)  # type: ignore[arg-type]
    assert times[0] == 0
    assert times[-1] == 1
    assert count / 2 < len(times) - 1 <= count
    assert all(abs(t * 100 - round(t * 100)) < 1e-9 for t in times)
    assert times == sorted(set(times))


def test_known_values_of_the_schedules() -> None:
    linear = make_signal_power("linear", 1000)
    cosine = make_signal_power("cosine", 1000)
    assert float(linear[1]) == pytest.approx(0.9999, rel=1e-12)
    assert float(linear[-1]) == pytest.approx(4.036e-5, rel=1e-3)
    assert float(cosine[1]) == pytest.approx(0.9999587, abs=1e-7)
    assert float(cosine[-1]) == pytest.approx(2.43e-9, rel=5e-3)


def test_few_levels_need_scaled_betas() -> None:
    unscaled = signal_power(linear_betas(100, scaled=False))
    assert float(unscaled[-1]) == pytest.approx(0.364, abs=5e-4)
    assert float(make_signal_power("linear", 100)[-1]) == pytest.approx(
        2.04e-5, rel=5e-3
    )


def test_rescaled_schedule_ends_without_signal() -> None:
    plain = make_signal_power("linear", 100)
    bar = without_last_signal(plain)
    assert float(bar[-1]) == 0
    assert float(bar[1]) == pytest.approx(float(plain[1]), rel=1e-12)
    assert (bar.diff() < 0).all()


@pytest.mark.parametrize("path_name", PATHS)
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 1e-5)]
)
def test_conversions_come_back(
    path_name: str, target: Target, dtype: torch.dtype, tolerance: float
) -> None:
    torch.manual_seed(0)
    path = PATHS[path_name]
    x_data, eps = torch.randn(2, 200, 2, dtype=dtype)
    t = torch.linspace(0.35, 0.9, 200, dtype=dtype)
    x = path.alpha(t)[:, None] * x_data + path.sigma(t)[:, None] * eps

    value = target_of(target, path, t, x_data, eps)
    pair = pair_of(target, path, t, x, value)

    for back, sent in zip(pair, (x_data, eps), strict=True):
        assert float((back - sent).abs().max()) < tolerance


def test_velocity_target_is_the_speed_of_the_point(path: GaussianPath) -> None:
    x_data, eps = torch.randn(2, 50, 1, dtype=torch.float64)
    t = torch.linspace(0.05, 0.95, 50, dtype=torch.float64)
    speed = slope(lambda t: path.alpha(t) * x_data[:, 0] + path.sigma(t) * eps[:, 0], t)
    torch.testing.assert_close(target_of("u", path, t, x_data, eps)[:, 0], speed)


def test_score_target_is_the_gradient_of_the_kernel() -> None:
    """p(x | x_data) is normal, so its score is known to torch.distributions."""
    path, t = PATHS["ddpm"], torch.tensor(0.6, dtype=torch.float64)
    x_data, eps = torch.randn(2, 9, 1, dtype=torch.float64)
    x = (path.alpha(t) * x_data + path.sigma(t) * eps).requires_grad_(True)
    kernel = torch.distributions.Normal(path.alpha(t) * x_data, path.sigma(t))
    (score,) = torch.autograd.grad(kernel.log_prob(x).sum(), x)
    torch.testing.assert_close(target_of("score", path, t, x_data, eps), score)


def test_v_turns_with_the_angle() -> None:
    """On a circle v is the velocity over the angle's speed (Salimans & Ho)."""
    path = PATHS["cosine"]
    assert isinstance(path, AnglePath)
    x_data, eps = torch.randn(2, 20, 2, dtype=torch.float64)
    t = torch.linspace(0.1, 0.9, 20, dtype=torch.float64)
    v = target_of("v", path, t, x_data, eps)
    u = target_of("u", path, t, x_data, eps)
    torch.testing.assert_close(path.d_angle(t)[:, None] * v, u)


@pytest.mark.slow
def test_schedules_agree_with_diffusers() -> None:
    schedulers = pytest.importorskip("diffusers.schedulers.scheduling_ddpm")
    make = schedulers.DDPMScheduler
    cases = {
        "linear": {"beta_schedule": "linear"},
        "cosine": {"beta_schedule": "squaredcos_cap_v2"},
    }
    for name, options in cases.items():
        bar = make(num_train_timesteps=1000, **options).alphas_cumprod
        ours = make_signal_power(name, 1000)[1:].float()  # type: ignore[arg-type]
        torch.testing.assert_close(ours, bar, rtol=3e-4, atol=1e-8)
    bar = make(num_train_timesteps=1000, rescale_betas_zero_snr=True).alphas_cumprod
    ours = make_signal_power("linear", 1000, zero_snr=True)[1:].float()
    torch.testing.assert_close(ours[:-1], bar[:-1], rtol=1e-3, atol=1e-6)
    assert math.sqrt(float(ours[-1])) == 0


def test_a_ladder_found_once_is_the_same_the_next_time() -> None:
    """And nobody who was given it can spoil it for the others."""
    path = AnglePath(make_signal_power("linear", 100))
    first = path.times(12, "karras")
    fresh = AnglePath(make_signal_power("linear", 100)).times(12, "karras")
    assert first == fresh
    first.clear()
    assert path.times(12, "karras") == fresh
    assert path.times(12, "karras", rho=5.0) != fresh
    assert path.times(12, "log_snr") != fresh
