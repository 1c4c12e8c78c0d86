"""Taking a run away from the window, in front of the fake engine."""

import json
import re
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu
from window_world import World

from app import preferences
from app.panels.figure_sheet import FigureSheet, FigureSize
from app.panels.samples_sheet import SamplesSheet
from app.take_away import WAYS
from engine.protocol import CancelJob, JobNews, StartJob

TEXTS = [way for way in WAYS if not way.suffix]
FILES = [way for way in WAYS if way.suffix]


@pytest.fixture
def world(qtbot, tmp_path, engine):
    made = World(qtbot, tmp_path, engine)
    made.start()
    made.told = []
    made.window.take_away.noted.connect(made.told.append)
    yield made
    made.close()


def answer_file(monkeypatch, path):
    """The file dialog names this path; returns what it was asked."""
    asked = []

    def dialog(parent, title, name, pattern):
        asked.append((title, name, pattern))
        return str(path), pattern

    monkeypatch.setattr(QFileDialog, "getSaveFileName", dialog)
    return asked


def jobs(world):
    return world.client.of(StartJob)


@pytest.mark.parametrize("way", TEXTS, ids=lambda way: way.action)
def test_a_text_goes_to_the_clipboard_and_a_note_says_so(world, way):
    world.window.actions_by_name.trigger(way.action)
    world.until(lambda: world.told)
    assert (world.told[-1].severity, world.told[-1].title) == ("good", way.done)
    assert QGuiApplication.clipboard().text() == f"{way.what} of {world.run.id}"
    assert jobs(world)[-1].settings["what"] == way.what


def test_notes_say_how_much_was_taken(world):
    for action, words in (("copy_code", "7 lines"), ("cite", "3 works")):
        world.window.actions_by_name.trigger(action)
        world.until(lambda w=words: world.told and w in world.told[-1].text)
        assert "Settings changed" not in world.told[-1].text


def test_a_text_of_changed_settings_says_which_it_holds(world):
    """The fake engine calls the settings of a visited moment changed."""
    world.run.at = 0
    way = next(way for way in WAYS if way.action == "copy_json")
    world.window.take_away.fetch(way, {})
    world.until(lambda: world.told)
    assert world.told[-1].text.startswith("Settings changed during this run")


@pytest.mark.parametrize("way", FILES, ids=lambda way: way.action)
def test_a_file_is_named_by_the_person_and_written_by_the_engine(
    world, way, tmp_path, monkeypatch
):
    path = tmp_path / f"mine.{way.suffix}"
    asked = answer_file(monkeypatch, path)
    world.window.actions_by_name.trigger(way.action)
    if way.what == "samples":
        sheet = QApplication.activeModalWidget() or sheet_of(world, SamplesSheet)
        sheet.box.type_text("4321")
        sheet.save.click()
    world.until(lambda: world.told)
    assert path.read_text() == way.what
    assert str(path) in world.told[-1].text
    assert asked[0][1].endswith(f".{way.suffix}")
    if way.what == "samples":
        assert jobs(world)[-1].settings["points"] == 4321
        assert "4,321 points" in world.told[-1].text


def sheet_of(world, kind):
    return next(iter(world.window.findChildren(kind)))


def test_a_closed_file_dialog_asks_nothing_of_the_engine(world, monkeypatch):
    answer_file(monkeypatch, "")
    before = len(jobs(world))
    world.window.actions_by_name.trigger("save_curves")
    assert len(jobs(world)) == before


def test_a_failure_is_a_warning_and_the_clipboard_stays(world, tmp_path, monkeypatch):
    QGuiApplication.clipboard().setText("mine")
    answer_file(monkeypatch, tmp_path / "none" / "a.csv")
    world.window.actions_by_name.trigger("save_curves")
    world.until(lambda: world.told)
    assert world.told[-1].severity == "warning"
    assert world.told[-1].text == "There is no such folder."
    assert QGuiApplication.clipboard().text() == "mine"


