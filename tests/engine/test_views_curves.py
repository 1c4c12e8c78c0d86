"""Curves: nothing lost by thinning, nothing invented by smoothing."""

import math
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from views_world import TRUTH, Identity, moment

from engine import Experiment
from engine.training.history import Change, History
from engine.views.curves import CurvesConfig, CurvesView
from engine.views.thinning import min_max_indices, smoothed


def history(value):
    found = History()
    step = np.arange(1, len(value) + 1, dtype=float)
    found.term("loss", "model").extend(step, step / 100, np.asarray(value, float))
    return found


def picture(past, model=None):
    run = moment(model or Identity(), history=past)
    return CurvesView(CurvesConfig()).compute(run)


@given(
    st.integers(1, 3000),
    st.sampled_from([4, 10, 100, 2000]),
    st.integers(0, 2**31),
)
def test_thinning_keeps_ends_and_extremes(n, most, seed):
    value = np.random.default_rng(seed).normal(size=n)
    kept = min_max_indices(value, most)
    assert len(kept) <= most or len(kept) == n <= most
    assert (np.diff(kept) > 0).all()
    assert kept[0] == 0
    assert kept[-1] == n - 1
    assert value[kept].max() == value.max()
    assert value[kept].min() == value.min()


def test_every_spike_survives_among_a_million():
    value = np.zeros(1_000_000)
    spikes = np.arange(5_000, 1_000_000, 50_000)
    value[spikes] = 1.0
    kept = min_max_indices(value)
    assert len(kept) <= 2000
    assert set(spikes) <= set(kept.tolist())


def test_smoothing_leaves_a_straight_line_where_it_is():
    """A centred mean does not lag; only at the very end the window is one-sided."""
    value = np.arange(10_000, dtype=float)
    at = np.arange(0, 9_700, 7)
    np.testing.assert_allclose(smoothed(value, at), value[at], rtol=1e-9)
    # There the window holds the last 251 points: half of it is 125 behind.
    assert smoothed(value, np.array([9_999]))[0] == pytest.approx(9_999 - 125)


def test_smoothing_calms_noise_and_starts_at_the_first_value():
    value = np.random.default_rng(0).normal(size=8_000)
    smooth = smoothed(value, np.arange(8_000))
    assert smooth[0] == value[0]
    assert smooth[4_000:].std() < 3 / math.sqrt(401)


def test_arrays_of_every_quantity():
    past = history(np.linspace(2, 1, 50_000))
    past.metric("nll").append(100, 1.5, 1.25)
    past.density_kind = "bound"
    found = picture(past)
    names = [q["name"] for q in found.meta["quantities"]]
    assert names == ["loss.loss", "nll"]
    for name, length in (("loss.loss", 2000), ("nll", 1)):
        arrays = [found.arrays[f"{name}.{k}"] for k in ("step", "seconds", "value")]
        assert len({len(a) for a in arrays}) == 1
        assert len(arrays[0]) <= length
        assert [a.dtype.str for a in arrays] == ["<f8", "<f8", "<f4"]
        assert found.arrays[f"{name}.smooth"].dtype == np.float32
    kept = found.arrays["loss.loss.step"].astype(int)
    expected = np.linspace(2, 1, 50_000)[kept - 1]
    np.testing.assert_allclose(found.arrays["loss.loss.value"], expected, rtol=1e-6)
    nll = found.meta["quantities"][1]
    assert (nll["kind"], nll["unit"], nll["group"]) == ("bound", "nats/point", "nll")
    assert not nll["guided"]
    assert found.meta["step"] == 7
    assert found.meta["seconds"] == pytest.approx(500)


def test_the_likelihood_of_a_guided_model_is_marked():
    past = history([1.0])
    past.metric("nll").append(100, 1.5, 1.25)
    for weight in (1.0, 2.0):
        chosen = {"label": 1, "guidance": weight}
        run = Experiment("oracle", "eight_gaussians", model_settings=chosen)
        quantities = picture(past, run.model_at()).meta["quantities"]
        assert quantities[-1]["guided"] == (weight != 1)


def test_points_that_are_no_numbers_are_left_out():
    found = picture(history([1.0, math.nan, 3.0, math.inf]))
    assert found.arrays["loss.loss.step"].tolist() == [1, 3]
    assert np.isfinite(found.arrays["loss.loss.smooth"]).all()


def test_nothing_trained_is_an_empty_picture():
    past = history([])
    found = picture(past)
    assert found.arrays == {}
    assert found.meta["quantities"] == []


