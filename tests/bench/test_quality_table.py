"""The quality table: its figures are those of the run, and repeat with the seed."""

import json
import math

import pytest
import torch

from engine import Experiment, bench_quality, registry
from engine.cli import main
from engine.data.load import load_data
from engine.given_points import given_points
from engine.protocol import RunConfig


@pytest.fixture
def quick(monkeypatch):
    """A handful of steps and points: the table's arithmetic, not its quality."""
    kind = registry.model("realnvp")
    few = {**kind.training_defaults, "steps": 5, "batch_size": 64}
    monkeypatch.setattr(kind, "training_defaults", few)
    monkeypatch.setattr(bench_quality, "SAMPLES", 500)


def test_the_table_repeats_and_is_json(quick, capsys):
    rows = []
    for _ in range(2):
        arguments = ["bench", "--quality", "--model", "realnvp", "--json"]
        assert main([*arguments, "--data", "eight_gaussians"]) == 0
        (row,) = json.loads(capsys.readouterr().out)
        row.pop("cpu_seconds")
        rows.append(row)
    assert rows[0] == rows[1]
    row = rows[0]
    assert (row["model"], row["kind"], row["steps"]) == ("realnvp", "exact", 5)
    assert row["evaluations"] == 1
    assert row["kl"] > 0.5
    assert row["modes"].endswith("/8")


