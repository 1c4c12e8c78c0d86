"""The page on which data are drawn, in front of the fake engine."""

import base64
import json

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication, QImage, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from window_world import World

from app.panels.draw_tools import BRUSH
from app.panels.table_choice import TableSheet, dialect_words
from app.session_drawing import Stroke, of_points
from app.session_notes import Notice
from engine.data.operations import checked_operations
from engine.protocol import Configure, Probe, StartJob, Subscribe, Unsubscribe

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NONE = Qt.KeyboardModifier.NoModifier


class Studio(World):
    """A window on its page to draw on."""

    def open(self, empty=True):
        self.window.pages.noted.connect(self.notes.append)
        self.window.pages.show_page("draw")
        self.page = self.window.pages.page("draw")
        if empty:
            QTest.mouseClick(self.page.start.empty, LEFT)
        return self.page

    def stroke(self, *places, button=LEFT):
        view = self.page.canvas.viewport()
        pixels = [self.page.canvas.pane.pixel(*p).toPoint() for p in places]
        QTest.mousePress(view, button, NONE, pixels[0])
        for pixel in pixels[1:]:
            QTest.mouseMove(view, pixel)
        QTest.mouseRelease(view, button, NONE, pixels[-1])

    def drawn(self, count):
        """Wait until the engine has that many operations."""
        self.until(lambda: len(self.operations) == count)
        self.settle()
        self.until(lambda: len(self.page.drawing.operations) == count)
        return self.operations

    @property
    def operations(self):
        return self.client.configured.data_settings.get("operations", [])

    def act(self, button):
        QTest.mouseClick(button, LEFT)


@pytest.fixture
def studio(qtbot, tmp_path, engine):
    made = Studio(qtbot, tmp_path, engine)
    made.start()
    yield made
    made.close()


def places(operation):
    return np.array(operation["path"]).reshape(-1, 2)


# How it opens and begins


def test_points_of_the_data_before_do_not_come_onto_a_drawing_that_begins(studio):
    """Asked for with the page, they can be answered after the first stroke."""
    page = studio.open()
    arrays = {"x": np.ones((7, 2)), "labels": np.zeros(7)}
    studio.stroke((0.0, 0.0), (1.0, 1.0))
    assert page.drawing.operations
    assert studio.run.applied.data != "drawn"
    page._on_points("draw", "data", arrays)
    assert not len(np.concatenate([item.points for item in page.canvas.plain]))
    studio.drawn(1)
    studio.until(lambda: studio.run.applied.data == "drawn")
    page._on_points("draw", "data", arrays)
    items = [*page.canvas.plain, *(i for c in page.canvas.points for i in c.items)]
    assert len(np.concatenate([item.points for item in items])) == 7


def test_key_button_and_escape(studio):
    window = studio.window
    window.activateWindow()
    QTest.keyClick(window, QKeySequence("D")[0].key())
    assert window.pages.current_name == "draw"
    assert window.data.isHidden()
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert window.pages.current_name == "explore"
    studio.act(window.data.draw)
    assert window.pages.current_name == "draw"
    studio.act(window.pages.page("draw").tools.done)
    assert window.pages.current_name == "explore"


def test_only_the_page_on_screen_asks_for_samples(studio):
    studio.open()
    assert studio.client.of(Subscribe)[-1].slot == "draw"
    page = studio.page
    studio.until(lambda: len(page.canvas.samples.points) > 0)
    asked = len(studio.client.of(Probe))
    studio.window.pages.show_page("explore")
    assert any(c.slot == "draw" for c in studio.client.of(Unsubscribe))
    studio.session.desk.set_seed(5)
    studio.settle()
    assert len(studio.client.of(Probe)) == asked


def test_a_copy_is_a_layer_of_the_data_on_show(studio):
    studio.session.desk.choose_data("two_moons")
    studio.settle()
    page = studio.open(empty=False)
    assert "Two moons" in page.start.copy.text()
    assert page.stack.currentWidget() is page.start
    studio.act(page.start.copy)
    (layer,) = studio.drawn(1)
    assert (layer["do"], layer["data"]) == ("layer", "two_moons")
    assert layer["points"] == 10_000
    assert "noise" in layer["settings"]
    assert page.stack.currentWidget() is page.canvas
    studio.session.runs.undo_group.undo()
    studio.settle()
    assert studio.client.configured.data == "two_moons"
    assert page.stack.currentWidget() is page.start