class TwoPlayers(Identity):
    """As an adversarial model: ln 2 and 2 ln 2 are known."""

    def players(self):
        return {"discriminator": [], "generator": []}

    def reference_lines(self, player):
        two = {"loss": 2 * math.log(2), "real": math.log(2)}
        return two if player == "discriminator" else {"loss": math.log(2)}


class TwoSides(TwoPlayers):
    """Its discriminators have terms on two sides."""

    term_titles = MappingProxyType({"x_real": "x: data", "y_real": "y: data"})

    def reference_lines(self, player):
        both = {"loss": 1.0, "x_real": 0.25, "y_real": 0.5}
        return both if player == "discriminator" else {}


def test_terms_of_a_side_have_their_own_panel_and_lines():
    past = history([])
    for term in ("loss", "x_real", "y_real"):
        past.term(f"discriminator.{term}", "discriminator").append(1, 0.1, 0.5)
    past.metric("energy_distance").append(1, 0.1, 1.0)
    found = picture(past, TwoSides())
    groups = [(q["name"], q["group"]) for q in found.meta["quantities"]]
    assert groups == [
        ("loss.discriminator.loss", "loss"),
        ("energy_distance", "distance"),
        ("loss.discriminator.x_real", "Discriminator x"),
        ("loss.discriminator.y_real", "Discriminator y"),
    ]
    lines = {(r["group"], r["value"]) for r in found.meta["references"]}
    assert lines == {("loss", 1.0), ("Discriminator x", 0.25), ("Discriminator y", 0.5)}


def test_the_floor_of_the_sliced_distance_is_a_line_where_distances_are():
    past = history([1.0])
    past.sliced_chance = 0.11
    assert picture(past).meta["references"] == []
    past.metric("sliced_wasserstein").append(1, 0.1, 0.3)
    (line,) = picture(past).meta["references"]
    assert (line["group"], line["value"]) == ("distance", 0.11)
    assert "data to data" in line["label"]


def test_reference_lines_and_marks():
    past = history([1.0, 2.0])
    past.term("generator.loss", "generator").append(1, 0.1, 0.5)
    past.metric("nll").append(1, 0.1, 1.0)
    # Not yet trained, a discriminator has no line.
    found = picture(past, TwoPlayers()).meta["references"]
    assert [r["label"] for r in found] == ["entropy of the data", "ln 2"]
    past.term("discriminator.loss", "discriminator").append(1, 0.1, 1.5)
    past.changes.append(Change(2, 0.2, "learning_rate", 1e-3, 5e-4))
    found = picture(past, TwoPlayers())
    lines = [(r["group"], r["label"], r["value"]) for r in found.meta["references"]]
    assert lines == [
        ("nll", "entropy of the data", pytest.approx(float(TRUTH.entropy()))),
        ("loss", "ln 2", pytest.approx(math.log(2))),
        ("loss", "2 ln 2", pytest.approx(2 * math.log(2))),
    ]
    (change,) = found.meta["changes"]
    assert change.pop("title") == "Learning rate"
    assert change == vars(past.changes[0])
    past.changes[:] = [Change(2, 0.2, "optimizer", "adam", "rmsprop")]
    (change,) = picture(past, TwoPlayers()).meta["changes"]
    assert (change["old"], change["new"]) == ("Adam", "RMSProp")
    titles = {q["name"]: (q["title"], q["player"]) for q in found.meta["quantities"]}
    assert titles["loss.generator.loss"] == ("Generator loss", "generator")


def test_a_setting_changed_several_times_at_a_step_is_one_mark():
    """The first of two changes was named, so the value on show was not the one set."""
    past = history([1.0, 2.0])
    past.changes[:] = [
        Change(0, 0.0, "beta1", 0.9, 0.5),
        Change(0, 0.0, "clip", 0.0, 1.0),
        Change(0, 0.0, "beta1", 0.5, 0.1),
        Change(2, 0.2, "clip", 1.0, 2.0),
        Change(2, 0.2, "clip", 2.0, 1.0),  # as it was
        Change(3, 0.3, "beta1", 0.1, 0.9),
    ]
    found = [
        (change["step"], change["name"], change["old"], change["new"])
        for change in picture(past, TwoPlayers()).meta["changes"]
    ]
    assert found == [
        (0, "beta1", 0.9, 0.1),
        (0, "clip", 0.0, 1.0),
        (3, "beta1", 0.1, 0.9),
    ]
