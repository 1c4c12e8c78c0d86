"""Numbers behind the plots: ticks, paths, arrows, cells, ranges."""

from itertools import pairwise

import numpy as np
import pytest

from app.panels.metrics_section import nats
from app.plots.classes import class_legend
from app.plots.clouds import count_cells
from app.plots.curve import shared_range, short_names, value_range
from app.plots.curves import _reference_words
from app.plots.density_map import indices, log_ratio
from app.plots.field import arrows, spacing
from app.plots.panels import spread
from app.plots.paths import at_time, cut_path
from app.plots.ticks import (
    decade_parts,
    decades,
    fixed,
    log_text,
    power_text,
    significant,
    three_ticks,
    tick_text,
)


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [
        (-3.2, 3.2, [-2, 0, 2]),
        (-0.32, 0.32, [-0.2, 0, 0.2]),
        (97.0, 104.0, [98, 100, 102]),
    ],
)
def test_three_round_labels(low, high, wanted):
    assert three_ticks(low, high) == pytest.approx(wanted)


@pytest.mark.parametrize("seed", range(40))
def test_every_axis_has_two_to_four_labels_inside(seed):
    rng = np.random.default_rng(seed)
    low = rng.normal() * 10.0 ** rng.integers(-3, 4)
    high = low + 10 ** rng.uniform(-3, 4)
    ticks = three_ticks(low, high)
    assert 2 <= len(ticks) <= 4
    assert low <= ticks[0]
    assert ticks[-1] <= high
    texts = [tick_text(value, ticks) for value in ticks]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [
        (1.7e9, 1.70012e9, ["1.70001e9", "+30,000", "+60,000", "+90,000"]),
        (-1.70012e9, -1.7e9, ["−1.7001e9", "+30,000", "+60,000", "+90,000"]),
        (1234567, 1234577, ["1.234568e6", "+4", "+8"]),
        (1.0, 1.0000001, ["1.00000002", "+3.0e−8", "+6.0e−8"]),
        (1e6, 1.2e6, ["1.05e6", "1.10e6", "1.15e6"]),
        (0, 2e-6, ["5.0e−7", "1.0e−6", "1.5e−6"]),
        (2020, 2024.5, ["2,021", "2,022", "2,023", "2,024"]),
        (20_000, 20_004, ["20,001", "20,002", "20,003"]),
    ],
)
def test_large_numbers_close_together_are_told_from_the_first(low, high, wanted):
    """Times in seconds had three times the label 1.7e9."""
    ticks = three_ticks(low, high)
    assert [tick_text(value, ticks) for value in ticks] == wanted


def test_no_labels_without_an_extent():
    assert three_ticks(1.0, 1.0) == []
    assert three_ticks(0.0, float("nan")) == []


def test_numbers_have_a_true_minus_and_no_negative_zero():
    assert fixed(-0.716) == "−0.72"
    assert fixed(-0.001) == "0.00"
    assert fixed(12340, 0) == "12,340"
    assert significant(-5e-7) == "−5.00e−7"
    assert significant(0.0031, 2) == "0.0031"
    assert fixed(float("inf")) == "not finite"
    assert decades(-2.3, 0.2) == [-2.0, -1.0, 0.0]


def straight_paths(count=5, frames=9):
    rng = np.random.default_rng(0)
    start, end = rng.normal(size=(2, count, 2))
    times = np.linspace(0, 1, frames) ** 2  # not evenly spaced
    x = start + times[:, None, None] * (end - start)
    return times, x, start, end


@pytest.mark.parametrize("t", [0.0, 0.13, 0.5, 0.99, 1.0])
def test_positions_between_frames_lie_on_the_line(t):
    times, x, start, end = straight_paths()
    np.testing.assert_allclose(at_time(times, x, t), start + t * (end - start))


def test_pieces_of_a_path_join_up_and_have_its_length():
    times, x, start, end = straight_paths()
    pieces = [cut_path(times, x, a, b) for a, b in ((0, 0.3), (0.3, 0.6), (0.6, 1))]
    for before, after in pairwise(pieces):
        np.testing.assert_allclose(before[:, -1], after[:, 0])
    walked = sum(
        np.linalg.norm(np.diff(piece, axis=1), axis=2).sum(axis=1) for piece in pieces
    )
    np.testing.assert_allclose(walked, np.linalg.norm(end - start, axis=1))


