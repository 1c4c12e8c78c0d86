"""Every toy density against its own points, its integral, and known entropies."""

import csv
import math
from pathlib import Path

import pytest
import torch
from torch import Generator

from engine import registry
from engine.data.toy import HELD_OUT, Toy

TOYS = [n for n in registry.DATA if issubclass(registry.data_set(n), Toy)]
SHARED = Path(__file__).parents[3] / "shared" / "data"


def toy(name: str, **settings: float) -> Toy:
    kind = registry.data_set(name)
    return kind(kind.Config(**settings))


def drawn(source: Toy, n: int, seed: int = 0):
    return source.draw(n, Generator().manual_seed(seed))


def midpoints(low: float, high: float, count: int) -> torch.Tensor:
    line = low + (torch.arange(count, dtype=torch.float64) + 0.5) * (high - low) / count
    return torch.cartesian_prod(line, line)


def test_all_ten_toys_are_listed() -> None:
    assert set(TOYS) == {
        "eight_gaussians", "gaussian_grid", "two_moons", "checkerboard", "rings",
        "pinwheel", "two_spirals", "swiss_roll", "s_curve", "banana",
    }  # fmt: skip


@pytest.mark.parametrize("name", TOYS)
def test_density_integrates_to_one_and_fits_the_points(name: str) -> None:
    """Midpoint sums; the share of points in each coarse box is the mass in it."""
    source = toy(name)
    cells, per_cell = 20, 8
    low, high = -5.0, 5.0
    x = midpoints(low, high, cells * per_cell)
    mass = source.log_prob(x).exp() * ((high - low) / (cells * per_cell)) ** 2
    assert mass.sum().item() == pytest.approx(1, abs=0.01)

    boxes = mass.reshape(cells, per_cell, cells, per_cell).sum((1, 3)).flatten()
    points = drawn(source, 20_000).x
    points = points[points.abs().amax(1) < high]
    n = len(points)
    assert n > 19_980
    index = ((points - low) / (high - low) * cells).long()
    found = torch.bincount(index[:, 0] * cells + index[:, 1], minlength=cells**2)
    rare = boxes * n < 10
    few = boxes[rare].sum().item() * n
    assert found[rare].sum().item() <= few + 4 * math.sqrt(few) + 1
    expected = boxes[~rare] * n
    chi = ((found[~rare] - expected).square() / expected).sum().item()
    freedom = len(expected)
    assert chi < freedom + 5 * math.sqrt(2 * freedom)


@pytest.mark.parametrize("name", TOYS)
def test_entropy_is_the_mean_surprise_of_points(name: str) -> None:
    source = toy(name)
    surprise = -source.log_prob(drawn(source, 5000, seed=3).x)
    error = surprise.std().item() / math.sqrt(5000)
    assert source.entropy() == pytest.approx(
        surprise.mean().item(), abs=4 * error + 1e-9
    )


@pytest.mark.parametrize(
    ("name", "settings", "entropy", "tolerance"),
    [
        ("eight_gaussians", {}, 1.1231, 1e-4),
        ("two_moons", {}, 1.681, 1e-3),
        ("checkerboard", {}, math.log(8), 1e-9),
        ("banana", {"noise": 0.2}, math.log(2 * math.pi * math.e * 0.2), 1e-9),
        # Far apart: the entropy of one Gaussian, plus that of the choice.
        (
            "gaussian_grid",
            {"noise": 0.05},
            math.log(2 * math.pi * math.e * 0.05**2) + math.log(25),
            1e-6,
        ),
        # Arms that do not touch keep the area of their Gaussian.
        (
            "pinwheel",
            {"arms": 1, "noise": 0.05},
            math.log(2 * math.pi * math.e * 0.3 * 0.05 * 1.5**2),
            1e-9,
        ),
    ],
)
def test_known_entropies(name, settings, entropy, tolerance) -> None:
    assert toy(name, **settings).entropy() == pytest.approx(entropy, abs=tolerance)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("rings", {"noise": 0.2}),
        ("two_spirals", {"noise": 0.2}),
        ("checkerboard", {"noise": 0.15}),
        ("pinwheel", {"noise": 0.3}),
    ],
)
def test_entropy_of_overlapping_parts_is_the_grid_sum(name, settings) -> None:
    source = toy(name, **settings)
    log_p = source.log_prob(midpoints(-6, 6, 180))
    grid = -(log_p.exp() * log_p).sum().item() * (12 / 180) ** 2
    assert source.entropy() == pytest.approx(grid, abs=2e-3)