def test_what_takes_long_is_told_and_can_be_stopped(world, tmp_path, monkeypatch):
    take, begin = world.window.take_away, world.session.jobs.start

    def slow(what, run_id, settings, on_news):
        del on_news  # the end does not come
        return begin(what, run_id, settings, lambda *_: None)

    monkeypatch.setattr(world.session.jobs, "start", slow)
    take.patience_ms = 0
    samples = next(way for way in WAYS if way.what == "samples")
    take.fetch(samples, {"file": str(tmp_path / "a.csv"), "points": 5})
    world.until(lambda: world.told)
    assert (world.told[0].severity, world.told[0].action) == ("info", "Stop")
    world.told[0].do()
    job = jobs(world)[-1].job_id
    # The engine may have ended before the click; then there is nothing to stop.
    assert all(c.job_id == job for c in world.client.of(CancelJob))


def test_a_busy_engine_that_says_nothing_is_told_of_too(world, monkeypatch):
    """A script came after ten seconds without a word: only news told the time."""
    said, asked = [], []

    def start(what, run_id, settings, on_news):
        asked.append(on_news)
        return SimpleNamespace(cancel=lambda: said.append("stopped"))

    monkeypatch.setattr(world.session.jobs, "start", start)
    over = []
    world.session.outdated.connect(over.append)
    take = world.window.take_away
    take.patience_ms = 0
    code = next(way for way in WAYS if way.action == "copy_code")
    take.fetch(code, {})
    world.until(lambda: world.told)
    note = world.told[0]
    assert (note.severity, note.action) == ("info", "Stop")
    assert note.title == "Copy as code: under way"
    assert "points" not in note.text
    note.do()
    assert said == ["stopped"]
    news = JobNews(job_id="j", what="x", share=1, ended=True, error="cancelled")
    asked[0](news, {})
    assert note.about in over
    assert world.told == [note]


def test_a_visited_moment_is_the_one_that_is_sampled(world, tmp_path):
    world.train(30)
    world.run.at = 20
    samples = next(way for way in WAYS if way.what == "samples")
    world.window.take_away.fetch(samples, {"file": str(tmp_path / "a.csv")})
    assert jobs(world)[-1].settings["at"] == 20
    world.until(lambda: world.told)


def test_the_menu_has_every_way_and_opens_from_bar_and_keys(world):
    menu = world.window.take_away.menu()
    assert [action.text() for action in menu.actions()] == [way.title for way in WAYS]
    menu.actions()[0].trigger()
    world.until(lambda: world.told)
    menu.close()
    runs = world.window.top.menu_of_runs()
    assert "Take away…" in [action.text() for action in runs.actions()]
    runs.close()
    acts = world.window.actions_by_name
    assert acts.key_text("take_away") == "Ctrl+Shift+E"
    acts.trigger("take_away")
    opened = QApplication.activePopupWidget()
    assert isinstance(opened, QMenu)
    opened.close()
    titles = {entry.title for entry in acts.entries()}
    assert {way.title for way in WAYS} <= titles


# Samples and figures: the questions asked


def test_the_number_of_samples_is_typed_or_chosen(qtbot):
    sheet = SamplesSheet(2000)
    qtbot.addWidget(sheet)
    sheet.usual[1].click()
    with qtbot.waitSignal(sheet.accepted_points) as caught:
        sheet.save.click()
    assert caught.args == [10_000]


def test_an_impossible_number_of_samples_cannot_be_saved(qtbot):
    sheet = SamplesSheet(2000)
    qtbot.addWidget(sheet)
    sheet.box.type_text("0")
    assert not sheet.save.isEnabled()
    sheet.box.type_text("12")
    assert sheet.save.isEnabled()
    assert sheet.box.value() == 12


def test_a_size_in_millimetres_is_the_size_in_pixels_of_the_screen(qtbot):
    sheet = FigureSheet("Figure", FigureSize())
    qtbot.addWidget(sheet)
    sheet.unit.user_choose("mm")
    sheet.boxes["width"]["mm"].type_text("100")
    sheet.kind.user_choose("pdf")
    assert not sheet.scale.isEnabled()
    with qtbot.waitSignal(sheet.accepted_size) as caught:
        sheet.save.click()
    size = caught.args[0]
    assert size.pixels == (round(100 / 25.4 * 96), 600)
    assert FigureSize.recalled(json.loads(json.dumps(size.kept()))) == size