def test_a_copy_of_a_table_takes_its_points(studio, tmp_path):
    file = tmp_path / "t.csv"
    file.write_text("a,b\n1,2\n3,4\n")
    studio.session.desk.choose_data("csv", {"file": str(file), "x_column": "b"})
    studio.settle()
    page = studio.open(empty=False)
    studio.act(page.start.copy)
    (pasted,) = studio.drawn(1)
    assert pasted["x"] == [1, 2, 3, 4]
    asked = studio.client.of(StartJob)[-1].settings
    assert (asked["file"], asked["x_column"]) == (str(file), "b")


# Strokes


def test_a_stroke_is_one_operation_and_one_step(studio):
    page = studio.open()
    studio.stroke((-1, 0), (0, 1), (1, 0))
    (brush,) = studio.drawn(1)
    assert studio.client.configured.data == "drawn"
    assert places(brush) == pytest.approx(np.array([[-1, 0], [0, 1], [1, 0]]), abs=0.02)
    x_0, x_1, y_0, y_1 = page.canvas.pane.limits
    assert brush["radius"] == pytest.approx([0.04 * (x_1 - x_0), 0.04 * (y_1 - y_0)])
    assert (brush["density"], brush["label"]) == (60, 1)
    studio.train()
    studio.stroke((2, 2), (2, 1))
    studio.stroke((-2, 2), (-2, 1))
    first, second, third = studio.drawn(3)
    assert first == brush
    assert second["seed"] != third["seed"]
    assert not studio.client.of(Configure)[-1].restart
    assert studio.run.step == 50  # nothing began again
    studio.act(page.tools.steps["undo"])
    assert studio.drawn(2) == [first, second]
    studio.act(page.tools.steps["undo"])
    assert studio.drawn(1) == [first]
    studio.act(page.tools.steps["redo"])
    assert studio.drawn(2) == [first, second]


def test_a_stroke_reaches_the_engine_while_it_is_drawn(studio):
    page = studio.open()
    studio.stroke((0, 0))
    studio.drawn(1)
    canvas, steps = page.canvas, studio.run.history.stack.count()
    view, pixel = canvas.viewport(), canvas.pane.pixel
    QTest.mousePress(view, LEFT, NONE, pixel(-2, -2).toPoint())
    studio.drawn(2)
    lengths = [len(studio.operations[1]["path"])]
    for y in (-1, 0, 1):
        QTest.mouseMove(view, pixel(-2, y).toPoint())
        studio.until(lambda: len(studio.operations[1]["path"]) > lengths[-1])
        lengths.append(len(studio.operations[1]["path"]))
    assert page.canvas.is_drawing
    QTest.mouseRelease(view, LEFT, NONE, pixel(-2, 1).toPoint())
    assert not page.canvas.is_drawing
    assert studio.run.history.stack.count() == steps + 1
    studio.settle()
    seeds = {
        o["seed"]
        for c in studio.client.of(Configure)
        for o in c.config.data_settings.get("operations", [])[1:2]
    }
    assert len(seeds) == 1


def test_many_moves_are_few_messages(studio):
    page = studio.open()
    studio.stroke((0, 0))
    studio.drawn(1)
    page.drawing._pace.setInterval(60_000)  # else a slow machine takes more of them
    before = len(studio.client.of(Configure))
    track = [(-2 + 0.04 * k, np.sin(k / 9)) for k in range(100)]
    studio.stroke(*track)
    studio.drawn(2)
    assert len(studio.client.of(Configure)) - before <= 6
    assert places(studio.operations[1])[-1] == pytest.approx(track[-1], abs=0.2)


def test_a_stroke_is_told_at_its_own_pace_and_not_at_the_hand_s(studio):
    """Ten times a second: each telling builds the data anew."""
    drawing = studio.open().drawing
    studio.stroke((0, 0))
    studio.drawn(1)
    edits = []
    studio.run.history.config_changed.connect(lambda *_: edits.append(1))
    brush = {"do": "brush", "radius": [0.1, 0.1], "density": 60, "label": 1}
    drawing.begin_stroke(brush | {"seed": 1}, (0.0, 0.0))
    told = len(edits)
    for k in range(1, 50):
        drawing.move_stroke((0.02 * k, 0.0))
    assert len(edits) == told
    assert 80 <= drawing._pace.interval() <= 125
    assert drawing._pace.isActive()
    studio.until(lambda: not drawing._pace.isActive())
    assert len(edits) == told + 1
    drawing.move_stroke((1.0, 0.5))
    assert len(edits) == told + 1
    drawing.end_stroke()
    assert len(edits) == told + 2
    assert not drawing._pace.isActive()


