"""Plots use their room: the projector's flat rail, curves without a value, layers."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QRectF
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import QApplication, QWidget

from app.plots import foot, pane_row, panels, rail, read_out
from app.plots import square as square_module
from app.plots.bench_chart import BenchChart, Series
from app.plots.catalogue import PLOTS, make_plot
from app.plots.classes import ClassLegend
from app.plots.curves import CurvesPlot
from app.plots.foot import paint_foot
from app.plots.marks import Lines, Marks
from app.plots.pairing import PairingPlot
from app.plots.pane import Pane
from app.plots.paths import grade_times
from app.plots.preview import FRAMES
from app.plots.race import RacePlot
from app.plots.rail import Key, Legend
from app.plots.read_out import ReadOut
from app.plots.square import Square
from app.plots.styles import StylesPlot
from app.plots.trajectories import TrajectoriesPlot
from app.theme import theme
from app.widgets.paint import LEFT, RIGHT, shortened, text_width

_NARROWEST = 405  # px of a column of three on a projector of 1280


def side_of(qtbot, width, height, look="dark"):
    """Side of the plot, and whether its rail lies below it."""
    square = Square()
    qtbot.addWidget(square)
    theme.set_look(look)
    square.lay_out(width, height)
    side, is_flat = square.frame.width(), square.rail.isEmpty()
    assert square.frame.right() <= width
    assert square.frame.bottom() <= height
    theme.set_look("dark")
    return side, is_flat


def test_in_the_projector_the_rail_lies_below_where_that_leaves_a_larger_plot(qtbot):
    side, is_flat = side_of(qtbot, 680, 640, "projector")
    assert is_flat
    assert side > 680 - 1.6 * (34 + 10 + 14 + 104)  # what a rail beside it would leave
    assert not side_of(qtbot, 1400, 640, "projector")[1]


def test_in_other_looks_the_rail_stands(qtbot):
    assert not side_of(qtbot, 680, 640)[1]


def test_long_numbers_at_the_left_are_set_smaller_and_never_cut(qtbot, monkeypatch):
    """A codebook's axis read 0.0… three times over."""
    drawn = []
    monkeypatch.setattr(square_module, "draw_text", lambda *a, **_: drawn.append(a))
    square = Square()
    qtbot.addWidget(square)
    square.resize(400, 300)
    square.pane.set_home(-0.05, 0.06, -0.06, 0.04)
    image = QImage(400, 300, QImage.Format.Format_ARGB32)
    painter = QPainter(image)
    square.lay_out(400, 300)
    square.paint_behind(painter)
    painter.end()
    left = [(rect, text, size) for _, rect, text, _, size, *_ in drawn if rect.x() == 0]
    assert len(left) >= 2
    assert any(size < 11 for _, _, size in left)
    for rect, text, size in left:
        assert text_width(text, size) <= rect.width(), text


def test_curves_without_a_value_say_so(qtbot):
    plot = CurvesPlot()
    qtbot.addWidget(plot)
    plot.show_frame({"quantities": [], "step": 0}, {})
    assert "trained" in plot.panel_paper.words
    plot.show_frame(*FRAMES["curves"]())
    assert plot.panel_paper.words == ""


def test_layers_have_a_number_and_a_cost(qtbot):
    plot = TrajectoriesPlot()
    qtbot.addWidget(plot)
    meta, arrays = FRAMES["trajectories"]()
    times = np.linspace(0, 1, len(arrays["times"]))  # of some of the layers
    layers = {**meta, "kind": "layers", "evaluations": 16, "steps": 3 * len(times)}
    plot.show_frame(layers, {**arrays, "times": times})
    names = {figure.label: figure.value for figure in plot._figures()}
    assert names == {"Layers": str(3 * len(times)), "Network calls": "16"}