def test_arrows_point_along_the_field_and_the_longest_has_the_wanted_length():
    rng = np.random.default_rng(1)
    points, vectors = rng.normal(size=(2, 30, 2))
    drawn = arrows(points, vectors, 0.5)
    shaft = drawn[:, 1] - drawn[:, 0]
    np.testing.assert_allclose((drawn[:, 1] + drawn[:, 0]) / 2, points)
    cross = shaft[:, 0] * vectors[:, 1] - shaft[:, 1] * vectors[:, 0]
    np.testing.assert_allclose(cross, 0, atol=1e-12)
    assert ((shaft * vectors).sum(axis=1) > 0).all()
    assert np.linalg.norm(shaft, axis=1).max() == pytest.approx(0.5)
    # Both barbs lie behind the tip, on different sides of the shaft.
    barbs = drawn[:, [2, 4]] - drawn[:, 1:2]
    assert ((barbs * shaft[:, None]).sum(axis=2) < 0).all()
    side = shaft[:, None, 0] * barbs[..., 1] - shaft[:, None, 1] * barbs[..., 0]
    assert (side[:, 0] * side[:, 1] < 0).all()


def test_arrows_of_a_field_that_is_zero_are_points():
    drawn = arrows(np.ones((3, 2)), np.zeros((3, 2)), 0.5)
    np.testing.assert_allclose(drawn, 1.0)
    assert spacing(np.array([[0.0, 0.0], [0.25, 0.0], [0.5, 0.0]])) == 0.25


def test_cells_agree_with_numpy_and_row_0_is_the_lowest_y():
    rng = np.random.default_rng(2)
    points = rng.normal(size=(3000, 2))
    ours = count_cells(points, (-2, 2, -1, 3), 16)
    theirs, _, _ = np.histogram2d(
        points[:, 1], points[:, 0], 16, range=[[-1, 3], [-2, 2]]
    )
    np.testing.assert_array_equal(ours, theirs)
    corner = count_cells(np.array([[1.9, -0.9], [np.nan, 0]]), (-2, 2, -1, 3), 16)
    assert corner[0, 15] == 1
    assert corner.sum() == 1


def test_table_rows_of_values_that_are_not_finite():
    values = np.array([-np.inf, np.nan, -4.0, 0.0, np.inf, 9.0])
    assert indices(values, -8.0, 0.0).tolist() == [0, 0, 127, 255, 255, 255]


def test_log_ratio_is_zero_where_both_densities_are_negligible():
    learned = np.array([0.0, -20.0, -1.0, -np.inf])
    truth = np.array([-1.0, -30.0, -2.5, 0.0])
    ratio = log_ratio(learned, truth, log_max=0.0)
    assert ratio[:3].tolist() == [1.0, 0.0, 1.5]
    assert np.isfinite(ratio[3])
    assert ratio[3] < -8


def test_words_at_the_ends_of_curves_are_moved_apart_in_order():
    rows = spread([50.0, 52.0, 51.0, 95.0], 15, 0, 100)
    order = np.argsort([50.0, 52.0, 51.0, 95.0])
    gaps = np.diff(np.array(rows)[order])
    assert (gaps >= 15 - 1e-9).all()
    assert max(rows) <= 100


def test_range_of_curves_ignores_spikes_but_shows_the_smooth_curve():
    smooth = np.linspace(2, 1, 500)
    raw = smooth.copy()
    raw[7] = 1e6
    raw[9] = np.nan
    low, high = value_range([raw], [smooth], [0.8])
    assert low < 0.8
    assert 1.95 < high < 3
    assert value_range([], [], []) == (0.0, 1.0)


def test_values_that_are_all_but_equal_are_not_torn_apart():
    """The labels beside 1.4499 and the entropy 1.4501 were 1.5 and 1.5."""
    one = np.array([1.4499])
    low, high = value_range([one], [one], [1.4501])
    ticks = three_ticks(low, high)
    assert len({tick_text(tick, ticks) for tick in ticks}) == len(ticks) > 1


def test_range_of_curves_cuts_a_steep_start_for_what_comes_after():
    steps = np.arange(500)
    smooth = 1 + 100 * np.exp(-steps / 10) + 0.1 * np.sin(steps / 20)
    low, high = value_range([smooth], [smooth], [])
    assert low < 0.9
    assert 1.1 < high < 3
    few = np.array([8.0, 3.0, 2.9])  # too few to have a start
    assert value_range([few], [few], [])[1] > 7.5


