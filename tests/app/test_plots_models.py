"""Plots that look inside latent, adversarial, diffusion and energy models, by hand."""

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QRectF, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from app.plots import preview
from app.plots import preview_models as frames
from app.plots.catalogue import make_plot
from app.plots.codebook import borders
from app.plots.duel import colour_range, pushes
from app.plots.figures_block import Numbers
from app.plots.rail import Figure, Legend, Room
from app.plots.straight_arrows import straight_arrows
from app.theme import theme
from app.widgets.paint import text_width


@pytest.fixture
def shown(qtbot):
    def make(name, frame=None):
        plot = make_plot(name)
        card = preview.card_of(plot)
        qtbot.addWidget(card)
        card.resize(480, 440)
        card.show()
        plot.show_frame(*(frame or preview.FRAMES[name]()))
        QApplication.processEvents()
        return plot

    return make


def words(plot):
    """Everything that the rail would say, as name to value."""
    rows = {}
    for block in plot.square._blocks:
        if isinstance(block, Numbers):
            rows |= dict(block.rows)
    return rows


# ---- posterior and bound


def test_codes_of_a_flow_are_not_called_an_encoder_s(shown):
    meta, arrays = frames.posterior_frame()
    plot = shown("posterior", (meta, arrays))
    assert "encoder" in plot.read_out._hint
    plot.show_frame(meta | {"is_map": True}, arrays)
    assert "encoder" not in plot.read_out._hint


def test_bars_name_the_axes_that_carry_nothing(shown):
    plot = shown("posterior")
    (bars,) = plot._bars()
    assert bars.names == ("z₁", "z₂", "z₃", "z₄")
    assert bars.values == pytest.approx((1.95, 0.0, 0.004, 1.91))
    assert bars.note == "z₂, z₃ inactive"
    assert "z₂, z₃" in plot.describe()
    meta, arrays = frames.posterior_frame()
    plot.show_frame(meta | {"collapsed": []}, arrays)
    assert plot._bars()[0].note == "all axes active"


def test_the_ratio_hides_clouds_and_shows_what_is_missing(shown):
    plot = shown("posterior")
    assert plot.codes.items[0].isVisible()
    plot.switch.user_choose("ratio")
    assert not plot.codes.items[0].isVisible()
    assert plot.square.tags[0] == "ln q − ln p"
    assert plot.circles.isVisible()


def test_one_latent_axis_is_drawn_as_curves(shown):
    meta, arrays = frames.posterior_frame()
    z = np.linspace(-3, 3, 50)
    curves = np.stack([np.stack([z, np.exp(-(z**2) / k)], 1) for k in (1, 2)])
    meta |= {"axes": [1, 1], "limits_z": [-3, 3, 0, 1.1], "latent_dim": 1}
    kept = {k: arrays[k] for k in ("codes", "labels")}
    plot = shown("posterior", (meta, kept | {"profile": curves}))
    assert plot.whole.isVisible()
    assert not plot.image.isVisible()
    np.testing.assert_allclose(plot.whole.yData, curves[0, :, 1])
    assert plot.square.pane.limits == pytest.approx((-3, 3, 0, 1.1))


def test_a_click_among_codes_asks_what_lies_there(qtbot, shown):
    """It did nothing, in a view that is full of codes."""
    plot = shown("posterior")
    meta, arrays = frames.posterior_frame()
    plot.show_frame(meta | {"latent_dim": 4, "axes": [1, 3]}, arrays)
    where = plot.square.pane.pixel(0.5, -1.0)
    with qtbot.waitSignal(plot.probed) as caught:
        qtbot.mouseClick(
            plot.paper.viewport(), Qt.MouseButton.LeftButton, pos=where.toPoint()
        )
    what, (code,) = caught.args
    assert what == "decode"
    assert code == pytest.approx([0.5, 0.0, -1.0, 0.0], abs=0.03)
    with qtbot.waitSignal(plot.asked) as caught:
        plot.show_probe("decode", {"x": np.array([[1.5, 2.5]])})
    assert caught.args == [1.5, 2.5]
    assert plot.asked_code.points[0].tolist() == [code[0], code[2]]
    assert plot.read_out.text.endswith("decodes to 1.50, 2.50")
    with qtbot.assertNotEmitted(plot.asked):  # the answer to a click in another run
        plot.show_probe("decode", {"x": np.array([[9.0, 9.0]])})
    plot.show_frame(plot.meta, plot.arrays)
    plot.show_point((1.5, 2.5), {})
    assert len(plot.asked_code.points) == 1
    plot.show_point((1.5, 2.0), {})  # asked in another plot
    assert not len(plot.asked_code.points)


