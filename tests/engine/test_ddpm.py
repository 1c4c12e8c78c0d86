"""DDPM: targets, weights, refusals, the turn of time, and the loss floor."""

import math
from collections.abc import Callable

import pytest
import torch
from exact_mixture import ExactMixture, ddpm_path, ring
from pydantic import ValidationError
from test_rectified_flow import make_batch, seeded
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from engine import registry
from engine.metrics.distances import energy_distance
from engine.models.base import Denoised, LogDensity, Process
from engine.models.ddpm import DDPM, DDPMConfig, loss_weights
from engine.sampling.path import AnglePath
from engine.sampling.targets import column, target_of

#: As in the paper: the noise is learned, at all levels alike, told the plain time.
PLAIN = {"clock": "time", "level_sampling": "uniform", "target": "eps"}
TARGETS = ("eps", "x0", "v", "score", "u")


def make(**settings: object) -> DDPM:
    return DDPM(DDPMConfig(**{**PLAIN, **settings}))


def teach(model: DDPM, monkeypatch: pytest.MonkeyPatch, error: float = 0) -> None:
    """Give the network the exact answer for the ring, ``error`` off in the noise."""
    exact = ring(model.path)

    def answer(x: Tensor, t: Tensor) -> Tensor:
        pair = exact.denoised(x, t)
        alpha, sigma = column(model.path.alpha(t)), column(model.path.sigma(t))
        x_data = pair.x_data - (sigma / alpha * error if error else 0)
        if model.config.target == "score":
            return -(pair.eps + error)
        return target_of(model.config.target, model.path, t, x_data, pair.eps + error)

    monkeypatch.setattr(model.field, "forward", answer)


def test_the_network_is_a_process_with_a_density() -> None:
    model = make(width=16)
    assert isinstance(model, Process)
    assert isinstance(model, LogDensity)
    x = torch.randn(5, 2)
    assert model.log_prob(x, seeded()).shape == (5,)


