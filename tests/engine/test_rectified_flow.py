"""Rectified flow: closed forms on normals, reflow, training times, and the ring."""

import math

import pytest
import torch
from exact_mixture import gaussian, ring
from scipy import stats
from torch import Generator, Tensor

from engine.metrics.distances import energy_distance
from engine.models.base import Batch, GenerativeModel, LogDensity, Process
from engine.models.rectified_flow import RectifiedFlow, RectifiedFlowConfig
from engine.nets.training_times import (
    shift_noise,
    training_times,
    warp_logit_normal,
    warp_mode,
)
from engine.sampling.ode import euler, rk4
from engine.sampling.straightness import straightness, transport_cost

MEAN, STD = 0.7, 0.4
#: The network alone, told the plain time: closed forms stand in for all of it.
PLAIN = {"clock": "time", "precondition": False, "time_sampling": "uniform"}


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def make_batch(model: GenerativeModel, x: Tensor, seed: int = 0, **extra) -> Batch:
    generator, noise = seeded(seed), {}
    for name, draw in model.noise("model").items():
        shape = (len(x), *draw.shape)
        if draw.kind == "normal":
            noise[name] = torch.randn(shape, generator=generator, dtype=x.dtype)
        elif draw.kind == "uniform":
            noise[name] = torch.rand(shape, generator=generator, dtype=x.dtype)
        else:
            noise[name] = torch.randint(draw.high, shape, generator=generator)
    labels = torch.zeros(len(x), dtype=torch.int64)
    return Batch(x, labels, noise, torch.tensor(0.0), extra)


def make(dim: int = 2, **settings: object) -> RectifiedFlow:
    return RectifiedFlow(RectifiedFlowConfig(**{**PLAIN, **settings}), dim)


def gaussian_velocity(x: Tensor, t: Tensor) -> Tensor:
    """The optimum for data N(MEAN, STD^2), regression of x_1 - x_0 on x_t."""
    column = t[:, None] if t.dim() else t
    slope = (column * STD**2 - (1 - column)) / ((1 - column) ** 2 + column**2 * STD**2)
    return MEAN + slope * (x - column * MEAN)


def test_the_network_is_a_process_with_a_density() -> None:
    model = make(width=16)
    assert isinstance(model, Process)
    assert isinstance(model, LogDensity)
    x = torch.randn(5, 2)
    assert model.log_prob(x, seeded()).shape == (5,)


def test_regression_on_pairs_gives_the_known_velocity() -> None:
    """Least squares of x_1 - x_0 on x_t: the straight line of the closed form."""
    x_0 = torch.randn(400_000, dtype=torch.float64, generator=seeded())
    x_1 = MEAN + STD * torch.randn(len(x_0), dtype=torch.float64, generator=seeded(1))
    for t in (0.1, 0.5, 0.9):
        x_t = torch.lerp(x_0, x_1, t)
        fit = stats.linregress(x_t.numpy(), (x_1 - x_0).numpy())
        at = torch.tensor([[0.0], [1.0]], dtype=torch.float64)
        exact = gaussian_velocity(at, torch.tensor(t, dtype=torch.float64))
        assert fit.intercept == pytest.approx(float(exact[0]), abs=0.01)
        assert fit.slope == pytest.approx(float(exact[1] - exact[0]), abs=0.01)


def test_optimal_flow_is_affine_and_as_straight_as_computed() -> None:
    z_0 = torch.randn(40_000, 1, dtype=torch.float64, generator=seeded())
    frames: list[Tensor] = []
    times = [k / 60 for k in range(61)]
    z_1 = rk4(gaussian_velocity, z_0, times, lambda t, x: frames.append(x))
    torch.testing.assert_close(z_1, MEAN + STD * z_0, rtol=1e-5, atol=1e-5)
    s = float(
        straightness(torch.tensor(times, dtype=torch.float64), torch.stack(frames))
    )
    assert s == pytest.approx(STD * (2 - math.pi / 2), rel=0.02)


def test_exact_mixture_has_the_known_velocity() -> None:
    process = gaussian(MEAN, STD)
    x = torch.randn(30, 1, dtype=torch.float64)
    t = torch.rand(30, dtype=torch.float64)
    torch.testing.assert_close(process.velocity(x, t), gaussian_velocity(x, t))


