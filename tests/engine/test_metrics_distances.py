"""Distances against closed forms and other libraries."""

import math

import ot
import pytest
import torch
from scipy.stats import wasserstein_distance
from torch import Generator

from engine.metrics.distances import energy_distance, sliced_wasserstein


def normal(n: int, dim: int = 2, seed: int = 0) -> torch.Tensor:
    generator = Generator().manual_seed(seed)
    return torch.randn(n, dim, generator=generator, dtype=torch.float64)


def test_energy_distance_of_shifted_gaussians_is_the_closed_form() -> None:
    """In 1D, E|N(m, s^2)| is the mean of a folded normal variable."""
    shift, n = 1.5, 4000
    folded = 2 * math.exp(-(shift**2) / 4) / math.sqrt(math.pi)
    folded += shift * math.erf(shift / 2)
    expected = 2 * folded - 4 / math.sqrt(math.pi)
    found = energy_distance(normal(n, 1), normal(n, 1, seed=1) + shift)
    assert found == pytest.approx(expected, abs=0.06)


def test_energy_distance_by_hand() -> None:
    """Points 0, 1 against 0, 3: 2 * (0 + 3 + 1 + 2) / 4 - 1 - 3 = -1."""
    x, y = torch.tensor([[0.0], [1.0]]), torch.tensor([[0.0], [3.0]])
    assert energy_distance(x, y) == pytest.approx(-1)


def test_energy_distance_is_unbiased() -> None:
    """The mean over many tiny samples of one density is nought."""
    values = [
        energy_distance(normal(5, seed=k), normal(7, seed=1000 + k)) for k in range(600)
    ]
    mean = torch.tensor(values)
    assert abs(mean.mean().item()) < 4 * mean.std().item() / math.sqrt(600)


def test_energy_distance_does_not_depend_on_the_block() -> None:
    x, y = normal(53), normal(31, seed=1) + 1
    whole = energy_distance(x, y, block=100)
    for block in (1, 7, 53):
        assert energy_distance(x, y, block=block) == pytest.approx(whole, rel=1e-12)


def test_sliced_wasserstein_of_a_shift() -> None:
    """All of a shift by d is seen as d |cos| on a direction: d / sqrt(2) in 2D."""
    x = normal(500)
    found = sliced_wasserstein(
        x, x + torch.tensor([3.0, 4.0]), 4096, Generator().manual_seed(0)
    )
    assert found == pytest.approx(5 / math.sqrt(2), rel=0.03)


@pytest.mark.parametrize(("n", "m"), [(40, 40), (40, 25), (7, 30)])
def test_one_dimension_agrees_with_exact_transport(n: int, m: int) -> None:
    """In 1D each direction is +-1, so the sliced distance is the distance itself."""
    x, y = normal(n, 1), 2 * normal(m, 1, seed=1) + 1
    exact = math.sqrt(ot.emd2_1d(x.numpy(), y.numpy()))
    assert sliced_wasserstein(x, y, projections=3) == pytest.approx(exact, rel=1e-9)


def test_second_moment_bounds_the_first() -> None:
    x, y = normal(200, 1), normal(300, 1, seed=1) + 5
    first = wasserstein_distance(x[:, 0].numpy(), y[:, 0].numpy())
    assert first <= sliced_wasserstein(x, y, projections=2) < first * 1.01


def test_sliced_wasserstein_agrees_with_pot_in_the_plane() -> None:
    x, y = normal(300), 0.5 * normal(200, seed=1)
    peer = ot.sliced_wasserstein_distance(
        x.numpy(), y.numpy(), n_projections=4000, seed=0
    )
    found = sliced_wasserstein(x, y, 4000, Generator().manual_seed(0))
    assert found == pytest.approx(float(peer), rel=0.02)


def test_same_generator_same_distance() -> None:
    x, y = normal(50), normal(50, seed=1)
    values = {
        sliced_wasserstein(x, y, 16, Generator().manual_seed(3), block=b)
        for b in (16, 16, 5)
    }
    assert max(values) - min(values) < 1e-12