def test_a_row_is_printed_under_its_heading(quick, capsys):
    main(["bench", "--quality", "--model", "realnvp", "--data", "two_moons"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("two_moons")
    assert lines[3].startswith("realnvp")


def test_floors_are_those_of_a_perfect_model(monkeypatch):
    monkeypatch.setattr(bench_quality, "SAMPLES", 2000)
    monkeypatch.setattr(bench_quality, "PAIRS", 3)
    floor = bench_quality.floors(load_data("checkerboard", {}, seed=0))
    assert floor["true_nll"] == pytest.approx(floor["entropy"], abs=1e-6)
    assert abs(floor["energy_distance_x1000"]) < 4
    assert floor["energy_distance_x1000"] <= floor["energy_distance_x1000_max"] < 12
    assert 0 < floor["sliced_wasserstein"] <= floor["sliced_wasserstein_max"] < 0.1


def test_unknown_names_are_refused(capsys):
    assert main(["bench", "--quality", "--model", "nonsense"]) == 2
    assert "no model 'nonsense'" in capsys.readouterr().err


def test_samples_are_judged_on_fresh_points(quick):
    data = load_data("eight_gaussians", {}, seed=0)
    fresh = bench_quality.reference(data)
    known = torch.cat([data.train.x, data.heldout.x])
    assert len(fresh) == bench_quality.SAMPLES
    assert not torch.isin(fresh, known).any()
    assert torch.equal(fresh, bench_quality.reference(data))
    assert not torch.equal(fresh, bench_quality.reference(data, 1))


def test_a_table_that_cannot_be_drawn_again_is_judged_on_held_out_rows(quick):
    data = load_data("iris", {}, seed=0)
    assert torch.equal(bench_quality.reference(data), data.heldout.x)
    floor = bench_quality.floors(data)
    assert floor["entropy"] is None
    assert floor["sliced_wasserstein"] == floor["sliced_wasserstein_max"]


def test_the_share_inside_the_support_is_counted(quick, monkeypatch):
    half = torch.tensor([[-0.5, -0.5], [-0.5, 0.5]], dtype=torch.float64)
    cloud = half.repeat(250, 1).float()
    run = Experiment("realnvp", "checkerboard")
    monkeypatch.setattr(run, "sample", lambda n, seed: cloud[:n])
    row = bench_quality.judged_samples(run)
    assert row["inside"] == 0.5
    assert row["modes"] is None
    assert row["far"] == 0


def test_distances_of_pairs_by_hand() -> None:
    """Means of 3 between, of 1 within: 2 x 3 - 1 - 1, in thousandths."""
    x = torch.tensor([[0.0, 0.0], [1.0, 0.0]], dtype=torch.float64)
    found = bench_quality.distances(x, x + torch.tensor([3.0, 0.0]))
    assert found["energy_distance_x1000"] == pytest.approx(4000)


def test_a_floor_is_the_middle_pair_and_its_limit_the_farthest(monkeypatch) -> None:
    values = iter([3.0, 1.0, 9.0])
    monkeypatch.setattr(bench_quality, "PAIRS", 3)
    monkeypatch.setattr(bench_quality, "distances", lambda x, y: {"far": next(values)})
    floor = bench_quality.floors(load_data("two_moons", {}, seed=0))
    assert (floor["far"], floor["far_max"]) == (3.0, 9.0)


@pytest.mark.parametrize(("model", "cost"), [("rectified_flow", 50), ("gan", 1)])
def test_evaluations_are_those_of_the_default_sampler(model, cost) -> None:
    """Heun's 25 steps look twice each."""
    run = Experiment(model, "two_moons", model_settings={"width": 8})
    assert bench_quality.evaluations(run) == cost


def test_high_quality_reaches_to_four_standard_deviations(quick, monkeypatch) -> None:
    run = Experiment("realnvp", "eight_gaussians")
    centre = run.data.source.modes().centres[0]
    cloud = (centre + 0.15 * torch.tensor([[3.5, 0.0], [4.5, 0.0]])).float()
    monkeypatch.setattr(run, "sample", lambda n, seed: cloud.repeat(250, 1))
    assert bench_quality.judged_samples(run)["high_quality"] == 0.5


def test_strays_are_counted_and_do_not_spoil_the_distances(quick, monkeypatch):
    run = Experiment("realnvp", "eight_gaussians")
    cloud = bench_quality.reference(run.data, 7).float()
    cloud[0] = torch.tensor([7.0, 0.0])
    cloud[1] = math.nan
    monkeypatch.setattr(run, "sample", lambda n, seed: cloud[:n])
    row = bench_quality.judged_samples(run)
    assert row["far"] == 2
    assert row["energy_distance_x1000"] < 20
    assert 0.98 < row["high_quality"] < 1


def given(folder, name: str, n: int) -> None:
    """Points of a circle to learn from, and of a line to be judged by."""
    angle = torch.linspace(0, 6, n)
    circle = torch.stack([angle.cos(), angle.sin()], 1)
    line = torch.stack([torch.linspace(-2, 2, n), torch.zeros(n)], 1)
    for part, points in (("train", circle), ("heldout", line)):
        rows = "\n".join(f"{x:.6f},{y:.6f}" for x, y in points.tolist())
        (folder / f"{name}_{part}.csv").write_text(f"x,y\n{rows}\n")


def test_points_of_a_comparison_take_the_place_of_drawn_ones(tmp_path) -> None:
    given(tmp_path, "eight_gaussians", 300)
    own = load_data("eight_gaussians", {"noise": 0.1}, seed=0)
    data = given_points(own, tmp_path)
    assert len(data.train.x) == len(data.heldout.x) == 300
    assert (data.train.x.norm(dim=1) - 1).abs().max() < 1e-5
    assert (data.heldout.x[:, 1] == 0).all()
    assert data.scaling.standardise(data.train.x).mean(0).abs().max() < 1e-9
    run = Experiment.from_config(
        RunConfig(model="realnvp", data="eight_gaussians"), data
    )
    assert len(run.trainer.columns["x"]) == 300
    assert data.source is own.source


def test_the_table_learns_from_points_of_a_folder(quick, capsys, tmp_path) -> None:
    given(tmp_path, "two_moons", 400)
    table = ["bench", "--quality", "--model", "realnvp", "--data", "two_moons"]
    table.append("--json")
    nll = []
    for extra in ([], ["--points", str(tmp_path)]):
        assert main([*table, *extra]) == 0
        (row,) = json.loads(capsys.readouterr().out)
        nll.append(row["floor"]["true_nll"])
    assert nll[0] == pytest.approx(1.68, abs=0.05)
    assert nll[1] > 4  # a line is nothing that two moons would draw


def test_a_folder_without_the_points_is_refused_in_a_sentence(capsys, tmp_path):
    arguments = ["bench", "--quality", "--data", "two_moons", "--points", str(tmp_path)]
    assert main(arguments) == 2
    assert "no file two_moons_train.csv" in capsys.readouterr().err


@pytest.mark.parametrize("extra", [["--model", "gan"], ["--points", "somewhere"]])
def test_choices_of_the_table_alone_are_refused(extra, capsys) -> None:
    assert main(["bench", "--no-window", *extra]) == 2
    assert "belong to --quality" in capsys.readouterr().err
