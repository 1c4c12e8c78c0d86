"""Mode coverage, likelihoods and the kernel estimate on cases with known answers."""

import math

import pytest
import torch
from scipy.stats import gaussian_kde
from torch import Generator

from engine.data.base import Modes
from engine.data.kernel import log_mixture
from engine.data.mixtures import EightGaussians, EightGaussiansConfig
from engine.metrics.density_kde import KernelDensity, likelihood_factor
from engine.metrics.likelihood import kl_to_truth, mean_nll
from engine.metrics.modes import mode_coverage

RING = EightGaussians(EightGaussiansConfig())


def ring_points(n: int) -> torch.Tensor:
    return RING.draw(n, Generator().manual_seed(0)).x


def test_data_cover_their_own_modes() -> None:
    """Share within 3 std of a 2D Gaussian is 1 - exp(-9/2) = 0.989."""
    found = mode_coverage(ring_points(20_000), RING.modes())
    assert (found.covered, found.total) == (8, 8)
    assert found.high_quality == pytest.approx(1 - math.exp(-4.5), abs=3e-3)
    assert found.weights == pytest.approx([1 / 8] * 8, abs=0.01)
    assert found.std_ratio == pytest.approx(1, abs=0.01)


def test_half_the_spread_is_half_the_ratio() -> None:
    centres, points = RING.modes().centres, RING.draw(4000, Generator().manual_seed(0))
    shrunk = centres[points.labels] + 0.5 * (points.x - centres[points.labels])
    found = mode_coverage(shrunk + 0.01, RING.modes())
    assert found.std_ratio == pytest.approx(0.5, abs=0.01)


def test_a_mode_counts_from_a_third_of_its_fair_share() -> None:
    """60 points on two modes: 10 are a third of 30 and count, 9 do not."""
    modes = Modes(torch.tensor([[0.0, 0.0], [10.0, 0.0]]), std=1.0)
    for few, covered in ((10, 2), (9, 1)):
        x = torch.zeros(60, 2)
        x[:few, 0] = 10 - 3.9
        found = mode_coverage(x, modes)
        assert found.covered == covered
        assert found.high_quality == pytest.approx(1 - few / 60)
        assert found.weights == pytest.approx((1 - few / 60, few / 60))


def test_spread_inside_modes_is_exact_for_an_even_spread_of_points() -> None:
    """Points at the quantiles of the radius on 8 spokes, and a few far away."""
    u = (torch.arange(4000, dtype=torch.float64) + 0.5) / 4000
    radius, angle = (-2 * (1 - u).log()).sqrt(), math.pi / 4 * torch.arange(8)
    spokes = torch.stack([angle.cos(), angle.sin()], 1)
    x = (0.2 * radius[:, None, None] * spokes).reshape(-1, 2)
    x = torch.cat([x, torch.full((20, 2), 9.0)])
    found = mode_coverage(x, Modes(torch.zeros(1, 2), std=0.2))
    assert found.std_ratio == pytest.approx(1, abs=6e-4)


def test_wild_samples_belong_to_no_mode() -> None:
    x = torch.tensor([[math.nan, 0.0], [math.inf, 0.0], [1e30, 0.0]])
    found = mode_coverage(x, RING.modes())
    assert (found.covered, found.high_quality, found.std_ratio) == (0, 0.0, None)


def test_kl_of_two_gaussians() -> None:
    """KL(N(0, I) || N(m, I)) = |m|^2 / 2, and far more precise than either NLL."""
    x = torch.randn(20_000, 2, generator=Generator().manual_seed(0))
    shift = torch.tensor([0.3, 0.4])
    truth = -x.square().sum(1) / 2 - math.log(2 * math.pi)
    model = -(x - shift).square().sum(1) / 2 - math.log(2 * math.pi)
    kl, nll = kl_to_truth(truth, model), mean_nll(truth)
    assert kl.value == pytest.approx(0.125, abs=4 * kl.error)
    assert kl.error == pytest.approx(0.5 / math.sqrt(20_000), rel=0.05)
    assert nll.value == pytest.approx(math.log(2 * math.pi) + 1, abs=4 * nll.error)
    assert nll.error == pytest.approx(1 / math.sqrt(20_000), rel=0.05)


@pytest.mark.parametrize("factor", [None, 0.1])
def test_kernel_density_agrees_with_scipy(factor: float | None) -> None:
    points = ring_points(300) @ torch.tensor([[1.0, 0.6], [0.0, 0.5]]).double()
    x = 2 * torch.randn(50, 2, generator=Generator().manual_seed(1)).double()
    peer = gaussian_kde(points.T.numpy(), bw_method=factor or "scott")
    expected = torch.from_numpy(peer.logpdf(x.T.numpy()))
    found = KernelDensity(points, factor).log_prob(x)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def test_kernel_density_of_one_spot_is_finite() -> None:
    estimate = KernelDensity(torch.ones(10, 2))
    assert torch.isfinite(estimate.log_prob(torch.ones(1, 2))).all()


def test_likelihood_chooses_narrow_kernels_for_separate_hills() -> None:
    """Nearer to the true density than Scott's rule, which is made for one hill."""
    points, fresh = ring_points(2000), RING.draw(2000, Generator().manual_seed(5)).x
    factor = likelihood_factor(points, Generator().manual_seed(0))
    truth = RING.log_prob(fresh)
    chosen = kl_to_truth(truth, KernelDensity(points, factor).log_prob(fresh)).value
    scott = kl_to_truth(truth, KernelDensity(points).log_prob(fresh)).value
    assert 0 < chosen < 0.1
    assert scott > 0.3


def test_likelihood_keeps_wide_kernels_for_one_hill() -> None:
    """A point that vouched for itself would ask for the narrowest kernels."""
    points = torch.randn(500, 2, generator=Generator().manual_seed(0))
    factor = likelihood_factor(points, Generator().manual_seed(0))
    assert factor >= 0.7 * KernelDensity(points).factor


def test_blocks_do_not_change_a_mixture(monkeypatch: pytest.MonkeyPatch) -> None:
    """And each term is a normal density of torch's own."""
    generator = Generator().manual_seed(0)
    x = torch.randn(37, 2, generator=generator, dtype=torch.float64)
    centres = 50 + torch.randn(5, 2, generator=generator, dtype=torch.float64)
    weights = torch.tensor([0.1, 0.2, 0.3, 0.15, 0.25], dtype=torch.float64)
    normals = torch.distributions.Normal(centres, 0.7).log_prob(x[:, None]).sum(-1)
    expected = torch.logsumexp(normals + weights.log(), 1)
    for block in (1, 20, 2**19):
        monkeypatch.setattr("engine.data.kernel.BLOCK", block)
        found = log_mixture(x, centres, 0.7, weights.log())
        torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)
