"""Flow matching: paths, couplings, sources, and the marginal field."""

import ot
import pytest
import torch
from exact_mixture import ring
from scipy.optimize import linear_sum_assignment
from torch import Generator, Tensor

from engine import Experiment, registry
from engine.data.load import load_data
from engine.metrics.distances import energy_distance
from engine.models.base import Batch
from engine.models.flow_matching import FlowMatching, FlowMatchingConfig
from engine.models.rectified_flow import RectifiedFlow, RectifiedFlowConfig
from engine.sampling.base import trace
from engine.sampling.coupling import assignment, paired_source
from engine.sampling.straightness import straightness

KINDS: list[dict[str, object]] = [
    {}, {"blur": 0.1}, {"interpolant": "trigonometric"},
]  # fmt: skip
#: The network alone, told the plain time: closed forms stand in for all of it.
PLAIN = {"clock": "time", "precondition": False, "time_sampling": "uniform"}


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def make(**settings: object) -> FlowMatching:
    torch.manual_seed(2)
    model = FlowMatching(FlowMatchingConfig(width=32, **{**PLAIN, **settings})).double()
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return model


def batch_of(x: Tensor, **extra: Tensor) -> Batch:
    noise = {
        "x_0": torch.randn(x.shape, generator=seeded(1), dtype=x.dtype),
        "t": torch.rand(len(x), generator=seeded(2), dtype=x.dtype),
    }
    labels = torch.zeros(len(x), dtype=torch.int64)
    return Batch(x, labels, noise, torch.tensor(0.0), extra)


def data(n: int) -> Tensor:
    return ring().sample(n, seeded(3))


