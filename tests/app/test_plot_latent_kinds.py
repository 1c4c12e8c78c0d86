"""Latent spaces that are not one plane: a single axis, and a lattice by class."""

from itertools import combinations

import numpy as np
import pytest
from PySide6.QtCore import QRectF

from app.plots import preview
from app.plots.classes import ClassLegend
from app.plots.latent import LatentPlot
from app.plots.rail import ColourBar, Figure, Key, Legend
from app.plots.rail_places import place
from app.theme import theme


@pytest.fixture
def plot(qtbot):
    made = LatentPlot()
    qtbot.addWidget(made)
    made.resize(450, 330)
    made.show()
    return made


def words(plot):
    return [
        key.text
        for block, _ in plot.square.placed()
        if isinstance(block, Legend)
        for key in block.keys
    ]


def test_a_single_axis_is_a_curve_with_marks_and_errors(plot):
    meta, arrays = preview.latent_frame()
    along = np.linspace(-2.5, 2.5, 601)
    line = np.stack([along, np.zeros(601)], 1)[None].astype("f4")
    marks = np.array([[-2, 0], [-1, 0], [1, 0], [2, 0]], "f4")
    arrays = {"grid_z": line, "grid_x": line + 1, "data": arrays["data"]}
    arrays |= {"marks_z": marks, "marks_x": marks + 1}
    arrays["residuals"] = np.zeros((5, 2, 2), "f4")
    plot.show_frame(meta | {"latent_dim": 1, "folded": None}, arrays)
    large, small = plot.data[0], plot.latent[1]
    assert len(large.lattice.xData) == 601
    np.testing.assert_allclose(large.marks.points, marks + 1)
    np.testing.assert_allclose(small.marks.points, marks)
    assert small.circles.xData is None or not len(small.circles.xData)
    assert len(large.residuals.xData) == 10
    assert words(plot) == ["decoded axis", "1σ and 2σ", "data", "its error"]
    assert small.handle.points[0, 1] == 0  # on the only axis
    plot.square.inset.clicked.emit(1.5, 2.0)
    assert small.handle.points.tolist() == [[1.5, 0.0]]
    plot.show_frame(*preview.latent_frame())
    assert not len(large.marks.points)
    assert words(plot) == ["prior lattice", "1σ and 2σ", "data"]


def test_lattices_by_class_take_the_colours_of_the_classes(plot):
    meta, arrays = preview.latent_frame()
    grid = arrays["grid_x"]
    arrays["class_x"] = np.concatenate([grid, grid + 1, grid + 2])
    arrays["class_of"] = np.repeat(np.arange(3, dtype="i4"), len(grid))
    meta |= {"folded": None, "class_names": ["arm 1", "arm 2", "arm 3"]}
    plot.show_frame(meta, arrays)
    layer = plot.data[0]
    np.testing.assert_allclose(layer.by_class[1].xData, (grid + 1)[..., 0].ravel())
    assert layer.by_class[3].xData is None or not len(layer.by_class[3].xData)
    assert layer.lattice.xData is None or not len(layer.lattice.xData)
    titles = [getattr(block, "title", "") for block, _ in plot.square.placed()]
    assert "Arm" in titles
    plot.show_frame(*preview.latent_frame())
    assert len(layer.lattice.xData)


def test_a_bar_of_colours_gives_way_to_what_stands_below_it():
    bar = ColourBar("log p", "0", "1", "2")
    legend = Legend((Key("samples", "o", "samples"), Key("data", "s", "data")))
    figure = Figure("Network calls", "12")
    gap = theme.px(10)
    whole = bar.height() + gap + legend.height() + gap + figure.height()
    roomy = place([bar, legend], [figure], QRectF(0, 0, 110, whole + 20))
    assert roomy[0][1].height() == bar.height()
    tight = place([bar, legend], [figure], QRectF(0, 0, 110, whole - 30))
    assert len(tight) == 3
    assert tight[0][1].height() == pytest.approx(bar.height() - 30, abs=12)
    heights = [rect.bottom() for _, rect in tight]
    assert max(heights) <= whole - 30
    scarce = place([bar, legend], [figure], QRectF(0, 0, 110, legend.height() + 90))
    assert scarce[0][1].height() == theme.px(84)


def test_ten_digits_are_ten_kinds_of_marks_and_ellipses(plot):
    """Nothing that is drawn of one class is drawn like another."""
    meta, arrays = preview.latent_frame(codes=True)
    labels = np.arange(10, dtype="i4")
    codes = np.stack([np.linspace(-1, 1, 10), np.linspace(1, -1, 10)], 1).astype("f4")
    arrays |= {"codes": codes, "labels": labels, "code_std": np.full((10, 2), 0.1)}
    plot.show_frame(meta | {"class_names": [str(n) for n in labels]}, arrays)
    layer = plot.latent[0]
    for label, marks in enumerate(layer.codes.items):
        np.testing.assert_allclose(marks.points, codes[label : label + 1])
        middle = np.nanmean(layer.rims[label].xData)
        assert middle == pytest.approx(codes[label, 0], abs=0.02)
    pictures = [marks._make_sprite(1.0).toImage() for marks in layer.codes.items]
    assert all(a != b for a, b in combinations(pictures, 2))
    legends = [block for block, _ in plot.square.placed()]
    names = [b.names for b in legends if isinstance(b, ClassLegend)]
    assert names == [tuple("0123456789")]