def test_loss_ends_above_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the optimum it is E Var(x_1 - x_0 | x_t) = pi s / 2 for normal data."""
    model = make(dim=1).double()
    monkeypatch.setattr(model.field, "forward", gaussian_velocity)
    data = MEAN + STD * torch.randn(400_000, 1, dtype=torch.float64, generator=seeded())
    loss = model.losses("model", make_batch(model, data, seed=1))["loss"]
    assert float(loss) == pytest.approx(math.pi * STD / 2, rel=0.01)


def use_exact_flow(model: RectifiedFlow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model.field, "forward", gaussian_velocity)


def test_reflow_pairs_are_joined_by_the_flow(monkeypatch: pytest.MonkeyPatch) -> None:
    model = make(dim=1, reflow_rounds=2, reflow_pairs=9000).double()
    use_exact_flow(model, monkeypatch)
    assert model.stages() == 3
    old = {"x": torch.zeros(50, 1), "labels": torch.zeros(50, dtype=torch.int64)}
    assert model.stage_columns(0, old, seeded()).keys() == old.keys()
    new = model.stage_columns(1, old, seeded())
    assert new["x"].shape == new["x_0"].shape == (9000, 1)
    assert new["labels"].shape == (9000,)
    torch.testing.assert_close(new["x"], MEAN + STD * new["x_0"], rtol=1e-4, atol=1e-4)


def test_reflowed_normals_are_perfectly_straight(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On its pairs x_1 - x_0 is a function of x_t, so its loss can reach zero."""
    model = make(dim=1, reflow_rounds=1, reflow_pairs=2000, reflow_steps=100).double()
    use_exact_flow(model, monkeypatch)
    pairs = model.stage_columns(1, {}, seeded())

    def straight(x: Tensor, t: Tensor) -> Tensor:
        z = (x - t[:, None] * MEAN) / (1 - t[:, None] + t[:, None] * STD)
        return MEAN + (STD - 1) * z

    monkeypatch.setattr(model.field, "forward", straight)
    batch = make_batch(model, pairs["x"], seed=5, x_0=pairs["x_0"])
    assert float(model.losses("model", batch)["loss"]) < 1e-8


def test_denoised_ends_lie_on_the_line_through_the_point() -> None:
    model = make(width=16)
    torch.nn.init.normal_(model.field.mlp[-1].weight)
    x, t = torch.randn(8, 2), torch.rand(8)
    with torch.no_grad():
        ends = model.denoised(x, t)
        torch.testing.assert_close(torch.lerp(ends.eps, ends.x_data, t[:, None]), x)
        torch.testing.assert_close(ends.x_data - ends.eps, model.velocity(x, t))


def test_score_is_that_of_the_noised_normal(monkeypatch: pytest.MonkeyPatch) -> None:
    model = make(dim=1).double()
    use_exact_flow(model, monkeypatch)
    x, t = torch.randn(2, 40, dtype=torch.float64, generator=seeded())
    t = t.sigmoid() * 0.98
    variance = (1 - t) ** 2 + t**2 * STD**2
    found = model.score(x[:, None], t)[:, 0]
    torch.testing.assert_close(found, -(x - t * MEAN) / variance)
    one = torch.ones((), dtype=torch.float64)
    assert model.score(x[:, None], one).isfinite().all()


def test_log_density_is_that_of_the_normal(monkeypatch: pytest.MonkeyPatch) -> None:
    model = make(dim=1).double()
    use_exact_flow(model, monkeypatch)
    x = torch.linspace(-0.5, 2, 9, dtype=torch.float64)[:, None]
    exact = torch.distributions.Normal(MEAN, STD).log_prob(x)[:, 0]
    full = model.log_prob(x, seeded())
    quick = model.log_prob(x, seeded(), effort=0.3)
    torch.testing.assert_close(full, exact, rtol=0, atol=1e-4)
    assert 0 < float((quick - exact).abs().max()) < 0.05


