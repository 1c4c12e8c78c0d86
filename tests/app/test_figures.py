"""Figures: the same at every scale, well-formed, all or nothing."""

import json
import re
import zlib
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from app import figures
from app.plots import preview
from app.plots.catalogue import PLOTS, make_plot
from app.svg_small import smaller
from app.theme import theme

SVG = "{http://www.w3.org/2000/svg}"
RDF_LI = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}li"


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
    check_lines(root)
    check_families(root)


def drawn(path):
    """The pixels of an SVG, two for each of the screen."""
    reader = QSvgRenderer(str(path))
    image = QImage(reader.defaultSize() * 2, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    reader.render(painter)
    painter.end()
    return grey(image)


@every_plot
def test_a_short_svg_shows_the_same(plot, tmp_path, monkeypatch):
    """That of a comparison had 6.7 MB, nearly all of them groups about nothing."""
    short = figures.export(plot, tmp_path / "short.svg")
    monkeypatch.setattr(figures, "smaller", lambda svg: svg)
    whole = figures.export(plot, tmp_path / "whole.svg")
    share = 0.25 if plot.view == "samples" else 0.9  # of marks next to nothing is left
    assert short.stat().st_size < share * whole.stat().st_size
    difference = np.abs(drawn(short) - drawn(whole))
    assert difference.mean() < 0.05
    assert np.percentile(difference, 99.9) < 16


def test_marks_that_share_a_shape_keep_their_order_and_their_places():
    def mark(x, ink, move="1,0,0,1"):
        about = f'fill="{ink}" fill-opacity="1" transform="matrix({move},{x},2.00449)"'
        return f'<g {about} font-size="9">\n<path d="M0.12345,1 Z"/></g>'

    marks = [mark(n, "red") for n in range(4)] + [mark(9, "blue"), mark(8, "red")]
    marks += ['<g fill="red"></g>', mark(7, "green", "3,0,0,3")]
    head = '<svg xmlns="http://www.w3.org/2000/svg"><g fill="none">'
    svg = smaller(f"{head}{''.join(marks)}</g></svg>")
    red, blue, late, scaled = ElementTree.fromstring(svg)[0]
    assert [each.tag.removeprefix(SVG) for each in red] == ["defs", *["use"] * 4]
    assert [(use.get("x"), use.get("y")) for use in red[1:]] == [
        (str(n), "2") for n in range(4)
    ]
    assert red.attrib == {"fill": "red"}
    assert red[0][0].get("d") == blue[0].get("d") == "M0.12,1 Z"
    assert (blue.get("fill"), late.get("fill")) == ("blue", "red")
    assert late.get("transform") == "matrix(1,0,0,1,8,2.00449)"
    assert scaled[0].get("d") == "M0.12345,1 Z"  # no pixels: three times as large


def check_lines(root):
    """No pen that is not to be stretched: many readers stretch it all the same."""
    for group in root.iter(f"{SVG}g"):
        drawn = {each.tag.removeprefix(SVG) for each in group} - {"g", "image", "text"}
        if group.get("stroke") != "none" and drawn:
            words = group.get("transform", "matrix(1,0,0,1,0,0)")[7:-1]
            a, b, c, d, *_ = map(float, words.split(","))
            assert (np.hypot(a, b), np.hypot(c, d)) == pytest.approx((1, 1))


def check_families(root):
    """One name that is none to CSS makes readers overlook all, or the whole text."""
    families = {group.get("font-family", "Inter") for group in root.iter()}
    names = {name for each in families for name in each.split(",")}
    assert "Inter" in names
    assert not [n for n in names if not re.fullmatch(r"[A-Za-z][\w -]*", n)]
    assert {each.split(",")[-1] for each in families - {"Inter"}} == {"sans-serif"}


@pytest.mark.parametrize("plot", ["samples"], indirect=True)
def test_what_stands_beside_the_paper_is_not_cut_off_in_an_svg(plot, tmp_path):
    root = ElementTree.parse(figures.export(plot, tmp_path / "a.svg")).getroot()
    bounds = {
        f"url(#{each.get('id')})": numbers(each[0].get("d")).max(axis=0)
        for each in root.iter(f"{SVG}clipPath")
    }
    assert bounds
    seen = 0
    for clipped in root.iter(f"{SVG}g"):
        for drawn in clipped.findall(f"{SVG}g/{SVG}polygon"):
            edge = numbers(drawn.get("points")).max(axis=0)
            shift = numbers(clipped.find(f"{SVG}g").get("transform"))[-1]
            assert (edge + shift <= bounds[clipped.get("clip-path")]).all()
            seen += 1
    assert seen == 2


def numbers(words):
    """Pairs of numbers in a list of points or a path."""
    found = [float(each) for each in re.findall(r"-?\d+(?:\.\d+)?", words)]
    return np.array(found).reshape(-1, 2)


@one_plot
def test_map_is_a_picture_inside_the_svg(plot, tmp_path):
    path = figures.export(plot, tmp_path / "figure.svg")
    assert list(ElementTree.parse(path).getroot().iter(f"{SVG}image"))


def characters_of(pdf):
    """The characters that the glyphs of a PDF stand for."""
    found = ""
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        if b"beginbfrange" not in (table := unpacked(stream)):
            continue
        for row in re.findall(rb"\[([^\]]*)\]", table):
            codes = re.findall(rb"<(\w{4})>", row)
            found += "".join(chr(int(code, 16)) for code in codes)
        for row in re.findall(r"<\w{4}> <\w{4}> <(\w{4})>\n", table.decode()):
            found += chr(int(row, 16))  # the first of some that follow each other
    return found


def unpacked(stream):
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return stream


@every_plot
def test_a_pdf_has_text_that_can_be_found_and_copied(plot, tmp_path):
    """Glyphs for figures of equal width would stand for private characters."""
    pdf = figures.export(plot, tmp_path / "a.pdf", caption="step 12").read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert len(pdf) > 8000
    found = characters_of(pdf)
    assert set("step12") <= set(found)
    assert not [each for each in found if 0xE000 <= ord(each) <= 0xF8FF]


@one_plot
def test_a_pdf_has_a_title_to_read_and_keeps_its_settings(plot, tmp_path):
    facts = {"note": "a < b & c"}
    pdf = figures.export(plot, tmp_path / "a.pdf", settings=facts).read_bytes()
    packet = re.search(rb"<x:xmpmeta.*?</x:xmpmeta>", pdf, re.DOTALL)
    words = [each.text for each in ElementTree.fromstring(packet[0]).iter(RDF_LI)]
    assert words[0] == plot.title
    assert json.loads(words[1])["note"] == "a < b & c"


@one_plot
def test_the_window_keeps_its_figures_of_equal_width_after_a_figure(plot, tmp_path):
    figures.export(plot, tmp_path / "a.pdf")
    assert theme.font(13).featureValue(QFont.Tag("tnum")) == 1


@one_plot
def test_a_caption_gives_way_to_the_title(plot):
    """Where there is no room beside the title it is left out, not drawn over it."""
    plain = grey(figures.picture(plot, size=(180, 160)))
    assert (grey(figures.picture(plot, size=(180, 160), caption="x")) == plain).all()
    wide = grey(figures.picture(plot, size=(480, 400)))
    assert (grey(figures.picture(plot, size=(480, 400), caption="x")) != wide).any()


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