def test_a_hand_that_never_rests_is_followed(studio):
    page = studio.open()
    studio.stroke((0, 0))
    studio.drawn(1)
    canvas = page.canvas
    view = canvas.viewport()
    QTest.mousePress(view, LEFT, NONE, canvas.pane.pixel(-2, 2).toPoint())
    turns = iter(range(10_000))

    def moved_and_heard():
        k = next(turns)
        QTest.mouseMove(view, canvas.pane.pixel(np.cos(k), np.sin(k)).toPoint())
        return len(studio.operations) > 1 and len(studio.operations[1]["path"]) > 2

    studio.until(moved_and_heard)
    assert canvas.is_drawing
    QTest.mouseRelease(view, LEFT, NONE, canvas.pane.pixel(1, 0).toPoint())
    studio.drawn(2)


def test_the_right_button_and_the_eraser_erase(studio):
    page = studio.open()
    studio.stroke((0, 0), (1, 1))
    studio.stroke((0, 0), (1, 0), button=RIGHT)
    studio.drawn(2)
    page.tools.tool.user_choose("erase")
    studio.stroke((1, 1))
    brush, right, chosen = studio.drawn(3)
    assert brush["do"] == "brush"
    for erased in (right, chosen):
        assert set(erased) == {"do", "path", "radius"}
        assert erased["do"] == "erase"
    assert page.canvas.erases


def test_tools_reach_the_stroke(studio):
    page = studio.open()
    page.tools.brush.fields["radius"].user_set(10)
    page.tools.brush.fields["density"].user_set(200)
    studio.act(page.tools.palette_row.buttons[4])
    studio.stroke((0, 0))
    (brush,) = studio.drawn(1)
    x_0, x_1, *_ = page.canvas.pane.limits
    assert brush["radius"][0] == pytest.approx(0.1 * (x_1 - x_0))
    assert (brush["density"], brush["label"]) == (200, 5)
    assert page.canvas.brush == pytest.approx(tuple(brush["radius"]))


def test_keys_and_wheel_change_the_tool(studio):
    page = studio.open()
    radius = page.tools.radius
    page.canvas.setFocus()
    for key in ("7", "E", "]", "]", "["):
        QTest.keyClicks(page.canvas, key)
    assert page.tools.palette_row.value() == 7
    assert page.canvas.brush_token == "class6"
    assert page.canvas.erases
    assert page.tools.radius == pytest.approx(radius * 1.15, rel=0.01)
    page.canvas.wheel_turned.emit(-1)
    assert page.tools.radius == pytest.approx(radius, rel=0.01)
    page.tools.set_radius(1e6)
    assert page.tools.radius == BRUSH["properties"]["radius"]["maximum"] / 100
    for _ in range(9):
        QTest.keyClicks(page.canvas, "E")
    assert not page.canvas.erases


def test_a_very_long_stroke_goes_on_as_another_operation():
    stroke = Stroke({"do": "brush", "radius": [1.0, 1.0], "density": 9}, [], "s")
    for k in range(1200):
        stroke.lead((float(k), 0.0))
    first, second, third = stroke.parts
    assert len(first["path"]) == len(second["path"]) == 1000
    assert second["path"][0] == 500
    assert len({part["seed"] for part in (first, second, third)}) == 3
    stroke.lead((1199.1, 0.0))  # hardly moved
    assert third == stroke.parts[2]


def test_clear_empties_the_canvas_and_undo_brings_all_back(studio):
    page = studio.open()
    studio.stroke((0, 0), (1, 1))
    studio.drawn(1)
    studio.until(lambda: len(page.canvas.points[0].items[0].points) > 0)
    studio.train()
    before = [b.y() for b in page.tools.change.values()]
    studio.act(page.tools.steps["clear"])
    studio.drawn(0)
    studio.until(lambda: studio.run.has_too_few)
    assert all(len(item.points) == 0 for item in page.canvas.points[0].items)
    assert page.foot.notes.labels[0].text() == "The drawing has no point."
    assert page.foot.hint.isHidden()
    assert [b.y() for b in page.tools.change.values()] == before  # under the pointer
    assert studio.run.step == 50
    studio.act(page.tools.steps["undo"])
    studio.drawn(1)
    studio.until(lambda: not studio.run.has_too_few)
    studio.until(lambda: len(page.canvas.points[0].items[0].points) > 0)


