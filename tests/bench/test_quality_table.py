"""The quality table: its figures are those of the run, and repeat with the seed."""

import json

import pytest

from engine import bench_quality, registry
from engine.cli import main
from engine.data.load import load_data


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


def test_floors_are_those_of_a_perfect_model():
    floor = bench_quality.floors(load_data("checkerboard", {}, seed=0))
    assert floor["true_nll"] == pytest.approx(floor["entropy"], abs=1e-6)
    assert abs(floor["energy_distance_x1000"]) < 1.0


def test_unknown_names_are_refused(capsys):
    assert main(["bench", "--quality", "--model", "nonsense"]) == 2
    assert "no model 'nonsense'" in capsys.readouterr().err
