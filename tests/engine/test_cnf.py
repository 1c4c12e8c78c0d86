"""Continuous flow: linear fields, jets, traces, adjoint, and flows that never cross."""

import math

import pytest
import torch
from scipy.linalg import expm
from torch import Generator, Tensor, nn

from engine import Experiment
from engine.models.base import Batch
from engine.models.cnf import CNF, CNFConfig
from engine.nets.jets import SLOPES, field_jet
from engine.nets.mlp import ACTIVATIONS
from engine.sampling.adjoint import solve_with_adjoint
from engine.sampling.likelihood import hutchinson, normal_log_prob, ode_log_prob
from engine.sampling.ode import heun, rk4
from engine.sampling.path import spread

A = torch.tensor([[0.3, -1.2], [0.8, -0.5]], dtype=torch.float64)


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def make(**settings: object) -> CNF:
    """Random weights of a size that bends the plane without folding it."""
    torch.manual_seed(4)
    model = CNF(CNFConfig(**{"width": 24, **settings})).double()
    for weight in model.parameters():
        nn.init.normal_(weight, std=0.25)
    return model


def linear(x: Tensor, t: Tensor) -> Tensor:
    return x @ A.T


def points(n: int = 12) -> Tensor:
    return torch.randn(n, 2, generator=seeded(1), dtype=torch.float64)


def batch_of(x: Tensor) -> Batch:
    probe = torch.randn(x.shape, generator=seeded(2), dtype=x.dtype)
    return Batch(x, torch.zeros(len(x)).long(), {"probe": probe}, torch.zeros(()))


