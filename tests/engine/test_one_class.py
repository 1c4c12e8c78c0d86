"""A run that draws one class is judged by that class: points, truth, floors, modes."""

import math

import pytest
import torch
from torch import Generator, Tensor

from engine import Experiment, registry
from engine.data.load import load_data
from engine.data.one_class import OneClass, class_name, one_class
from engine.data.toy import Toy
from engine.diagnosis.case import Case
from engine.models.inside import drawn_class

TOYS = [n for n in registry.DATA if issubclass(registry.data_set(n), Toy)]
#: Entropy of one Gaussian of eight_gaussians.
ONE = math.log(2 * math.pi * math.e * 0.15**2)


def toy(name: str) -> Toy:
    kind = registry.data_set(name)
    return kind(kind.Config())


def box(count: int, half: float = 5.0) -> tuple[Tensor, float]:
    line = half * ((torch.arange(count, dtype=torch.float64) + 0.5) * 2 / count - 1)
    return torch.cartesian_prod(line, line), (2 * half / count) ** 2


@pytest.mark.parametrize("name", TOYS)
def test_classes_add_up_to_the_whole(name: str) -> None:
    """p(x) is the mean of p(x | c): classes are equally likely in every toy."""
    source = toy(name)
    x = source.draw(500, Generator().manual_seed(1)).x
    classes = range(len(source.class_names))
    parts = torch.stack([source.class_log_prob(x, c) for c in classes])
    whole = parts.logsumexp(0) - math.log(len(classes))
    torch.testing.assert_close(whole, source.log_prob(x), atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("name", TOYS)
def test_a_class_has_mass_one_and_the_surprise_of_its_points(name: str) -> None:
    source = toy(name)
    label = len(source.class_names) - 1
    grid, cell = box(220)
    mass = source.class_log_prob(grid, label).exp().sum() * cell
    assert mass.item() == pytest.approx(1, abs=0.01)
    drawn = source.draw(40_000, Generator().manual_seed(3))
    surprise = -source.class_log_prob(drawn.x[drawn.labels == label], label)
    error = surprise.std().item() / math.sqrt(len(surprise))
    assert source.class_entropy(label) == pytest.approx(
        surprise.mean().item(), abs=4 * error + 1e-9
    )


def test_entropies_of_classes_in_closed_form() -> None:
    assert toy("eight_gaussians").class_entropy(3) == pytest.approx(ONE, abs=1e-7)
    assert toy("checkerboard").class_entropy(0) == pytest.approx(0, abs=1e-9)
    banana = toy("banana")
    assert banana.class_entropy(1) == pytest.approx(
        banana.entropy() - math.log(2), abs=1e-9
    )


def test_points_modes_and_gaussians_of_one_class() -> None:
    data = load_data("eight_gaussians", {}, 0)
    found = one_class(data, 2)
    assert class_name(found) == "mode 3"
    assert class_name(data) == ""
    centre = torch.tensor([[0.0, 2.0]], dtype=torch.float64)
    for points in (found.train, found.heldout):
        assert (points.labels == 2).all()
        assert ((points.x - centre).norm(dim=1) < 6 * 0.15).all()
    torch.testing.assert_close(found.source.modes().centres, centre)
    mixture = found.source.mixture()
    torch.testing.assert_close(mixture.centres, centre)
    assert mixture.weights.tolist() == [1.0]
    assert found.scaling is data.scaling
    assert found.limits == data.limits
    again = one_class(data, 2)
    assert again.source is found.source  # what is known of it is computed once
    drawn = found.source.split(Generator().manual_seed(0))
    torch.testing.assert_close(drawn[0].x, found.train.x)


def test_without_a_class_or_without_its_points_all_are_judged() -> None:
    data = load_data("wine", {}, 0)
    assert one_class(data, None) is data
    assert one_class(data, 99) is data
    flowers = one_class(data, 0)
    assert isinstance(flowers.source, OneClass)
    assert flowers.source.log_prob(flowers.heldout.x) is None
    assert flowers.source.entropy() is None
    assert flowers.source.modes() is None
    assert flowers.source.mixture() is None
    operations = [
        {"do": "points", "x": [0.1 * k for k in range(80)]},
        {"do": "points", "x": [0.0, 1.0], "labels": [3]},
    ]
    drawn = load_data("drawn", {"operations": operations}, 0)
    assert one_class(drawn, 3) is drawn  # one point: none of them can be held out


def reference(**settings: object) -> Experiment:
    """A run that knows the answer exactly."""
    return Experiment("oracle", "eight_gaussians", model_settings=settings)


def test_an_exact_class_reaches_its_own_entropy_and_floor() -> None:
    """Judged by all the data it would be off by some hundred nats."""
    run = reference(label=3)
    found = run.measure(400)
    assert found.of_class == "mode 3"
    assert found.points == 400
    assert found.nll.value == pytest.approx(ONE, abs=1e-4)
    assert (found.modes.covered, found.modes.total) == (1, 1)
    assert found.modes.high_quality > 0.97
    assert found.energy_distance < 3 * run.chance(lambda: None)
    assert found.sliced_wasserstein < 3 * found.sliced_chance
    whole = reference()
    assert whole.measure(400).of_class == ""
    assert run.chance(lambda: None) < whole.chance(lambda: None) / 5
    assert found.sliced_chance < whole.measure(400).sliced_chance / 2


@pytest.mark.parametrize("name", ["oracle", "flow_matching", "ddpm"])
def test_a_weight_of_nought_draws_all_the_data(name: str) -> None:
    known = {} if name == "oracle" else {"conditional": True}
    run = Experiment(name, "two_moons", model_settings={"label": 2, **known})
    model = run.trainer.model
    assert drawn_class(model) == 1
    model.config = model.config.model_copy(update={"guidance": 0.0})
    assert drawn_class(model) is None
    if known:  # outside the interval the weight is one
        model.config = model.config.model_copy(update={"guide_from": 0.5})
        assert drawn_class(model) == 1


def test_a_model_that_knows_no_classes_draws_all() -> None:
    settings = {"label": 2, "conditional": False}
    run = Experiment("flow_matching", "two_moons", model_settings=settings)
    assert drawn_class(run.trainer.model) is None
    assert drawn_class(Experiment("gan", "two_moons").trainer.model) is None


def test_a_shown_class_of_a_gan_is_judged() -> None:
    settings = {"shown_class": 2, "width": 16}
    run = Experiment("conditional_gan", "two_moons", model_settings=settings)
    assert run.measure(100).of_class == "lower moon"
    config = run.config
    shown = config.model_settings | {"shown_class": 0}
    run.configure(config.model_copy(update={"model_settings": shown}))
    assert run.measure(100).of_class == ""


def test_the_map_of_the_truth_and_the_lines_are_those_of_the_class() -> None:
    run = reference(label=3)
    run.measure(300)
    found = run.picture("density", {"resolution": 64})
    assert found.meta["of_class"] == "mode 3"
    assert abs(found.arrays["learned"] - found.arrays["truth"]).max() < 0.05
    assert found.arrays["data"][:, 1].min() > 1
    lines = {r["label"]: r["value"] for r in run.picture("curves").meta["references"]}
    assert lines["entropy of mode 3"] == pytest.approx(ONE)
    assert lines["all modes"] == 1
    settings = run.config.model_settings | {"label": 5}  # live, on the same data
    run.configure(run.config.model_copy(update={"model_settings": settings}))
    other = run.picture("density", {"resolution": 64})
    assert abs(other.arrays["learned"] - other.arrays["truth"]).max() < 0.05
    assert abs(other.arrays["truth"] - found.arrays["truth"]).max() > 100
    plain = reference().picture("density", {"resolution": 64})
    assert plain.meta["of_class"] == ""
    assert plain.arrays["data"][:, 1].min() < -1


def test_the_guess_of_a_class_is_compared_with_the_best_of_that_class() -> None:
    """An exact reference of a class reaches the least possible at every level."""
    found = reference(label=5).picture("levels", {"points": 300}).arrays
    learned, least = found["learned.value"], found["least.value"]
    torch.testing.assert_close(
        torch.from_numpy(learned), torch.from_numpy(least), atol=1e-3, rtol=0.02
    )
    assert learned.max() < 0.02  # one narrow Gaussian is easily guessed


def test_a_class_alone_is_no_mode_collapse() -> None:
    run = reference(label=3)
    case = Case(run, run.measure(300), lambda: None)
    assert (case.heldout - torch.tensor([0.0, 2.0])).norm(dim=1).max() < 1
