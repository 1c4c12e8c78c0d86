"""RNADE: each conditional against torch's mixtures, and one over the plane."""

import pytest
import torch
from scipy import stats
from torch import Tensor, nn
from torch.distributions import Categorical, Laplace, MixtureSameFamily, Normal

from engine import Experiment
from engine.models.base import capabilities
from engine.models.rnade import RNADE, RNADEConfig


def lively(dim: int = 2, **settings: object) -> RNADE:
    """A model whose heads depend on what came before, in float64."""
    torch.manual_seed(0)
    model = RNADE(RNADEConfig(**{"parts": 3, "width": 16, **settings}), dim).double()
    for head in model.heads:
        nn.init.normal_(head.weight, std=0.3)
    return model


@pytest.mark.parametrize(("shape", "part"), [("normal", Normal), ("laplace", Laplace)])
def test_density_is_a_product_of_mixtures_by_torch(shape: str, part: type) -> None:
    model = lively(3, shape=shape)
    x = torch.randn(40, 3, dtype=torch.float64)
    expected = torch.zeros(40, dtype=torch.float64)
    for index, mixture in enumerate(model.conditionals(x)):
        oracle = MixtureSameFamily(
            Categorical(logits=mixture.log_weight),
            part(mixture.mean, mixture.log_scale.exp()),
        )
        expected += oracle.log_prob(x[:, index])
    torch.testing.assert_close(model.log_prob(x, torch.Generator()), expected)


@pytest.mark.parametrize("order", ["forward", "backward"])
@pytest.mark.parametrize("shape", ["normal", "laplace"])
def test_the_density_adds_up_over_the_plane(shape: str, order: str) -> None:
    """Section D: the continuous form of adding up to one."""
    model = lively(shape=shape, order=order, floor=0.2)
    side, half = 600, 12.0
    edge = ((torch.arange(side) + 0.5) / side * 2 - 1) * half
    grid = torch.cartesian_prod(edge, edge).double()
    with torch.no_grad():
        log = torch.cat(
            [model.log_prob(rows, torch.Generator()) for rows in grid.split(60_000)]
        )
    mass = log.exp().sum().item() * (2 * half / side) ** 2
    assert mass == pytest.approx(1, abs=0.01)


def test_no_conditional_sees_its_own_or_a_later_coordinate() -> None:
    """Section D: exact zeros."""
    model = lively(4)
    x = torch.randn(1, 4, dtype=torch.float64, requires_grad=True)
    for i, mixture in enumerate(model.conditionals(x)):
        total = sum(part.square().sum() for part in mixture)
        (grad,) = torch.autograd.grad(total, x, retain_graph=True, allow_unused=True)
        seen = torch.zeros_like(x) if grad is None else grad
        assert torch.equal(seen[0, i:], torch.zeros(4 - i).double())
        assert i == 0 or seen[0, :i].abs().min() > 0


def test_drawing_uses_the_conditionals_of_the_density(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Section D: step by step against teacher-forced."""
    model = lively(4)
    used: list[Tensor] = []
    draw = RNADE._draw

    def spy(self: RNADE, mixture, generator) -> Tensor:
        used.append(torch.cat(mixture, 1))
        return draw(self, mixture, generator)

    monkeypatch.setattr(RNADE, "_draw", spy)
    x = model.sample(50, torch.Generator().manual_seed(0))
    for mine, mixture in zip(used, model.conditionals(x), strict=True):
        torch.testing.assert_close(mine, torch.cat(mixture, 1), atol=1e-5, rtol=0)


@pytest.mark.parametrize("order", ["forward", "backward"])
@pytest.mark.parametrize("shape", ["normal", "laplace"])
def test_samples_follow_the_density(shape: str, order: str) -> None:
    """The first coordinate by a Kolmogorov test, all by their mean log-density."""
    model = lively(shape=shape, order=order)
    x = model.sample(20_000, torch.Generator().manual_seed(0)).detach()
    first = 1 if order == "backward" else 0
    mixture = model.conditional(0, model.first[None])
    part = {"normal": Normal, "laplace": Laplace}[shape]
    parts = part(mixture.mean, mixture.log_scale.exp())

    def below(values):
        column = torch.as_tensor(values)[:, None]
        return (mixture.log_weight.exp() * parts.cdf(column)).sum(1).detach().numpy()

    assert stats.kstest(x[:, first].numpy(), below).pvalue > 0.01
    # ln p of samples of p is minus its entropy, here by the grid.
    side, half = 400, 10.0
    edge = ((torch.arange(side) + 0.5) / side * 2 - 1) * half
    with torch.no_grad():
        log = model.log_prob(
            torch.cartesian_prod(edge, edge).double(), torch.Generator()
        )
        entropy = -(log.exp() * log).sum().item() * (2 * half / side) ** 2
        nll = -model.log_prob(x, torch.Generator()).mean().item()
    assert nll == pytest.approx(entropy, abs=0.03)


def test_the_order_turns_the_plane() -> None:
    forward, backward = lively(), lively(order="backward")
    backward.load_state_dict(forward.state_dict())
    x = torch.randn(20, 2, dtype=torch.float64)
    torch.testing.assert_close(
        forward.log_prob(x, torch.Generator()),
        backward.log_prob(x.flip(1), torch.Generator()),
    )


def test_no_part_is_narrower_than_the_floor() -> None:
    model = lively(floor=0.3)
    with torch.no_grad():
        for head in model.heads:
            head.bias -= 50
    mixtures = model.conditionals(torch.randn(10, 2, dtype=torch.float64))
    least = min(float(m.log_scale.detach().exp().min()) for m in mixtures)
    assert least == pytest.approx(0.3, rel=1e-6)
    assert model.log_prob(torch.zeros(1, 2).double(), None).isfinite()
    assert capabilities(model) == {"samples", "log_density", "conditionals"}


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
def test_the_depth_counts_hidden_layers(depth: int) -> None:
    """The shared first one is a vector with a step per coordinate, as in the paper."""
    model = RNADE(RNADEConfig(width=11, depth=depth, waves=0))
    square = [p for p in model.parameters() if p.shape == (11, 11)]
    assert len(square) == depth - 1


@pytest.mark.slow
def test_ring_close_to_its_entropy() -> None:
    """Measured 1.15 after 2000 steps; the entropy is 1.1231."""
    run = Experiment("rnade", "eight_gaussians", training={"steps": 1500})
    run.train()
    found = run.measure(points=4000)
    assert found.nll is not None
    assert 1.08 < found.nll.value < 1.2
    assert found.modes is not None
    assert found.modes.covered == 8
