"""Figures and numbers that pages offer: cameras, keys, several runs as one picture."""

import csv
import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication, QImage, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMenu
from window_world import World

from app import figures
from app.panels import question
from app.panels.figure_maker import FigureMaker, Subject
from app.panels.figure_sheet import FigureSheet
from app.plots import preview
from app.plots.base import Table
from app.plots.catalogue import make_plot
from app.sheets import Cell, Plate
from app.tables import write_tables
from app.widgets.button import IconButton

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def world(qtbot, tmp_path, engine):
    made = World(qtbot, tmp_path, engine)
    made.start()
    made.told = []
    for place in (made.window.pages, made.window.wall):
        place.noted.connect(made.told.append)
    yield made
    made.close()


@pytest.fixture
def compared(world):
    """Two runs side by side, all drawn."""
    world.window.pages.show_page("compare")
    world.session.compare.add_model("gan")
    world.settle()
    world.session.step_once(100)
    page = world.window.pages.page("compare")
    plots = [p for c in page.columns.values() for p in (c.left, c.right)]
    # A picture of an earlier step may stand there first.
    world.until(lambda: all(p.cell.caption == "step 100" for p in plots))
    world.until(lambda: all(p.plot.has_frame for p in plots))
    world.until(lambda: page.race.plot.panel.ends)
    return page


def plots(qtbot, *names):
    made = [make_plot(name) for name in names]
    for plot in made:
        qtbot.addWidget(plot)
        plot.show_frame(*preview.FRAMES[plot.view]())
    return made


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.reader(file))


def words_of(path):
    return " ".join(ElementTree.parse(path).getroot().itertext())


# ---- several plots as one picture


def pixels(image):
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(bytes(plain.constBits()), np.uint8)
    rows = rows.reshape(plain.height(), plain.bytesPerLine())
    return rows[:, : 3 * plain.width()].reshape(plain.height(), plain.width(), 3)


def test_each_plot_of_a_plate_is_the_figure_of_it_in_its_place(qtbot):
    left, right, below = plots(qtbot, "samples", "density", "curves")
    rows = [[Cell(left, "A"), Cell(right, "B")], [Cell(below, "", "Race")]]
    whole = pixels(figures.picture(Plate("p", "Two", rows), 1, size=(900, 834)))
    assert whole.shape == (834, 900, 3)
    height = round(800 * 404 / (404 + 444))  # by the heights of their own figures
    for plot, caption, x in ((left, "A", 0), (right, "B", 450)):
        one = pixels(figures.picture(plot, 1, size=(450, height), caption=caption))
        found = whole[34 : 34 + height, x : x + 450]
        np.testing.assert_array_equal(found, one)
    one = figures.picture(below, 1, size=(900, 800 - height), title="Race")
    np.testing.assert_array_equal(whole[34 + height :], pixels(one))


def test_a_plate_leaves_out_what_shows_nothing(qtbot, tmp_path):
    (drawn,) = plots(qtbot, "samples")
    empty = make_plot("density")
    qtbot.addWidget(empty)
    plate = Plate(
        "p", "Runs", [[Cell(drawn, "A"), Cell(empty, "B")], [Cell(empty, "")]]
    )
    path = figures.export(plate, tmp_path / "a.svg")
    facts = json.loads(ElementTree.parse(path).getroot().find(f"{SVG}desc").text)
    assert [[cell["view"] for cell in row] for row in facts["rows"]] == [["samples"]]
    with pytest.raises(ValueError, match="Runs shows nothing yet"):
        figures.export(Plate("p", "Runs", [[Cell(empty, "")]]), tmp_path / "b.svg")


# ---- text of an SVG without our font


def test_words_keep_their_place_where_another_font_draws_them(qtbot, tmp_path):
    (plot,) = plots(qtbot, "curves")
    caption = "a caption, that is & remains <text>"
    path = figures.export(plot, tmp_path / "a.svg", size=(640, 400), caption=caption)
    pieces = list(ElementTree.parse(path).getroot().iter(f"{SVG}text"))
    (found,) = [piece for piece in pieces if piece.text == caption]
    end = float(found.get("x")) + float(found.get("textLength"))
    assert end == pytest.approx(640 - 14, abs=0.5)
    for piece in pieces:
        stretched = piece.get("lengthAdjust") == "spacingAndGlyphs"
        assert stretched or len(piece.text.strip()) < 2
    bold = next(piece for piece in pieces if piece.text == "Curves")
    assert float(bold.get("textLength")) > 40


