"""Figures: the same at every scale, well-formed, all or nothing."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication, QImage

from app import figures
from app.plots import preview
from app.plots.catalogue import PLOTS, make_plot

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def plot(qtbot, request):
    made = make_plot(request.param)
    qtbot.addWidget(made)
    made.show_frame(*preview.FRAMES[request.param]())
    return made


every_plot = pytest.mark.parametrize("plot", PLOTS, indirect=True)
one_plot = pytest.mark.parametrize("plot", ["density"], indirect=True)


def grey(image):
    plain = image.convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(plain.constBits(), np.uint8)
    return rows.reshape(plain.height(), -1)[:, : plain.width()].astype(float)


@every_plot
def test_once_and_three_times_the_size_agree(plot):
    small, large = figures.picture(plot, 1.0), figures.picture(plot, 3.0)
    assert large.size() == small.size() * 3
    a = grey(small)
    high, wide = a.shape
    b = grey(large).reshape(high, 3, wide, 3).mean(axis=(1, 3))

    def blurred(pixels):  # antialiasing differs by a pixel; places and weights do not
        cut = pixels[: high // 8 * 8, : wide // 8 * 8]
        return cut.reshape(high // 8, 8, wide // 8, 8).mean(axis=(1, 3))

    difference = np.abs(blurred(a) - blurred(b))
    assert difference.mean() < 2.5
    assert np.percentile(difference, 99) < 40
    assert np.corrcoef(blurred(a).ravel(), blurred(b).ravel())[0, 1] > 0.98


@every_plot
def test_svg_has_vectors_text_and_facts(plot, tmp_path):
    path = figures.export(plot, tmp_path / "figure.svg", caption="step 12")
    root = ElementTree.parse(path).getroot()
    words = "".join(root.itertext())
    assert root.find(f"{SVG}title").text == plot.title
    assert json.loads(root.find(f"{SVG}desc").text)["view"] == plot.view
    assert "step 12" in words
    assert len(list(root.iter(f"{SVG}text"))) > 5
    drawn = sum(1 for tag in ("path", "polyline") for _ in root.iter(SVG + tag))
    assert drawn > 12
    assert list(root.iter(f"{SVG}clipPath"))  # nothing is drawn beside the paper


@one_plot
def test_map_is_a_picture_inside_the_svg(plot, tmp_path):
    path = figures.export(plot, tmp_path / "figure.svg")
    assert list(ElementTree.parse(path).getroot().iter(f"{SVG}image"))


@every_plot
def test_pdf_is_one(plot, tmp_path):
    content = figures.export(plot, tmp_path / "figure.pdf").read_bytes()
    assert content.startswith(b"%PDF-")
    assert len(content) > 8000


@one_plot
def test_png_keeps_settings_and_size(plot, tmp_path):
    path = figures.export(
        plot, tmp_path / "a.PNG", 2, size=(500, 400), settings={"seed": 7}
    )
    image = QImage(str(path))
    assert image.size() == QSize(1000, 800)
    facts = json.loads(image.text("Settings"))
    assert facts["seed"] == 7
    assert facts["state"] == plot.view_state()


@one_plot
def test_figure_shows_what_the_person_sees(plot):
    before = grey(figures.picture(plot, 1))
    plot.square.pane.zoom(0.5)
    zoomed = grey(figures.picture(plot, 1))
    plot.reset_view()
    plot.user_set_mode("difference")
    other = grey(figures.picture(plot, 1))
    assert np.abs(before - zoomed).mean() > 1
    assert np.abs(before - other).mean() > 1


@pytest.mark.parametrize("plot", ["density", "trajectories", "latent"], indirect=True)
@pytest.mark.parametrize("size", [(180, 160), (300, 260), (900, 300)])
def test_a_small_figure_is_laid_out_and_not_cut_off(plot, size):
    """Nothing is drawn up to the right edge, which lies on bare paper."""
    image = figures.picture(plot, 2.0, size=size)
    assert (image.width(), image.height()) == (2 * size[0], 2 * size[1])
    pixels = grey(image)
    assert pixels[2 * 34 :, -6:].std() == 0
    assert pixels.std() > 5


@one_plot
def test_clipboard(plot):
    figures.copy_to_clipboard(plot)
    image = QGuiApplication.clipboard().image()
    assert grey(image).std() > 5


@one_plot
def test_making_a_figure_leaves_the_plot_alone(plot, qtbot):
    plot.resize(400, 300)
    plot.show()
    before = grey(plot.grab().toImage())
    figures.picture(plot, 3)
    np.testing.assert_array_equal(grey(plot.grab().toImage()), before)
    plot.hide()
    assert not plot.testAttribute(Qt.WidgetAttribute.WA_WState_Visible)


@one_plot
def test_failure_to_write_leaves_the_old_file(plot, tmp_path, monkeypatch):
    path = tmp_path / "figure.png"
    path.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        figures.export(plot, path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_drawn_is_said(qtbot, tmp_path):
    plot = make_plot("curves")
    qtbot.addWidget(plot)
    with pytest.raises(ValueError, match="shows nothing yet"):
        figures.export(plot, tmp_path / "a.png")
    plot.show_frame(*preview.curves_frame())
    with pytest.raises(ValueError, match=r"use \.png, \.svg or \.pdf"):
        figures.export(plot, tmp_path / "a.gif")
    assert list(tmp_path.iterdir()) == []
