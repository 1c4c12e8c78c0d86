"""Which levels are visited, what clock a network sees, and what it need not learn."""

import math

import pytest
import torch
from scipy import stats
from test_rectified_flow import make_batch, seeded
from torch import Tensor

from engine.models.ddpm import DDPM, DDPMConfig
from engine.models.edm import EDM, EDMConfig
from engine.models.flow_matching import FlowMatching, FlowMatchingConfig
from engine.models.rectified_flow import RectifiedFlow, RectifiedFlowConfig
from engine.models.score_sde import ScoreSDE, ScoreSDEConfig
from engine.nets.clock import ClockConfig, clock_of
from engine.nets.coupling import TaperedWaves
from engine.nets.preconditioning import PreconditionConfig, scalings
from engine.sampling.path import BlurredPath, GaussianPath, LinearPath, TrigPath
from engine.sampling.sde_paths import PowerPath, SubVPPath, VEPath, VPPath

PATHS: list[GaussianPath] = [
    LinearPath(), BlurredPath(0.1), TrigPath(), VPPath(0.2, 18), SubVPPath(0.1, 20),
    VEPath(0.01, 10), PowerPath(0.002, 80, 7),
]  # fmt: skip
SDES = ("vp", "sub_vp", "ve")


def times(n: int = 4001) -> Tensor:
    return torch.linspace(0.02, 0.98, n, dtype=torch.float64)


@pytest.mark.parametrize("path", PATHS, ids=lambda p: type(p).__name__)
def test_time_of_undoes_the_ratio(path: GaussianPath) -> None:
    t = times(401)
    torch.testing.assert_close(path.time_of(path.sigma(t) / path.alpha(t)), t)


# Levels visited


@pytest.mark.parametrize("sde", SDES)
def test_score_sde_visits_log_normal_ratios(sde: str) -> None:
    settings = {"sde": sde, "level_mean": -0.5, "level_spread": 0.4}
    model = ScoreSDE(ScoreSDEConfig(**settings), 2).double()
    xi = torch.randn(4000, dtype=torch.float64, generator=seeded())
    t = model.batch_times({"level": xi})
    logs = (model.path.sigma(t) / model.path.alpha(t)).log()
    found = stats.kstest(logs.numpy(), stats.norm(-0.5, 0.4).cdf)
    assert found.pvalue > 0.01


def test_score_sde_never_visits_what_lies_beyond_the_end_time() -> None:
    model = ScoreSDE(ScoreSDEConfig(end_time=0.05, level_spread=3), 2)
    t = model.batch_times({"level": torch.tensor([-6.0, 0.0, 6.0])})
    assert float(t.max()) == pytest.approx(0.95)
    assert float(t.min()) == 0.0
    assert float(model.batch_times({"t": torch.ones(1)})) == pytest.approx(0.95)


@pytest.mark.parametrize("schedule", ["linear", "cosine"])
def test_ddpm_visits_the_level_nearest_to_the_draw(schedule: str) -> None:
    config = DDPMConfig(schedule=schedule, zero_snr=True, target="v", level_spread=2)
    model = DDPM(config)
    xi = torch.randn(500, generator=seeded())
    wanted = config.level_mean + config.level_spread * xi.double()
    bar = config.signal_power()[1:]
    logs = 0.5 * ((1 - bar) / bar.clamp(min=1e-12)).log()
    logs = logs.clamp(max=math.log(80))
    least = (wanted[:, None] - logs[None, :]).abs().amin(1)
    found = model.training_levels(xi)
    torch.testing.assert_close((wanted - logs[found]).abs(), least, atol=1e-5, rtol=0)
    assert len(found.unique()) > 60


def test_ddpm_can_visit_all_levels_alike() -> None:
    model = DDPM(DDPMConfig(level_sampling="uniform"))
    levels = torch.arange(100)
    assert torch.equal(model.training_levels(levels), levels)
    assert model.noise("model")["level"].kind == "integer"


def test_levels_visited_are_a_live_setting() -> None:
    """The same model obeys another centre from the next step on."""
    model = ScoreSDE(ScoreSDEConfig(), 2)
    draw = {"level": torch.zeros(1)}
    before = model.batch_times(draw)
    model.config = ScoreSDEConfig(level_mean=1.0)
    assert float(model.batch_times(draw)) < float(before)


# The clock


# EDM's path of high powers has a clock of its own.
@pytest.mark.parametrize("path", PATHS[:-1], ids=lambda p: type(p).__name__)
def test_the_clock_runs_down_and_ends_somewhere(path: GaussianPath) -> None:
    config = ClockConfig(clock="log_noise")
    t = torch.linspace(0, 1, 2001, dtype=torch.float64)
    clock = clock_of(t, path, config)
    assert clock.isfinite().all()
    assert (clock.diff() < 0).all()
    inner = times()
    ratio = (path.sigma(inner) / path.alpha(inner)).log() / 4
    assert float((clock_of(inner, path, config) - ratio).abs().max()) < 0.05


def test_the_plain_clock_is_the_time() -> None:
    t = times(5)
    assert torch.equal(clock_of(t, LinearPath(), ClockConfig(clock="time")), t)