def test_ring_of_noise_has_the_density_of_a_rice_variable() -> None:
    """Radius of a noisy circle: Rice density, from the Bessel function I0."""
    source = toy("rings", rings=1, noise=0.3)
    r = torch.tensor([0.5, 2.0, 2.7, 3.5], dtype=torch.float64)
    x = torch.stack([r * math.cos(1), r * math.sin(1)], 1)
    s2, radius = 0.3**2, 2.7
    bessel = torch.special.i0e(r * radius / s2).log()
    expected = bessel - (r - radius).square() / (2 * s2) - math.log(2 * math.pi * s2)
    torch.testing.assert_close(source.log_prob(x), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["two_moons", "two_spirals", "swiss_roll", "s_curve"])
def test_fine_noise_keeps_the_quadrature_exact(name: str) -> None:
    """The least noise: the same integral with three times as many nodes."""
    source, finer = toy(name, noise=0.02), toy(name, noise=0.02)
    finer._panels = 3 * source._panels
    drawn_points = drawn(source, 200).x
    direction = torch.linspace(0, 60, 200, dtype=torch.float64)
    outwards = torch.stack([direction.cos(), direction.sin()], 1)
    x = torch.cat([drawn_points, drawn_points + 3 * source.std * outwards])
    difference = (source.log_prob(x) - finer.log_prob(x)).abs().max().item()
    assert difference < 1e-4


@pytest.mark.parametrize("name", TOYS)
def test_same_seed_same_points_and_labels_are_classes(name: str) -> None:
    source = toy(name, points=500)
    train, held_out = source.split(Generator().manual_seed(7))
    again, _ = source.split(Generator().manual_seed(7))
    other, _ = source.split(Generator().manual_seed(8))
    more, same_held_out = toy(name, points=900).split(Generator().manual_seed(7))

    assert train.x.shape == (500, 2)
    assert train.x.dtype == torch.float64
    assert held_out.x.shape == (HELD_OUT, 2)
    assert torch.equal(train.x, again.x)
    assert not torch.equal(train.x, other.x)
    assert len(more.x) == 900
    assert torch.equal(held_out.x, same_held_out.x)
    assert held_out.labels.unique().tolist() == list(range(len(source.class_names)))
    assert drawn(source, 20_000).x.abs().quantile(0.99).item() < 4


def test_labels_name_the_part_a_point_came_from() -> None:
    ring = toy("eight_gaussians")
    points = drawn(ring, 1000)
    nearest = torch.cdist(points.x, ring.modes().centres).argmin(1)
    assert torch.equal(nearest, points.labels)

    squares = drawn(toy("checkerboard"), 1000)
    cells = squares.x.floor()
    assert (cells.sum(1) % 2 == 0).all()
    assert len(torch.cat([cells, squares.labels[:, None]], 1).unique(dim=0)) == 8

    rings = drawn(toy("rings", noise=0.05), 1000)
    assert torch.equal((rings.x.norm(dim=1) / 0.9).round().long() - 1, rings.labels)


def test_sharp_checkerboard_has_no_density_between_squares() -> None:
    x = torch.tensor([[0.5, 0.5], [0.5, -0.5], [-1.5, -1.5], [5.0, 5.0]])
    log_p = toy("checkerboard").log_prob(x).tolist()
    assert log_p == pytest.approx([-math.log(8), -math.inf, -math.log(8), -math.inf])


def test_soft_checkerboard_is_finite_far_away() -> None:
    x = torch.tensor([[30.0, 30.0]])
    log_p = toy("checkerboard", noise=0.1).log_prob(x).item()
    # The corner at (2, 2) is 28 away in both directions.
    assert log_p == pytest.approx(-(28**2) / 0.1**2, rel=1e-3)


@pytest.mark.parametrize("name", ["eight_gaussians", "pinwheel", "two_moons", "banana"])
def test_log_density_can_be_differentiated(name: str) -> None:
    """Its gradient is the score, against central differences."""
    source = toy(name)
    x = drawn(source, 20).x.requires_grad_()
    (score,) = torch.autograd.grad(source.log_prob(x).sum(), x)
    for axis in range(2):
        step = torch.zeros(2, dtype=torch.float64)
        step[axis] = 1e-6
        slope = (source.log_prob(x + step) - source.log_prob(x - step)) / 2e-6
        torch.testing.assert_close(score[:, axis], slope, rtol=1e-5, atol=1e-5)


@pytest.mark.skipif(not SHARED.is_dir(), reason="shared points are not here")
@pytest.mark.parametrize(
    ("name", "settings", "nll"),
    [
        ("two_moons", {}, 1.675),
        ("eight_gaussians", {"noise": 0.1}, 0.320),
        ("checkerboard", {}, 2.079),
    ],
)
def test_definitions_agree_with_points_made_elsewhere(name, settings, nll) -> None:
    with (SHARED / f"{name}_heldout.csv").open() as file:
        rows = [[float(cell) for cell in row] for row in list(csv.reader(file))[1:]]
    log_p = toy(name, **settings).log_prob(torch.tensor(rows, dtype=torch.float64))
    assert -log_p.mean().item() == pytest.approx(nll, abs=1e-3)
