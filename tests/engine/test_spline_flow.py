"""Spline flow: against zuko's spline, its own inverse, and autograd."""

import flow_world as world
import pytest
import torch
import zuko
from torch import Tensor

from engine.models.spline_flow import SplineFlow, SplineFlowConfig
from engine.nets.spline import SplineShape, inverse_spline, knots, spline

SHAPE = SplineShape(bins=6, bound=3.0)


def wild(dim: int = 2, **settings: object) -> SplineFlow:
    torch.manual_seed(0)
    config = SplineFlowConfig(
        **{"width": 16, "bins": 6, "couplings": 3, "tail_bound": 3.0, **settings}
    )
    return world.shaken(SplineFlow(config, dim), 0.2)


def raw_numbers(n: int, size: float = 1.5) -> Tensor:
    return size * world.points(n, SHAPE.numbers, seed=3)


def wide_points(n: int) -> Tensor:
    """Some of them beyond the knots."""
    return 2 * world.points(n, 1)[:, 0]


@pytest.mark.parametrize("dim", [2, 3])
def test_common_properties(dim: int) -> None:
    flow = wild(dim)
    world.check_log_det(flow)
    world.check_inverse(flow)
    world.check_density_of_samples(flow.double())


def test_mass_is_one() -> None:
    assert world.grid_mass(wild(couplings=2), limit=6.0) == pytest.approx(1, abs=0.01)


def test_a_new_flow_is_the_identity() -> None:
    flow, x = SplineFlow(SplineFlowConfig()).double(), world.points(200)
    z, log_det = flow.to_noise(x)
    torch.testing.assert_close(z, x, rtol=0, atol=1e-6)
    torch.testing.assert_close(log_det, torch.zeros(200).double(), rtol=0, atol=1e-6)


def test_spline_equals_zuko_with_the_same_knots() -> None:
    x, raw = wide_points(500), raw_numbers(500)
    found = knots(raw, SHAPE)
    peer = zuko.transforms.MonotonicRQSTransform(
        raw[:, :6], raw[:, 6:12], raw[:, 12:], bound=3.0
    )
    peer.horizontal, peer.vertical = found.places.unbind(1)
    peer.derivatives = found.slopes
    y, log_slope = spline(x, raw, SHAPE)
    expected, expected_slope = peer.call_and_ladj(x)
    assert (x.abs() > 3).any()
    torch.testing.assert_close(y, expected, rtol=0, atol=1e-10)
    torch.testing.assert_close(log_slope, expected_slope, rtol=0, atol=1e-9)
    back = inverse_spline(y, raw, SHAPE)
    torch.testing.assert_close(back, x, rtol=0, atol=1e-9)


def test_spline_goes_through_its_knots_with_its_slopes() -> None:
    """Also at the border, where it joins the identity with slope 1."""
    raw = raw_numbers(4)
    found = knots(raw, SHAPE)
    assert (found.places.diff(dim=-1) > 0).all()
    repeated = raw[:, None].expand(4, 7, -1)
    x = found.places[:, 0].clone().requires_grad_()
    y, log_slope = spline(x, repeated, SHAPE)
    torch.testing.assert_close(y, found.places[:, 1], rtol=0, atol=1e-10)
    torch.testing.assert_close(log_slope.exp(), found.slopes, rtol=1e-9, atol=0)
    border = found.places[:, :, [0, -1]].abs()
    torch.testing.assert_close(border, torch.full_like(border, 3.0))


def test_outside_the_knots_nothing_moves() -> None:
    x = torch.tensor([-9.0, -3.5, 3.5, 9.0], dtype=torch.float64)
    y, log_slope = spline(x, raw_numbers(4), SHAPE)
    torch.testing.assert_close(y, x, rtol=0, atol=1e-12)
    torch.testing.assert_close(log_slope, torch.zeros_like(x), rtol=0, atol=1e-9)


def test_extreme_numbers_stay_finite_and_invertible() -> None:
    """Bins and slopes keep a smallest size, in single precision too."""
    raw = raw_numbers(400, size=30.0).float()
    x = wide_points(400).float().requires_grad_()
    y, log_slope = spline(x, raw, SHAPE)
    (gradient,) = torch.autograd.grad(log_slope.sum() + y.sum(), x)
    assert y.isfinite().all()
    assert log_slope.isfinite().all()
    assert gradient.isfinite().all()
    assert inverse_spline(y, raw, SHAPE).isfinite().all()


def test_every_gradient_is_that_of_finite_differences() -> None:
    x, raw = wide_points(6).requires_grad_(), raw_numbers(6).requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: spline(a, b, SHAPE), (x, raw))


@pytest.mark.slow
def test_ring_is_learned() -> None:
    torch.manual_seed(0)
    assert world.ring_nll(SplineFlow(SplineFlowConfig()), 1000) < 1.19
