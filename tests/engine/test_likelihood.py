"""Log-densities of flows against closed forms."""

import math

import pytest
import torch
from exact_mixture import ddpm_path, gaussian, ring
from torch import Generator, Tensor

from engine.sampling.likelihood import divergence, normal_log_prob, ode_log_prob
from engine.sampling.ode import rk4
from engine.sampling.path import AnglePath, GaussianPath, LinearPath
from engine.sampling.schedules import make_signal_power


def linear_field(x: Tensor, t: Tensor) -> Tensor:
    """Divergence 5 + t, off-diagonal terms that must not count."""
    matrix = torch.tensor([[2.0, 7.0], [-4.0, 3.0]], dtype=x.dtype)
    return x @ matrix.T + torch.stack([t * x[:, 0], x[:, 0].sin()], 1)


@pytest.mark.parametrize("guard", [torch.no_grad, torch.inference_mode])
def test_divergence_is_the_exact_trace_whoever_calls(guard) -> None:
    with guard():
        x = torch.randn(6, 2, dtype=torch.float64)
        value, trace = divergence(linear_field, x, torch.tensor(0.5))
    torch.testing.assert_close(value, linear_field(x, torch.tensor(0.5)))
    torch.testing.assert_close(trace, torch.full_like(trace, 5.5))
    assert not value.requires_grad
    assert not trace.requires_grad


def test_divergence_equals_the_trace_of_the_jacobian() -> None:
    process, t = ring(), torch.tensor(0.7, dtype=torch.float64)
    x = torch.randn(5, 2, dtype=torch.float64)
    _, trace = divergence(process.velocity, x, t)
    for row, found in zip(x, trace, strict=True):
        jacobian = torch.autograd.functional.jacobian(
            lambda r: process.velocity(r[None], t)[0], row
        )
        torch.testing.assert_close(found, jacobian.trace())


def test_a_field_without_dependence_on_a_coordinate_has_no_divergence() -> None:
    _, trace = divergence(lambda x, t: x * 0 + t, torch.randn(3, 2), torch.tensor(1.0))
    assert not trace.any()


PATHS: dict[str, GaussianPath] = {
    "linear": LinearPath(),
    "zero_snr": AnglePath(make_signal_power("linear", 100, zero_snr=True)),
}


@pytest.mark.parametrize("path", PATHS)
def test_gaussian_flow_and_its_density(path: str) -> None:
    """Noise N(0, 1) becomes N(m, s^2) along lines known in closed form."""
    mean, std = 0.8, 0.6
    process = gaussian(mean, std, PATHS[path])
    z = torch.linspace(-3, 3, 13, dtype=torch.float64)[:, None]
    times = process.path.times(200)
    x = rk4(process.velocity, z, times)
    torch.testing.assert_close(x, mean + std * z, rtol=1e-6, atol=1e-6)
    back = rk4(process.velocity, x, times[::-1])
    torch.testing.assert_close(back, z, rtol=1e-6, atol=1e-6)
    found = ode_log_prob(process.velocity, x, steps=100, chunk=9)
    exact = torch.distributions.Normal(mean, std).log_prob(x)[:, 0]
    torch.testing.assert_close(found, exact, rtol=0, atol=1e-5)


def test_gaussian_flow_from_any_moment() -> None:
    """x_T = x_0 sqrt((a_T^2 s^2 + sigma_T^2) / s^2) also where a_T is not zero."""
    std, process = 0.6, gaussian(0.0, 0.6, ddpm_path())
    x = torch.linspace(-2, 2, 11, dtype=torch.float64)[:, None]
    times = [t for t in process.path.times(400)[::-1] if t >= 0.4]
    end = torch.tensor(times[-1], dtype=torch.float64)
    variance = process.path.alpha(end) ** 2 * std**2 + process.path.sigma(end) ** 2
    code = rk4(process.velocity, x, times)
    torch.testing.assert_close(code, x * variance.sqrt() / std, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("method", "steps", "error"),
    [("rk4", 400, 1e-5), ("heun", 150, 1e-1), ("dopri5", 1, 1e-2)],
)
def test_density_of_the_ring(method: str, steps: int, error: float) -> None:
    process = ring()
    x = process.sample(50, Generator().manual_seed(0))
    found = ode_log_prob(process.velocity, x, steps=steps, method=method)
    exact = process.log_prob(x, torch.tensor(1.0, dtype=torch.float64))
    assert float((found - exact).abs().max()) < error


def test_density_of_the_ring_by_diffusion() -> None:
    """The last trace of the data in the noise costs less than a thousandth."""
    process = ring(ddpm_path())
    x = process.sample(50, Generator().manual_seed(0))
    ends: list[Tensor] = []

    def normal_base(z: Tensor) -> Tensor:
        ends.append(z)
        return normal_log_prob(z)

    found = ode_log_prob(process.velocity, x, normal_base, steps=200)
    exact = process.log_prob(x, torch.tensor(1.0, dtype=torch.float64))
    assert float((found - exact).abs().max()) < 1e-3

    noise_end = process.log_prob(ends[0], torch.tensor(0.0, dtype=torch.float64))
    found = found - normal_log_prob(ends[0]) + noise_end
    # A point far between two modes needs more steps than the others: 4e-4.
    assert float((found - exact).abs().mean()) < 2e-5


def test_single_precision_is_good_enough() -> None:
    process = ring()
    x = process.sample(200, Generator().manual_seed(0))
    double = ode_log_prob(process.velocity, x, steps=40, spacing="quadratic")
    single = ode_log_prob(process.velocity, x.float(), steps=40, spacing="quadratic")
    assert single.dtype == torch.float32
    assert float((single - double).abs().max()) < 1e-2


def test_normal_density() -> None:
    x = torch.randn(7, 3, dtype=torch.float64)
    normal = torch.distributions.Normal(0.0, 1.0)
    torch.testing.assert_close(normal_log_prob(x), normal.log_prob(x).sum(1))
    assert float(normal_log_prob(x[:1] * 0)[0]) == pytest.approx(
        -1.5 * math.log(2 * math.pi)
    )


def test_no_points_have_no_density() -> None:
    assert ode_log_prob(ring().velocity, torch.empty(0, 2)).shape == (0,)
