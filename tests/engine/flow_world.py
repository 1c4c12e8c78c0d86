"""What every flow has to prove (SYSTEMS section C), and the ring it is measured on."""

import math

import torch
from torch import Tensor

from engine.models.base import Batch
from engine.models.flow import Flow

RING_ENTROPY = 1.1231
#: Roughly the spread of the ring, which trainings standardise by.
RING_SCALE = 1.42


def points(n: int, dim: int = 2, seed: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, dim, dtype=torch.float64, generator=generator)


def batch_of(x: Tensor, **noise: Tensor) -> Batch:
    return Batch(x, torch.zeros(len(x), dtype=torch.int64), noise, torch.tensor(0.0))


def shaken(flow: Flow, by: float = 0.1, seed: int = 0) -> Flow:
    """Double precision, with every weight moved, so that nothing is the identity."""
    generator = torch.Generator().manual_seed(seed)
    flow = flow.double()
    with torch.no_grad():
        for weight in flow.parameters():
            weight += by * torch.randn(
                weight.shape, generator=generator, dtype=weight.dtype
            )
    return flow


def jacobians(function, x: Tensor) -> Tensor:
    """Of a function that treats points (n, dim) one by one: (n, out, dim)."""
    summed = torch.autograd.functional.jacobian(lambda v: function(v).sum(0), x)
    return summed.transpose(0, 1)


def check_log_det(flow: Flow) -> None:
    for dtype, tolerance in ((torch.float64, 1e-9), (torch.float32, 1e-4)):
        x = points(20, flow.dim).to(dtype)
        _, log_det = flow.to(dtype).to_noise(x)
        jacobian = jacobians(lambda v: flow.to_noise(v)[0], x)
        expected = torch.linalg.slogdet(jacobian.double()).logabsdet.to(dtype)
        assert log_det.abs().mean() > 0.02
        torch.testing.assert_close(log_det, expected, rtol=tolerance, atol=tolerance)


def check_inverse(flow: Flow, exact: float = 1e-9, single: float = 1e-4) -> None:
    for dtype, tolerance in ((torch.float64, exact), (torch.float32, single)):
        flow, x = flow.to(dtype), points(300, flow.dim).to(dtype)
        z = flow.encode(x).mean
        assert (z - x).abs().mean() > 0.02
        torch.testing.assert_close(flow.decode(z), x, rtol=0, atol=tolerance)
        layers = flow.layers(z)
        assert torch.equal(layers[0], z)
        assert torch.equal(layers[-1], flow.decode(z))
    flow.double()


def check_density_of_samples(flow: Flow) -> None:
    """The density tracked while sampling: noise less the stretch of the way out."""
    z = 0.8 * points(50, flow.dim)
    stretch = torch.linalg.slogdet(jacobians(flow.decode, z)).logabsdet
    normal = torch.distributions.Normal(0.0, 1.0)
    tracked = normal.log_prob(z).sum(1) - stretch
    found = flow.log_prob(flow.decode(z), torch.Generator())
    torch.testing.assert_close(found, tracked, rtol=0, atol=1e-4)


def grid_mass(flow: Flow, limit: float = 9.0, step: float = 0.05) -> float:
    """Midpoint sum of the density over a square."""
    axis = torch.arange(-limit + step / 2, limit, step).to(flow.dtype)
    grid = torch.cartesian_prod(axis, axis)
    with torch.no_grad():
        parts = [flow.log_prob(g, torch.Generator()).exp() for g in grid.split(4096)]
    return float(torch.cat(parts).double().sum() * step**2)


def ring(n: int, seed: int) -> Tensor:
    """Eight Gaussians, radius 2, standard deviation 0.15 (SYSTEMS section 0)."""
    generator = torch.Generator().manual_seed(seed)
    angle = torch.randint(8, (n,), generator=generator) * (math.pi / 4)
    centre = 2 * torch.stack((angle.cos(), angle.sin()), 1)
    return centre + 0.15 * torch.randn(n, 2, generator=generator)


def fit(flow: Flow, x: Tensor, steps: int, batch: int = 512, seed: int = 0) -> None:
    """Train with the rate and the clip of the model's defaults, cosine to zero."""
    rate, clip = (flow.training_defaults[key] for key in ("learning_rate", "clip"))
    generator = torch.Generator().manual_seed(seed)
    flow.initialise({"x": x}, generator)
    for player in flow.turns():
        weights = flow.players()[player]
        optimiser = torch.optim.Adam(weights, lr=rate, fused=True)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
        for _ in range(steps):
            rows = torch.randint(len(x), (batch,), generator=generator)
            noise = {
                name: torch.randn(batch, *draw.shape, generator=generator).to(x)
                for name, draw in flow.noise(player).items()
            }
            loss = flow.losses(player, batch_of(x[rows], **noise))["loss"]
            torch.autograd.backward(loss, inputs=weights)
            torch.nn.utils.clip_grad_norm_(weights, clip)
            optimiser.step()
            optimiser.zero_grad()
            schedule.step()


def ring_nll(flow: Flow, steps: int = 1500) -> float:
    """Held-out nats on the ring after that many steps; the mass is checked too."""
    fit(flow, ring(20_000, 0) / RING_SCALE, steps)
    with torch.no_grad():
        found = flow.log_prob(ring(10_000, 1) / RING_SCALE, torch.Generator())
    assert abs(grid_mass(flow, limit=2.6, step=0.02) - 1) < 0.01
    nll = -found.mean().item() + 2 * math.log(RING_SCALE)
    assert nll > RING_ENTROPY - 0.02
    return nll