@pytest.mark.parametrize(
    ("names", "shown", "title"),
    [
        (["mode 1", "mode 2"], ("1", "2"), "Mode"),
        (["setosa", "versicolor"], ("setosa", "versicolor"), "Class"),
        ([], ("1", "2"), "Class"),
    ],
)
def test_classes_are_called_what_the_data_call_them(names, shown, title):
    legend = class_legend({"class_names": names}, 2)
    assert (legend.names, legend.title) == (shown, title)


def test_short_names_keep_what_tells_curves_apart():
    titles = ["Discriminator loss", "Discriminator real", "Generator loss"]
    assert short_names(titles) == ["D loss", "D real", "G loss"]
    assert short_names(["Loss", "Reconstruction", "KL"]) == ["Loss", "Recons.", "KL"]
    pair = ["Energy distance", "Sliced Wasserstein"]
    assert short_names(pair) == ["Energy", "Sliced"]
    assert short_names(["Velocity loss"]) == [""]
    side = ["Discriminators x: loss", "Discriminators x: fakes"]
    assert short_names(side) == ["loss", "fakes"]


@pytest.mark.parametrize(
    ("low", "high", "values"),
    [(2.8, 5.2, [3, 4, 5]), (0.022, 0.4, [0.05, 0.1, 0.2]), (1.1, 12, [2, 5, 10])],
)
def test_a_logarithm_of_about_a_decade_has_round_labels(low, high, values):
    found = decade_parts(np.log10(low), np.log10(high))
    assert [10**v for v in found] == pytest.approx(values)
    assert [float(log_text(v)) for v in found] == values


def test_numbers_on_a_logarithmic_axis_have_no_needless_zeros():
    sizes = (0.05, 2, 20, 1500)
    assert [log_text(np.log10(v)) for v in sizes] == ["0.05", "2", "20", "1,500"]


FLOW = 1.17 + 2.2 * np.exp(-np.arange(30) / 4)


@pytest.mark.parametrize(
    ("other", "least", "most"),
    [
        ([80_000.0, 2_071.0], 1.4, 4.5),  # its end is out of reach
        ([80_000.0, 1_500.0, 150.0, 500.0, 80.0, 2.9], 2.9, 8.0),
        (3.0 + 2.0 * np.exp(-np.arange(30) / 4), 3.0, 6.0),
        ([4.5, 2.9], 4.5, 5.0),
    ],
)
def test_a_run_that_does_badly_does_not_flatten_the_curves_of_the_others(
    other, least, most
):
    """A GAN's likelihood began at 80,000 nats: all other runs were one line at 0."""
    other = np.asarray(other)
    for runs in ([FLOW, other], [other, FLOW]):
        low, high = shared_range(runs, runs, [])
        assert 0.7 < low < FLOW.min()
        assert least < high < most


def test_losses_of_two_families_are_both_in_sight():
    small = 0.01 + 0.9 * np.exp(-np.arange(40) / 3)
    large = 0.4 + 0.5 * np.exp(-np.arange(40) / 3)
    low, high = shared_range([small, large], [small, large], [])
    assert low < 0.01
    assert high > 0.4
    assert shared_range([large], [large], []) == value_range([large], [large], [])
    assert shared_range([], [], []) == (0.0, 1.0)


def test_powers_of_ten_are_written_short():
    assert [power_text(e) for e in (2, 0, -2, -3)] == ["100", "1", "0.01", "0.001"]
    assert power_text(-6) == "1e−6"
    assert (power_text(4), power_text(5)) == ("10,000", "1e5")


@pytest.mark.parametrize(
    ("label", "value", "words"),
    [
        ("1", "1.00", "1"),
        ("−0.25", "−0.250", "−0.25"),
        ("2 ln 2", "1.39", "2 ln 2 = 1.39"),
        ("entropy of the data", "1.12", "entropy of the data 1.12"),
    ],
)
def test_a_reference_that_is_a_mere_number_is_written_once(label, value, words):
    assert _reference_words(label, value) == words


@pytest.mark.parametrize(
    ("value", "words"), [(667_422.3, "6.67e5"), (-2e6, "−2e6"), (786.4, "786")]
)
def test_a_huge_likelihood_is_written_in_powers_of_ten(value, words):
    assert nats(value) == words
