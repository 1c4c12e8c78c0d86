"""The exact reference: its formulas against autograd, quadrature and the data."""

from itertools import pairwise

import pytest
import torch
from torch import Generator, Tensor

from engine import Experiment, registry
from engine.data.load import load_data
from engine.metrics.distances import energy_distance
from engine.models.oracle import Oracle, OracleConfig

SDES = ("linear", "trigonometric", "vp", "sub_vp", "ve")


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def make(data: str = "eight_gaussians", **settings: object) -> Oracle:
    """The oracle of a data set in float64."""
    found = load_data(data, {"points": 500}, 0)
    model = Oracle(OracleConfig(**settings), classes=found.classes).double()
    model.meet(found)
    columns = {"x": found.scaling.standardise(found.train.x)}
    model.initialise({**columns, "labels": found.train.labels}, seeded())
    return model


def points(n: int = 40) -> Tensor:
    return 1.2 * torch.randn(n, 2, dtype=torch.float64, generator=seeded(1))


def at(t: float) -> Tensor:
    return torch.tensor(t, dtype=torch.float64)


@pytest.mark.parametrize("sde", SDES)
@pytest.mark.parametrize("t", [0.05, 0.6, 0.97])
def test_score_is_the_gradient_of_the_noised_density(sde: str, t: float) -> None:
    model, x = make(sde=sde), points().requires_grad_(True)
    (slope,) = torch.autograd.grad(model.log_density(x, at(t)).sum(), x)
    torch.testing.assert_close(model.score(x, at(t)), slope, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("sde", SDES)
def test_velocity_obeys_the_continuity_equation(sde: str) -> None:
    """d/dt ln p = -div u - u . grad ln p, by autograd in space and in time."""
    model, x = make(sde=sde), points(12).requires_grad_(True)
    t = at(0.7).requires_grad_(True)
    for row in range(3):
        (speed,) = torch.autograd.grad(model.log_density(x, t)[row], t)
        u = model.velocity(x, t)
        trace = sum(
            torch.autograd.grad(u[row, axis], x, retain_graph=True)[0][row, axis]
            for axis in range(2)
        )
        carried = (u[row] * model.score(x, t)[row]).sum()
        torch.testing.assert_close(speed, -trace - carried, atol=1e-8, rtol=1e-8)


@pytest.mark.parametrize("data", ["eight_gaussians", "two_moons", "two_spirals"])
def test_density_is_that_of_the_data(data: str) -> None:
    run = Experiment("oracle", data, device="cpu")
    x = run.data.heldout.x[:300]
    exact = run.data.source.log_prob(x)
    assert exact is not None
    torch.testing.assert_close(
        run.log_prob(x).double(), exact, atol=2e-3, rtol=1e-3
    )  # float32 formulas


@pytest.mark.parametrize("data", ["eight_gaussians", "two_moons"])
def test_its_samples_are_data_without_any_training(data: str) -> None:
    run = Experiment("oracle", data, device="cpu")
    x = run.sample(4000)
    assert energy_distance(x, run.data.heldout.x[:4000].float()) < 0.01


def test_classifier_guidance_at_one_is_the_conditional_score() -> None:
    """Bayes, with the classifier's gradient by autograd."""
    free, bound = make(), make(label=3)
    for t in (0.1, 0.5, 0.9):
        x = points().requires_grad_(True)
        parts = free._log_parts(x, at(t), 0)
        of_class = parts[:, free.labels == 2].logsumexp(1) - parts.logsumexp(1)
        (slope,) = torch.autograd.grad(of_class.sum(), x)
        guided = free.score(x, at(t)) + slope
        torch.testing.assert_close(
            guided, bound.score(x, at(t)), atol=1e-10, rtol=1e-10
        )


def test_guidance_is_affine_in_its_weight() -> None:
    x, t = points(), at(0.6)
    scores = [make(label=2, guidance=w).score(x, t) for w in (0.0, 1.0, 2.0, 3.0)]
    assert torch.equal(scores[0], make().score(x, t))
    for low, high in pairwise(scores[1:]):
        torch.testing.assert_close(high - low, scores[1] - scores[0])


def test_class_density_integrates_to_one() -> None:
    model = make(label=1)
    line = torch.linspace(-4, 4, 401, dtype=torch.float64)
    grid = torch.cartesian_prod(line, line)
    mass = model.log_prob(grid, seeded()).exp().sum() * (line[1] - line[0]) ** 2
    assert float(mass) == pytest.approx(1, abs=1e-6)


def test_data_without_a_mixture_become_their_own_points() -> None:
    """Narrow kernels: the samples repeat the chosen points."""
    model = make("checkerboard", kernels=50, width=0.005)
    assert model.centres.shape == (50, 2)
    sampler = registry.sampler("edm_heun")
    x_0 = model.start(400, seeded(2))
    x = sampler(sampler.Config(steps=60)).run(model, x_0, seeded())
    assert float(torch.cdist(x, model.centres).min(1).values.median()) < 0.01


def test_a_model_without_players_passes_time_and_keeps_still() -> None:
    run = Experiment("oracle", "eight_gaussians", device="cpu")
    before = run.sample(50)
    done = run.train_for(0.02, 10**9)
    assert 0 < done < 10**9
    assert run.step == done
    assert run.latest_losses() == {}
    assert torch.equal(before, run.sample(50))
    assert run.branch(0).step == 0
