"""Every plot: frames in, the user's hand out, state kept, looks changed."""

import json

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from app.plots import preview
from app.plots.catalogue import PLOTS, make_plot, plot_class
from app.plots.clouds import MOST_MARKS
from app.plots.density_map import read_map
from app.plots.figures_block import Numbers
from app.theme import theme


@pytest.fixture
def shown(qtbot):
    """Make a plot in a card, with its made-up frame, visible."""

    def make(name, frame=None, state=None):
        plot = make_plot(name)
        plot.set_view_state(state or {})
        card = preview.card_of(plot)
        qtbot.addWidget(card)
        card.resize(450, 400)
        card.show()
        plot.show_frame(*(frame or preview.FRAMES[name]()))
        QApplication.processEvents()
        return plot

    return make


@pytest.fixture(autouse=True)
def _same_look(monkeypatch):
    # pyqtgraph leaves out moves that follow within 10 ms: here the hand is quick.
    monkeypatch.setitem(pg.CONFIG_OPTIONS, "mouseRateLimit", -1)
    yield
    theme.set_look("dark")


def shot(plot):
    image = plot.grab().toImage()
    return np.frombuffer(image.constBits(), np.uint8).copy()


def drag(qtbot, plot, start, end):
    """Drag the left button from one pixel to another, as a hand does."""
    viewport = plot.paper.viewport()
    places = [start + (end - start) * share for share in (0.0, 0.3, 0.6, 1.0)]
    points = [QPoint(round(p.x()), round(p.y())) for p in places]
    left = Qt.MouseButton.LeftButton
    qtbot.mousePress(viewport, left, pos=points[0])
    for point in points[1:]:
        event = _move_event(viewport, point)
        QApplication.sendEvent(viewport, event)
    qtbot.mouseRelease(viewport, left, pos=points[-1])


def _move_event(viewport, point):
    return QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(point),
        QPointF(viewport.mapToGlobal(point)),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )


@pytest.mark.parametrize("name", PLOTS)
def test_plot_shows_its_frame_in_every_look(shown, name):
    plot = shown(name)
    assert plot.view == name
    plot.window().resize(720, 400)  # the words of the largest look widen nothing
    QApplication.processEvents()
    pictures = []
    for look in ("dark", "light", "projector"):
        theme.set_look(look)
        pictures.append(shot(plot))
        well = theme.c.well
        assert len(np.unique(pictures[-1])) > 20, look
        assert plot.describe().endswith("."), well
    assert not np.array_equal(pictures[0], pictures[1])
    theme.set_look("dark")
    # Nothing of a look may stay behind in pens, brushes or cached pixmaps.
    np.testing.assert_array_equal(shot(plot), pictures[0])


@pytest.mark.parametrize("look", ["light", "projector"])
@pytest.mark.parametrize("name", PLOTS)
def test_changing_the_look_leaves_nothing_of_the_old_one(qtbot, name, look):
    def alone():
        plot = make_plot(name)
        qtbot.addWidget(plot)
        plot.resize(450, 330)
        plot.show()
        plot.show_frame(*preview.FRAMES[name]())
        return plot

    changed = alone()
    shot(changed)  # fills every cache with the dark look
    theme.set_look(look)
    np.testing.assert_array_equal(shot(changed), shot(alone()))


@pytest.mark.parametrize("name", PLOTS)
def test_plot_can_be_empty_and_come_back(shown, name):
    plot = shown(name)
    before = shot(plot)
    plot.show_empty("No encoder", "A GAN has no encoder.")
    assert not plot.has_frame
    assert plot.empty.isVisible()
    theme.set_look("light")
    theme.set_look("dark")
    plot.show_frame(*preview.FRAMES[name]())
    assert plot.paper.isVisible()
    np.testing.assert_array_equal(shot(plot), before)