def test_a_closed_paper_leaves_the_look_alone(qtbot):
    """Pyqtgraph clears the scene of a closed view; a new look must not ask for it."""
    square = Square()
    square.close()
    qtbot.wait_until(lambda: not square.panes)
    theme.set_look("light")
    theme.set_look("dark")
    assert not square.isVisible()


class PaintCount(QObject):
    count = 0

    def eventFilter(self, watched, event):
        self.count += event.type() == QEvent.Type.Paint
        return False


def test_a_frame_of_curves_is_painted_once(qtbot):
    """New limits, taken while painting, asked for a second one."""
    plot = CurvesPlot()
    qtbot.addWidget(plot)
    plot.resize(440, 320)
    plot.show()
    meta, arrays = FRAMES["curves"]()
    plot.show_frame(meta, arrays)
    counts = PaintCount()
    plot.paper.viewport().installEventFilter(counts)
    qtbot.wait_until(lambda: counts.count)
    for share in (2, 3, 4):
        for _ in range(5):
            QApplication.processEvents()
        counts.count = 0
        short = {name: array[: len(array) // share] for name, array in arrays.items()}
        plot.show_frame(meta, short)
        for _ in range(5):
            QApplication.processEvents()
        assert counts.count == 1


def told(monkeypatch, painted):
    """Words of a plot and where they are painted, in the order they come."""
    words = []

    def note(painter, rect, text, *rest, **more):
        words.append((text, rect.left(), rect.right()))

    for module in painted:
        monkeypatch.setattr(module, "draw_text", note)
    return words


def test_the_flat_rail_tells_the_title_of_a_legend_with_its_first_key(monkeypatch):
    """In the hall the paths of the bench did not say their number of steps."""
    words = told(monkeypatch, (foot, rail))
    image = QImage(300, 60, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    noise = Legend((Key("noise, t = 0", "o", "latent"),))
    keys = Key("Euler", "s", "class0"), Key("Heun", "d", "class1")
    blocks = [noise, Legend(keys, "16 steps")]
    paint_foot(painter, QRectF(0, 0, 300, 60), blocks, [])
    painter.end()
    assert [w for w, *_ in words] == ["noise, t = 0", "16 steps:", "Euler", "Heun"]


def test_two_tags_of_a_square_do_not_lie_over_each_other(qtbot, monkeypatch):
    square = Square()
    qtbot.addWidget(square)
    square.lay_out(400, 160)
    square.set_tags("pushed through", "17 beyond")
    words = told(monkeypatch, (square_module,))
    image = QImage(400, 170, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    square.paint_ahead(painter)
    painter.end()
    spans = {text: (left, right) for text, left, right in words}
    assert spans["pushed through"][1] <= spans["17 beyond"][0]
    assert spans["17 beyond"][1] <= square.frame.right()


def test_a_tag_that_may_go_is_not_cut(qtbot):
    """Under strong guidance the paths of the bench were from the "same noi…"."""
    square = Square()
    qtbot.addWidget(square)
    square.left_tag_may_go = True
    square.set_tags("same noise", "6 beyond")
    assert square.shown_tags(400) == ("same noise", "6 beyond")
    assert square.shown_tags(100) == ("", "6 beyond")
    assert square._tag_rooms(QRectF(0, 0, 100, 18))[0].width() == 0
    square.set_tags("same noise")
    assert square.shown_tags(100) == ("same noise", "")
    square.left_tag_may_go = False
    square.set_tags("same noise", "6 beyond")
    assert square.shown_tags(100) == ("same noise", "6 beyond")


def test_the_flat_rail_names_the_classes(qtbot):
    def painted(names):
        image = QImage(400, 60, QImage.Format.Format_RGB32)
        image.fill(0)
        painter = QPainter(image)
        paint_foot(painter, QRectF(0, 0, 400, 60), [ClassLegend(names)], [])
        painter.end()
        seen = np.frombuffer(image.constBits(), np.uint32).reshape(60, 400) & 0xFFFFFF
        return np.flatnonzero(seen.any(axis=0)).max(initial=0)

    assert painted(()) == 0
    one = painted(("setosa",))
    assert one > 22
    assert painted(("setosa", "virginica")) > one + 22


def test_the_curve_of_a_likelihood_says_that_it_is_guided(qtbot):
    plot = CurvesPlot()
    qtbot.addWidget(plot)
    meta, arrays = losses(nll=(3, 1))
    meta["quantities"][0] |= {"unit": "nats", "kind": "exact", "guided": True}
    plot.show_frame(meta, arrays)
    assert plot._heading("loss", ["nll"])[1] == "nats, exact, guided"


@pytest.mark.parametrize("kind", ["marks", "lines"])
def test_what_is_drawn_follows_its_pane_to_other_limits(qtbot, kind):
    """An item that kept the bounds of the first limits was not painted any more."""
    holder = QWidget()
    qtbot.addWidget(holder)
    square = Square()
    square.setParent(holder)
    square.resize(300, 300)
    holder.show()
    item = (
        Marks(square.pane, "samples", "o", 5)
        if kind == "marks"
        else Lines(square.pane, "samples")
    )
    for low in (-1.0, 100.0, 3.0):
        square.pane.set_home(low, low + 2, low, low + 2)
        ends = np.array([[low + 0.5, low + 0.5], [low + 1.5, low + 1.5]])
        item.set_points(ends) if kind == "marks" else item.set_lines(ends[None])
        QApplication.processEvents()
        seen = square.grab().toImage()
        ink = QColor("#E69F00")
        found = [
            (x, y)
            for x in range(seen.width())
            for y in range(seen.height())
            if seen.pixelColor(x, y) == ink
        ]
        assert found
        assert item.boundingRect() == QRectF(low, low, 2, 2)


def losses(**last):
    """A frame of curves that fall from 100 times these last values, or stand there."""
    steps = np.arange(40.0)
    arrays, quantities = {}, []
    for name, (start, end) in last.items():
        values = np.geomspace(start, end, 40)
        arrays |= {f"{name}.value": values, f"{name}.smooth": values}
        arrays |= {f"{name}.step": steps, f"{name}.seconds": steps}
        quantities.append({"name": name, "title": name, "group": "loss", "unit": ""})
    return {"quantities": quantities, "step": 40}, arrays


def test_a_curve_next_to_nothing_does_not_turn_its_panel_to_logs(qtbot):
    plot = CurvesPlot()
    qtbot.addWidget(plot)
    plot.show_frame(*losses(big=(1.4, 1.3), penalty=(1e-1, 1e-5)))
    assert not plot._groups["loss"].is_log
    plot.show_frame(*losses(big=(100, 1.3), penalty=(1e-1, 1e-5)))
    assert plot._groups["loss"].is_log
    plot.show_frame(*losses(big=(1.4, 1.3), penalty=(10, 0.1)))
    assert plot._groups["loss"].is_log


def test_words_of_a_change_stand_before_the_curves(qtbot):
    """A noisy curve painted over them made them illegible."""
    plot = CurvesPlot()
    qtbot.addWidget(plot)
    plot.resize(440, 320)
    meta, arrays = losses(loss=(1.0, 0.5))
    change = {"name": "training.batch", "old": 1, "new": 2, "step": 10, "seconds": 10}
    for changes in ([], [change]):
        plot.show_frame({**meta, "changes": changes}, arrays)
        image = QImage(440, 320, QImage.Format.Format_ARGB32)
        image.fill(0)
        painter = QPainter(image)
        plot.panel_paper.paint_ahead(painter)
        painter.end()
        seen = np.frombuffer(image.constBits(), np.uint32)
        assert bool(seen.any()) == bool(changes)


def test_words_of_a_change_leave_the_last_values_free(qtbot, monkeypatch):
    """Of a change at the last step they stood on the value at the curve's end."""
    plot = CurvesPlot()
    qtbot.addWidget(plot)
    plot.resize(440, 320)
    meta, arrays = losses(loss=(1.0, 0.5))
    last = int(arrays["loss.step"][-1])
    change = {"name": "training.batch", "old": 1, "new": 2, "step": last, "seconds": 1}
    plot.show_frame({**meta, "changes": [change]}, arrays)
    plot.grab()
    drawn = []

    def keep(painter, rect, text, *rest, **more):
        drawn.append((text, rect))

    monkeypatch.setattr(panels, "draw_text", keep)
    plot.panel_paper._name_changes(QPainter(), plot.panel_paper.panels[0])
    ((_, words),) = drawn
    frame = plot.panel_paper.panels[0].pane.geometry()
    assert frame.left() <= words.left() < words.right() <= frame.right() + 2


def words_of(paper, width, height, monkeypatch):
    """What a paper of this size writes: text, and the place it takes; none is cut."""
    drawn, cut = [], []

    def keep(painter, rect, text, ink, size=13, weight=400, align=LEFT):
        wide = text_width(text, size, weight)
        if align == LEFT and wide > rect.width() + 1:
            cut.append(text)
        place = QRectF(rect)
        if align == RIGHT:
            place.setLeft(rect.right() - wide)
        elif align == LEFT:
            place.setWidth(wide)
        else:
            place = QRectF(rect.center().x() - wide / 2, rect.y(), wide, rect.height())
        drawn.append((text, place.adjusted(0, 2, 0, -2)))

    monkeypatch.setattr(panels, "draw_text", keep)
    image = QImage(width, height, QImage.Format.Format_ARGB32)
    painter = QPainter(image)
    paper.resize(width, height)
    paper.lay_out(width, height)
    paper.paint_behind(painter)
    paper.paint_ahead(painter)
    painter.end()
    assert not cut
    return drawn


@pytest.mark.parametrize("width", [212, 240, 300, 440])
def test_words_round_curves_are_never_cut_and_never_on_each_other(
    qtbot, monkeypatch, width
):
    """In a comparison a title was "Lear…"; three references stood in one another."""
    paper = panels.PanelPaper()
    qtbot.addWidget(paper)
    shown = []
    for title in ("Error of the guess", "Distance", "Coverage"):
        pane = paper.add_pane(Pane())
        pane.set_home(0, 1, 0, 5)
        ends = [panels.EndValue(1, "learned 1.00", "text1")]
        lines = [panels.Line(y, f"a reference {y}") for y in (0.2, 0.3, 0.4, 3.0)]
        shown.append(panels.Panel(pane, title, "nats", ends=ends, references=lines))
    paper.set_panels(shown)
    drawn = words_of(paper, width, 240, monkeypatch)
    texts = [text for text, _ in drawn]
    assert paper.hidden_panels == 1
    assert texts.count("Error of the guess") == 1
    assert sum(text.startswith("+1 more") for text in texts) == 1
    if width > 212:
        assert {"a reference 0.2", "a reference 3.0"} <= set(texts)
    for index, (text, place) in enumerate(drawn):
        for other, taken in drawn[:index]:
            assert not place.intersects(taken), f"{text} stands on {other}"


def test_many_values_at_the_ends_of_curves_leave_the_count_of_panels_free(
    qtbot, monkeypatch
):
    """Seven terms of a game climbed over "+2 more when enlarged"."""
    paper = panels.PanelPaper()
    qtbot.addWidget(paper)
    shown = []
    for title, count in (("Loss", 6), ("Held-out NLL", 1), ("Distance", 2)):
        pane = paper.add_pane(Pane())
        pane.set_home(0, 1, -9, 8)
        ends = [panels.EndValue(y, f"D fakes {y}", "text1") for y in range(count)]
        shown.append(panels.Panel(pane, title, "nats/point", ends=ends))
    paper.set_panels(shown)
    drawn = words_of(paper, 380, 215, monkeypatch)
    (count,) = [place for text, place in drawn if text.startswith("+")]
    for text, place in drawn:
        assert place == count or not place.intersects(count), text


def test_far_parts_of_crooked_paths_are_pale(qtbot):
    plot = TrajectoriesPlot()
    qtbot.addWidget(plot)
    meta, arrays = FRAMES["trajectories"]()
    old, ahead = plot.items.so_far[0], plot.items.to_come
    plot.show_frame({**meta, "crooked": False, "paths": 200}, arrays)
    assert old.opacity() == ahead.opacity() == 1
    plot.show_frame({**meta, "crooked": True, "paths": 24}, arrays)
    assert old.opacity() == ahead.opacity() < 0.5
    assert plot.items.so_far[1].opacity() == 1
    assert len(plot.items.now.points) == 24


def test_the_bright_end_of_a_path_follows_its_point():
    assert grade_times(0.0, 0.8, 1.0) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])
    assert grade_times(0.0, 0.8, 0.3) == pytest.approx([0, 0.5, 0.6, 0.7, 0.8])
    assert grade_times(1.0, 0.2, 0.3) == pytest.approx([1, 0.5, 0.4, 0.3, 0.2])
    assert grade_times(0.0, 0.15, 0.3) == pytest.approx([0, 0, 0.05, 0.1, 0.15])


def test_a_hint_without_room_says_what_to_do_and_is_not_cut(qtbot, monkeypatch):
    """In a narrow column of the hall: "Point at the plot to read the …"."""
    strip = ReadOut(
        "Point at the plot to read the density; click to ask about a place."
    )
    qtbot.addWidget(strip)
    words = told(monkeypatch, (read_out,))
    for width, said in ((600, strip._hint), (260, None), (160, "Point at the plot")):
        words.clear()
        strip.resize(width, 30)
        strip.grab()
        assert words[0][0] == (said or "Point at the plot to read the density")


def test_a_switch_that_was_turned_is_written_in_words(qtbot):
    plot = CurvesPlot()
    qtbot.addWidget(plot)
    meta, arrays = losses(loss=(1.0, 0.5))
    change = {"name": "r1", "old": False, "new": True, "step": 10, "seconds": 1}
    change["title"] = "R1 penalty"
    plot.show_frame({**meta, "changes": [change]}, arrays)
    assert plot.panel_paper.changes[0].text == "R1 penalty off → on"


def test_words_without_room_end_at_a_mark(qtbot):
    words = "D(x), slope at 1,000 fakes: see"
    assert shortened(words, ",:", text_width(words, 12), 12) == words
    assert shortened(words, ",:", text_width(words, 12) - 1, 12) == "D(x)"
    assert shortened(words, ":", 20, 12) == "D(x), slope at 1,000 fakes"
    assert shortened(words, ";", 20, 12) == words


@pytest.mark.parametrize("view", sorted(PLOTS))
def test_hints_have_room_under_three_runs_on_a_projector(qtbot, view):
    """Else they are cut in the midst of a sentence."""
    plot = make_plot(view)
    qtbot.addWidget(plot)
    theme.set_look("projector")
    words = shortened(plot.hint, ";", 0, 12)
    assert text_width(words, 12) <= _NARROWEST - theme.px(24)


def test_titles_of_small_squares_are_whole(qtbot, monkeypatch):
    """In a low and wide place squares are narrower than their titles."""
    rooms = {}
    paint = pane_row.draw_text

    def note(painter, rect, text, *rest, **more):
        rooms[text] = rect
        paint(painter, rect, text, *rest, **more)

    monkeypatch.setattr(pane_row, "draw_text", note)
    plot = PairingPlot()
    qtbot.addWidget(plot)
    plot.resize(400, 150)
    plot.show_frame(*FRAMES["pairing"]())
    plot.grab()
    left, right = (pane.geometry() for pane in plot.two.panes)
    for title, end in zip(plot.two.titles, (right.left(), plot.width()), strict=True):
        assert text_width(title, 12, 600) > left.width()
        assert text_width(title, 12, 600) <= rooms[title].width()
        assert rooms[title].right() < end


def test_a_small_square_says_the_note_in_short_and_the_strip_the_rest(qtbot):
    plot = StylesPlot()
    qtbot.addWidget(plot)
    meta, arrays = FRAMES["styles"]()
    plot.show_frame(meta | {"has_styles": False}, arrays)
    for size, whole in (((700, 400), True), ((260, 150), False)):
        plot.resize(*size)
        plot.grab()
        assert (plot.two.shown_note() == plot.two.note) is whole
    assert plot.read_out.hint == " ".join(plot.two.note)
    plot.show_frame(meta, arrays)
    assert plot.read_out.hint == plot.hint


def test_axes_without_a_curve_have_plain_numbers(qtbot):
    plot = RacePlot()
    qtbot.addWidget(plot)
    plot.show_frame({"names": {}}, {})
    low, high, _, _ = plot.panel.pane.limits
    assert (low, high) == (0.0, 100.0)


def test_runs_that_differ_by_hundredths_of_a_nat_are_told_apart(qtbot):
    """Likelihoods were "1.3" at the ends of curves, and a third run hid them all."""
    plot = RacePlot()
    qtbot.addWidget(plot)
    runs = {"A": [3.0, 1.28, 1.28], "B": [3.0, 1.33, 1.33], "C": [8e4, 2071.0, 2071.0]}
    arrays = {}
    for letter, values in runs.items():
        arrays |= {f"{letter}.{part}": np.array(values) for part in ("value", "smooth")}
        arrays[f"{letter}.x"] = np.arange(3.0)
    meta = {"names": dict.fromkeys(runs, "")}
    plot.show_frame(meta, arrays)
    texts = [end.text.strip() for end in plot.panel.ends]
    assert texts == ["A 1.28", "B 1.33", "C 2,071"]
    assert plot.panel.pane.limits[3] < 4.0
    plot.show_frame(meta | {"log": True}, arrays)
    assert plot.panel.ends[0].text.strip() == "A 1.3"


def test_words_of_a_reference_spare_the_title(qtbot, monkeypatch):
    """For a GAN in a small window "2 ln 2 = 1.39" cut the end of "Loss"."""
    said = {}
    monkeypatch.setattr(
        panels, "draw_text", lambda _, rect, text, *a, **k: said.update({text: rect})
    )
    paper = panels.PanelPaper()
    qtbot.addWidget(paper)
    paper.resize(260, 140)
    pane = paper.add_pane(Pane())
    pane.set_home(0, 10, 0, 1)
    lines = [panels.Line(0.9, "ln 2 = 0.693"), panels.Line(1.0, "2 ln 2 = 1.39")]
    title = "Loss of the two players"
    paper.set_panels([panels.Panel(pane, title, "", references=lines)])
    paper.grab()
    assert "ln 2 = 0.693" in said
    crossing = [t for t, r in said.items() if "ln" in t and r.intersects(said[title])]
    assert not crossing


@pytest.mark.parametrize("look", ["dark", "projector"])
def test_words_on_the_floor_of_a_chart_have_room_for_their_letters(qtbot, look):
    """On a projector the lower ends of their letters were cut off."""
    theme.set_look(look)
    chart = BenchChart()
    qtbot.addWidget(chart)
    chart.resize(600, 400)
    costs, values = (2.0, 4.0), (0.1, 0.02)
    chart.show_series([Series("euler", "Euler", 0, costs, values)], 0.01, "", "")
    band = chart._floor_band(QRectF(chart.pane.geometry()))
    words = chart._floor_words(band).place
    assert words.height() >= QFontMetricsF(theme.font(11)).height()
