"""CycleGAN: exact translators, the history, and two trained pairs of data sets."""

import math
from typing import get_args

import pytest
import torch
from torch import Tensor

from engine import Experiment, registry
from engine.metrics.distances import energy_distance
from engine.models.base import Batch, capabilities
from engine.models.cyclegan import CycleGAN
from engine.models.cyclegan_config import OTHER_LABELS, CycleGANConfig, OtherData

F64 = torch.float64


def linear(**settings: object) -> CycleGAN:
    """Translators that are one linear map each."""
    torch.manual_seed(0)
    return CycleGAN(CycleGANConfig(**{"depth": 0, "r1": False, **settings})).double()


def set_map(translator: torch.nn.Module, matrix: Tensor) -> None:
    with torch.no_grad():
        translator[-1].weight.copy_(matrix)
        translator[-1].bias.zero_()


def rotation(angle: float) -> Tensor:
    c, s = math.cos(angle), math.sin(angle)
    return torch.tensor([[c, -s], [s, c]], dtype=F64)


def batch_of(model: CycleGAN, x: Tensor, y: Tensor, player: str) -> Batch:
    generator = torch.Generator().manual_seed(0)
    noise = {}
    for name, draw in model.noise(player).items():
        if draw.kind == "integer":
            noise[name] = torch.randint(draw.high, (len(x),), generator=generator)
        else:
            noise[name] = torch.rand(len(x), generator=generator, dtype=x.dtype)
    labels = torch.zeros(len(x), dtype=torch.int64)
    return Batch(x, labels, noise, torch.tensor(0.0), {"y": y})


def test_a_rotation_and_its_inverse_close_the_cycle() -> None:
    """SYSTEMS B4 (1): cycle loss < 1e-6; with two rotations it is what they miss by."""
    model = linear()
    x, y = torch.randn(2, 50, 2, dtype=F64)
    batch = batch_of(model, x, y, "generators")
    set_map(model.to_y, rotation(0.7))
    set_map(model.to_x, rotation(-0.7))
    assert model.losses("generators", batch)["cycle"].item() < 1e-6
    set_map(model.to_x, rotation(-0.7 + math.pi))  # both ways end at the opposite
    found = model.losses("generators", batch)["cycle"].item()
    expected = 2 * (x.abs().sum(1).mean() + y.abs().sum(1).mean())
    assert found == pytest.approx(expected.item())


def test_nothing_tells_symmetric_translators_apart() -> None:
    """SYSTEMS B4 (2): a quarter turn is a symmetry of the 8 modes of the target."""
    model = linear()
    angles = torch.arange(8, dtype=F64) * (math.pi / 4)
    y = torch.stack((angles.cos(), angles.sin()), 1).repeat(10, 1)
    stretch = torch.tensor([[1.5, 0.0], [0.2, 0.8]], dtype=F64)
    x = y[torch.randperm(80)] @ torch.linalg.inv(stretch).T
    batch = batch_of(model, x, y, "generators")
    losses, clouds = [], []
    for symmetry in (torch.eye(2, dtype=F64), rotation(math.pi / 2)):
        set_map(model.to_y, symmetry @ stretch)
        set_map(model.to_x, torch.linalg.inv(stretch) @ torch.linalg.inv(symmetry))
        terms = model.losses("generators", batch)
        losses.append(terms)
        clouds.append(model.to_y(x))
    assert losses[0]["cycle"].item() < 1e-6
    for name in ("cycle", "to_y", "to_x"):
        assert losses[0][name].item() == pytest.approx(losses[1][name].item(), abs=1e-6)
    nearest = torch.cdist(clouds[1], clouds[0]).argmin(1)
    torch.testing.assert_close(clouds[1], clouds[0][nearest], atol=1e-6, rtol=0)
    assert not torch.allclose(clouds[0], clouds[1])