@pytest.mark.parametrize("name", PLOTS)
def test_state_survives_json_and_is_silent(qtbot, shown, name):
    plot = shown(name)
    changed = {
        "density": {"mode": "split", "split": 0.25},
        "samples": {"colour": "class"},
        "latent": {"mode": "prior_grid"},
        "trajectories": {"mode": "both", "direction": "noise", "t": 0.25},
        "field": {"t": 0.25, "shape": "lines"},
        "curves": {"axis": "seconds"},
        "posterior": {"mode": "ratio"},
        "elbo": {"axis": "seconds"},
        "denoise": {"t": 0.25},
        "levels": {},
        "duel": {"mode": "slope"},
        "codes": {"mode": "decoded"},
        "chains": {"start": "point", "heat": "2", "level": 0.5, "t": 0.25},
        "layers": {"mode": "grid", "direction": "noise", "t": 0.25},
        "conditionals": {"at": 0.25, "given": "y"},
        "masks": {"layer": 2},
        "attention": {"at": 0.25},
        "cycle": {"begin": "y", "direction": "noise", "t": 0.25},
        "pairing": {"mode": "flow"},
        "carried": {"direction": "noise", "t": 0.25},
        "teacher": {},
        "styles": {"mode": "x"},
        "guidance": {"t": 0.25, "quantity": "score"},
        "dirac": {"theta": 0.5, "psi": -1.25, "factor": 10},
    }[name]
    with (
        qtbot.assertNotEmitted(plot.settings_edited),
        qtbot.assertNotEmitted(plot.time_scrubbed),
        qtbot.assertNotEmitted(plot.companions_changed),
    ):
        plot.set_view_state(json.loads(json.dumps(changed)))
        plot.set_view_state({"mode": "no such mode", "unknown": 3})
    assert plot.view_state() == changed
    other = plot_class(name)()
    qtbot.addWidget(other)
    other.set_view_state(plot.view_state())
    assert other.view_state() == changed


@pytest.mark.parametrize("name", PLOTS)
def test_tables_hold_finite_named_columns(shown, name):
    for table in shown(name).tables().values():
        assert table.rows.ndim == 2
        assert len(table.columns) == table.rows.shape[1]
        assert np.isfinite(table.rows).all()


@pytest.mark.parametrize("name", PLOTS)
def test_frames_that_are_not_finite_do_no_harm(shown, name):
    meta, arrays = preview.FRAMES[name]()
    broken = {
        key: np.where(np.arange(a.size).reshape(a.shape) % 3 == 0, np.nan, a)
        if a.dtype.kind == "f" and not key.endswith((".step", ".seconds", "times"))
        else a
        for key, a in arrays.items()
    }
    plot = shown(name, (meta, broken))
    assert shot(plot).size


@pytest.mark.parametrize("name", ["density", "samples", "latent", "field"])
def test_pixels_and_data_units_agree(shown, name):
    plot = shown(name)
    square = plot.square
    assert square.frame.width() == square.frame.height()
    assert square.transform().isIdentity()
    pixel = square.pane.pixel(1.5, -0.5)
    assert square.pane.data_point(pixel) == pytest.approx((1.5, -0.5), abs=1e-6)


@pytest.mark.parametrize("size", [(900, 260), (260, 600), (120, 100)])
def test_square_fits_into_any_room(shown, size):
    plot = shown("density")
    plot.window().resize(900, 900)
    plot.square.resize(*size)
    plot.square.lay_out(*size)
    frame, rail = plot.square.frame, plot.square.rail
    assert frame.width() == frame.height()
    assert frame.right() <= size[0]
    assert frame.bottom() <= size[1]
    assert rail.isEmpty() or (rail.right() <= size[0] and rail.left() > frame.right())


def test_keys_move_the_view_and_r_returns(qtbot, shown):
    plot = shown("samples")
    pane, home = plot.square.pane, plot.square.pane.limits
    qtbot.keyClick(plot.paper, Qt.Key.Key_Right)
    assert pane.limits[0] == pytest.approx(home[0] + 0.64)
    qtbot.keyClick(plot.paper, Qt.Key.Key_Plus)
    assert pane.limits[1] - pane.limits[0] < home[1] - home[0]
    moved = pane.limits
    meta, arrays = preview.samples_frame()
    plot.show_frame(meta | {"limits": [-4.0, 4.0, -4.0, 4.0]}, arrays)
    assert pane.limits == moved  # a frame leaves the person's view alone
    qtbot.keyClick(plot.paper, Qt.Key.Key_R)
    assert pane.limits == pytest.approx((-4, 4, -4, 4))


# ---- density


