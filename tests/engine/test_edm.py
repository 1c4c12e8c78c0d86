"""EDM: unit sizes, the optimum for normal data, and the ring."""

import math

import pytest
import torch
from exact_mixture import ExactMixture, ring
from torch import Generator, Tensor

from engine import Experiment
from engine.metrics.distances import energy_distance
from engine.models.base import Batch
from engine.models.edm import EDM, EDMConfig
from engine.sampling.likelihood import scaled_normal_log_prob
from engine.sampling.targets import column


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def make(dim: int = 2, **settings: object) -> EDM:
    return EDM(EDMConfig(**settings), dim).double()


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=seeded(seed), dtype=torch.float64)


def teach(model: EDM, exact: ExactMixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the network answer so that D is the exact denoiser."""

    def answer(scaled: Tensor, clock: Tensor) -> Tensor:
        sigma = (4 * clock).exp()
        skip, out, into = (column(c) for c in model.scalings(sigma))
        x = scaled / into
        t = 1 - (sigma / model.config.sigma_max) ** (1 / model.config.rho)
        return (exact.denoised(x, t).x_data - skip * x) / out

    monkeypatch.setattr(model.field, "forward", answer)


@pytest.mark.parametrize("spread", [0.3, 0.5, 2.0])
def test_network_sees_and_predicts_unit_size(
    spread: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Variance 1 within 2 % at every noise level, for data of the assumed spread."""
    model = make(dim=1, sigma_data=spread)
    seen: list[Tensor] = []

    def watch(scaled: Tensor, clock: Tensor) -> Tensor:
        seen.append(scaled)
        return torch.zeros_like(scaled)

    monkeypatch.setattr(model.field, "forward", watch)
    for level in (-3.0, 0.0, 2.5):
        draws = {"eps": normal(100_000, 1, seed=1), "level": torch.full((1,), level)}
        draws["level"] = draws["level"].double().expand(100_000)
        x, labels = spread * normal(100_000, 1, seed=2), torch.zeros(100_000).long()
        loss = model.losses("model", Batch(x, labels, draws, torch.zeros(())))["loss"]
        assert float(seen[-1].var()) == pytest.approx(1, rel=0.02)
        # The network says 0, so the loss is the mean square of its target.
        assert float(loss) == pytest.approx(1, rel=0.02)


def test_nothing_is_left_to_learn_about_normal_data() -> None:
    """With F = 0, its first value, D is the posterior mean of N(0, sigma_d^2)."""
    model, x = make(sigma_data=0.7), normal(9, 2)
    for sigma in (0.02, 0.5, 8.0):
        level = torch.tensor(sigma, dtype=torch.float64)
        expected = 0.49 / (0.49 + sigma**2) * x
        torch.testing.assert_close(model.denoiser(x, level, level), expected)


def test_loss_is_the_weighted_error_of_the_denoiser() -> None:
    model = make(width=16)
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    x, eps, level = normal(40, 2), normal(40, 2, seed=1), normal(40, seed=2)
    batch = Batch(
        x, torch.zeros(40).long(), {"eps": eps, "level": level}, torch.zeros(())
    )
    sigma = model.training_levels(level)
    guess = model.denoiser(x + column(sigma) * eps, sigma, sigma)
    weight = (sigma.square() + 1) / sigma.square()
    expected = ((guess - x).square() * column(weight)).mean()
    torch.testing.assert_close(model.losses("model", batch)["loss"], expected)


def test_training_levels_are_log_normal() -> None:
    model = make(level_mean=-0.7, level_spread=0.9)
    logs = model.training_levels(normal(100_000)).log()
    assert float(logs.mean()) == pytest.approx(-0.7, abs=0.02)
    assert float(logs.std()) == pytest.approx(0.9, rel=0.02)


@pytest.mark.parametrize("t", [0.1, 0.5, 0.62])
def test_process_is_that_of_the_ring(t: float, monkeypatch: pytest.MonkeyPatch) -> None:
    model, time = make(), torch.tensor(t, dtype=torch.float64)
    exact = ring(model.path)
    teach(model, exact, monkeypatch)
    x = 2 * normal(30, 2)
    torch.testing.assert_close(model.score(x, time), exact.score(x, time))
    torch.testing.assert_close(model.velocity(x, time), exact.velocity(x, time))


def test_score_is_held_under_the_least_noise() -> None:
    model = make(width=16)
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    x = normal(5, 2)
    edge = model.path.time_of(torch.tensor([0.01], dtype=torch.float64))[0]
    torch.testing.assert_close(
        model.score(x, edge), model.score(x, torch.ones_like(edge)), rtol=1e-6, atol=0
    )


def test_log_density_of_normal_data(monkeypatch: pytest.MonkeyPatch) -> None:
    model = make(density_steps=100, sigma_min=0.001)
    exact = ExactMixture(torch.zeros(1, 2, dtype=torch.float64), 0.6, model.path)
    teach(model, exact, monkeypatch)
    x = normal(20, 2)
    found = model.log_prob(x, seeded())
    # The start has the spread of the noised data, its density that of the noise alone.
    wider = (1 + 0.36 / 400) ** 0.5
    expected = scaled_normal_log_prob(x * wider, 0.6) + 2 * math.log(wider)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


@pytest.mark.slow
def test_training_recovers_the_ring_in_few_steps() -> None:
    run = Experiment(
        "edm", "eight_gaussians", device="cpu",
        training={"steps": 2500, "batch_size": 256, "threads": 1},
    )  # fmt: skip
    run.train()
    assert energy_distance(run.sample(4000), run.data.heldout.x[:4000].float()) < 0.02