def test_networks_learn_and_answer_by_the_same_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the loss tells the network at t is what velocity and score tell it."""
    trigonometric = {"interpolant": "trigonometric", "time_even": 0.0}
    models = [
        (RectifiedFlow(RectifiedFlowConfig(time_even=0.0), 2), "t"),
        (FlowMatching(FlowMatchingConfig(**trigonometric), 2), "t"),
        (ScoreSDE(ScoreSDEConfig(level_sampling="uniform"), 2), "t"),
        (DDPM(DDPMConfig(level_sampling="uniform"), 2), "level"),
    ]
    for model, draw in models:
        seen: list[Tensor] = []

        def record(x: Tensor, t: Tensor, seen: list[Tensor] = seen) -> Tensor:
            seen.append(t)
            return x * 0

        batch = make_batch(model, torch.randn(7, 2))
        monkeypatch.setattr(model.field, "forward", record)
        model.losses("model", batch)
        moment = batch.noise[draw]
        if draw == "level":
            moment = 1 - (moment + 1) / model.config.T
        elif isinstance(model, ScoreSDE):
            moment = moment * (1 - model.config.end_time)
        else:
            moment = model_times(model, moment)
        model.velocity(torch.randn(7, 2), moment)
        torch.testing.assert_close(seen[1], seen[0], rtol=1e-4, atol=1e-5)


def model_times(model: RectifiedFlow | FlowMatching, u: Tensor) -> Tensor:
    """Times of a logit-normal warp, from the normal quantile of scipy."""
    xi = torch.from_numpy(stats.norm.ppf(u.double().numpy()))
    config = model.config
    return torch.sigmoid(config.time_mean + config.time_spread * xi).float()


# The straight guess


@pytest.mark.parametrize("path", PATHS, ids=lambda p: type(p).__name__)
def test_the_network_learns_numbers_of_unit_size(path: GaussianPath) -> None:
    """For unit normal data what is left of the velocity has spread 1, none of it x."""
    x_1, x_0 = torch.randn(2, 200_000, dtype=torch.float64, generator=seeded())
    for moment in (0.1, 0.5, 0.9):
        t = torch.tensor(moment, dtype=torch.float64)
        skip, out, into = scalings(t, path, PreconditionConfig())
        x = path.alpha(t) * x_1 + path.sigma(t) * x_0
        speed = path.d_alpha(t) * x_1 + path.d_sigma(t) * x_0
        left = (speed - skip * x) / out
        assert float(left.std()) == pytest.approx(1, abs=0.01)
        assert float((into * x).std()) == pytest.approx(1, abs=0.01)
        assert abs(float((left * into * x).mean())) < 0.01


def test_an_untrained_flow_knows_unit_normal_data() -> None:
    """Its zero is the best answer: noise stays where it is in the end."""
    x = torch.randn(40, 2, dtype=torch.float64, generator=seeded())
    exact = torch.distributions.Normal(0.0, 1.0).log_prob(x).sum(1)
    for model in (
        RectifiedFlow(RectifiedFlowConfig(), 2).double(),
        FlowMatching(FlowMatchingConfig(interpolant="trigonometric"), 2).double(),
    ):
        found = model.log_prob(x, seeded())
        torch.testing.assert_close(found, exact, atol=1e-4, rtol=0)


def test_without_the_guess_the_network_is_the_velocity() -> None:
    model = RectifiedFlow(RectifiedFlowConfig(precondition=False), 2)
    assert float(model.velocity(torch.randn(5, 2), torch.tensor(0.5)).abs().max()) == 0


def test_all_parametrisations_see_one_network_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One and the same unit-size answer means one and the same score everywhere."""
    ratio = torch.tensor([0.05, 0.3, 1.0, 4.0], dtype=torch.float64)
    unit = torch.randn(4, 2, dtype=torch.float64, generator=seeded())
    scores = []
    for model, sign in (
        (RectifiedFlow(RectifiedFlowConfig(), 2).double(), 1),
        (FlowMatching(FlowMatchingConfig(interpolant="trigonometric"), 2).double(), 1),
        (ScoreSDE(ScoreSDEConfig(), 2).double(), -1),  # it answers the noise
        (EDM(EDMConfig(), 2).double(), 1),
    ):
        monkeypatch.setattr(model.field, "forward", lambda x, t, s=sign: s * x.sin())
        t = model.path.time_of(ratio)
        alpha, sigma = model.path.alpha(t)[:, None], model.path.sigma(t)[:, None]
        x = unit * (alpha.square() + sigma.square()).sqrt()
        # In units of the clean data, where all paths are one.
        scores.append(alpha * model.score(x, t))
    for other in scores[1:]:
        torch.testing.assert_close(other, scores[0])


# The taper


@pytest.mark.parametrize("gamma", [0.0, 1.0, 2.5])
def test_fine_waves_are_as_faint_as_set(gamma: float) -> None:
    frequency = torch.tensor([0.25, 2.0, 8.0])
    waves = TaperedWaves([frequency], gamma)
    x = torch.linspace(-3, 3, 20_001)[:, None]
    sizes = waves(x)[:, 1:4].abs().amax(0)
    exact = torch.tensor([math.sin(0.75), 2.0**-gamma, 8.0**-gamma])
    torch.testing.assert_close(sizes, exact, rtol=1e-3, atol=1e-4)