@pytest.mark.parametrize(
    ("kind", "sign"), [("exact", ""), ("bound", "≥ "), ("estimate", "est. ")]
)
def test_hover_reads_between_the_middles_of_cells(qtbot, shown, kind, sign):
    meta, arrays = preview.density_frame(64)
    plot = shown("density", (meta | {"kind": kind}, arrays))
    assert [chip.text for chip in plot.chips()] == [kind]
    # A ramp in x and y tells rows, columns and their directions apart.
    middle = (np.arange(64) + 0.5) / 64 * 6.4 - 3.2
    ramp = (middle[None, :] + 10 * middle[:, None]).astype("f4")
    plot.show_frame(meta | {"kind": kind}, arrays | {"learned": ramp})
    with qtbot.waitSignal(plot.hovered) as caught:
        plot.square.pointed.emit(plot.square.pane.pixel(1.05, -2.05))
    said = dict(caught.args[0])
    value = float(said["learned"].removeprefix(sign).replace("−", "-"))
    assert said["learned"].startswith(sign)
    assert value == pytest.approx(1.05 - 20.5, abs=0.02)  # half a cell is 0.55
    assert said["true"].endswith(" nats")
    assert plot.read_out.text.startswith("x 1.05, −2.05")


def test_a_map_is_read_up_to_its_edges_and_not_across_the_end_of_the_density():
    """At a mode it differed by a nat from what a click there was told."""
    middle = (np.arange(64) + 0.5) / 64 * 6 - 3
    steep = -((middle[None, :] ** 2) + middle[:, None] ** 2) / (2 * 0.15**2)
    for x, y in ((0.3, 0.0), (-0.31, 0.42), (0.0, 0.0)):
        found = read_map(steep, (x + 3) / 6, (y + 3) / 6, -1e9)
        assert found == pytest.approx(-(x**2 + y**2) / (2 * 0.15**2), abs=0.12)
    flat = np.array([[1.0, 2.0], [3.0, -1000.0]])
    assert read_map(flat, 0.0, 0.0, -2000.0) == 1.0
    assert read_map(flat, 0.999, 0.0, -2000.0) == 2.0
    assert read_map(flat, 0.0, 0.5, -2000.0) == 2.0
    assert read_map(flat, 0.4, 0.4, -1000.0) == 1.0  # else half of nowhere
    assert read_map(flat, 0.6, 0.6, -1000.0) == -1000.0


def test_no_density_is_minus_infinity(qtbot, shown):
    meta, arrays = preview.density_frame(16)
    nowhere = np.full((16, 16), -1000.0, "f4")
    plot = shown("density", (meta | {"floor": -1000.0}, arrays | {"truth": nowhere}))
    with qtbot.waitSignal(plot.hovered) as caught:
        plot.square.pointed.emit(plot.square.pane.pixel(1.0, 1.0))
    assert dict(caught.args[0])["true"] == "−∞ nats"


def test_what_is_not_known_is_not_offered(shown):
    meta, arrays = preview.density_frame(32)
    del arrays["truth"]
    plot = shown("density", (meta | {"has_truth": False}, arrays), {"mode": "split"})
    assert plot.mode == "learned"
    plot.show_frame(*preview.density_frame(32))
    assert plot.mode == "split"  # the wish is kept
    plot.show_frame(*preview.density_frame(32, critic=True))
    plot.user_set_mode("critic")
    assert plot.mode == "critic"


def test_a_map_of_one_class_says_so(qtbot, shown):
    meta, arrays = preview.density_frame(32)
    plot = shown("density", (meta | {"of_class": "mode 3"}, arrays), {"mode": "split"})
    assert plot.square.tags == ("learned", "true, mode 3")
    plot.user_set_mode("learned")
    assert plot.square.tags[0] == "learned, mode 3"
    plot.show_frame(meta | {"of_class": ""}, arrays)
    assert plot.square.tags[0] == "learned"


def test_split_line_follows_the_hand(qtbot, shown):
    plot = shown("density", state={"mode": "split"})
    pane = plot.square.pane
    drag(qtbot, plot, pane.pixel(0.0, 1.0), pane.pixel(-1.6, 1.0))
    assert plot.view_state()["split"] == pytest.approx(0.25, abs=0.01)
    assert plot.samples.points[:, 0].max() < -1.55
    assert plot.data.points[:, 0].min() > -1.65
    assert pane.limits == pytest.approx((-3.2, 3.2, -3.2, 3.2))  # no pan


