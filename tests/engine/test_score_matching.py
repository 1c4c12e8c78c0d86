"""Score matching: three losses with one mean, and the best score of a normal."""

import math

import pytest
import torch
from exact_mixture import ring
from torch import Generator, Tensor

from engine.metrics.distances import energy_distance
from engine.models.base import Batch, capabilities
from engine.models.score_matching import ScoreMatching, ScoreMatchingConfig
from engine.sampling.sde_paths import VEPath
from engine.sampling.stochastic import annealed_langevin, langevin
from engine.settings import SettingError, checked


def batch_for(model: ScoreMatching, x: Tensor, generator: Generator) -> Batch:
    noise = {}
    for name, draw in model.noise("model").items():
        shape = (len(x), *draw.shape)
        noise[name] = (
            torch.randint(0, draw.high, shape, generator=generator)
            if draw.kind == "integer"
            else torch.randn(shape, generator=generator, dtype=x.dtype)
        )
    labels = torch.zeros(len(x), dtype=torch.int64)
    return Batch(x, labels, noise, torch.zeros((), dtype=x.dtype))


def random_model(**settings: object) -> ScoreMatching:
    """A smooth field with no zero weights, so that every term counts."""
    torch.manual_seed(1)
    model = ScoreMatching(ScoreMatchingConfig(width=16, waves=2, **settings)).double()
    torch.nn.init.normal_(model.field.mlp[-1].weight, std=0.5)
    return model


def mean_loss(objective: str, slices: int = 1) -> tuple[float, float]:
    """Loss over many draws and its standard error, on a fixed random field."""
    model = random_model(objective=objective, slices=slices, sigma_min=0.3)
    generator = torch.Generator().manual_seed(0)
    losses = []
    for _ in range(40):
        x = torch.randn(2000, 2, generator=generator, dtype=torch.float64)
        batch = batch_for(model, x, generator)
        losses.append(model.losses("model", batch)["loss"].detach())
    stack = torch.stack(losses)
    return float(stack.mean()), float(stack.std() / math.sqrt(len(stack)))


def test_all_losses_have_the_same_mean() -> None:
    """Vincent 2011 and Stein's identity; the constant D / 2 is included."""
    denoising, error = mean_loss("denoising")
    for objective, slices in [("implicit", 1), ("sliced", 1), ("sliced", 4)]:
        other, noise = mean_loss(objective, slices)
        assert abs(other - denoising) < 4 * math.hypot(error, noise), objective
        assert noise < 0.02 * denoising


def test_implicit_loss_of_a_linear_field_by_hand() -> None:
    """s = -x / v on points x at one level: sigma^2 (|x|^2 / 2 v^2 - D / v) + D / 2."""
    v, sigma = 1.7, 0.4
    model = random_model(objective="implicit", levels=1, sigma_min=sigma)
    model.scaled_score = lambda x, t: -sigma * x / v
    x = torch.randn(100, 2, dtype=torch.float64)
    noise = {"eps": torch.zeros_like(x), "level": torch.zeros(100, dtype=torch.int64)}
    batch = Batch(x, noise["level"], noise, torch.tensor(0.0))
    expected = sigma**2 * (x.square().sum(1).mean() / (2 * v**2) - 2 / v) + 1
    found = model.losses("model", batch)["loss"]
    torch.testing.assert_close(found, expected)


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["denoising", "implicit", "sliced"])
def test_the_score_of_a_blurred_normal_is_learned(objective: str) -> None:
    """A6 (2): -x / (s^2 + sigma^2), within 2 % in the mean square."""
    torch.manual_seed(0)
    s, sigma = 0.8, 0.5
    config = ScoreMatchingConfig(
        width=32, depth=2, waves=0, levels=1, sigma_min=sigma, objective=objective
    )
    model = ScoreMatching(config, dim=1)
    generator = torch.Generator().manual_seed(0)
    optimiser = torch.optim.Adam(model.parameters(), 5e-3)
    steps = 1500
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        x = s * torch.randn(2048, 1, generator=generator)
        optimiser.zero_grad()
        model.losses("model", batch_for(model, x, generator))["loss"].backward()
        optimiser.step()
        schedule.step()
    x = torch.linspace(-2, 2, 101)[:, None] * math.sqrt(s**2 + sigma**2)
    exact = -x / (s**2 + sigma**2)
    found = model.score(x, torch.tensor(1.0)).detach()
    assert float((found - exact).norm() / exact.norm()) < 0.02


