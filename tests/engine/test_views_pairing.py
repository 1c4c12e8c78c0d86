"""Pairings of starts and data points, and what they cost, against closed forms."""

import numpy as np
import pytest
import torch
from views_world import NormalFlow, moment, normal_data

from engine import Experiment
from engine.models.base import Batch
from engine.views.pairing import PairingConfig, PairingView


def picture(run, **settings):
    return PairingView(PairingConfig(**settings)).compute(run)


class Coupled(NormalFlow):
    """The exact flow from N(0, 1) to N(0, 1): it leaves every start where it is."""

    def coupling_in_training(self):
        return "independent", 512

    def path_ends(self):
        return "noise", "data"


def test_independent_lines_cost_the_sum_of_both_spreads():
    """E |x_1 - x_0|^2 = 2 + 2 for two normal pairs; the identity costs nothing."""
    costs = picture(moment(Coupled())).meta["costs"]
    assert costs["independent"] == pytest.approx(4.0, abs=0.6)
    assert costs["optimal"] < 0.1 * costs["independent"]
    assert costs["flow"] == pytest.approx(0.0, abs=1e-6)


def test_the_flow_takes_starts_along_its_exact_map():
    """N(0, 1) to N(m, s^2): x_1 = m + s x_0 (SYSTEMS E8)."""
    data = normal_data()
    found = picture(moment(Coupled(m=0.5, s=0.5), data), lines=50).arrays
    start, end = (
        data.scaling.standardise(torch.tensor(found[name], dtype=torch.float64))
        for name in ("start", "arrival")
    )
    torch.testing.assert_close(end, 0.5 + 0.5 * start, atol=1e-4, rtol=1e-4)


def test_drawn_starts_are_paired_once_each():
    found = picture(moment(Coupled()), lines=400)
    assert found.meta["batch"] == 512
    assert found.arrays["start"].shape == (400, 2)
    whole = picture(moment(Coupled(), normal_data(points=300)), lines=400).arrays
    assert whole["optimal"].shape == (300, 2)  # no more points than the data have
    order = [np.sort(whole[name][:, 0]) for name in ("start", "optimal")]
    np.testing.assert_array_equal(*order)
    assert not np.array_equal(whole["start"], whole["optimal"])


def test_the_optimal_pairing_is_the_one_that_training_makes():
    """The model's own ``pair``, given the same points and noise."""
    settings = {"coupling": "optimal", "coupling_batch": 64}
    made = Experiment("flow_matching", "two_moons", model_settings=settings)
    run = made.moment(1.0)
    found = picture(run, lines=64)
    assert (found.meta["used"], found.meta["batch"]) == ("optimal", 64)
    model, scaling = run.fitted.model, run.data.scaling
    x_1, x_0 = (
        scaling.standardise(torch.tensor(found.arrays[name], dtype=torch.float64))
        for name in ("data", "start")
    )
    labels, step = torch.zeros(64, dtype=torch.int64), torch.zeros(())
    paired = model.pair("model", Batch(x_1, labels, {"x_0": x_0}, step))["x_0"]
    optimal = torch.tensor(found.arrays["optimal"], dtype=torch.float64)
    torch.testing.assert_close(scaling.restore(paired), optimal, atol=1e-5, rtol=1e-5)


def test_a_start_that_is_no_noise_is_that_data_set():
    settings = {"source": "rings"}
    made = Experiment("flow_matching", "two_moons", model_settings=settings)
    found = picture(made.moment(0.5))
    assert found.meta["ends"] == ["source", "data"]
    assert found.meta["costs"]["optimal"] < found.meta["costs"]["independent"]


def test_another_seed_draws_other_pairs():
    one, other = (picture(moment(Coupled()), seed=s).arrays["start"] for s in (0, 1))
    assert not np.array_equal(one, other)


def test_a_round_of_reflow_shows_the_pairs_that_it_trains_on():
    made = Experiment(
        "rectified_flow",
        "two_moons",
        model_settings={"reflow_rounds": 2, "reflow_pairs": 1000, "width": 16},
        training={"steps": 12, "batch_size": 32},
    )
    made.train(4)
    assert picture(made.moment()).meta["used"] == "independent"
    made.train(2)
    found = picture(made.moment(), lines=400)
    assert found.meta["used"] == "reflow"
    columns, restore = made.trainer.columns, made.data.scaling.restore
    pairs = torch.cat([restore(columns[n].double()) for n in ("x_0", "x")], dim=1)
    ends = [torch.tensor(found.arrays[n]) for n in ("start", "data")]
    found_pairs = torch.cat(ends, dim=1).double()
    exact = "donot_use_mm_for_euclid_dist"
    apart = torch.cdist(found_pairs, pairs, compute_mode=exact)
    assert apart.min(1).values.max() < 1e-5
    assert found.meta["batch"] == 256
    costs = found.meta["costs"]
    length = (columns["x"] - columns["x_0"]).square().sum(1).mean()
    assert costs["reflow"] == pytest.approx(float(length), rel=0.25)
    assert costs["optimal"] <= costs["reflow"]
    # A hardly trained flow leaves its starts about where they are.
    assert costs["reflow"] < 0.5 * costs["independent"]
    # Looked back at from a later round, each round has its own pairs.
    made.keep()
    made.train(4)
    assert picture(made.moment(at=4)).meta["used"] == "independent"
    again = picture(made.moment(at=6), lines=400).arrays
    np.testing.assert_array_equal(again["data"], found.arrays["data"])
    later = picture(made.moment(), lines=400).arrays
    assert not np.array_equal(later["data"], found.arrays["data"])