def test_the_sum_of_the_bound_is_said_under_it(shown):
    plot = shown("elbo")
    said = plot.sum_in_words()
    assert said == ("fit 1.30 − KL 2.65 = bound −1.35; −1.15 with k = 50, held-out")
    panels = plot.panel_paper.panels
    assert panels[0] is plot.ladder
    assert [p.title for p in panels[1:]] == ["Bound", "KL(q‖p)"]
    np.testing.assert_allclose(plot.rungs.xData, [1, 2, 5, 10, 20, 50])
    assert "ladder" in plot.tables()


def test_the_ladder_stands_before_anything_was_trained(shown):
    meta, arrays = frames.elbo_frame()
    plot = shown("elbo", (meta | {"quantities": []}, {"ladder": arrays["ladder"]}))
    assert plot.panel_paper.words == ""
    assert plot.panel_paper.panels == [plot.ladder]


# ---- one step


def test_dragging_x_asks_for_the_step_from_there(qtbot, shown):
    plot = shown("denoise")
    with qtbot.waitSignal(plot.settings_edited) as caught:
        plot._grab(0.9, 0.7)(1.6, -3.2, True)
    assert caught.args[0] == {"across": 0.75, "up": 0.0}
    assert plot._grab(-2.0, -2.0) is None


def test_scrubbing_and_dice_ask_the_engine(qtbot, shown):
    plot = shown("denoise")
    with qtbot.waitSignals([plot.settings_edited, plot.time_scrubbed]):
        plot.scrubber.track.setFocus()
        qtbot.keyClick(plot.scrubber.track, Qt.Key.Key_Right)
    assert plot.view_state()["t"] == pytest.approx(0.51)
    with qtbot.waitSignal(plot.settings_edited) as caught:
        plot.again.click()
    assert caught.args[0] == {"seed": 1}


def test_the_time_of_another_plot_is_followed_at_a_calm_pace(qtbot, shown):
    plot = shown("denoise")
    asked = []
    plot.settings_edited.connect(asked.append)
    with qtbot.assertNotEmitted(plot.time_scrubbed):
        for t in (0.1, 0.2, 0.3):
            plot.set_time(t)
        qtbot.waitUntil(lambda: bool(asked))
    assert asked == [{"t": 0.3}]


def test_every_arrow_is_named_and_every_number_said(shown):
    plot = shown("denoise")
    assert {name.text for name in plot.square.names} == {
        "x", "guess", "mean", "next x",
    }  # fmt: skip
    rows = words(plot)
    assert rows["x"] == "0.90, 0.70"
    assert rows["guess"] == "1.50, 1.35"
    assert rows["noise ε"] == "0.25, 0.12"
    assert rows["next x"] == "1.20, 0.70"
    assert plot.square.tags == ("51 of 100", "t 0.50 → 0.51")
    assert plot.added.isVisible()
    start, tip = plot.step.xData[0], plot.step.xData[1]
    assert (start, tip) == pytest.approx((0.9, 1.05))


def test_a_step_without_chance_has_no_noise_to_show(shown):
    plot = shown("denoise", frames.denoise_frame(stochastic=False))
    assert not plot.added.isVisible()
    assert "mean" not in words(plot)
    assert plot.step.xData[1] == pytest.approx(1.2)


def test_a_solver_that_looks_back_says_so(shown):
    meta, arrays = frames.denoise_frame()
    plot = shown("denoise", (meta | {"multistep": True}, arrays))
    assert [chip.text for chip in plot.chips()] == ["Ancestral", "first step"]


# ---- the duel


def test_a_button_moves_one_player_and_says_what_it_changed(qtbot, shown):
    plot = shown("duel")
    strip = plot.duel_strip
    assert [button.text() for button in strip.buttons] == ["Step D", "Step G"]
    with qtbot.waitSignal(plot.move_wished) as caught:
        strip.buttons[1].click()
    assert caught.args == ["generator"]
    meta, arrays = frames.duel_frame()
    losses = {"discriminator": 0.93, "generator": 1.2}
    plot.show_frame(meta | {"step": 121, "losses": losses}, arrays)
    assert strip.news.text() == "G moved: loss 1.42 → 1.20"
    assert strip.caption.text() == meta["caption"]
    plot.show_frame(meta | {"step": 160, "losses": losses}, arrays)
    assert strip.news.text() == "Move one player alone."  # that move is long past


