"""Plots of two things side by side, or of one over time."""

import numpy as np
import pytest

from app.plots import pane_row, preview, thread_paper
from app.plots.catalogue import make_plot
from app.theme import theme


@pytest.fixture
def shown(qtbot):
    def make(name, frame=None):
        made = make_plot(name)
        qtbot.addWidget(made)
        made.resize(460, 320)
        made.show()
        made.show_frame(*(frame or preview.FRAMES[name]()))
        return made

    yield make
    theme.set_look("dark")


def pixels(plot):
    image = plot.grab().toImage()
    return np.frombuffer(image.constBits(), np.uint8).copy()


# ---- there and back


@pytest.mark.parametrize("size", [(300, 220), (460, 320), (900, 500)])
def test_no_label_stands_between_the_panes_under_the_threads(
    qtbot, shown, monkeypatch, size
):
    places = []
    plot = shown("cycle")
    plot.resize(*size)
    for module in (pane_row, thread_paper):
        real = module.draw_text

        def draw(painter, rect, text, ink, px=13, *args, _real=real):
            if ink == theme.c.text3 and px == 11:
                places.append(rect)
            _real(painter, rect, text, ink, px, *args)

        monkeypatch.setattr(module, "draw_text", draw)
    plot.grab()
    left, right = (pane.geometry() for pane in plot.threads.panes)
    assert left.right() < right.left()
    assert right.right() < plot.threads.width() - 20
    heights = (left.top() - 8, left.bottom() - 4)
    beside = [p for p in places if heights[0] <= p.top() <= heights[1]]
    assert beside
    assert not [p for p in beside if left.right() <= p.left() < right.left()]
    assert [p for p in beside if p.left() >= right.right()]


# ---- pairing


def test_lines_join_rows_and_the_switch_takes_another_pairing(qtbot, shown):
    plot = shown("pairing")
    _, arrays = preview.FRAMES["pairing"]()
    x, y = plot.sides[1].lines.getData()
    np.testing.assert_allclose(x[::2], arrays["optimal"][:, 0], atol=1e-6)
    np.testing.assert_allclose(y[1::2], arrays["data"][:, 1], atol=1e-6)
    before = pixels(plot)
    with qtbot.assertNotEmitted(plot.settings_edited):
        plot.switch.user_choose("flow")  # all three came with the frame
    x, _ = plot.sides[1].lines.getData()
    np.testing.assert_allclose(x[::2], arrays["start"][:, 0], atol=1e-6)
    np.testing.assert_allclose(x[1::2], arrays["arrival"][:, 0], atol=1e-6)
    assert not np.array_equal(pixels(plot), before)


def test_costs_and_the_pairing_of_the_training_are_told(shown):
    plot = shown("pairing")
    assert plot.two.titles == ("Independent, 4.0 std²", "Optimal, 1.3 std²")
    assert plot.two.words == "training: independent"
    meta, arrays = preview.FRAMES["pairing"]()
    meta = meta | {"used": "optimal", "costs": {"independent": 4.0, "optimal": None}}
    plot.show_frame(meta | {"ends": ["source", "data"]}, arrays)
    assert plot.two.titles[1] == "Optimal, not finite"
    assert plot.two.words == "training: optimal transport"
    assert plot.two.keys[0].text == "source"


def test_a_round_of_reflow_shows_its_own_pairs_and_no_data(shown):
    plot = shown("pairing")
    meta, arrays = preview.FRAMES["pairing"]()
    costs = meta["costs"] | {"reflow": 1.3}
    plot.show_frame(meta | {"used": "reflow", "costs": costs}, arrays)
    assert plot.two.titles[0] == "Made for this round, 1.3 std²"
    assert "the flow's own pairs" in plot.two.words
    assert "the flow's own pairs" in plot.describe()
    assert [key.text for key in plot.two.keys] == ["noise", "samples"]
    for side in plot.sides:
        assert len(side.data.points) == 0
        assert len(side.samples.points) > 0


@pytest.mark.parametrize("name", ["pairing", "carried", "teacher"])
def test_a_click_asks_about_a_place_of_the_data(qtbot, shown, name):
    plot = shown(name)
    with qtbot.waitSignal(plot.asked) as caught:
        plot.data_pane().clicked.emit(0.5, 1.0)
    assert caught.args == [0.5, 1.0]


# ---- density over time


def test_the_nearest_map_to_the_clock_is_shown(shown):
    plot = shown("carried")
    assert plot.moment == 1.0
    plot.set_time(0.3)
    assert plot.moment == 0.25
    assert plot.square.tags[0] == "t = 0.25"
    early = pixels(plot)
    plot.set_time(0.95)
    assert plot.moment == 1.0
    assert not np.array_equal(pixels(plot), early)
    figure = plot.square._figures[0]
    assert float(figure.value) == pytest.approx(100 * plot.meta["mass"][-1], abs=0.1)