def test_points_of_the_engine_are_shown_by_class(studio):
    page = studio.open()
    studio.stroke((0, 0))
    studio.drawn(1)
    shown = page.canvas.points[0].items
    studio.until(lambda: sum(len(item.points) for item in shown) == 100)
    assert [len(item.points) for item in shown[:4]] == [34, 33, 33, 0]
    studio.stroke((1, 1))
    studio.drawn(2)
    hint = page.tools.head.findChildren(QLabel)[1]
    studio.until(lambda: hint.text() == "200 training points")
    many = np.zeros((4000, 2))
    page.canvas.set_points(many, np.zeros(4000, np.int64))
    assert [len(marks.points) for marks in page.canvas.plain] == [0, 4000]
    assert sum(len(item.points) for item in shown) == 0


# What is added


def test_pasted_text_becomes_points(studio):
    page = studio.open()
    QGuiApplication.clipboard().setText("1 2\nno\n3 4")
    page.canvas.setFocus()
    QTest.keyClick(page.canvas, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    (pasted,) = studio.drawn(1)
    assert (pasted["do"], pasted["x"]) == ("points", [1, 2, 3, 4])
    assert studio.notes[-1].title == "2 points added"
    QGuiApplication.clipboard().setText("nothing of use")
    studio.act(page.tools.sources["paste"])
    studio.until(lambda: studio.notes[-1].title == "No points were added")
    assert len(page.drawing.operations) == 1
    toasts = studio.window.toasts
    studio.until(lambda: "No points were added" in {t.title for t in toasts.toasts})
    QGuiApplication.clipboard().setText("5 6")
    studio.act(page.tools.sources["paste"])
    studio.drawn(2)
    assert "No points were added" not in {t.title for t in toasts.toasts}


def test_points_beyond_the_canvas_can_be_fitted_into_it(studio):
    page = studio.open()
    studio.stroke((0, 0))
    studio.drawn(1)
    QGuiApplication.clipboard().setText("1 2\n3 200")
    studio.act(page.tools.sources["paste"])
    as_they_were = studio.drawn(2)[1]
    note = studio.notes[-1]
    assert note.text == "1 of them beyond the canvas."
    note.do()
    studio.until(lambda: studio.operations[1] != as_they_were)
    fitted = studio.operations[1]
    assert max(fitted["x"]) == 1
    assert studio.operations[0]["do"] == "brush"
    assert fitted["seed"] == as_they_were["seed"]
    asked = studio.client.of(StartJob)[-1].settings
    assert asked["fit"]
    assert tuple(asked["canvas"]) == page.drawing.canvas
    studio.act(page.tools.steps["undo"])
    studio.until(lambda: studio.operations[1] == as_they_were)
    studio.act(page.tools.steps["undo"])
    studio.drawn(1)
    note.do()  # too late: the points were taken back
    studio.settle()
    assert len(page.drawing.operations) == 1


@pytest.mark.parametrize(
    ("counts", "title", "text"),
    [
        ((2, 2, 0), "2 points added", ""),
        ((1, 1, 1), "1 point added", "1 line without two numbers left out."),
        (
            (20_000, 60_000, 1500),
            "20,000 points added",
            "of 60,000 found, 1,500 lines without two numbers left out.",
        ),
    ],
)
def test_what_was_read_is_one_sentence(counts, title, text):
    assert of_points(*counts) == Notice("good", title, text)


def picture_file(folder, name="dark.png"):
    image = QImage(40, 20, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    image.setPixelColor(0, 0, Qt.GlobalColor.black)
    file = folder / name
    image.save(str(file))
    return file


def drop(window, path):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, mime, LEFT, NONE)
    window.dropEvent(event)


def test_a_dropped_picture_opens_the_page(studio, tmp_path):
    drop(studio.window, picture_file(tmp_path))
    assert studio.window.pages.current_name == "draw"
    studio.page = studio.window.pages.page("draw")
    (picture,) = studio.drawn(1)
    cells = np.frombuffer(base64.b64decode(picture["grey"]), np.uint8).reshape(20, 40)
    assert cells[0, 0] == 0
    assert (cells.ravel()[1:] == 255).all()
    x_0, x_1, y_0, y_1 = picture["box"]
    assert (x_1 - x_0) / (y_1 - y_0) == pytest.approx(2)
    assert not picture["invert"]
    studio.act(studio.page.tools.invert)
    studio.page.open_picture(str(picture_file(tmp_path)))
    assert studio.drawn(2)[1]["invert"]


def test_a_bad_picture_is_one_sentence(studio, tmp_path):
    page = studio.open()
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture at all")
    page.take_file(str(bad))
    assert "bad.png is not a readable picture" in studio.notes[-1].text
    assert page.drawing.operations == []


@pytest.mark.parametrize("name", ["bad.png", "bad.json"])
def test_a_dropped_file_that_cannot_be_read_leaves_the_page_alone(
    studio, tmp_path, name
):
    bad = tmp_path / name
    studio.window.pages.noted.connect(studio.notes.append)
    bad.write_bytes(b"neither the one nor the other")
    drop(studio.window, bad)
    assert name in studio.notes[-1].text
    assert studio.window.pages.current_name == "explore"
    assert studio.session.run.config.data != "drawn"


def test_a_dropped_picture_of_one_brightness_leaves_the_page_alone(studio, tmp_path):
    """The engine refused it, when the page of drawings was already there."""
    studio.window.pages.noted.connect(studio.notes.append)
    one = QImage(1, 1, QImage.Format.Format_RGB32)
    one.fill(Qt.GlobalColor.black)
    one.save(str(tmp_path / "one.png"))
    drop(studio.window, tmp_path / "one.png")
    assert "one.png has the same brightness everywhere" in studio.notes[-1].text
    assert studio.window.pages.current_name == "explore"
    assert studio.session.run.config.data != "drawn"


def test_what_was_said_of_a_file_goes_with_the_next_of_any_kind(studio, tmp_path):
    """A table and a picture that could not be read stood there together."""
    window, picture = studio.window, tmp_path / "bad.png"
    picture.write_bytes(b"no picture at all")
    window.files._on_table("bad.csv", {}, "bad.csv is empty.")
    said = window.toasts.toasts
    assert [toast.title for toast in said] == ["bad.csv cannot be read"]
    drop(window, picture)
    assert [toast.title for toast in said] == ["No picture was added"]
    drop(window, tmp_path / "other.csv")
    assert not said


def test_a_dropped_table_lets_choose_its_columns(studio, tmp_path):
    page = studio.open()
    file = tmp_path / "t.csv"
    file.write_text("a,b,c\n1,2,3\n")
    drop(studio.window, file)
    studio.until(lambda: page.findChildren(TableSheet))
    (sheet,) = page.findChildren(TableSheet)
    sheet.up.user_choose("c")
    studio.act(sheet.learn)
    studio.drawn(1)
    asked = studio.client.of(StartJob)[-1].settings
    assert (asked["x_column"], asked["y_column"]) == ("a", "c")
    assert studio.client.configured.data == "drawn"


def test_another_data_set_is_added(studio):
    page = studio.open()
    page.tools.layer.user_choose("rings")
    studio.act(page.tools.add_layer)
    (layer,) = studio.drawn(1)
    assert (layer["do"], layer["data"]) == ("layer", "rings")
    # As the engine writes it, or a copy of the run seems to learn from other data.
    whole = checked_operations([layer])[0].model_dump(mode="json")
    assert layer == whole
    keys = {page.tools.layer.itemText(i) for i in range(page.tools.layer.count())}
    assert not {"Drawing", "Your table"} & keys


def test_rotate_scale_and_noise(studio):
    page = studio.open()
    tools = page.tools
    assert not tools.change["rotate"].isEnabled()
    studio.stroke((0, 0), (1, 1))
    studio.drawn(1)
    for name, value in (("rotate", -45), ("scale", 1.5), ("noise", 2)):
        tools.changes.fields[name].user_set(value)
        studio.act(tools.change[name])
    _, rotate, scale, noise = studio.drawn(4)
    x_0, x_1, y_0, y_1 = page.drawing.canvas
    middle = [(x_0 + x_1) / 2, (y_0 + y_1) / 2]
    assert rotate == {"do": "rotate", "degrees": -45, "centre": middle}
    assert scale == {"do": "scale", "factor": [1.5, 1.5], "centre": middle}
    assert noise["std"] == pytest.approx([0.02 * (x_1 - x_0), 0.02 * (y_1 - y_0)])


def test_a_drawing_is_saved_and_opened_again(studio, tmp_path):
    page = studio.open()
    studio.stroke((0, 0), (1, 1))
    studio.drawn(1)
    kept = studio.operations
    file = tmp_path / "mine.json"
    page.save_drawing(str(file))
    assert json.loads(file.read_text()) == kept
    studio.act(page.tools.steps["clear"])
    studio.drawn(0)
    page.take_file(str(file))
    assert studio.drawn(1) == kept
    file.write_text('{"a": 1}')
    page.open_drawing(str(file))
    assert "mine.json is no drawing" in studio.notes[-1].text
    page.save_drawing(str(tmp_path / "no" / "such" / "folder.json"))
    assert studio.notes[-1].title == "The drawing was not saved"
    assert studio.operations == kept


def test_what_the_engine_refuses_is_kept_as_a_draft(studio):
    page = studio.open()
    bad = {"do": "points", "x": [1, 2]}
    page.drawing.set_operations([bad], "paste")
    studio.run.history.refuse(studio.run.applied)  # as the desk does on an error
    assert studio.run.config.data != "drawn"
    assert page.drawing.operations == [bad]
    studio.settle()


def test_a_beginning_that_is_too_little_for_a_run_is_kept_with_the_session(studio):
    """No run has it, and it was gone when the session was opened again."""
    page, pages = studio.open(), studio.window.pages
    assert "draw" not in pages.kept()
    dot = {"do": "points", "x": [1, 2]}
    page.drawing.set_operations([dot], "paste")
    studio.run.history.refuse(studio.run.applied)  # as the desk does on an error
    studio.settle()
    kept = json.loads(json.dumps(pages.kept()))
    page.drawing._forget_draft()  # as another run on show does
    for damaged in (5, [], [7], [{"x": 1}], [{"do": "rotate"}]):
        pages.recall({"draw": {"draft": damaged}}, {})
        assert not page.drawing.is_open
    pages.recall(kept, {})
    assert page.drawing.operations == [dot]


def test_a_refused_picture_does_not_stand_in_the_way_of_the_next(studio):
    """A white one was refused, and with it everything that was added later."""
    page = studio.open()
    dot = {"do": "points", "x": [1, 2]}  # one point is too few, but more may come
    page.drawing.set_operations([dot, {"do": "picture"}], "picture")
    studio.session.desk.refused.emit("", "The same brightness.")
    assert page.drawing.operations == [dot]
    studio.session.desk.refused.emit("", "One point is too few.")
    assert page.drawing.operations == [dot]
    studio.settle()


def test_the_form_of_the_panel_shows_no_operations(studio):
    studio.session.desk.choose_data("drawn")
    studio.settle()
    panel = studio.window.data
    assert set(panel.form.fields) == {"held_out"}
    assert set(panel.switches.fields) == {"standardise"}


def test_a_drawing_comes_back_when_its_card_is_chosen(studio):
    page = studio.open()
    studio.stroke((0, 0), (1, 1))
    kept = list(studio.drawn(1))
    cards = studio.window.data.gallery.cards
    cards["two_moons"].click()
    studio.settle()
    assert studio.client.configured.data == "two_moons"
    cards["drawn"].click()
    assert studio.drawn(1) == kept
    assert page.drawing.is_drawn


def test_tab_goes_through_canvas_and_tools(studio):
    page = studio.open()
    studio.window.activateWindow()
    page.canvas.setFocus()
    studio.window.focusNextPrevChild(True)
    assert studio.window.focusWidget() is page.tools.done
    seen = set()
    for _ in range(60):
        studio.window.focusNextPrevChild(True)
        seen.add(studio.window.focusWidget())
    assert {*page.tools.sources.values(), page.tools.layer, page.canvas} <= seen


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("utf-8", "UTF-8."),
        ("utf-8-sig", "UTF-8."),
        ("utf-16", "UTF-16."),
        ("gb18030", "GB18030."),
        ("cp1252", "Windows-1252."),
        ("latin-1", "Latin-1."),
    ],
)
def test_an_encoding_is_written_as_people_write_it(encoding, words):
    found = {"rows": 2, "delimiter": ",", "encoding": encoding}
    assert dialect_words(found).split(", ")[-1] == words


def test_what_only_a_button_brings_about_is_not_said_to_act_at_once(studio):
    tools = studio.open().tools
    for form in (tools.changes, tools.brush):
        assert form.fields
        assert not any(row.mark.isVisible() for row in form.fields.values())
