"""Noise on the training points of a flow, new in each step."""

import math

import pytest
import torch

from engine.models.base import Batch
from engine.models.maf import MAF
from engine.models.realnvp import RealNVP
from engine.models.spline_flow import SplineFlow

Jittered = RealNVP | MAF | SplineFlow
JITTERED = [RealNVP, MAF, SplineFlow]


@pytest.mark.parametrize("flow", JITTERED)
def test_jitter_shakes_the_points_that_are_learned(flow: type[Jittered]) -> None:
    """A new flow is the identity: E -ln N(x + s e) = ln 2 pi + (E|x|^2 + 2 s^2) / 2."""
    generator = torch.manual_seed(0)
    model = flow(flow.Config(jitter=0.2)).double()
    (draw,) = model.noise("model").values()
    eps = torch.randn(200_000, *draw.shape, generator=generator, dtype=torch.float64)
    x = torch.ones_like(eps)
    batch = Batch(x, torch.zeros(len(x)).long(), {"jitter": eps}, torch.tensor(0.0))
    expected = math.log(2 * math.pi) + 1 + 0.2**2
    assert model.losses("model", batch)["loss"].item() == pytest.approx(
        expected, abs=0.003
    )


@pytest.mark.parametrize("flow", JITTERED)
def test_jitter_fades_to_zero(flow: type[Jittered]) -> None:
    model = flow(flow.Config(jitter=0.2, jitter_fade=100))
    x, eps = torch.zeros(3, 2), torch.ones(3, 2)
    for step, left in ((0, 0.2), (25, 0.15), (100, 0.0), (500, 0.0)):
        batch = Batch(x, torch.zeros(3).long(), {"jitter": eps}, torch.tensor(step))
        assert torch.allclose(model.shaken(batch), torch.full((3, 2), left))


@pytest.mark.parametrize("flow", JITTERED)
def test_without_jitter_no_noise_is_drawn(flow: type[Jittered]) -> None:
    assert flow(flow.Config(jitter=0.0)).noise("model") == {}