def test_the_generators_loss_is_the_weighted_sum() -> None:
    model = linear(cycle_weight=3.0, identity=0.25)
    x, y = torch.randn(2, 50, 2, dtype=F64)
    set_map(model.to_y, rotation(0.3))
    set_map(model.to_x, torch.eye(2, dtype=F64))
    terms = model.losses("generators", batch_of(model, x, y, "generators"))

    # F is the identity, so both cycles miss by what the rotation moves.
    def moved(p: Tensor) -> Tensor:
        return (p @ rotation(0.3).T - p).abs().sum(1).mean()

    torch.testing.assert_close(terms["cycle"], moved(x) + moved(y))
    torch.testing.assert_close(terms["identity"], moved(y))
    expected = (
        terms["to_y"] + terms["to_x"] + 3 * terms["cycle"] + 0.75 * terms["identity"]
    )
    torch.testing.assert_close(terms["loss"], expected)


def test_each_side_has_its_own_judge() -> None:
    """Judge x sees x and F(y), judge y sees y and G(x); least squares by hand."""
    model = linear(history=0)
    x, y = torch.randn(2, 50, 2, dtype=F64)
    set_map(model.to_y, rotation(1.0))
    set_map(model.to_x, torch.eye(2, dtype=F64))
    batch = model.prepare("discriminators", batch_of(model, x, y, "discriminators"))
    terms = model.losses("discriminators", batch)
    with torch.no_grad():
        real, fake = model.judge_y(y)[:, 0], model.judge_y(x @ rotation(1.0).T)[:, 0]
    torch.testing.assert_close(terms["y_real"], (1 - real).square().mean())
    torch.testing.assert_close(terms["y_fake"], fake.square().mean())
    with torch.no_grad():
        real, fake = model.judge_x(x)[:, 0], model.judge_x(y)[:, 0]
    torch.testing.assert_close(terms["x_real"], (1 - real).square().mean())
    torch.testing.assert_close(terms["x_fake"], fake.square().mean())
    torch.testing.assert_close(terms["loss"], terms["x_loss"] + terms["y_loss"])
    terms = model.losses("generators", batch)
    with torch.no_grad():
        on_y, on_x = model.judge_y(x @ rotation(1.0).T), model.judge_x(y)
    torch.testing.assert_close(terms["to_y"], (1 - on_y).square().mean())
    torch.testing.assert_close(terms["to_x"], (1 - on_x).square().mean())


def test_history_swaps_fakes_and_loses_none() -> None:
    """What is shown and what is kept are together what was new and what was kept."""
    model = linear(history=20)
    x, y = torch.randn(2, 30, 2, dtype=F64)
    columns = {"x": x, "y": y, "labels": torch.zeros(30, dtype=torch.int64)}
    model.initialise(columns, torch.Generator())
    model.past_x.normal_()
    old = model.past_x.clone()
    batch = batch_of(model, x, y, "discriminators")
    with torch.no_grad():
        shown = model.prepare("discriminators", batch).extra["fake_x"]
        fresh = model.to_x(y)
    before = torch.cat((old, fresh)).sort(0).values
    after = torch.cat((model.past_x, shown)).sort(0).values
    assert torch.equal(before, after)
    swapped = (shown != fresh).any(1)
    assert torch.equal(swapped[:20], batch.noise["coin"][:20] < 0.5)
    assert not swapped[20:].any()


def test_without_history_only_the_newest_fakes_are_shown() -> None:
    model = linear(history=0)
    x, y = torch.randn(2, 30, 2, dtype=F64)
    batch = batch_of(model, x, y, "discriminators")
    shown = model.prepare("discriminators", batch).extra
    assert torch.equal(shown["fake_y"], model.to_y(x))
    assert set(model.noise("discriminators")) == {"chord"}


def test_samples_are_translated_points_of_the_other_data() -> None:
    model = linear()
    x, y = torch.randn(2, 30, 2, dtype=F64)
    model.initialise({"x": x, "y": y}, torch.Generator())
    set_map(model.to_x, 2 * rotation(0.4))
    found = model.sample(200, torch.Generator().manual_seed(0))
    distance = torch.cdist(found, y @ (2 * rotation(0.4)).T).min(1).values
    assert distance.max() < 1e-6  # cdist goes by a matrix product
    assert len(found.unique(dim=0)) > 25
    start = model.layer_start(5, torch.Generator().manual_seed(0))
    assert torch.cdist(start, x).min(1).values.max() == 0
    thread = model.layers(start)
    assert torch.equal(thread[0], start)
    assert torch.equal(thread[1], model.to_y(start))
    assert torch.equal(thread[2], model.to_x(thread[1]))