@pytest.mark.parametrize(
    ("target", "zero_snr"),
    [*((t, False) for t in TARGETS), ("x0", True), ("v", True), ("u", True)],
)
@pytest.mark.parametrize("sampler", ["ddim", "ancestral", "heun"])
def test_perfect_predictor_in_any_target_gives_the_same_samples(
    target: str, sampler: str, zero_snr: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the trained levels; nearer the data each only continues the score."""
    model = make(target=target, zero_snr=zero_snr).double()
    teach(model, monkeypatch)
    kind = registry.sampler(sampler)
    run = kind(kind.Config(steps=100)).run
    x_0 = model.start(40, seeded())
    found = run(model, x_0, seeded(1))
    exact = run(ring(model.path), x_0, seeded(1))
    tolerance = 2e-2 if sampler == "heun" else 1e-7
    torch.testing.assert_close(found, exact, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("target", TARGETS)
def test_score_and_velocity_are_those_of_the_noised_ring(
    target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make(target=target).double()
    teach(model, monkeypatch)
    exact = ring(model.path)
    x = torch.randn(60, 2, dtype=torch.float64, generator=seeded())
    t = torch.linspace(0, 0.99, 60, dtype=torch.float64)
    torch.testing.assert_close(model.score(x, t), exact.score(x, t))
    torch.testing.assert_close(model.velocity(x, t), exact.velocity(x, t))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("schedule", ["linear", "cosine"])
def test_everything_is_finite_from_end_to_end(target: str, schedule: str) -> None:
    zero_snr = target in ("x0", "v", "u")
    model = make(target=target, schedule=schedule, zero_snr=zero_snr, width=16)
    torch.nn.init.normal_(model.field.mlp[-1].weight)
    x = torch.randn(3, 2)
    with torch.no_grad():
        for t in (torch.tensor(0.0), torch.tensor([0.0, 0.995, 1.0])):
            pair = model.denoised(x, t)
            answers = [pair.x_data, pair.eps, model.velocity(x, t)]
            assert all(a.isfinite().all() for a in answers)
            assert t.dim() == 0 or model.score(x, t)[1:].isfinite().all()
        pair = model.denoised(x, torch.tensor(1.0))
    torch.testing.assert_close(pair.x_data, x)


@pytest.mark.parametrize("target", TARGETS)
def test_data_and_noise_make_the_point_also_beyond_the_last_level(target: str) -> None:
    """Nearer to the data than n = 1 the score of n = 1 is kept."""
    model = make(target=target, width=16).double()
    torch.nn.init.normal_(model.field.mlp[-1].weight)
    x = torch.randn(6, 2, dtype=torch.float64, generator=seeded())
    t = torch.tensor([0.2, 0.7, 0.99, 0.992, 0.996, 0.999], dtype=torch.float64)
    with torch.no_grad():
        pair, score = model.denoised(x, t), model.score(x, t)
        last = model.score(x, torch.full_like(t, 0.99))
    alpha, sigma = column(model.path.alpha(t)), column(model.path.sigma(t))
    torch.testing.assert_close(alpha * pair.x_data + sigma * pair.eps, x)
    torch.testing.assert_close(pair.eps, -sigma * score)
    torch.testing.assert_close(score[2:], last[2:])


def test_log_density_of_the_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    model = make().double()
    teach(model, monkeypatch)
    x = ring().sample(200, seeded())
    exact = ring().log_prob(x, torch.ones((), dtype=torch.float64))
    gap = model.log_prob(x, seeded()) - exact
    assert float(gap.abs().mean()) < 0.02


def noised_by_the_chain(model: DDPM, x: Tensor, eps: Tensor, n: int) -> Tensor:
    bar = model.config.signal_power()[n]
    return bar.sqrt() * x + (1 - bar).sqrt() * eps


def test_loss_sees_the_points_of_the_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    """Level draw n - 1 means: noised to n, and told the time 1 - n / T."""
    model = make().double()
    seen: dict[str, Tensor] = {}

    def record(x: Tensor, t: Tensor) -> Tensor:
        seen.update(x=x, t=t)
        return x * 0

    monkeypatch.setattr(model.field, "forward", record)
    batch = make_batch(model, torch.randn(50, 2, dtype=torch.float64))
    loss = model.losses("model", batch)["loss"]
    torch.testing.assert_close(loss, batch.noise["eps"].square().mean())
    for row in range(50):
        n = int(batch.noise["level"][row]) + 1
        wanted = noised_by_the_chain(model, batch.x[row], batch.noise["eps"][row], n)
        torch.testing.assert_close(seen["x"][row], wanted, rtol=1e-6, atol=1e-6)
        assert float(seen["t"][row]) == pytest.approx(1 - n / 100, abs=1e-6)
    assert batch.noise["level"].min() >= 0
    assert batch.noise["level"].max() <= 99


@pytest.mark.parametrize("target", TARGETS)
def test_noise_weight_measures_every_target_alike(
    target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A predictor wrong by 0.3 in the noise of given pairs costs 0.09 anywhere."""
    model = make(target=target, loss_weight="noise").double()
    batch = make_batch(model, torch.randn(200, 2, dtype=torch.float64))
    x_data, eps = batch.x, batch.noise["eps"]

    def answer(x: Tensor, t: Tensor) -> Tensor:
        ratio = column(model.path.sigma(t) / model.path.alpha(t))
        if target == "score":
            return -(eps + 0.3)
        pair = (x_data - 0.3 * ratio, eps + 0.3)
        return target_of(target, model.path, t, *pair)  # type: ignore[arg-type]

    monkeypatch.setattr(model.field, "forward", answer)
    loss = model.losses("model", batch)["loss"]
    assert float(loss) == pytest.approx(0.09, rel=1e-5)


def test_min_snr_weights_are_those_of_the_paper() -> None:
    bar = make().config.signal_power()[1:]
    snr = bar / (1 - bar)
    capped = snr.clamp(max=5)
    wanted = {"eps": capped / snr, "x0": capped, "v": capped / (snr + 1)}
    for target, weight in wanted.items():
        found = loss_weights(DDPMConfig(target=target, loss_weight="min_snr"))
        torch.testing.assert_close(found, weight)


def test_min_snr_weights_are_capped_where_it_is_set() -> None:
    config = DDPMConfig(target="eps", loss_weight="min_snr", snr_cap=2.0)
    bar = config.signal_power()[1:]
    snr = bar / (1 - bar)
    torch.testing.assert_close(loss_weights(config), snr.clamp(max=2) / snr)


def test_bound_weights_are_those_of_the_divergence() -> None:
    """KL of two normals of variance beta whose means differ by the error's share."""
    config = DDPMConfig(loss_weight="bound", target="eps")
    bar = config.signal_power()
    beta = 1 - bar[1:] / bar[:-1]
    mean_shift = beta / ((1 - beta) * (1 - bar[1:])).sqrt()
    kl = torch.distributions.kl_divergence(
        torch.distributions.Normal(0.0, beta.sqrt()),
        torch.distributions.Normal(mean_shift, beta.sqrt()),
    )
    torch.testing.assert_close(loss_weights(config), kl / kl.mean())


@pytest.mark.parametrize("weight", ["plain", "noise", "min_snr", "bound"])
@pytest.mark.parametrize("target", ["x0", "v", "u"])
def test_weights_are_finite_without_last_signal(weight: str, target: str) -> None:
    config = DDPMConfig(target=target, loss_weight=weight, zero_snr=True)
    assert loss_weights(config).isfinite().all()


@pytest.mark.parametrize("target", ["eps", "score"])
def test_noise_targets_need_some_signal(target: str) -> None:
    with pytest.raises(ValidationError, match="choose the target x0, v or u"):
        DDPMConfig(target=target, zero_snr=True)


def test_a_schedule_that_leaves_the_data_visible_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"keeps 36% of the data's variance"):
        DDPMConfig(T=100, scale_betas=False)
    assert DDPMConfig(T=1000, scale_betas=False).T == 1000
    for levels in (25, 1000):
        assert float(DDPMConfig(T=levels).signal_power()[-1]) < 1e-4