def test_the_film_runs_and_is_shared(qtbot, shown):
    plot = shown("carried")
    plot.set_time(0.0)
    with qtbot.waitSignal(plot.time_scrubbed) as caught:
        plot.film.advance()
    assert 0 < caught.args[0] < 0.1
    with qtbot.assertNotEmitted(plot.time_scrubbed):
        plot.set_time(0.7)
    assert plot.moment == 0.75


def test_all_times_share_one_scale_of_colours(shown):
    plot = shown("carried")
    bars = []
    for t in (0.0, 0.5, 1.0):
        plot.set_time(t)
        bars.append(plot.square._blocks[0])
    assert bars[0] == bars[1] == bars[2]


def test_the_scale_may_be_that_of_another_run(shown):
    plot = shown("carried")
    own, top = plot.square._blocks[0], plot.meta["log_max"] + 2
    before = pixels(plot)
    plot.set_top(top)
    assert float(plot.square._blocks[0].high) == pytest.approx(top, abs=0.06)
    assert not np.array_equal(pixels(plot), before)
    plot.set_top(None)
    assert plot.square._blocks[0] == own


def test_the_table_has_a_column_for_each_time(shown):
    table = shown("carried").tables()["log_p"]
    assert table.columns[:3] == ("x", "y", "t=0")
    assert table.columns[4] == "t=0.25"
    assert table.rows.shape == (48 * 48, 11)


def test_a_map_out_of_sight_says_so(shown):
    meta, arrays = preview.FRAMES["carried"]()
    plot = shown("carried", (meta | {"mass": [None] * 9}, arrays))
    assert plot.square._figures[0].value == "−"
    assert plot.chips()[0].text == "exact"
    plot.show_frame(meta | {"kind": "estimate"}, arrays)
    assert plot.square._figures == []
    assert plot.chips()[0].text == "estimate"


def test_no_more_than_all_of_the_density_is_in_the_frame(shown):
    """The sum over cells of a sharp density read 101 %."""
    meta, arrays = preview.FRAMES["carried"]()
    for mass, words in ((1.0132, "100"), (0.9871, "98.7")):
        plot = shown("carried", (meta | {"kind": "exact", "mass": [mass] * 9}, arrays))
        (figure,) = plot._figures()
        assert figure.value == words


# ---- teacher and student


@pytest.mark.parametrize(
    ("kl", "error", "words"),
    [
        (0.3142, 0.01, "KL 0.31 nats"),
        (0.004, 0.01, "KL 0.00 ± 0.01 nats"),
        (None, None, "KL not finite"),
    ],
)
def test_the_divergence_comes_with_its_error_where_it_is_not_clear(
    shown, kl, error, words
):
    meta, arrays = preview.FRAMES["teacher"]()
    plot = shown("teacher", (meta | {"kl": kl, "kl_error": error}, arrays))
    assert plot.two.words == words
    assert words in plot.describe()


def test_both_maps_have_the_same_colours_for_the_same_density(shown):
    meta, arrays = preview.FRAMES["teacher"]()
    same = arrays | {"student": arrays["teacher"]}
    plot = shown("teacher", (meta, same))
    left, right = (image.image for image in plot.images)
    np.testing.assert_array_equal(left, right)
    plot.show_frame(meta | {"begun": False}, arrays)
    assert plot.two.titles == ("Teacher", "Student, not taught yet")


# ---- styles


def test_noise_or_its_points_stand_beside_the_styles(qtbot, shown):
    plot = shown("styles")
    assert plot.data_pane() is None  # noise is no place among the data
    before = pixels(plot)
    plot.switch.user_choose("x")
    assert plot.data_pane() is plot.two.left
    assert plot.two.titles[0] == "Points G(z)"
    assert not np.array_equal(pixels(plot), before)
    assert "data" in [key.text for key in plot.two.keys]


def test_truncation_is_told_and_the_whole_cloud_stays_behind(shown):
    plot = shown("styles")
    assert plot.two.words == "ψ = 0.60"
    assert len(plot.free._points) == 200
    meta, arrays = preview.FRAMES["styles"]()
    plot.show_frame(meta | {"psi": 1.0}, arrays)
    assert len(plot.free._points) == 0
    assert "ψ = 1" not in [key.text for key in plot.two.keys]
    assert plot.two.titles[1] == "Styles w, 89 % seen"
    plot.show_frame(meta | {"class": "Upper"}, arrays)
    assert plot.two.titles[1] == "Styles w of Upper, 89 % seen"


def test_without_a_mapping_network_a_note_says_how_to_get_one(shown):
    meta, arrays = preview.FRAMES["styles"]()
    plain = {k: v for k, v in arrays.items() if not k.startswith("w")}
    facts = {k: v for k, v in meta.items() if k not in ("psi", "share", "limits_w")}
    plot = shown("styles", (facts | {"has_styles": False}, plain))
    assert "Mapping layers" in " ".join(plot.two.note)
    assert "no mapping network" in plot.describe()
    plot.show_frame(meta, arrays)
    assert plot.two.note == ()