def test_a_narrow_strip_of_a_duel_cuts_no_word(shown):
    """Three runs on a projector: it read "Move o..." and "a fair..."."""
    plot = shown("duel")
    strip, (meta, arrays) = plot.duel_strip, frames.duel_frame()
    theme.set_look("projector")
    strip.resize(405, theme.px(58))
    labels = (strip.news, strip.caption)

    def is_whole(label):
        return text_width(label.shown_text(), 12, 500) <= label.width()

    first = {"discriminator": 0.7, "generator": 0.69}
    sentence = "The discriminator tells 80 % apart: a fair game."
    plot.show_frame(meta | {"step": 120, "losses": first, "caption": sentence}, arrays)
    strip.show()
    assert all(map(is_whole, labels))
    assert strip.caption.shown_text() == "The discriminator tells 80 % apart"
    assert [button.text() for button in strip.buttons] == ["D", "G"]
    strip.buttons[1].click()
    plot.show_frame(meta | {"step": 121}, arrays)
    assert all(map(is_whole, labels))
    assert strip.news.shown_text().startswith("loss 0.690 → ")
    plot.square.moved.emit((2.0, 0.0))
    assert strip.news.shown_text().startswith("D(x) ")
    strip.resize(900, theme.px(58))
    assert strip.caption.shown_text() == meta["caption"]
    assert strip.buttons[0].text() == "Step D"


def test_the_slope_of_the_critic_is_a_map_with_its_goal(qtbot, shown):
    plot = shown("duel")
    meta, arrays = frames.duel_frame()
    before = plot.image.image.copy()
    plot.switch.user_choose("slope")
    assert not np.array_equal(plot.image.image, before)
    x, _ = plot.line.getData()
    np.testing.assert_allclose(x[::2], arrays["steep"][:, 0, 0], rtol=1e-6)
    bar, numbers, legend = plot.square._blocks
    slopes = (("at data", "0.820"), ("at fakes", "0.610"))
    assert numbers.rows == (*slopes, ("goal", "1"))
    assert float(bar.high) == pytest.approx(np.percentile(arrays["slope"], 99), abs=0.1)
    assert legend.keys[0].text == "slope 1"
    with qtbot.waitSignal(plot.hovered) as caught:
        plot.square.moved.emit((2.0, 0.0))
    value = float(dict(caught.args[0])["|∇f|"])
    assert value == pytest.approx(arrays["slope"][48, 78], abs=0.01)
    plot.show_frame(meta | {"goal": None}, arrays)
    assert len(plot.square._blocks[1].rows) == 2


def test_the_slow_clock_lets_them_move_in_turn(qtbot, shown):
    plot = shown("duel")
    moves = []
    plot.move_wished.connect(moves.append)
    plot.duel_strip.play.click()
    assert plot.duel_strip.is_running
    plot.duel_strip.clock.stop()  # the test is the clock
    plot.duel_strip.clock.setInterval(10**6)
    plot.duel_strip.clock.start()
    for _ in range(3):
        plot.duel_strip.advance()
    assert moves == ["discriminator", "generator"] * 2
    meta, arrays = frames.duel_frame()
    plot.show_frame(meta | {"step": 121}, arrays)
    assert plot.duel_strip.is_running
    plot._asked = ""
    plot.show_frame(meta | {"step": 180}, arrays)
    assert not plot.duel_strip.is_running  # the run itself plays


def test_a_hidden_game_stands_still(shown):
    plot = shown("duel")
    plot.duel_strip.play.click()
    plot.window().hide()
    assert not plot.duel_strip.is_running


def test_faint_opinions_are_seen():
    assert colour_range(np.full((9, 9), 0.5)) == 0.02
    assert colour_range(np.array([[0.42, 0.58]])) == 0.1
    assert colour_range(np.array([[0.0, 1.0]])) == 0.5


def test_pushes_begin_at_the_fakes_and_keep_their_direction():
    points = np.array([[0.0, 1.0], [2.0, 2.0]])
    push = np.array([[4.0, 0.0], [0.0, -1.0]])
    found = pushes(points, push, 1.0, 0.1)
    np.testing.assert_allclose(found[:, 0], points)
    np.testing.assert_allclose(found[0, 1], [1.0, 1.0])
    np.testing.assert_allclose(found[1, 1], [2.0, 1.5])


def test_arrows_end_where_they_should_with_two_barbs_behind():
    start, end = np.array([[0.0, 0.0]]), np.array([[2.0, 0.0]])
    found = straight_arrows(start, end, 0.5)[0]
    np.testing.assert_allclose(found[:2], [[0, 0], [2, 0]])
    assert found[2, 0] < 2
    assert found[4, 0] < 2
    assert found[2, 1] == pytest.approx(-found[4, 1])
    assert np.hypot(*(found[2] - found[1])) == pytest.approx(0.5)