@pytest.mark.parametrize("name", ["density", "carried"])
def test_a_figure_has_the_colours_that_its_plot_shares_with_others(qtbot, name):
    (plot,) = plots(qtbot, name)
    own = pixels(figures.picture(plot, 1))
    plot.set_top(float(plot.meta["log_max"]) + 3)
    shared = pixels(figures.picture(plot, 1))
    assert (own != shared).any()
    plot.set_top(None)
    np.testing.assert_array_equal(pixels(figures.picture(plot, 1)), own)


def test_a_figure_of_a_difference_has_the_range_that_it_shares(qtbot):
    (plot,) = plots(qtbot, "density")
    plot.switch.user_choose("difference")
    own = pixels(figures.picture(plot, 1))
    plot.set_range(9.0)
    assert (pixels(figures.picture(plot, 1)) != own).any()


# ---- refusals


def test_a_file_that_cannot_be_written_is_named_as_the_person_named_it(qtbot, tmp_path):
    (plot,) = plots(qtbot, "curves")
    button, said = IconButton("camera", "Save"), []
    qtbot.addWidget(button)
    maker = FigureMaker(button, lambda: Subject(plot, ""))
    maker.noted.connect(said.append)
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "none" / "a", tmp_path / "file" / "a"):
        maker.save(path.with_suffix(".png"))
        maker.save_table(path.with_suffix(".csv"))
        for note, ending in zip(said[-2:], (".png", ".csv"), strict=True):
            assert note.severity == "warning"
            assert note.text.startswith(f"{path.with_suffix(ending)}: ")
            assert ".part" not in note.text
            assert "Errno" not in note.text


# ---- numbers


def test_tables_of_the_same_columns_share_a_file_and_others_stand_beside(tmp_path):
    tables = {
        "label": Table(("class",), np.array([[1], [0]])),
        "data": Table(("x", "y, cm"), np.array([[0.1, 2.0], [1 / 3, -1e-9]])),
        "samples": Table(("x", "y, cm"), np.full((2, 2), 7, "f4")),
        "mask": Table(("class",), np.array([[True]])),
    }
    written = write_tables(tmp_path / "a.csv", tables)
    assert [path.name for path in written] == ["a.csv", "a_label.csv"]
    assert rows_of(written[0])[:2] == [["series", "x", "y, cm"], ["data", "0.1", "2"]]
    second = [float(word) for word in rows_of(written[0])[2][1:]]
    np.testing.assert_allclose(second, [1 / 3, -1e-9], rtol=1e-8)
    assert rows_of(written[0])[3] == ["samples", "7", "7"]
    assert rows_of(written[1]) == [
        ["series", "class"],
        ["label", "1"],
        ["label", "0"],
        ["mask", "1"],
    ]
    (alone,) = write_tables(tmp_path / "b.csv", {"x": Table(("t",), np.ones((1, 1)))})
    assert rows_of(alone) == [["t"], ["1"]]


# ---- the comparison


def answer(monkeypatch, path):
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *_: (str(path), "") if path else ("", "")
    )


def choose(menu, title):
    next(act for act in menu.actions() if act.text() == title).trigger()


def test_cameras_of_a_comparison_save_what_they_stand_for(
    world, compared, tmp_path, monkeypatch
):
    column = next(iter(compared.columns.values()))
    for camera, maker, words in (
        (compared.race.camera, compared.race.figures, ["Energy distance to the data"]),
        (column.camera, column.figure, ["A Rectified flow, step 100"]),
        (
            compared.head.camera,
            compared.figure,
            [
                "2 runs on Eight Gaussians",
                "A Rectified flow, step 100",
                "B GAN, step 100",
            ],
        ),
    ):
        camera.click()
        (menu,) = [m for m in camera.findChildren(QMenu) if m.isVisible()]
        menu.close()
        path = tmp_path / f"{maker.name}.svg"
        answer(monkeypatch, path)
        choose(maker.menu(), "Drawing (SVG)…")
        assert world.told[-1].title == "Figure saved"
        text = words_of(path)
        for word in words:
            assert word in text
        assert '"seed": 0' in text