@pytest.mark.parametrize("solver", ["rk4", "dopri5"])
def test_linear_field_is_the_matrix_exponential(
    solver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make(solver=solver, steps=100, rtol=1e-8)
    monkeypatch.setattr(model.field, "forward", linear)
    z = points()
    with torch.no_grad():
        x = model.decode(z)
        found = model.log_prob(x, seeded())
    torch.testing.assert_close(
        x, z @ torch.from_numpy(expm(A.numpy())).T, atol=1e-6, rtol=1e-6
    )
    expected = normal_log_prob(z) - A.trace()
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("rtol", [1e-5, 1e-6, 1e-7])
def test_there_and_back_closes_with_the_tolerance(rtol: float) -> None:
    model, x = make(rtol=rtol), points(60)
    with torch.no_grad():
        back = model.decode(model.encode(x).mean)
    assert float((back - x).abs().max()) < 100 * rtol


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(("residual", "time"), [(False, "plain"), (True, "learned")])
def test_jets_are_the_jacobian(activation: str, residual: bool, time: str) -> None:
    model = make(activation=activation, residual=residual, depth=2, time_embedding=time)
    x, t = points(6), torch.tensor(0.4, dtype=torch.float64)
    axes = torch.eye(2, dtype=torch.float64)[:, None].expand(2, 6, 2)
    value, slopes = field_jet(model.field, x, t, axes)
    torch.testing.assert_close(value, model.field(x, t))
    for row in range(6):
        jacobian = torch.autograd.functional.jacobian(
            lambda r: model.field(r[None], t)[0], x[row]
        )
        torch.testing.assert_close(slopes[:, row], jacobian.T)


def test_every_activation_has_a_slope() -> None:
    assert set(ACTIVATIONS.values()) == set(SLOPES)


def test_loss_is_the_likelihood_of_the_same_solver() -> None:
    model, x = make(train_solver="rk4", train_steps=30), points()
    loss = model.losses("model", batch_of(x))["loss"]
    found = ode_log_prob(model.velocity, x, steps=30)
    torch.testing.assert_close(loss, -found.mean())


def test_estimated_trace_is_right_on_average_and_varies_as_known() -> None:
    """Variance 2 |A_s|^2 for normal probes; without the diagonal's part for signs."""
    n = 400_000
    x, t = torch.zeros(n, 2, dtype=torch.float64), torch.zeros(())
    symmetric = (A + A.T) / 2
    square = symmetric.square()
    normal = torch.randn(n, 2, generator=seeded(), dtype=torch.float64)
    wanted = {
        "normal": 2 * square.sum(),
        "signs": 2 * (square.sum() - square.diagonal().sum()),
    }
    for name, probe in (("normal", normal), ("signs", normal.sign())):
        _, found = hutchinson(linear, x, t, probe)
        error = math.sqrt(float(wanted[name]) / n)
        assert abs(float(found.mean() - A.trace())) < 4 * error, name
        assert float(found.var()) == pytest.approx(float(wanted[name]), rel=0.02)


def test_training_estimate_is_the_probes_quadratic_form(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Averaged over all sign probes it is the exact loss."""
    model, x = make(trace="hutchinson", train_steps=3), points(4)
    exact = make(train_steps=3).losses("model", batch_of(x))["loss"]
    losses = []
    for signs in ((1.0, 1.0), (1.0, -1.0)):
        probe = torch.tensor(signs, dtype=torch.float64).expand(4, 2) * 0.3
        batch = Batch(x, torch.zeros(4).long(), {"probe": probe}, torch.zeros(()))
        losses.append(model.losses("model", batch)["loss"])
    torch.testing.assert_close((losses[0] + losses[1]) / 2, exact)
    assert not torch.allclose(losses[0], exact, rtol=1e-4)


@pytest.mark.parametrize("solver", [heun, rk4])
def test_adjoint_gives_the_gradient_of_the_steps(solver) -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2)).double()
    x, times = points().requires_grad_(True), spread(150)
    weights = [x, *net.parameters()]

    def field(x: Tensor, t: Tensor) -> Tensor:
        return net(x) * (1 + t)

    direct = torch.autograd.grad(solver(field, x, times).square().sum(), weights)
    end = solve_with_adjoint(solver, field, x, times, list(net.parameters()))
    adjoint = torch.autograd.grad(end.square().sum(), weights)
    for one, two in zip(direct, adjoint, strict=True):
        torch.testing.assert_close(one, two, atol=1e-4, rtol=1e-4)


def test_adjoint_trains_the_model_alike() -> None:
    gradients = []
    for kind in ("direct", "adjoint"):
        model = make(gradient=kind, train_steps=20)
        loss = model.losses("model", batch_of(points()))["loss"]
        gradients.append(torch.autograd.grad(loss, list(model.parameters())))
    for one, two in zip(*gradients, strict=True):
        torch.testing.assert_close(one, two, atol=1e-4, rtol=1e-4)


def test_trajectories_never_cross() -> None:
    """The signed area of small triangles keeps its sign on all the way."""
    model, corner = make(), points(200)
    offsets = torch.tensor([[0.0, 0.0], [1e-3, 0.0], [0.0, 1e-3]], dtype=torch.float64)
    with torch.no_grad():
        frames = model.layers((corner[:, None] + offsets).reshape(-1, 2))
    assert len(frames) == 17
    for frame in frames:
        a, b, c = frame.reshape(-1, 3, 2).unbind(1)
        (ux, uy), (vx, vy) = (b - a).unbind(1), (c - a).unbind(1)
        assert ((ux * vy - uy * vx) > 0).all()


def test_density_integrates_to_one() -> None:
    model = make(solver="rk4", steps=20)
    line = torch.linspace(-9, 9, 91, dtype=torch.float64)
    grid = torch.cartesian_prod(line, line)
    mass = model.log_prob(grid, seeded()).exp().sum() * (line[1] - line[0]) ** 2
    assert float(mass) == pytest.approx(1, abs=0.01)


def test_density_agrees_with_torchdiffeq() -> None:
    torchdiffeq = pytest.importorskip("torchdiffeq")
    model, x = make(rtol=1e-8), points()

    def backward(t: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        value = model.velocity(state[0], t)
        slopes = torch.func.vmap(
            torch.func.jacrev(lambda r: model.velocity(r[None], t)[0])
        )(state[0])
        return value, slopes.diagonal(dim1=1, dim2=2).sum(1)

    with torch.no_grad():
        ends = torch.tensor([1.0, 0.0], dtype=torch.float64)
        state = (x, torch.zeros(len(x), dtype=torch.float64))
        z, gathered = torchdiffeq.odeint(backward, state, ends, rtol=1e-8, atol=1e-8)
    expected = normal_log_prob(z[-1]) + gathered[-1]
    torch.testing.assert_close(model.log_prob(x, seeded()), expected, atol=1e-5, rtol=0)


@pytest.mark.slow
def test_training_approaches_the_entropy() -> None:
    run = Experiment(
        "cnf", "two_moons", device="cpu", training={"steps": 400, "threads": 1}
    )
    run.train()
    x = run.data.heldout.x[:1500]
    exact = run.data.source.log_prob(x)
    assert exact is not None
    assert float((exact - run.log_prob(x)).mean()) < 0.12