# ---- codebook


def test_cells_end_where_the_code_changes():
    cells = np.array([[0, 0, 1], [0, 2, 1], [0, 2, 2]])
    expected = [[False, True, False], [True, True, True], [True, False, False]]
    assert borders(cells).tolist() == expected


def test_dead_codes_are_marked_and_named(shown):
    plot = shown("codes")
    assert len(plot.unused[0].points) == 3
    assert len(plot.codes[0].points) == 21
    assert "22, 23, 24" in plot.describe()
    plot.switch.user_choose("decoded")
    assert plot.unused[1].isVisible()
    assert plot.data[0].isVisible()
    drawn = sum(len(marks.points) for marks in plot.points_of[0])
    assert drawn == (plot.arrays["usage"] > 0).sum()


def test_marks_among_cells_keep_their_names_beside_the_perplexity(shown):
    """Dead codes stood there without a word, or the perplexity was gone."""
    plot = shown("codes")
    plot.square.resize(436, 300)
    QApplication.processEvents()
    blocks = [block for block, _ in plot.square.placed()]
    keys = [k.text for block in blocks if isinstance(block, Legend) for k in block.keys]
    assert keys == ["code", "encoding", "dead code"]
    assert any(isinstance(block, Figure) for block in blocks)
    assert plot.square.inset.isVisible()


@pytest.mark.parametrize("view", ["codes", "latent"])
def test_in_a_small_window_nothing_of_the_rail_is_left_out(shown, view):
    """At 1280x720 the perplexity went, or the names of the marks."""
    plot = shown(view)
    plot.square.resize(376, 212)
    QApplication.processEvents()
    wanted = [*plot.square._blocks, *plot.square._figures]
    placed = plot.square.placed()
    assert [type(b) for b, _ in placed] == [type(b) for b in wanted]
    assert plot.square.inset.isVisible()
    frame = QRectF(plot.square.rect())
    pane = plot.square.inset.geometry()
    for index, (block, rect) in enumerate(placed):
        assert frame.contains(rect)
        if isinstance(block, Figure):
            assert not rect.intersects(pane)
        for other, place in placed[index + 1 :]:
            aside = isinstance(block, Room) and isinstance(other, Figure)
            assert aside or not rect.intersects(place)


def test_shares_of_all_stand_in_the_line_of_their_name(shown):
    """\"100 %\" took a line of its own in which the legend had its room."""
    meta, arrays = preview.FRAMES["duel"]()
    plot = shown("duel", (meta | {"seen": 1.0, "caught": 1.0}, arrays))
    numbers = next(b for b in plot.square._blocks if isinstance(b, Numbers))
    assert numbers.height() == len(numbers.rows) * theme.px(18)


def test_steps_of_chains_are_not_taken_for_those_of_a_training(shown):
    plot = shown("chains")
    plot.show_moment(0.5)
    assert plot.square.tags[0].startswith("chain step")
    assert plot.moment_words(0.5).startswith("Langevin step")


def test_pointing_at_a_cell_reads_its_code(qtbot, shown):
    plot = shown("codes")
    place = plot.points("codes")[4]
    with qtbot.waitSignal(plot.hovered) as caught:
        plot.square.pointed.emit(plot.square.pane.pixel(*place.tolist()))
    said = dict(caught.args[0])
    assert said["code"] == "5"
    assert said["use"] == f"{100 * plot.arrays['usage'][4]:.1f} %"


# ---- chains


def test_the_clock_moves_the_walkers(qtbot, shown):
    plot = shown("chains")
    x = plot.arrays["x"]
    np.testing.assert_allclose(plot.walkers.points, x[-1], rtol=1e-6)
    qtbot.keyClick(plot.film.scrubber.track, Qt.Key.Key_Home)
    np.testing.assert_allclose(plot.walkers.points, x[0], rtol=1e-6)
    assert plot.square.tags[0] == "chain step 0"
    assert plot.film.scrubber._time.text() == "step 0"


