"""What a model costs, counted against what its construction says; chance by theory."""

import pytest
import torch

from engine import Experiment
from engine.data.load import load_data
from engine.metrics.chance import chance_distance, chance_sliced
from engine.metrics.distances import energy_distance, sliced_wasserstein


def nothing():
    """No command waits."""


@pytest.mark.parametrize(
    ("model", "settings", "per_step", "per_sample"),
    [
        ("realnvp", {}, 1, 1),
        ("maf", {}, 1, 2),  # one pass per coordinate
        ("gan", {}, 3, 1),  # the critic sees data, fakes, and fakes again
        ("vae", {}, 1, 1),
        ("oracle", {}, 0, None),
    ],
)
def test_evaluations_by_family(model, settings, per_step, per_sample):
    made = Experiment(model=model, data="two_moons", model_settings=settings)
    found = made.effort()
    assert found.per_step == per_step
    if per_sample is not None:
        assert found.per_sample == per_sample


@pytest.mark.parametrize(("sampler", "each"), [("euler", 1), ("heun", 2), ("rk4", 4)])
def test_a_process_costs_steps_times_evaluations_of_its_solver(sampler, each):
    made = Experiment(
        model="rectified_flow",
        data="two_moons",
        sampler=sampler,
        sampler_settings={"steps": 7},
    )
    assert made.effort().per_sample == 7 * each


def test_counting_changes_nothing():
    made = Experiment(model="gan", data="two_moons").train(3)
    before = [p.clone() for p in made.trainer.model.parameters()]
    sample = made.sample(5)
    made.effort()
    assert made.step == 3
    for p, q in zip(before, made.trainer.model.parameters(), strict=True):
        torch.testing.assert_close(p, q, rtol=0, atol=0)
    torch.testing.assert_close(sample, made.sample(5), rtol=0, atol=0)


def test_two_draws_of_the_data_stay_below_chance_and_other_data_do_not():
    data = load_data("two_moons", {}, 0)
    limit = chance_distance(data, 0, nothing)
    assert limit == chance_distance(data, 0, nothing)
    generator = torch.Generator().manual_seed(9)
    x = data.scaling.standardise(data.train.x.double())
    below = 0
    for _ in range(20):
        pick = torch.randperm(len(x), generator=generator)[:1000]
        below += abs(energy_distance(x[pick[:500]], x[pick[500:]])) <= limit
    assert below >= 15
    assert energy_distance(x[:500], x[500:1000] + 0.3) > limit


def test_of_few_points_the_floor_is_that_of_five_hundred():
    """The statistic of two samples of one density shrinks as 1 / points."""
    many = chance_distance(load_data("two_moons", {}, 0), 0, nothing)
    few = chance_distance(load_data("two_moons", {"points": 300}, 0), 0, nothing)
    assert few == pytest.approx(many, rel=0.6)


def test_a_handful_of_points_has_no_floor(tmp_path):
    file = tmp_path / "few.csv"
    file.write_text("x,y\n" + "\n".join(f"{i},{i * i % 7}" for i in range(30)) + "\n")
    assert chance_distance(load_data("csv", {"file": str(file)}, 0), 0, nothing) is None


def test_the_sliced_floor_is_what_fresh_draws_reach_and_shifted_ones_do_not():
    data = load_data("two_moons", {}, 0)
    floor = chance_sliced(data, 500, 0, nothing)
    fresh = [
        data.scaling.standardise(
            data.source.draw(1000, torch.Generator().manual_seed(seed)).x
        )
        for seed in range(20, 28)
    ]
    found = [sliced_wasserstein(x[:500], x[500:], 64) for x in fresh]
    mean_square = sum(d * d for d in found) / len(found)
    assert floor**2 == pytest.approx(mean_square, rel=0.8)
    moved = fresh[0][500:] + 0.5
    assert sliced_wasserstein(fresh[0][:500], moved, 64) > 2 * floor


def test_the_sliced_floor_falls_as_the_root_of_the_points():
    data = load_data("two_moons", {}, 0)
    few, many = (chance_sliced(data, n, 0, nothing) for n in (125, 2000))
    assert few / many == pytest.approx(4, rel=0.5)
    small = load_data("two_moons", {"points": 300}, 0)
    assert chance_sliced(small, 125, 0, nothing) == pytest.approx(few, rel=0.6)


def test_a_measurement_carries_the_floor_of_its_own_data_and_points():
    run = Experiment("vae", "two_moons")
    first = run.measure(100)
    assert first.sliced_chance == pytest.approx(
        chance_sliced(run.data, 100, 0, nothing)
    )
    assert run.history.sliced_chance == first.sliced_chance
    assert run.measure(400).sliced_chance < first.sliced_chance
    assert run.branch(0).history.sliced_chance == run.history.sliced_chance