def test_loss_floor_of_the_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exact predictor's loss: what cannot be known of the noise, .231."""
    model = make().double()
    teach(model, monkeypatch)
    x = ring().sample(200_000, seeded())
    loss = model.losses("model", make_batch(model, x, 1))["loss"]
    assert float(loss) == pytest.approx(0.231, abs=0.002)


@pytest.mark.slow
def test_training_comes_close_to_the_floor_but_not_below() -> None:
    torch.manual_seed(0)
    model = make()
    data = ring().sample(40_000, seeded(1)).float()
    optimiser = torch.optim.Adam(model.parameters(), 2e-3, fused=True)
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 2500)
    for step in range(2500):
        rows = torch.randint(len(data), (256,), generator=seeded(step))
        batch = make_batch(model, data[rows], 10_000 + step)
        optimiser.zero_grad()
        model.losses("model", batch)["loss"].backward()
        optimiser.step()
        decay.step()
    fresh = ring().sample(200_000, seeded(7)).float()
    with torch.no_grad():
        loss = float(model.losses("model", make_batch(model, fresh, 8))["loss"])
    assert 0.231 - 0.002 < loss < 0.231 * 1.05

    kind = registry.sampler("ancestral")
    with torch.no_grad():
        x = kind(kind.Config()).run(model, model.start(4000, seeded(3)), seeded(4))
    assert energy_distance(x, fresh[:4000]) < 0.02


def test_path_belongs_to_the_schedule() -> None:
    path = make(T=50, schedule="cosine").path
    assert isinstance(path, AnglePath)
    assert path.intervals == 50
    half = torch.tensor(0.5, dtype=torch.float64)
    wanted = math.cos((0.5 + 0.008) / 1.008 * math.pi / 2)
    wanted /= math.cos(0.008 / 1.008 * math.pi / 2)
    assert float(path.alpha(half)) == pytest.approx(wanted, rel=1e-9)


def test_helper_paths_agree() -> None:
    exact = ExactMixture(torch.zeros(1, 2, dtype=torch.float64), 1.0, ddpm_path())
    t = torch.rand(9, dtype=torch.float64)
    x = torch.randn(9, 2, dtype=torch.float64)
    torch.testing.assert_close(exact.score(x, t), -x)


def count_operations(work: Callable[[], object]) -> int:
    """Operations of torch while ``work`` runs: its cost with one point, on any load."""

    class Counter(TorchDispatchMode):
        count = 0

        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            self.count += 1
            return function(*args, **(kwargs or {}))

    with torch.no_grad(), Counter() as counter:
        work()
    return counter.count


def test_a_time_met_again_costs_little_more_than_the_network() -> None:
    """A point that is dragged meets the same times in every answer."""
    model = DDPM(DDPMConfig())
    x, t = torch.zeros(1, 2), torch.tensor(0.37)
    network = count_operations(lambda: model.field(x, t))
    first = count_operations(lambda: model.velocity(x, t))
    again = count_operations(lambda: model.velocity(x, torch.tensor(0.37)))
    assert again <= network + 6 < first


@pytest.mark.parametrize("what", ["velocity", "score", "denoised"])
def test_a_time_met_again_gives_the_same_as_many_times_at_once(what: str) -> None:
    """What is remembered is right for its time and precision, and for no other."""
    model = DDPM(DDPMConfig(T=40)).double()
    torch.nn.init.normal_(model.field.mlp[-1].weight, generator=seeded())
    t = torch.tensor([0.0, 0.3, 0.99, 1.0, 0.3], dtype=torch.float64)
    x = torch.randn(5, 2, dtype=torch.float64, generator=seeded())
    ask = getattr(model, what)
    together = ask(x, t)
    for _ in range(2):
        for k in range(5):
            alone = ask(x[k : k + 1], t[k])
            for a, b in zip(_parts(alone), _parts(together), strict=True):
                torch.testing.assert_close(a[0], b[k])


def _parts(found: Tensor | Denoised) -> tuple[Tensor, ...]:
    return (found.x_data, found.eps) if isinstance(found, Denoised) else (found,)