@pytest.mark.parametrize(
    ("axis", "words"),
    [
        ("step", "over steps"),
        ("seconds", "over seconds of training"),
        ("evaluations", "over network evaluations"),
    ],
)
def test_figures_of_compared_curves_name_what_they_run_over(
    world, compared, tmp_path, monkeypatch, axis, words
):
    """On screen the switch says so."""
    compared.race.axis.user_choose(axis)
    for maker in (compared.race.figures, compared.figure):
        path = tmp_path / f"{maker.name}.svg"
        answer(monkeypatch, path)
        choose(maker.menu(), "Drawing (SVG)…")
        assert words in words_of(path)


def test_curves_of_a_comparison_can_be_had_as_numbers(
    compared, world, tmp_path, monkeypatch
):
    path = tmp_path / "runs.csv"
    answer(monkeypatch, path)
    choose(compared.race.figures.menu(), "Numbers (CSV)…")
    assert world.told[-1].title == "Numbers saved"
    rows = rows_of(path)
    assert rows[0] == ["series", "step", "value", "smooth"]
    assert {row[0] for row in rows[1:]} == {"A Rectified flow", "B GAN"}
    assert float(rows[1][2]) == pytest.approx(compared.race.plot._of("A", "value")[0])


def press(window, keys):
    window.activateWindow()
    combination = QKeySequence(keys)[0]
    QTest.keyClick(window, combination.key(), combination.keyboardModifiers())


def test_keys_make_the_figure_of_the_page_on_screen(world, compared, qtbot):
    window = world.window
    assert window.figures_now() is compared.figure
    opened = []
    compared.figure.open_menu = lambda: opened.append("all")
    press(window, "Ctrl+E")
    assert opened == ["all"]
    first = next(iter(compared.columns.values()))
    first.left.plot.setFocus()
    assert window.figures_now() is first.figure
    compared.race.plot.setFocus()
    assert window.figures_now() is compared.race.figures
    press(window, "Ctrl+Shift+C")
    assert world.told[-1].title == "Figure copied"
    copied = QGuiApplication.clipboard().image()
    assert copied.width() == 2 * (compared.race.plot.width() + 20)
    window.actions_by_name.trigger("figure_size")
    sheets = [s for s in window.findChildren(FigureSheet) if s.isVisible()]
    assert len(sheets) == 1
    sheets[0].close()


@pytest.mark.parametrize("page", ["draw", "sweep", "presets"])
def test_a_page_without_figures_has_no_keys_for_them(world, page):
    world.window.pages.show_page(page)
    actions = world.window.actions_by_name.actions
    assert not actions["export"].isEnabled()
    world.window.pages.show_page("compare")
    assert actions["export"].isEnabled()
    assert not actions["maximise"].isEnabled()
    world.window.pages.show_page("explore")
    assert actions["export"].isEnabled()
    assert actions["maximise"].isEnabled()


def test_a_plot_of_the_first_page_gives_its_numbers_too(world, tmp_path, monkeypatch):
    card = world.window.wall.cards["a"]
    world.until(lambda: card.plot is not None and card.plot.has_frame)
    answer(monkeypatch, tmp_path / "numbers.csv")
    choose(card.figures.menu(), "Numbers (CSV)…")
    assert world.told[-1].title == "Numbers saved"
    assert Path(tmp_path / "numbers.csv").stat().st_size > 100
    (also,) = [p for p in tmp_path.iterdir() if p.name != "numbers.csv"]
    assert also.name in world.told[-1].text
    asked = []
    monkeypatch.setattr(
        question,
        "ask",
        lambda *words: asked.append(words[2]) or question.Button.No,
    )
    told = len(world.told)
    also.write_text("kept")
    choose(card.figures.menu(), "Numbers (CSV)…")
    assert asked == [f"{also.name} already exists. Replace it?"]
    assert also.read_text() == "kept"
    assert len(world.told) == told