def test_start_heat_level_and_dice_ask_the_engine(qtbot, shown):
    plot = shown("chains", frames.chains_frame(energy=False))
    asked = []
    plot.settings_edited.connect(asked.append)
    plot.switch.user_choose("data")
    plot.chain_strip.heat.user_choose("0.5")
    plot.chain_strip.again.click()
    plot.chain_strip.level.moved.emit(0.0)
    plot.chain_strip.level.moved.emit(1.0)
    assert asked == [
        {"start": "data"}, {"temperature": 0.5}, {"seed": 1}, {"noise": 20.0},
        {"noise": 0.01},
    ]  # fmt: skip
    assert plot.chain_strip.level.isVisible()
    assert plot.chain_strip.level._time.text() == "σ/α 0.25"
    assert [chip.text for chip in plot.chips()] == ["score"]


def test_an_energy_has_no_level_and_a_surface(shown):
    plot = shown("chains")
    assert not plot.chain_strip.level.isVisible()
    assert plot.image.isVisible()
    assert words(plot)["accepted"] == "94 %"


def test_the_one_start_is_dragged(qtbot, shown):
    meta, arrays = frames.chains_frame()
    plot = shown("chains", (meta | {"start": "point"}, arrays))
    assert plot.handle.points.tolist() == [[0.8, 0.8]]
    with qtbot.waitSignal(plot.settings_edited) as caught:
        plot._grab(0.8, 0.8)(-1.6, 0.0, True)
    assert caught.args[0] == {"across": 0.25, "up": 0.5}


# ---- what all plots share


def test_what_lies_beyond_the_first_limits_is_drawn(shown):
    """Bounds that a pane had before must not cut what it shows now."""
    plot = shown("field")
    plot.grab()
    meta, arrays = preview.field_frame()
    plot.show_frame(meta | {"limits": [-10.0, 10.0, -10.0, 10.0]}, arrays)
    plot.grab()
    assert plot.arrows.lines.boundingRect().right() == pytest.approx(10)
    chains = shown("chains")
    chains.grab()
    meta, arrays = frames.chains_frame()
    chains.show_frame(meta | {"limits": [-10.0, 10.0, -10.0, 10.0]}, arrays)
    chains.grab()
    assert chains.walkers.boundingRect().right() == pytest.approx(10)


def test_numbers_beside_paths_say_what_they_mean(shown, monkeypatch):
    """A pointer that rests on a number is told its definition; elsewhere nothing."""
    plot = shown("trajectories")
    told = []
    monkeypatch.setattr(QToolTip, "showText", lambda at, text, on: told.append(text))
    for _, rect in plot.square.placed():
        where = rect.center().toPoint()
        event = QHelpEvent(QEvent.Type.ToolTip, where, where)
        QCoreApplication.sendEvent(plot.square.viewport(), event)
    ways, straight = told
    assert "1 is straight" in ways
    assert "one Euler step" in straight


def test_a_small_table_is_drawn_before_its_many_samples(shown):
    """Two thousand samples hid all of the 120 flowers."""
    meta, arrays = preview.FRAMES["samples"]()
    plot = shown("samples", (meta, arrays))
    assert plot.data.zValue() < 0
    few = {**arrays, "data": arrays["data"][: len(arrays["samples"]) // 10]}
    plot.show_frame(meta, few)
    assert plot.data.zValue() > 0
    plot.show_frame(meta, arrays)
    assert plot.data.zValue() < 0


def test_points_out_of_sight_are_counted(shown):
    """EDM starts from noise of size 80: an empty frame looked like a fault."""
    meta, arrays = preview.trajectories_frame()
    x = np.array(arrays["x"], dtype=np.float32)
    x[0] += 1e3
    plot = shown("trajectories", (meta, {**arrays, "x": x}))
    plot.film.set_time(0.0)
    plot.draw()
    assert plot.square.tags == ("", "100 % out of sight")
    plot.film.set_time(1.0)
    plot.draw()
    assert plot.square.tags == ("", "")


def test_paths_say_how_far_they_turn(shown):
    plot = shown("trajectories")
    assert words(plot) == {"length/way": "1.04", "turning": "31.0°"}
    meta, arrays = preview.trajectories_frame()
    plot.show_frame(meta | {"detour": 13_644.0}, arrays)
    assert words(plot)["length/way"] == "> 100"
    plot.show_frame(meta | {"detour": None, "turning": None}, arrays)
    assert words(plot) == {}


@pytest.mark.parametrize(
    ("dead", "words"),
    [
        ([], "every code is in use"),
        ([24], "1 dead code: number 24"),
        ([22, 23, 24], "3 dead codes: number 22, 23, 24"),
    ],
)
def test_dead_codes_are_counted_before_they_are_named(shown, dead, words):
    meta, arrays = frames.codes_frame()
    plot = shown("codes", (meta | {"dead": dead}, arrays))
    assert words in plot.describe()