def test_capabilities() -> None:
    found = capabilities(CycleGAN(CycleGANConfig()))
    assert found == {"samples", "critic", "layers", "adversarial", "translation"}


def test_every_data_set_but_a_table_can_be_the_other() -> None:
    names = set(registry.DATA) - {"csv", "drawn"}
    assert set(get_args(OtherData)) == names == set(OTHER_LABELS)
    for name, label in OTHER_LABELS.items():
        assert registry.data_set(name).title == label


def test_the_other_data_set_comes_with_the_run() -> None:
    run = Experiment(
        "cyclegan", "two_moons", model_settings={"other": "banana", "width": 16}, seed=1
    )
    model = run.trainer.model
    assert model.companions() == {"y": "banana"}
    assert torch.equal(model.data_y, run.trainer.columns["y"])
    with torch.no_grad():
        translated = model.to_x(model.data_y)
    sample = run.data.scaling.standardise(run.sample(50).double()).float()
    assert torch.cdist(sample, translated).min(1).values.max() < 1e-3
    picture = run.picture("trajectories", {"points": 100, "paths": 50})
    assert picture.arrays["x"].shape[::2] == (3, 2)
    state = model.state_dict()
    assert "data_x" not in state
    assert "past_x" in state


def test_reference_lines_are_the_terms_of_undecided_judges() -> None:
    model = linear(history=0)
    set_map(model.to_y, rotation(0.3))
    set_map(model.to_x, rotation(-0.3))
    with torch.no_grad():
        for judge in (model.judge_x, model.judge_y):
            judge[-1].weight.zero_()
            judge[-1].bias.fill_(0.5)
    x, y = torch.randn(2, 10, 2, dtype=F64)
    for player in model.players():
        batch = model.prepare(player, batch_of(model, x, y, player))
        terms = {k: v.item() for k, v in model.losses(player, batch).items()}
        for name, line in model.reference_lines(player).items():
            assert terms[name] == pytest.approx(line), name


def trained(weight: float, steps: int) -> tuple[float, float, float]:
    """Round-trip RMS, energy distance to the data and to the other data."""
    settings = {"other": "rings", "cycle_weight": weight}
    training = {"steps": steps}
    run = Experiment(
        "cyclegan", "two_moons", model_settings=settings, training=training, seed=0
    )
    model = run.train().model_at()
    x, y = model.data_x[:3000], model.data_y[:3000]
    with torch.no_grad():
        to_y, to_x = model.to_y(x), model.to_x(y)
        miss_x, miss_y = model.to_x(to_y) - x, model.to_y(to_x) - y
    miss = torch.cat((miss_x, miss_y)).square().sum(1).mean().sqrt()
    fresh_x, fresh_y = model.data_x[3000:6000], model.data_y[3000:6000]
    return (
        miss.item(),
        energy_distance(to_x.double(), fresh_x.double()),
        energy_distance(to_y.double(), fresh_y.double()),
    )


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_cycle_weight_closes_the_round_trip() -> None:
    """SYSTEMS B4 (3): at least three times closer."""
    assert trained(0.0, 800)[0] > 3 * trained(10.0, 800)[0]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_clouds_reach_their_targets() -> None:
    """SYSTEMS B4 (4): energy distance under .05 both ways, and the cycle closed.

    Measured .010 and .018 with the default weight 1, round trip .02; with weight 10
    points hardly dare to move, .04 and .09 after as many steps.
    """
    miss, at_x, at_y = trained(CycleGANConfig().cycle_weight, 2000)
    assert max(at_x, at_y) < 0.05
    assert miss < 0.1