def test_without_blur_it_is_rectified_flow() -> None:
    model = make()
    flow = RectifiedFlow(RectifiedFlowConfig(width=32, **PLAIN)).double()
    flow.load_state_dict(model.state_dict())
    batch = batch_of(data(64))
    ours, theirs = (m.losses("model", batch)["loss"] for m in (model, flow))
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("settings", KINDS)
def test_target_is_the_speed_of_the_point_on_its_path(
    settings: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network that answers the time derivative by autograd has no loss."""
    model, batch = make(**settings), batch_of(data(32))
    path, x_0, t = model.path, batch.noise["x_0"], batch.noise["t"]

    def place(t: Tensor) -> Tensor:
        return path.alpha(t)[:, None] * batch.x + path.sigma(t)[:, None] * x_0

    _, speed = torch.autograd.functional.jvp(place, t, torch.ones_like(t))
    monkeypatch.setattr(model.field, "forward", lambda x, t: speed)
    assert float(model.losses("model", batch)["loss"]) < 1e-12
    monkeypatch.setattr(model.field, "forward", lambda x, t: x - place(t))
    slope = float(model.losses("model", batch)["loss"])
    assert slope == pytest.approx(float(speed.square().mean()))


def test_lipman_velocity_given_the_data_point() -> None:
    """u = (x_1 - (1 - s) x) / (1 - (1 - s) t), eq. 21 of the paper."""
    model = make(blur=0.1)
    x_1, x = data(20), torch.randn(20, 2, dtype=torch.float64)
    t = torch.tensor(0.7, dtype=torch.float64)
    eps = (x - t * x_1) / model.path.sigma(t)
    u = model.path.d_alpha(t) * x_1 + model.path.d_sigma(t) * eps
    torch.testing.assert_close(u, (x_1 - 0.9 * x) / (1 - 0.9 * t))


def test_conditional_and_marginal_loss_have_the_same_gradient() -> None:
    """Within three standard errors over batches, with the ring's exact field."""
    model, exact = make(), ring()
    weight = model.field.mlp[0].bias
    gaps = []
    for seed in range(40):
        x_1 = exact.sample(500, seeded(10 + seed))
        generator = seeded(1000 + seed)
        x_0 = torch.randn(500, 2, generator=generator, dtype=torch.float64)
        t = torch.rand(500, generator=generator, dtype=torch.float64)
        batch = Batch(
            x_1, torch.zeros(500).long(), {"x_0": x_0, "t": t}, torch.zeros(())
        )
        x_t = torch.lerp(x_0, x_1, t[:, None])
        marginal = (model.velocity(x_t, t) - exact.velocity(x_t, t)).square().mean()
        one = torch.autograd.grad(model.losses("model", batch)["loss"], weight)[0]
        two = torch.autograd.grad(marginal, weight)[0]
        gaps.append(one - two)
    gap = torch.stack(gaps)
    error = gap.std(0) / len(gaps) ** 0.5
    assert float((gap.mean(0).abs() / error).square().mean()) < 2
    assert float((gap.mean(0).abs() / error).max()) < 4


# Couplings


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("count", [1, 2, 60, 256])
def test_assignment_is_the_cheapest(count: int, scale: float) -> None:
    x_0 = torch.randn(count, 2, generator=seeded()).double() * scale
    x_1 = data(count) * scale
    order = assignment(x_0, x_1)
    assert order.sort().values.tolist() == list(range(count))
    cost = torch.cdist(x_1, x_0).square()
    mine = float(cost[torch.arange(count), order].sum())
    rows, columns = linear_sum_assignment(cost.numpy())
    assert mine == pytest.approx(float(cost[rows, columns].sum()))
    plan = ot.emd2([], [], cost.numpy())  # another library, by network simplex
    assert mine / count == pytest.approx(float(plan))


def test_equal_points_and_far_ones_are_paired() -> None:
    x_0 = torch.zeros(5, 2).double()
    assert assignment(x_0, x_0).sort().values.tolist() == list(range(5))
    x_0[4] = 1e6  # a table whose other costs are nothing beside the largest
    assert assignment(x_0, x_0.flip(0))[0] == 4


def test_cost_of_pairs_on_the_ring() -> None:
    """About .97 in batches of 256, against 6 at random."""
    x_0, x_1 = torch.randn(2048, 2, generator=seeded()).double(), data(2048)
    free = (x_1 - x_0).square().sum(1).mean()
    paired = (x_1 - paired_source(x_0, x_1, 256)).square().sum(1).mean()
    assert float(free) == pytest.approx(6.0, rel=0.05)
    assert float(paired) == pytest.approx(0.97, rel=0.08)


def test_the_trainer_pairs_the_noise_before_the_loss(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each batch is paired, in chunks of the set size, and keeps its points."""
    costs: list[float] = []
    before = FlowMatching.losses

    def watched(self: FlowMatching, player: str, batch: Batch) -> dict[str, Tensor]:
        gap = batch.noise["x_0"] - batch.x
        costs.append(float(gap.square().sum(1).mean()))
        return before(self, player, batch)

    monkeypatch.setattr(FlowMatching, "losses", watched)
    means = []
    for settings in ({}, {"coupling": "optimal", "coupling_batch": 128}):
        run = Experiment(
            "flow_matching", "eight_gaussians", device="cpu",
            model_settings={"width": 16, **settings},
            training={"batch_size": 256, "threads": 1},
        )  # fmt: skip
        costs.clear()
        run.train(6)
        means.append(sum(costs) / len(costs))
    assert means[1] < 0.35 * means[0]


def test_paired_training_is_reproducible(tmp_path) -> None:
    settings = {"width": 16, "coupling": "optimal", "coupling_batch": 64}
    args = {"model_settings": settings, "training": {"batch_size": 64, "threads": 1}}
    one = Experiment("flow_matching", "two_moons", device="cpu", **args)
    two = Experiment("flow_matching", "two_moons", device="cpu", **args)
    one.train(9)
    two.train(4)
    two.save(tmp_path / "run", samples=0)
    two = Experiment.load(tmp_path / "run", device="cpu")
    two.train(5)
    assert torch.equal(one.sample(30), two.sample(30))


# Sources


def sourced(source: str, scaling_of: str = "two_moons", **settings: object):
    found = load_data(scaling_of, {"points": 500}, 0)
    other = load_data(source, {}, 1)
    model = FlowMatching(FlowMatchingConfig(width=16, source=source, **settings))
    model.meet(found)
    cloud = found.scaling.standardise(other.train.x).float()
    model.initialise({"x": cloud[:10], "x_0": cloud}, seeded())
    return model, found.scaling, other


def test_start_is_drawn_from_the_source() -> None:
    model, scaling, other = sourced("eight_gaussians")
    assert model.companions() == {"x_0": "eight_gaussians"}
    start = scaling.restore(model.start(4000, seeded()).double())
    assert energy_distance(start, other.heldout.x[:4000]) < 0.01
    batch = batch_of(torch.randn(8, 2), x_0=model.start(8, seeded()))
    noise = {k: v.float() for k, v in batch.noise.items()}
    batch = Batch(batch.x, batch.labels, noise, batch.step, batch.extra)
    first = model.losses("model", batch)["loss"]
    moved = {"x_0": batch.extra["x_0"] + 1}
    again = Batch(batch.x, batch.labels, noise, batch.step, moved)
    assert not torch.equal(first, model.losses("model", again)["loss"])


def test_density_of_the_source_is_exact_where_it_is_known() -> None:
    """A field at rest leaves the source as it is."""
    model, scaling, other = sourced("eight_gaussians")
    x = other.heldout.x[:50]
    found = model.log_prob(scaling.standardise(x).float(), seeded())
    exact = other.source.log_prob(x)
    assert exact is not None
    torch.testing.assert_close(
        found.double() + scaling.log_det, exact, atol=1e-3, rtol=1e-4
    )
    assert model.density_kind == "exact"


def test_density_of_an_unknown_source_is_an_estimate() -> None:
    model, _, _ = sourced("iris")
    assert model.density_kind == "estimate"
    line = torch.linspace(-12, 12, 61)
    grid = torch.cartesian_prod(line, line)
    mass = model.log_prob(grid, seeded()).exp().sum() * (line[1] - line[0]) ** 2
    assert float(mass) == pytest.approx(1, abs=0.02)


def test_every_source_is_a_data_set() -> None:
    known = set(registry.DATA) - {"csv", "drawn"} | {"normal"}
    choices = FlowMatchingConfig.model_json_schema()["properties"]["source"]
    assert set(choices["enum"]) == set(choices["choices"]) == known


# Trained


def trained(steps: int, **settings: object) -> tuple[float, float]:
    """Straightness of the paths on the ring, energy distance of one Euler step."""
    run = Experiment(
        "flow_matching", "eight_gaussians", device="cpu", sampler="euler",
        sampler_settings={"steps": 1}, model_settings=settings,
        training={"steps": steps, "batch_size": 256, "threads": 1},
    )  # fmt: skip
    run.train()
    one_step = energy_distance(run.sample(4000), run.data.heldout.x[:4000].float())
    model = run.model_at()
    kind = registry.sampler("heun")
    with torch.no_grad():
        start = model.start(2000, seeded())
        seen = trace(kind(kind.Config(steps=50)), model, start, seeded())  # type: ignore[arg-type]
    return float(straightness(seen.times, seen.x)), float(one_step)


@pytest.mark.slow
def test_optimal_transport_straightens_the_paths_tenfold() -> None:
    # One step sees the field at t = 0 alone, which the usual times hardly train.
    bent, far = trained(1200, time_sampling="uniform")
    straight, near = trained(1200, time_sampling="uniform", coupling="optimal")
    assert straight < bent / 10
    assert near < far / 5


@pytest.mark.slow
def test_any_cloud_becomes_any_other() -> None:
    run = Experiment(
        "flow_matching", "two_moons", device="cpu",
        model_settings={"source": "eight_gaussians"},
        training={"steps": 2000, "batch_size": 256, "threads": 1},
    )  # fmt: skip
    run.train()
    assert energy_distance(run.sample(4000), run.data.heldout.x[:4000].float()) < 0.02