@pytest.mark.parametrize("seed", range(3))
def test_the_estimated_trace_of_an_even_field_is_exact(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """J = c I has p . J p = c |p|^2, which for a probe of signs is the trace."""
    model = make(density_trace="hutchinson").double()
    use_exact_flow(model, monkeypatch)
    x = MEAN + STD * torch.randn(9, 2, dtype=torch.float64, generator=seeded(7))
    exact = torch.distributions.Normal(MEAN, STD).log_prob(x).sum(1)
    found = model.log_prob(x, seeded(seed))
    torch.testing.assert_close(found, exact, rtol=0, atol=1e-3)
    assert model.density_kind == "estimate"


# Training times (Esser et al. 2024)


def test_logit_normal_times_favour_the_middle() -> None:
    u = (torch.arange(100_000, dtype=torch.float64) + 0.5) / 100_000
    t = warp_logit_normal(u)
    assert float(t.mean()) == pytest.approx(0.5, abs=1e-6)
    inside = ((t > 0.25) & (t < 0.75)).double().mean()
    exact = 2 * stats.norm.cdf(math.log(3)) - 1
    assert float(inside) == pytest.approx(exact, abs=1e-4)
    assert exact == pytest.approx(0.7289, abs=1e-3)  # as measured for SYSTEMS
    shifted = torch.logit(warp_logit_normal(u, 0.5, 0.3))
    assert float(shifted.mean()) == pytest.approx(0.5, abs=1e-4)
    assert float(shifted.std()) == pytest.approx(0.3, rel=1e-3)


@pytest.mark.parametrize("kappa", [-1.0, 0.0, 1.29, 2 / (math.pi - 2)])
def test_mode_times_cover_the_path_once(kappa: float) -> None:
    t = warp_mode(torch.linspace(0, 1, 10_001, dtype=torch.float64), kappa)
    assert (t.diff() < 1e-15).all()
    assert float(t[0]) == pytest.approx(1)
    assert float(t[-1]) == pytest.approx(0, abs=1e-12)


def test_mode_times_turn_back_beyond_the_range() -> None:
    t = warp_mode(torch.linspace(0, 1, 10_001, dtype=torch.float64), 1.76)
    assert (t.diff() > 0).any()


def test_shift_raises_the_noise_level() -> None:
    """Shift 3 takes the noise levels 1/4 and 1/2 to 1/2 and 3/4."""
    t = shift_noise(torch.tensor([0.0, 0.5, 0.75, 1.0]), 3.0)
    torch.testing.assert_close(t, torch.tensor([0.0, 0.25, 0.5, 1.0]))


@pytest.mark.parametrize("kind", ["uniform", "logit_normal", "mode"])
def test_all_times_stay_on_the_path(kind: str) -> None:
    model = make(width=16, time_sampling=kind)
    ends = torch.tensor([0.0, 0.25, 1 - 2**-24])
    t = training_times(ends, model.config)
    assert ((t >= 0) & (t <= 1)).all()
    batch = make_batch(model, torch.randn(3, 2))
    batch.noise["t"].copy_(ends)  # type: ignore[attr-defined]
    assert model.losses("model", batch)["loss"].isfinite()


# The ring, with a network and a bare loop


def train(model: RectifiedFlow, columns: dict[str, Tensor], steps: int) -> None:
    optimiser = torch.optim.Adam(model.parameters(), 2e-3, fused=True)
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for step in range(steps):
        rows = torch.randint(len(columns["x"]), (256,), generator=seeded(step))
        extra = {"x_0": columns["x_0"][rows]} if "x_0" in columns else {}
        batch = make_batch(model, columns["x"][rows], 10_000 + step, **extra)
        optimiser.zero_grad()
        model.losses("model", batch)["loss"].backward()
        optimiser.step()
        decay.step()


@torch.no_grad()
def lines(model: RectifiedFlow, n: int, steps: int) -> tuple[Tensor, Tensor]:
    frames: list[Tensor] = []
    times = [k / steps for k in range(steps + 1)]
    start = model.start(n, seeded(5))
    euler(model.velocity, start, times, lambda t, x: frames.append(x))
    return torch.tensor(times), torch.stack(frames)


@pytest.mark.slow
def test_reflow_straightens_the_ring() -> None:
    torch.manual_seed(0)
    exact = ring()
    data = exact.sample(20_000, seeded(1)).float()
    held_out = exact.sample(4000, seeded(2)).float()
    model = make(reflow_rounds=1, width=96)
    train(model, {"x": data}, 1200)
    times, before = lines(model, 4000, 100)
    assert energy_distance(before[-1], held_out) < 0.02
    assert energy_distance(lines(model, 4000, 1)[1][-1], held_out) > 0.5

    train(model, model.stage_columns(1, {}, seeded(3)), 1200)
    times, after = lines(model, 4000, 100)
    assert energy_distance(lines(model, 4000, 1)[1][-1], held_out) < 0.05
    assert energy_distance(after[-1], held_out) < 0.02
    bend, straight = straightness(times, before), straightness(times, after)
    assert float(bend) == pytest.approx(1.376, rel=0.15)
    assert float(straight) < float(bend) / 10
    # Transport costs do not rise (3 % is left for what the second training missed).
    assert float(transport_cost(after)) < 1.03 * float(transport_cost(before))
    assert float(transport_cost(before)) < 1.0