def test_stationary_variance_of_a_finite_step() -> None:
    """A6 (1): 1 / (1 - eta / 2) on N(0, 1)."""
    generator = torch.Generator().manual_seed(0)
    for eta, expected in [(0.1, 1.0526), (0.5, 1.3333)]:
        assert 1 / (1 - eta / 2) == pytest.approx(expected, abs=1e-4)
        x = torch.randn(200_000, 1, generator=generator, dtype=torch.float64)
        x = langevin(lambda x: -x, x, eta, 100, generator)
        assert x.var().item() == pytest.approx(expected, rel=0.01)


def weights(x: Tensor, means: Tensor) -> Tensor:
    return torch.bincount(torch.cdist(x, means).argmin(1), minlength=len(means)) / len(
        x
    )


def test_annealing_recovers_the_ring_and_without_it_the_start_remains() -> None:
    """A6 (3) and (4), with the exact score at ten levels, 2 to 0.05."""
    path = VEPath(0.05, 2.0)
    exact = ring(path)
    generator = torch.Generator().manual_seed(0)
    start = 2.5 * exact.start(4000, generator)
    times = [k / 10 for k in range(11)]
    x = annealed_langevin(exact.denoised, path, start, times, generator, 0.1, 20)
    truth = exact.sample(4000, generator)
    assert energy_distance(x, truth) < 0.005  # measured: under 0.0005
    assert (weights(x, exact.means) - 1 / 8).abs().max() < 0.03

    chosen = torch.randint(3, (4000,), generator=generator)
    lopsided = exact.means[chosen] + 0.15 * exact.start(4000, generator)
    before = weights(lopsided, exact.means)
    last = torch.tensor(1.0, dtype=torch.float64)
    after = langevin(
        lambda x: exact.score(x, last), lopsided, 0.1 * 0.05**2, 200, generator
    )
    assert (weights(after, exact.means) - before).abs().max() < 0.01
    assert energy_distance(after, truth) > 0.5


def test_field_conventions_on_an_exact_score() -> None:
    """Given the score of a blurred normal, its ODE density is that normal."""
    variance = 1.0
    model = random_model(sigma_min=0.2)
    path = model.path

    def exact(x: Tensor, t: Tensor) -> Tensor:
        sigma = path.sigma(t)
        sigma = sigma[:, None] if sigma.dim() else sigma
        return -sigma * x / (variance + sigma**2)

    model.scaled_score = exact
    x = torch.randn(30, 2, dtype=torch.float64)
    blurred = math.sqrt(variance + 0.2**2)
    expected = torch.distributions.Normal(0.0, blurred).log_prob(x).sum(1)
    found = model.log_prob(x, torch.Generator())
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
    ends = model.start(50_000, torch.Generator().manual_seed(0))
    assert ends.std().item() == pytest.approx(math.sqrt(variance + 4), rel=0.01)


def test_data_and_noise_of_a_guess_make_the_point() -> None:
    """x = x_data + sigma eps, and eps is minus sigma times the score."""
    model = random_model()
    x, t = torch.randn(9, 2).double(), torch.rand(9).double()
    with torch.no_grad():
        pair, score = model.denoised(x, t), model.score(x, t)
    sigma = model.path.sigma(t)[:, None]
    torch.testing.assert_close(pair.x_data + sigma * pair.eps, x)
    torch.testing.assert_close(pair.eps, -sigma * score)


def test_levels_are_those_of_the_settings() -> None:
    model = random_model(levels=3, sigma_max=2.0, sigma_min=0.5)
    seen: list[Tensor] = []
    model.scaled_score = lambda x, t: seen.append(model.path.sigma(t)) or 0 * x
    level = torch.tensor([0, 1, 2])
    x = torch.zeros(3, 2, dtype=torch.float64)
    batch = Batch(x, level, {"eps": x, "level": level}, torch.tensor(0.0))
    model.losses("model", batch)
    torch.testing.assert_close(seen[0], torch.tensor([2.0, 1.0, 0.5]).double())
    with pytest.raises(SettingError, match="smaller than the widest"):
        checked(ScoreMatchingConfig, {"sigma_max": 0.1, "sigma_min": 0.2}, "score")
    assert capabilities(model) >= {"process", "log_density"}
