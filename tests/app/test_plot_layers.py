"""Layer by layer: cells, colours, the film, and words."""

import numpy as np
import pytest

from app.plots import preview
from app.plots.ink import signed_table
from app.plots.layers import LayersPlot, times_as_large
from app.plots.mesh import mesh_lines


@pytest.fixture
def plot(qtbot):
    made = LayersPlot()
    qtbot.addWidget(made)
    made.resize(450, 330)
    made.show()
    made.show_frame(*preview.FRAMES["layers"]())
    return made


@pytest.mark.parametrize(
    ("log_area", "words"),
    [(0.0, "× 1.0"), (np.log(3.1), "× 3.1"), (-np.log(20.0), "÷ 20")],
)
def test_areas_in_words(log_area, words):
    assert times_as_large(log_area) == words


def test_film_moves_cells_and_points_between_layers(qtbot, plot):
    mesh, x = plot.arrays["mesh"], plot.arrays["x"]
    plot.set_time(0.25)  # half-way through the second of six layers
    np.testing.assert_allclose(plot.carried.points, (x[1] + x[2])[:300] / 2, atol=1e-6)
    assert plot.square.tags[0] == "layer 2 of 6: scale and shift of y"
    plot.set_time(0.0)
    assert plot.square.tags[0].startswith("noise")
    lines = mesh_lines(mesh[0], 13)
    assert len(plot.lattice.xData) == lines.shape[0] * lines.shape[1]
    seen = []
    plot.time_scrubbed.connect(seen.append)
    plot.film.advance()
    assert seen == [plot.film.time]
    assert plot.film.time > 0


def test_film_runs_back_when_turned(plot):
    plot.film.turn.click()
    plot.set_time(0.5)
    plot.film.advance()
    assert plot.film.time < 0.5


def test_colours_follow_the_area(plot):
    """What grew has the high colours, what shrank the low ones, what stayed paper."""
    meta, arrays = preview.FRAMES["layers"]()
    log_area = np.zeros_like(arrays["log_area"])
    log_area[-1, 0, 0], log_area[-1, 0, 1] = meta["span"], -meta["span"]
    plot.set_time(1.0)
    plot.show_frame(meta, arrays | {"log_area": log_area})
    table = signed_table()
    colours = plot.mesh._colours
    assert colours[0].tolist() == table[255].tolist()
    assert colours[1].tolist() == table[0].tolist()
    assert colours[2].tolist() == table[127].tolist()
    assert plot.mesh.cells == 24 * 24


def test_grid_alone(plot):
    plot.switch.user_choose("grid")
    assert not plot.mesh.isVisible()
    assert plot.lattice.isVisible()
    titles = [getattr(block, "title", "") for block, _ in plot.square.placed()]
    assert "local area" not in titles


def test_pointer_reads_the_area(qtbot, plot):
    plot.set_time(0.0)
    with qtbot.waitSignal(plot.hovered) as caught:
        plot.square.pointed.emit(plot.square.pane.pixel(0.5, 0.5))
    assert dict(caught.args[0])["area"] == "× 1.0"


def test_view_reaches_as_far_as_the_engine_says(plot):
    meta, arrays = preview.FRAMES["layers"]()
    plot.show_frame(meta | {"home": [-5.0, 5.0, -5.0, 5.0]}, arrays)
    assert plot.square.pane.limits == pytest.approx((-5, 5, -5, 5))
