"""Score SDE: its preconditioned network, its score, its likelihood."""

from typing import Any

import pytest
import torch
from exact_mixture import ExactMixture, ring
from torch import Generator, Tensor

from engine import registry
from engine.metrics.distances import energy_distance
from engine.models.base import Batch
from engine.models.score_sde import ScoreSDE, ScoreSDEConfig
from engine.sampling.likelihood import scaled_normal_log_prob
from engine.sampling.ode import rk4
from engine.sampling.path import spread
from engine.sampling.targets import column

SDES = ("vp", "sub_vp", "ve")
#: As in the paper: told the plain time, which is drawn uniformly.
PLAIN = {"clock": "time", "level_sampling": "uniform", "weighting": "noise"}


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def make(dim: int = 2, **settings: object) -> ScoreSDE:
    return ScoreSDE(ScoreSDEConfig(**{**PLAIN, **settings}), dim).double()


def teach(
    model: ScoreSDE, exact: ExactMixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let the network answer so that the model's score is that of the mixture."""

    def answer(scaled: Tensor, t: Tensor) -> Tensor:
        alpha, sigma = column(model.path.alpha(t)), column(model.path.sigma(t))
        root = (alpha.square() + sigma.square()).sqrt()
        x = scaled * root
        eps = exact.denoised(x, t).eps
        return (eps - sigma * x / root**2) * root / alpha

    monkeypatch.setattr(model.field, "forward", answer)


def batch_of(x: Tensor, seed: int = 0, **noise: Tensor) -> Batch:
    draws = {
        "eps": torch.randn(x.shape, generator=seeded(seed), dtype=x.dtype),
        "t": torch.rand(len(x), generator=seeded(seed + 1), dtype=x.dtype),
    }
    labels = torch.zeros(len(x), dtype=torch.int64)
    return Batch(x, labels, draws | noise, torch.tensor(0.0))


@pytest.mark.parametrize("sde", SDES)
@pytest.mark.parametrize("t", [0.05, 0.5, 0.98])
def test_score_is_that_of_the_noised_ring(
    sde: str, t: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make(sde=sde)
    exact, time = ring(model.path), torch.tensor(t, dtype=torch.float64)
    teach(model, exact, monkeypatch)
    x = 2 * torch.randn(30, 2, dtype=torch.float64, generator=seeded())
    torch.testing.assert_close(model.score(x, time), exact.score(x, time))
    torch.testing.assert_close(model.denoised(x, time).eps, exact.denoised(x, time).eps)
    torch.testing.assert_close(model.velocity(x, time), exact.velocity(x, time))


@pytest.mark.parametrize("sde", SDES)
@pytest.mark.parametrize("weighting", ["unit", "noise", "likelihood"])
def test_an_untrained_network_is_right_about_unit_normal_data(
    sde: str, weighting: str
) -> None:
    """Its zero is the best answer: no step along the gradient helps."""
    model = make(sde=sde, weighting=weighting, width=16, end_time=0.05)
    t = torch.tensor(0.4, dtype=torch.float64)
    x = torch.randn(9, 2, dtype=torch.float64)
    power = float(model.path.alpha(t).square() + model.path.sigma(t).square())
    torch.testing.assert_close(model.score(x, t), -x / power)
    data = torch.randn(200_000, 2, dtype=torch.float64, generator=seeded(3))
    loss = model.losses("model", batch_of(data))["loss"]
    last = [p for n, p in model.named_parameters() if n.endswith("bias")][-1]
    (slope,) = torch.autograd.grad(loss, last)
    assert float(slope.abs().max()) < 0.02 * float(loss.detach())


@pytest.mark.parametrize("sde", SDES)
def test_noise_weight_is_the_loss_of_the_paper(sde: str) -> None:
    """Of sigma s + eps, squared, at random weights."""
    model = make(sde=sde, width=16)
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    batch = batch_of(torch.randn(50, 2, dtype=torch.float64))
    t = batch.noise["t"] * (1 - model.config.end_time)
    alpha, sigma = column(model.path.alpha(t)), column(model.path.sigma(t))
    eps = batch.noise["eps"]
    score = model.score(alpha * batch.x + sigma * eps, t)
    expected = (sigma * score + eps).square().mean()
    torch.testing.assert_close(model.losses("model", batch)["loss"], expected)
    likely = make(sde=sde, width=16, weighting="likelihood")
    likely.load_state_dict(model.state_dict())
    rate = column(model.path.reverse_rates(t)[1]) / sigma.square()
    expected = ((sigma * score + eps).square() * rate).mean()
    torch.testing.assert_close(likely.losses("model", batch)["loss"], expected)


def test_score_is_held_beyond_the_end_time() -> None:
    model = make(end_time=0.01, width=16)
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    x = torch.randn(5, 2, dtype=torch.float64)
    end, data = torch.tensor([0.99, 1.0], dtype=torch.float64)
    assert torch.equal(model.score(x, end), model.score(x, data))
    assert model.velocity(x, data).isfinite().all()


@pytest.mark.parametrize("sde", SDES)
def test_log_density_of_normal_data(sde: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ODE's density is that of the data seen at the last noise level."""
    model = make(sde=sde, density_steps=200, end_time=1e-5)
    exact = ExactMixture(torch.zeros(1, 2, dtype=torch.float64), 0.6, model.path)
    teach(model, exact, monkeypatch)
    x = torch.randn(20, 2, dtype=torch.float64, generator=seeded())
    # The start has the spread of the noised data, its density that of the noise alone.
    ends = torch.tensor([0.0, 1.0], dtype=torch.float64)
    noise = model.path.sigma(ends)
    first, last = (model.path.alpha(ends).square() * 0.36 + noise.square()).sqrt()
    expected = scaled_normal_log_prob(x * first / last, float(noise[0]))
    expected = expected + 2 * (first / last).log()
    found = model.log_prob(x, seeded())
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


def test_flow_of_normal_data_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line through a start scales with the spread of its time."""
    model = make(dim=1, end_time=1e-5)
    exact = ExactMixture(torch.zeros(1, 1, dtype=torch.float64), 0.5, model.path)
    teach(model, exact, monkeypatch)
    z = torch.linspace(-2, 2, 7, dtype=torch.float64)[:, None]
    times = [0.99 * t for t in spread(400)]
    x = rk4(model.velocity, z, times)
    ends = torch.tensor([0.0, 0.99], dtype=torch.float64)
    std = (
        model.path.alpha(ends).square() * 0.25 + model.path.sigma(ends).square()
    ).sqrt()
    torch.testing.assert_close(x, z * std[1] / std[0], atol=1e-6, rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("sde", SDES)
def test_training_recovers_the_ring(sde: str) -> None:
    from engine import Experiment

    run: Any = Experiment(
        "score_sde", "eight_gaussians", device="cpu", model_settings={"sde": sde},
        training={"steps": 2500, "batch_size": 256, "threads": 1},
    )  # fmt: skip
    run.train()
    held = run.data.heldout.x[:4000].float()
    for sampler in ("euler_maruyama", "predictor_corrector", "dpm_solver_pp_2m"):
        run.config = run.config.model_copy(update={"sampler": sampler})
        kind = registry.sampler(sampler)
        grid = "uniform" if sde == "ve" else "quadratic"
        run._parts = run._parts.__class__(
            run._parts.model, run._parts.model_config, run._parts.training,
            kind, kind.Config(steps=200, grid=grid),
        )  # fmt: skip
        assert energy_distance(run.sample(4000), held) < 0.02, sampler
