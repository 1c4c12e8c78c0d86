"""The density map against a normal density known in closed form."""

import gc
import weakref

import numpy as np
import pytest
import torch
from views_world import (
    LIMITS,
    TRUTH,
    Identity,
    NormalFlow,
    SamplesOnly,
    moment,
    normal_data,
)

from engine.views.density import _TRUTH, FLOOR, SPAN, DensityConfig, DensityView
from engine.views.grid import cell_area, cell_centres, coarser, spread_pick


def picture(model, data=None, resolution=64, **options):
    view = DensityView(DensityConfig(resolution=resolution))
    return view.compute(moment(model, data, **options))


def test_learned_density_is_in_data_units():
    """A model that is exact in training units is exact in data units: Jacobian."""
    found = picture(Identity())
    expected = TRUTH.log_prob(cell_centres(LIMITS, 64)).clamp(min=FLOOR)
    np.testing.assert_allclose(
        found.arrays["learned"].ravel(), expected.numpy(), rtol=1e-5, atol=1e-4
    )
    assert found.meta["mass"] == pytest.approx(1, abs=0.01)
    assert found.meta["kind"] == "exact"


def test_rows_run_up_and_columns_run_right():
    learned = picture(Identity()).arrays["learned"]
    row, column = np.unravel_index(learned.argmax(), learned.shape)
    side = 20 / 64
    x, y = LIMITS[0] + (column + 0.5) * side, LIMITS[2] + (row + 0.5) * side
    assert abs(x - 3) <= side
    assert abs(y + 1) <= side
    # The density is wide in x (std 2) and narrow in y (std 0.4).
    assert learned[row, column + 5] > learned[row + 5, column]


def test_limits_may_differ_between_axes():
    grid = cell_centres((0, 2, 10, 14), 2).tolist()
    assert grid == [[0.5, 11], [1.5, 11], [0.5, 13], [1.5, 13]]
    assert cell_area((0, 2, 10, 14), 2) == 2


def test_truth_is_computed_once_per_data_and_resolution():
    data = normal_data()
    first = picture(Identity(), data)
    asked = data.source.asked
    second = picture(NormalFlow(), data)
    assert asked == 64 * 64 + 1
    assert data.source.asked == asked
    assert second.arrays["truth"] is first.arrays["truth"]
    picture(Identity(), data, resolution=32)
    assert data.source.asked == asked + 32 * 32 + 1


def test_the_cache_does_not_keep_data_alive():
    data = normal_data()
    picture(Identity(), data)
    source = weakref.ref(data.source)
    assert source() in _TRUTH
    del data
    gc.collect()
    assert source() is None


def test_truth_is_absent_where_unknown():
    found = picture(Identity(), normal_data(known=False))
    assert "truth" not in found.arrays
    assert found.meta["has_truth"] is False


def test_range_is_shared_and_spans_eight_nats():
    found = picture(NormalFlow(s=0.5))
    learned, truth = found.arrays["learned"], found.arrays["truth"]
    assert found.meta["log_max"] == pytest.approx(float(learned.max()))
    assert learned.max() > truth.max() + 1
    assert found.meta["log_max"] - found.meta["log_min"] == pytest.approx(SPAN)


def test_samples_alone_give_a_kernel_estimate_that_says_so():
    found = picture(SamplesOnly())
    assert found.meta["kind"] == "estimate"
    assert found.meta["note"] == "kernel density of 5,000 samples"
    p = np.exp(found.arrays["truth"].astype(float))
    gap = found.arrays["truth"] - found.arrays["learned"]
    assert float((p * gap).sum() * cell_area(LIMITS, 64)) < 0.05  # KL in nats
    assert found.meta["mass"] == pytest.approx(1, abs=0.02)


def test_critic_map_is_the_probability_at_each_cell():
    found = picture(SamplesOnly(), resolution=32)
    x = cell_centres(LIMITS, 32)
    z = (x - torch.tensor([3.0, -1.0])) / torch.tensor([2.0, 0.4])
    expected = 1 / (1 + torch.exp(-(z[:, 0] - 2 * z[:, 1])))
    np.testing.assert_allclose(found.arrays["critic"].ravel(), expected, atol=1e-5)
    assert found.meta["critic"] is True


class Broken(Identity):
    """Says what no density may say, at every third point."""

    def log_prob(self, x, generator, effort=1.0):
        found = super().log_prob(x, generator, effort)
        found[::3], found[1::3] = float("nan"), float("-inf")
        return found


def test_what_is_no_number_becomes_the_floor():
    learned = picture(Broken()).arrays["learned"].ravel()
    assert (learned[::3] == FLOOR).all()
    assert (learned[1::3] == FLOOR).all()
    assert learned[2::3].max() > FLOOR


class Diverging(SamplesOnly):
    """Leaves the numbers with a share of its samples."""

    share = 0.5

    def sample(self, n, generator):
        x = super().sample(n, generator)
        x[: int(self.share * n)] = float("nan")
        return x


def test_samples_that_are_no_numbers_are_left_out_of_the_estimate():
    assert picture(Diverging()).meta["mass"] == pytest.approx(1, abs=0.02)
    model = Diverging()
    model.share = 1.0
    found = picture(model)
    assert (found.arrays["learned"] == FLOOR).all()
    assert found.meta["note"] == "too few samples are numbers"


def test_quality_lowers_the_resolution_by_levels():
    levels = [coarser(128, q, 32) for q in (1, 0.8, 0.6, 0.3, 0.05)]
    assert levels == [128, 96, 64, 48, 32]
    assert coarser(32, 0.1, 32) == 32
    found = picture(Identity(), resolution=128, quality=0.5)
    assert found.arrays["learned"].shape == (64, 64)


def test_long_work_ticks():
    run = moment(Identity())
    DensityView(DensityConfig(resolution=128)).compute(run)
    assert len(run.ticks) >= 8  # 16384 cells in chunks of 4096, learned and true


def test_picks_are_distinct_and_spread_over_all_rows():
    chosen = spread_pick(10_000, 400, seed=3)
    assert len(chosen.unique()) == 400
    assert torch.equal(chosen // 25, torch.arange(400))
    assert not torch.equal(chosen, spread_pick(10_000, 400, seed=4))
    assert spread_pick(5, 400, seed=3).tolist() == [0, 1, 2, 3, 4]