def test_too_many_pixels_are_refused_in_words(qtbot):
    sheet = FigureSheet("Figure", FigureSize(width=4000, height=4000, scale=1))
    qtbot.addWidget(sheet)
    assert sheet.save.isEnabled()
    assert "4,000 × 4,000 pixels" in sheet.words.text()
    sheet.scale.user_choose(4)
    assert not sheet.save.isEnabled()
    assert "60 million" in sheet.words.text()
    sheet.kind.user_choose("svg")
    assert sheet.save.isEnabled()


@pytest.mark.parametrize("kept", [{"width": -5}, {"unit": "ell"}, {"scale": [1]}])
def test_a_remembered_size_without_sense_is_the_usual_one(kept):
    assert FigureSize.recalled(kept) == FigureSize()


@pytest.mark.parametrize(("kind", "size"), [("png", (500, 320)), ("svg", (320, 500))])
def test_a_figure_has_the_size_asked_for(world, kind, size, tmp_path, monkeypatch):
    path = tmp_path / f"figure.{kind}"
    answer_file(monkeypatch, path)
    card = world.window.wall.cards["a"]
    world.until(lambda: card.plot.has_frame)
    card.size_requested.emit()
    sheet = sheet_of(world, FigureSheet)
    for name, value in zip(("width", "height"), size, strict=True):
        sheet.boxes[name]["px"].type_text(str(value))
    sheet.kind.user_choose(kind)
    sheet.scale.user_choose(3)
    sheet.save.click()
    if kind == "png":
        assert QImage(str(path)).size() == QSize(*size) * 3
    else:
        root = ElementTree.parse(path).getroot()
        assert root.get("viewBox") == "0 0 320 500"
        width = float(root.get("width").removesuffix("mm"))
        assert width == pytest.approx(320 / 96 * 25.4, abs=0.1)


def test_a_document_has_the_size_asked_for(world, tmp_path):
    path = tmp_path / "figure.pdf"
    card = world.window.wall.cards["a"]
    world.until(lambda: card.plot.has_frame)
    card.save_figure(path, (960, 480))
    box = re.search(rb"/MediaBox \[([^]]*)\]", path.read_bytes())
    assert [round(float(n)) for n in box[1].split()] == [0, 0, 720, 360]


def test_the_size_is_remembered(world, tmp_path, monkeypatch):
    answer_file(monkeypatch, "")
    world.window.actions_by_name.trigger("figure_size")
    sheet = sheet_of(world, FigureSheet)
    sheet.boxes["width"]["px"].type_text("1234")
    sheet.save.click()
    file = tmp_path / "window.json"
    preferences.save(file, world.window.remember())
    assert FigureSize.recalled(preferences.load(file).figure).width == 1234


@pytest.mark.parametrize("kind", ["samples", "figure"])
def test_return_goes_on_with_what_was_typed(qtbot, kind):
    if kind == "samples":
        sheet = SamplesSheet(2000)
        box, told = sheet.box, sheet.accepted_points
    else:
        sheet = FigureSheet("Figure", FigureSize())
        box, told = sheet.boxes["width"]["px"], sheet.accepted_size
    sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(sheet)
    sheet.show()
    got = []
    told.connect(got.append)
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "9999999")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert not got  # too many: it says so and stays
    assert sheet.isVisible()
    box.selectAll()
    qtbot.keyClicks(box, "700")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert [getattr(each, "width", each) for each in got] == [700]
    assert not sheet.isVisible()


def test_limits_of_whole_numbers_are_written_out(qtbot):
    sheet = SamplesSheet(2000)
    qtbot.addWidget(sheet)
    assert sheet.box.allowed() == "1 to 1,000,000 points"