@pytest.mark.parametrize(
    "view", ["density", "samples", "trajectories", "field", "latent", "layers"]
)
def test_a_click_asks_about_the_place(qtbot, shown, view):
    plot = shown(view)
    where = plot.data_pane().pixel(1.0, 0.5).toPoint()
    with qtbot.waitSignal(plot.asked) as caught:
        qtbot.mouseClick(plot.paper.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert caught.args == pytest.approx([1.0, 0.5], abs=0.04)


def test_the_answer_is_drawn_and_follows_the_data_space(shown):
    plot = shown("latent", preview.latent_frame(codes=True))
    path = np.stack([np.linspace(-1, 1, 9), np.ones(9)], axis=1)[:, None]
    plot.show_point((1.0, 1.0), {"path": path, "nearest": np.array([[1.1, 0.9]])})
    small = plot._marks[plot.square.inset]
    np.testing.assert_allclose(small.way.xData, path[:, 0, 0])
    assert small.start.points.tolist() == [[-1.0, 1.0]]
    assert small.nearest.points.tolist() == [[1.1, 0.9]]
    plot.set_view_state({"mode": "prior_grid"})
    plot.show_frame(*preview.latent_frame(codes=True))
    assert plot.data_pane() is plot.square.pane
    assert plot._marks[plot.square.pane].cross.points.tolist() == [[1.0, 1.0]]
    assert not len(small.cross.points)
    plot.show_point(None, {})
    assert not len(plot._marks[plot.square.pane].cross.points)


# ---- samples


def test_many_samples_become_a_picture_that_says_so(shown):
    plot = shown("samples", preview.samples_frame(MOST_MARKS))
    assert not plot.samples.is_picture
    plot.show_frame(*preview.samples_frame(MOST_MARKS + 1))
    assert plot.samples.is_picture
    assert plot.square.tags[0] == "samples per cell"
    assert not plot.samples.marks.isVisible()


# ---- latent


def test_dragging_the_code_asks_for_its_decoding(qtbot, shown):
    plot = shown("latent", preview.latent_frame(codes=True))
    assert plot.shows_codes
    pane = plot.square.pane
    with qtbot.waitSignal(plot.probed):
        drag(qtbot, plot, pane.pixel(0.9, 0.6), pane.pixel(-1.0, 2.0))
    caught = []
    plot.probed.connect(lambda what, points: caught.append((what, points)))
    drag(qtbot, plot, pane.pixel(-1.0, 2.0), pane.pixel(1.0, -2.0))
    what, (code,) = caught[-1]
    assert what == "decode"
    # Axes 1 and 4 of four are shown; the others stay at zero.
    assert code == pytest.approx([1.0, 0, 0, -2.0], abs=0.03)
    plot.show_probe("decode", {"x": np.array([[0.5, 0.25]])})
    decoded = plot.data[1].decoded
    assert decoded.isVisible()
    assert decoded.points.tolist() == [[0.5, 0.25]]


def test_what_a_code_decodes_to_is_said_where_no_small_pane_shows_it(qtbot, shown):
    """Compared runs have no rails."""
    plot = shown("latent", preview.latent_frame(codes=True))
    plot.square.has_rail = False
    plot.square.refresh()
    assert not plot.square.inset.isVisible()
    pane = plot.square.pane
    drag(qtbot, plot, pane.pixel(0.9, 0.6), pane.pixel(-1.0, 2.0))
    plot.show_probe("decode", {"x": np.array([[0.5, -0.25]])})
    assert plot.read_out.text.endswith("decodes to 0.50, −0.25")
    assert plot.read_out.hint == plot.hint
    plot.set_view_state({"mode": "prior_grid"})
    assert "Drag" not in plot.read_out.hint


def test_in_the_prior_grid_the_small_pane_is_dragged(qtbot, shown):
    plot = shown("latent")
    assert not plot.shows_codes
    assert plot.square.inset.isVisible()
    inset = plot.square.inset
    with qtbot.waitSignal(plot.probed) as caught:
        drag(qtbot, plot, inset.pixel(0.0, 0.0), inset.pixel(1.5, -1.5))
    assert caught.args[0] == "decode"


def test_far_codes_do_not_shrink_the_prior_grid(shown):
    meta, arrays = preview.latent_frame(codes=True)
    plot = shown("latent", (meta | {"limits_z": [-40, 40, -40, 40]}, arrays))
    assert plot.square.pane.limits == pytest.approx((-40, 40, -40, 40))
    plot.set_view_state({"mode": "prior_grid"})
    plot.show_frame(meta | {"limits_z": [-40, 40, -40, 40]}, arrays)
    assert max(plot.square.inset.limits) < 4


def test_no_encoder_says_why(shown):
    plot = shown("latent")
    codes = next(s for s in plot.switch.children() if getattr(s, "key", "") == "codes")
    assert not codes.isEnabled()
    assert codes.toolTip() == "A GAN has no encoder."


# ---- trajectories


def test_film_runs_to_the_end_and_stops(qtbot, shown):
    plot = shown("trajectories")
    plot.set_time(0.0)
    seen = []
    plot.time_scrubbed.connect(seen.append)
    plot.film.scrubber.play.click()
    assert plot.film.clock.isActive()
    plot.film.clock.stop()  # the test is the clock
    for _ in range(200):
        plot.film.advance()
        if plot.film.time == 1.0:
            break
    assert seen == sorted(seen)
    assert plot.film.time == 1.0
    assert len(seen) == pytest.approx(91, abs=2)


def test_scrubbing_by_another_plot_is_silent_and_moves_the_points(qtbot, shown):
    plot = shown("trajectories")
    with qtbot.assertNotEmitted(plot.time_scrubbed):
        plot.set_time(0.0)
    start = plot.items.now.points[:, 0].copy()
    np.testing.assert_allclose(start, plot.arrays["x"][0, :200, 0], rtol=1e-6)
    plot.set_time(1.0)
    np.testing.assert_allclose(
        plot.items.now.points[:, 0], plot.arrays["x"][-1, :200, 0], rtol=1e-6
    )


def test_turning_round_asks_the_engine_and_the_film_runs_backwards(qtbot, shown):
    plot = shown("trajectories")
    with qtbot.waitSignal(plot.settings_edited) as caught:
        plot.film.turn.click()
    assert caught.args[0] == {"direction": "noise"}
    plot.set_time(0.5)
    plot.film.advance()
    assert plot.film.time < 0.5


def test_field_is_wanted_only_while_it_is_drawn(qtbot, shown):
    plot = shown("trajectories")
    assert plot.companions() == {}
    plot.set_time(0.3)
    with qtbot.waitSignal(plot.companions_changed):
        plot.mode_switch.user_choose("both")
    assert plot.companions() == {"field": ("field", {"t": 0.3})}
    plot.show_companion("field", *preview.field_frame())
    assert plot.items.field.lines.isVisible()
    assert len(plot.items.field.lines.xData) == 5 * 24 * 24


def test_start_is_dragged_and_its_path_drawn(qtbot, shown):
    plot = shown("trajectories")
    pane = plot.square.pane
    x, y = plot.items.handle.points[0, 0], plot.items.handle.points[0, 1]
    caught = []
    plot.probed.connect(lambda what, points: caught.append((what, points)))
    drag(qtbot, plot, pane.pixel(x, y), pane.pixel(-1.0, 1.0))
    assert caught[-1][0] == "path"
    assert caught[-1][1][0] == pytest.approx([-1.0, 1.0], abs=0.03)
    path = np.stack([np.linspace(-1, 2, 9), np.ones(9)], axis=1)[:, None]
    plot.show_probe("path", {"times": np.linspace(0, 1, 9), "x": path})
    np.testing.assert_allclose(plot.items.own_path.xData, path[:, 0, 0])
    assert plot.items.arrival.points[0, 0] == 2


def test_the_path_of_a_dragged_start_says_what_it_cost(shown):
    """So that the quick path of a moving hand is not taken for the full one."""
    plot = shown("trajectories")
    path = {"x": np.zeros((9, 1, 2))}
    for cost, said in ((32, "32 eval."), (2050, "2,050 eval.")):
        plot.show_probe("path", path | {"evaluations": np.array([cost])})
        numbers = [b for b in plot.square._blocks if isinstance(b, Numbers)]
        assert dict(numbers[0].rows)["dragged"] == said


def test_a_straightness_that_is_not_known_is_a_dash(shown):
    meta, arrays = preview.trajectories_frame(frames=9)
    plot = shown("trajectories", (meta | {"straightness": None}, arrays))
    assert {f.label: f.value for f in plot._figures()}["Straightness"] == "–"
    plot.show_frame(meta | {"straightness": None, "stochastic": True}, arrays)
    assert "Straightness" not in {f.label for f in plot._figures()}


def test_layers_say_which(shown):
    meta, arrays = preview.trajectories_frame(frames=9)
    names = [f"map {k}" for k in range(1, 9)]
    meta |= {"kind": "layers", "names": names, "home": [-5, 5, -4, 4]}
    plot = shown("trajectories", (meta, arrays))
    plot.set_time(7 / 8)
    assert plot.square.tags[0] == "layer 7 of 8: map 7"
    plot.set_time(0.0)
    assert plot.square.tags[0] == "noise"
    assert plot.square.pane.home == (-5, 5, -4, 4)
    assert not plot.items.handle.isVisible()


def test_ends_of_paths_are_called_what_the_model_calls_them(shown):
    meta, arrays = preview.trajectories_frame(frames=9)
    plot = shown("trajectories", (meta | {"ends": ["x", "F(G(x))"]}, arrays))
    assert plot.film.scrubber.words() == ("x", "F(G(x))")
    assert "from x to F(G(x))" in plot.film.turn.toolTip()
    keys = [key.text for key in plot._keys()]
    assert "x, t = 0" in keys
    assert [f.unit for f in plot._figures() if f.label == "Network calls"] == ["a path"]
    plot.film.turn.click()
    assert plot.square.tags[0] == "F(G(x)) to x"
    plot.show_frame(meta, arrays)
    assert plot.film.scrubber.words() == ("noise", "data")


# ---- field and curves


def test_scrubbing_the_field_asks_for_its_time(qtbot, shown):
    plot = shown("field")
    with qtbot.waitSignals([plot.settings_edited, plot.time_scrubbed]):
        plot.scrubber.track.setFocus()
        qtbot.keyClick(plot.scrubber.track, Qt.Key.Key_Right)
    assert plot.view_state()["t"] == pytest.approx(0.51)


def test_curves_read_all_values_at_a_step(qtbot, shown):
    plot = shown("curves")
    pane = plot.panel_paper.panels[0].pane
    y = sum(pane.limits[2:]) / 2
    with qtbot.waitSignal(plot.hovered) as caught:
        plot.paper.pointed.emit(pane.pixel(4800.0, y))
    said = dict(caught.args[0])
    step = int(said["step"].replace(",", ""))
    assert step == pytest.approx(4800, abs=40)
    assert float(said["NLL"]) == pytest.approx(1.21 + 1.2 * np.exp(-3.2), abs=0.01)


def test_curves_in_seconds_place_changes_in_seconds(qtbot, shown):
    plot = shown("curves")
    assert plot.panel_paper.changes[0].place == 4800
    assert plot.panel_paper.changes[0].text == "lr 2e−3 → 5e−4"
    plot.switch.user_choose("seconds")
    assert plot.panel_paper.changes[0].place == pytest.approx(1.14)
    assert plot.panel_paper.panels[0].pane.limits[1] == pytest.approx(12340 / 4210)


def test_units_get_their_own_panel_and_decades_a_logarithm(shown):
    plot = shown("curves")
    panels = plot.panel_paper.panels
    assert [panel.title for panel in panels] == ["Loss", "NLL", "Energy distance"]
    assert [panel.is_log for panel in panels] == [False, False, True]
    assert panels[1].references[0].text == "entropy of the data 1.12"
    assert panels[2].ends[0].text == "0.0030"


def test_zooming_one_panel_zooms_all(shown):
    plot = shown("curves")
    first, second, _ = plot.panel_paper.panels
    first.pane.zoom(0.5)
    assert second.pane.limits[:2] == pytest.approx(first.pane.limits[:2])
    assert second.pane.limits[2:] != first.pane.limits[2:]


def test_panels_that_do_not_fit_are_counted(qtbot, shown):
    plot = shown("curves")
    plot.window().resize(450, 240)
    qtbot.waitUntil(lambda: plot.panel_paper.hidden_panels > 0)
    assert not plot.panel_paper.panels[-1].pane.isVisible()


def test_new_quantities_need_no_new_plot(shown):
    plot = shown("curves")
    meta, arrays = preview.curves_frame()
    meta["quantities"] = meta["quantities"][:1]
    plot.show_frame(meta, arrays)
    assert len(plot.panel_paper.panels) == len(plot.panel_paper.panes) == 1
    plot.show_frame(meta | {"quantities": []}, {})
    assert plot.panel_paper.panels == []
