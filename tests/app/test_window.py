"""The whole window in front of the fake engine: main path, faults, both directions."""

import json
from itertools import pairwise

import psutil
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QSlider
from window_world import Recorder, World, changed

from app.panels.key_sheet import KeySheet
from app.panels.pages import EXPLORE
from app.panels.table_choice import TableSheet
from app.preferences import load, save
from app.session_config import model_entry, schema_of
from app.theme import theme
from app.widgets.maths import MathsLabel
from engine.protocol import (
    Ack,
    Configure,
    InspectTable,
    Metrics,
    Nll,
    Pause,
    Play,
    Probe,
    SettingChanged,
    StepOnce,
)

MODELS = ("rectified_flow", "ddpm", "realnvp", "vae", "gan")


def press(window, keys):
    """Act as the keyboard would, whatever has the focus."""
    window.activateWindow()
    combination = QKeySequence(keys)[0]
    QTest.keyClick(window, combination.key(), combination.keyboardModifiers())


def unfold(window):
    window.model.form.set_folded(False)
    window.model.training.set_folded(False)


def rows_of(window):
    """Every row of the window by its group and name."""
    panels = {
        "model_settings": [window.model.form],
        "training": [window.model.training],
        "data_settings": [window.data.form, window.data.switches],
        "sampler_settings": [window.model.sampler.form],
    }
    return {
        (group, name): row
        for group, forms in panels.items()
        for form in forms
        for name, row in form.fields.items()
    }


@pytest.mark.parametrize("model", MODELS)
def test_every_field_goes_both_ways(world, model):
    """A hand in the form reaches the wire; a change elsewhere shows silently."""
    window, desk = world.window, world.session.desk
    desk.choose_model(model)
    world.settle()
    unfold(window)
    rows = rows_of(window)
    catalogue = world.session.catalogue
    for group in ("model_settings", "training", "sampler_settings"):
        fields = schema_of(catalogue, world.run.config, group).get("properties", {})
        assert {n for g, n in rows if g == group} == set(fields), group
    for (group, name), row in rows.items():
        for switch, wanted in (row.schema.get("shown_if") or {}).items():
            desk.edit(group, switch, wanted[0])  # else the row is greyed out
        before = getattr(world.run.config, group)[name]
        other = changed(row.schema, before)
        assert row.value() == before, (group, name)
        row.user_set(other)
        assert getattr(world.run.config, group)[name] == other, (group, name)
    world.settle()
    sent = world.client.configured
    for (group, name), row in rows.items():
        assert getattr(sent, group)[name] == row.value(), (group, name)
    world.run.history.stack.clear()
    edits = []
    for form in (window.model.form, window.model.training, window.data.form):
        form.edited.connect(lambda *edit: edits.append(edit))
    for (group, name), row in rows.items():
        again = changed(row.schema, row.value())
        desk.edit(group, name, again)
        assert row.value() == again, (group, name)
    assert not edits
    world.settle()


def test_space_plays_and_pauses_and_a_dot_steps(world):
    press(world.window, "Space")
    world.until(lambda: world.run.is_playing)
    assert world.window.top.play.text() == "Pause"
    press(world.window, "Space")
    world.until(lambda: not world.run.is_playing)
    assert world.client.of(Play)
    assert world.client.of(Pause)
    before = world.run.step
    press(world.window, ".")
    world.until(lambda: world.run.step == before + 1)
    assert world.client.of(StepOnce)
    assert world.window.status.values["step"].text() == f"{world.run.step:,}"


def test_keys_of_the_main_path(world):
    window, slots = world.window, world.session.slots
    world.session.desk.edit("training", "batch_size", 64)
    press(window, "Ctrl+Z")
    assert world.run.config.training["batch_size"] == 512
    press(window, "Ctrl+Shift+Z")
    assert world.run.config.training["batch_size"] == 64
    press(window, "Ctrl+Z")
    press(window, "Ctrl+Y")
    assert world.run.config.training["batch_size"] == 64
    press(window, "M")
    assert slots.shown == {"a"}
    assert not window.wall.cards["b"].isVisible()
    press(window, "M")
    assert len(slots.shown) == 4
    press(window, "Ctrl+3")
    world.until(lambda: window.wall.current().name == "c")
    press(window, "Ctrl++")
    assert theme.text_scale == pytest.approx(1.1)
    press(window, "Ctrl+0")
    assert theme.text_scale == 1.0
    world.train(10)
    press(window, "Ctrl+R")
    world.until(lambda: world.run.step == 0)


def test_projector_mode_shows_two_plots_and_comes_back(world):
    window = world.window
    press(window, "F11")
    assert theme.look == "projector"
    assert world.session.slots.shown == {"a", "b"}
    assert window.projector_top.isVisible()
    assert not window.model.isVisible()
    assert "Rectified flow" in window.projector_top.name.text()
    press(window, "Escape")
    assert theme.look == "dark"
    assert window.model.isVisible()
    assert len(world.session.slots.shown) == 4


def test_the_projector_keeps_a_comparison_and_has_no_side_panels(world):
    """It went back to the plots; and there it had four of them and both panels."""
    window, slots = world.window, world.session.slots
    window.pages.show_page("compare")
    press(window, "F11")
    assert window.pages.current_name == "compare"
    assert slots.shown == set()
    window.pages.show_page("explore")
    assert slots.shown == {"a", "b"}
    assert not window.model.isVisible()
    assert not window.data.isVisible()
    window.pages.show_page("compare")
    press(window, "F11")
    assert window.pages.current_name == "compare"
    assert slots.shown == set()
    assert not window.model.isVisible()
    window.pages.show_page("explore")
    assert len(slots.shown) == 4
    assert window.model.isVisible()
    window.pages.show_page("draw")
    press(window, "F11")
    assert window.pages.current_name == "explore"
    assert slots.shown == {"a", "b"}
    press(window, "F11")


def test_projector_mode_shows_what_the_model_can_feed_side_by_side(world):
    window = world.window
    world.session.desk.choose_model("vae")
    world.settle()
    world.session.slots.choose("b", "trajectories")
    window.resize(1440, 900)
    window.toggle_projector(full_screen=False)
    assert world.session.slots.shown == {"a", "c"}
    window.wall.grab()
    left, right = (window.wall.cards[name].geometry() for name in "ac")
    assert left.top() == right.top()
    assert left.right() < right.left()
    window.toggle_projector(full_screen=False)
    window.wall.grab()
    rects = [window.wall.cards[name].geometry() for name in "abcd"]
    assert rects[0].top() == rects[1].top() < rects[2].top() == rects[3].top()


def test_the_projector_keeps_its_look_and_the_one_that_was_chosen(world):
    """Its two plots had the small words of the dark look, which was kept as well."""
    window = world.window
    window.toggle_look()
    window.toggle_projector(full_screen=False)
    window.toggle_look()
    assert theme.look == "projector"
    assert window.toasts.toasts[-1].title == "The projector has a look of its own"
    window.toggle_projector(full_screen=False)
    assert theme.look == window.preferences.look == "light"


@pytest.mark.parametrize(
    ("action", "title"),
    [
        ("restart", "No setting waits for a restart"),
        ("live", "The newest step is on show already"),
    ],
)
def test_an_action_that_has_nothing_to_do_says_so(world, action, title):
    world.window.actions_by_name.actions[action].trigger()
    assert [toast.title for toast in world.window.toasts.toasts] == [title]


def test_palette_finds_an_action_by_typing_and_does_it(world):
    window = world.window
    press(window, "Ctrl+Shift+P")
    assert window.palette_list.isVisible()
    QTest.keyClicks(window.palette_list.field, "light dark")
    assert window.palette_list.shown_keys() == ["look"]
    QTest.keyClick(window.palette_list.field, Qt.Key.Key_Return)
    world.until(lambda: theme.look == "light")
    assert not window.palette_list.isVisible()


def test_sheet_of_keys_lists_every_action_with_a_key(world):
    press(world.window, "F1")
    sheet = world.window.findChild(KeySheet)
    words = " ".join(label.text() for label in sheet.findChildren(QLabel))
    for keys in ("Space", "Ctrl+Z", "F11", "Ctrl+E", "Ctrl+Shift+C"):
        assert keys in words
    sheet.close()


def test_model_picker_changes_the_model(world):
    window = world.window
    window.model.card.click()
    picker = window.model.picker
    assert set(MODELS) <= set(picker.shown_keys())
    QTest.keyClicks(picker.field, "adversarial")
    assert "vae" not in picker.shown_keys()
    assert picker.shown_keys()[0] == "gan"
    QTest.keyClick(picker.field, Qt.Key.Key_Return)
    world.until(lambda: world.run.config.model == "gan")
    world.settle()
    assert "GAN" in window.top.model.text()
    assert not window.model.sampler.isVisible()


def test_the_formula_is_that_of_the_chosen_target(world):
    """The loss on the card is the one that is minimised, not the paper's only one."""
    desk, card = world.session.desk, world.window.model.card
    desk.choose_model("ddpm")
    world.until(lambda: world.run.config.model == "ddpm")
    formula = card.findChild(MathsLabel)
    assert "v - v_" in formula.accessibleName()
    desk.edit("model_settings", "target", "eps")
    assert r"\epsilon - \epsilon_" in formula.accessibleName()
    desk.edit("model_settings", "target", "v")
    assert "v - v_" in formula.accessibleName()


def test_picker_shows_where_the_present_model_stands(world):
    picker = world.window.model.picker
    for model in ("vae", "gan"):
        world.session.desk.choose_model(model)
        world.settle()
        world.window.open_picker()
        index = picker.list.currentIndex()
        assert picker.list.model().entry(index.row()).key == model
        assert picker.list.viewport().rect().intersects(picker.list.visualRect(index))
        picker.close()


def test_without_views_the_status_bar_tells_no_share_of_them(world):
    value = world.window.status.values["views"]
    for share, words in ((0.031, "3.1 % of time"), (0.0, "–")):
        told = world.run.status.model_copy(update={"view_share": share})
        world.session.status_changed.emit(told)
        assert value.text() == words


def test_metrics_say_how_many_points_were_judged(world):
    section = world.window.model.metrics
    found = Metrics(step=120, points=200, energy_distance=0.5)
    world.session.status_changed.emit(
        world.run.status.model_copy(update={"metrics": found})
    )
    assert section.head._hint.text() == "200 held-out points, step 120"
    found = found.model_copy(update={"of_class": "mode 3"})
    world.session.status_changed.emit(
        world.run.status.model_copy(update={"metrics": found})
    )
    assert section.head._hint.text() == "200 of mode 3, step 120"
    assert "class that alone is drawn" in section.head.toolTip()


def test_a_likelihood_under_guidance_or_of_before_is_told_as_such(world):
    section, bar = world.window.model.metrics, world.window.status.values["nll"]

    def tell(before=False, **changes):
        nll = Nll(value=550.0, kind="exact")
        found = Metrics(step=120, points=200, nll=nll, **changes)
        told = {"metrics": found, "measured_before": before}
        world.session.status_changed.emit(world.run.status.model_copy(update=told))

    tell()
    assert bar.text() == "550 nats (exact)"
    assert section.nll.toolTip() == ""
    tell(guidance=3.0)
    assert bar.text() == "550 nats (exact, guided)"
    assert section.nll.accessibleName().endswith("exact, guided")
    assert "Guidance 3 draws another density" in section.nll.toolTip()
    tell(before=True, guidance=3.0)
    assert bar.text() == "550 nats (before)"
    assert section.head._hint.text() == "before the change, step 120"
    tell(guidance=3.0)
    assert section.head._hint.text() == "200 held-out points, step 120"


def test_the_sliced_distance_is_measured_from_what_the_data_reach(world):
    section = world.window.model.metrics
    found = Metrics(step=120, points=200, sliced_wasserstein=0.5, sliced_chance=0.2)
    world.session.status_changed.emit(
        world.run.status.model_copy(update={"metrics": found})
    )
    assert section.wasserstein.spark._reference == 0.2
    assert "data themselves" in section.wasserstein.spark.toolTip()


def test_gallery_chooses_data(world):
    world.window.data.gallery.cards["two_moons"].click()
    world.settle()
    assert world.client.configured.data == "two_moons"
    assert world.client.of(Configure)[-1].restart
    assert world.window.top.data.text() == "Two moons"


def test_restart_line_appears_and_its_button_restarts(world):
    world.train()
    window = world.window
    window.model.form.fields["width"].user_set(32)
    world.settle()
    assert window.model.form.fields["width"].mark.is_pending
    assert window.actions_by_name.actions["restart"].isEnabled()
    window.model.form.form.restart_requested.emit()
    world.settle()
    assert world.client.configured.model_settings["width"] == 32
    assert not window.model.form.fields["width"].mark.is_pending


def test_the_few_settings_in_sight_are_those_that_say_most_of_the_model(world):
    """A teacher who asked what beta does found width and depth, and no beta."""
    form = world.window.model.form
    world.session.desk.choose_model("vae")
    world.settle()
    assert list(form.fields) == ["beta", "latent_dim", "width"]
    form.arrow.click()
    assert {"beta", "depth", "posterior"} <= form.fields.keys()
    form.arrow.click()
    world.session.desk.choose_model("oracle")  # which names none
    world.settle()
    entry = model_entry(world.session.catalogue, "oracle")
    assert list(form.fields) == list(entry.settings["properties"])[:3]


def test_a_setting_out_of_sight_comes_into_sight_when_it_waits(world):
    world.train()
    name = "waves"
    assert name not in world.window.model.form.fields
    world.session.desk.edit("model_settings", name, 4)
    world.settle()
    assert world.window.model.form.fields[name].mark.is_pending


def test_another_view_stands_in_until_a_model_feeds_the_one_wished_for(world):
    place = world.window.wall.cards["b"]
    world.session.desk.choose_model("vae")
    world.settle()
    assert place.slot.view == "posterior"
    world.until(lambda: place.plot.has_frame)
    assert not world.window.toasts.toasts
    world.session.desk.choose_model("rectified_flow")
    world.settle()
    assert place.slot.view == "trajectories"
    world.until(lambda: place.plot.has_frame)


def test_empty_place_says_why_and_offers_a_way_out(world):
    world.session.desk.choose_model("vae")
    world.settle()
    card = world.window.wall.cards["b"]
    world.session.slots.choose("b", "trajectories")
    assert not card.plot.has_frame
    assert card.plot.empty.button.isVisible()
    card.plot.empty.button.click()
    assert card.slot.view == "samples"
    world.until(lambda: card.plot.has_frame)
    world.session.desk.choose_model("rectified_flow")
    world.settle()


def test_views_that_a_new_model_cannot_feed_are_left_before_it_is_built(world):
    place = world.window.wall.cards["b"]
    world.until(lambda: place.plot.has_frame)
    before = len(world.client.sent)
    world.session.desk.choose_model("vae")
    kinds = [(c.kind, getattr(c, "slot", "")) for c in world.client.sent[before:]]
    left = kinds.index(("unsubscribe", "b"))
    assert left < kinds.index(("configure", ""))
    world.settle()
    assert not world.window.toasts.toasts
    world.session.desk.choose_model("rectified_flow")
    world.settle()


def test_view_of_a_place_is_chosen_from_its_title(world):
    card = world.window.wall.cards["d"]
    menu = card.title.menu()
    titles = {a.data(): a for a in menu.actions()}
    assert set(titles) == {v.name for v in world.session.catalogue.views}
    titles["field"].trigger()
    assert card.slot.view == "field"
    world.until(lambda: card.plot.view == "field" and card.plot.has_frame)
    menu.close()


def test_credit_is_given_only_for_frames_that_were_drawn(world):
    cards = world.window.wall.cards.values()
    world.until(lambda: all(c.shows_full_frame for c in cards))
    given = []
    world.client.credit = given.append
    world.session.slots.set_paused(True)
    world.session.step_once()
    world.until(lambda: world.run.step == 1)
    world.session.slots.drawn("a")
    QApplication.processEvents()
    assert not given
    world.session.slots.set_paused(False)
    assert "a" in given
    del world.client.credit


def test_click_into_the_density_is_answered_in_the_probe(world):
    world.window.wall.cards["a"].plot.asked.emit(0.5, 1.0)
    assert world.client.of(Probe)[0].points == [[0.5, 1.0]]
    values = world.window.model.probe.values
    world.until(lambda: "log p, learned" in values)
    assert values["log p, learned"].text().endswith("nats")
    cards = world.window.wall.cards.values()
    assert {card.plot._marked[0] for card in cards} == {(0.5, 1.0)}
    world.window.model.probe.forget.click()
    assert {card.plot._marked[0] for card in cards} == {None}
    assert not world.window.model.probe.forget.isVisible()


def test_the_answer_to_a_click_comes_into_sight(world):
    """It stood below the fold: a click seemed to do nothing but leave a cross."""
    window = world.window
    window.resize(1280, 720)
    world.settle()
    panel = window.model
    panel.scroll_to_top()
    area = panel._area

    def is_in_sight() -> bool:
        top = panel.probe.mapTo(area.viewport(), panel.probe.rect().topLeft()).y()
        return top >= 0 and top + panel.probe.height() <= area.viewport().height()

    assert not is_in_sight()
    window.wall.cards["a"].plot.asked.emit(0.5, 1.0)
    world.until(is_in_sight)
    panel.scroll_to_top()
    world.session.probe.ask_again(world.run)  # by itself: a hand may be elsewhere
    world.settle()
    assert not is_in_sight()


def test_an_answer_names_the_step_that_it_holds_for(world):
    """A run that trains goes on between the question and its answer."""
    probe = world.session.probe
    sent = []
    world.session.link.send = lambda *asked: sent.append(asked) or True
    probe.ask(0.5, 1.0)
    del world.session.link.send
    question, on_ack = sent[0]
    assert question.at is None
    on_ack(Ack(id=1, result={"kind": "exact", "step": 7}), {})
    assert probe.answers[world.run.id].step == 7
    assert world.window.model.probe.values["at step"].text() == "7"


def test_dropped_csv_is_inspected_and_its_columns_are_offered(world, tmp_path):
    file = tmp_path / "cells.csv"
    file.write_text("a;b;kind\n1,5;2;x\n2,5;3;y\n")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(file))])
    left, plain = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    copy = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(500, 400), copy, mime, left, plain)
    world.window.dragEnterEvent(enter)
    assert enter.isAccepted()
    drop = QDropEvent(QPointF(500, 400), copy, mime, left, plain)
    world.window.dropEvent(drop)
    assert world.client.of(InspectTable)[0].path == str(file)
    world.until(lambda: world.window.findChild(TableSheet))
    sheet = world.window.findChild(TableSheet)
    sheet.learn.click()
    world.settle()
    config = world.client.configured
    assert config.data == "csv"
    assert config.data_settings["file"] == str(file)
    assert world.window.top.data.text() == "cells.csv"
    assert world.window.data.table.isVisible()


@pytest.mark.parametrize("page", ["compare", "samplers", "sweep"])
def test_the_projector_keeps_a_page_that_it_can_show(world, page):
    """F11 on a running sweep went to the first page, and Esc went there again."""
    window = world.window
    window.pages.show_page(page)
    window.toggle_projector(full_screen=False)
    assert window.pages.current_name == page
    window.toggle_projector(full_screen=False)
    assert window.pages.current_name == page


def test_the_projector_shows_plots_in_place_of_a_form_and_leaves_one_alone(world):
    window = world.window
    window.pages.show_page("draw")
    window.toggle_projector(full_screen=False)
    assert window.pages.current_name == EXPLORE
    window.pages.show_page("draw")
    window.toggle_projector(full_screen=False)
    assert window.pages.current_name == "draw"


def test_a_picture_of_other_data_does_not_stay_while_the_engine_is_slow(
    world, monkeypatch
):
    """A checkerboard stood under the head Eight Gaussians for ten seconds."""
    cards = world.window.wall.cards.values()
    for card in cards:
        card._overdue.setInterval(0)
    world.until(lambda: all(card.plot.has_frame for card in cards))
    drawn = world.session.slots.receive
    monkeypatch.setattr(world.session.slots, "receive", lambda *_: None)
    world.session.desk.choose_data("rings")
    world.until(lambda: not any(card.plot.has_frame for card in cards))
    words = {card.plot.empty._why.text() for card in cards}
    assert words == {"The first picture is coming."}
    monkeypatch.setattr(world.session.slots, "receive", drawn)
    world.session.slots.forget_frames()
    world.session.desk.choose_data("two_moons")
    world.until(lambda: all(card.plot.has_frame for card in cards))


def dropped(window, *paths):
    """Files led over the window and let go there."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    left, plain = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    copy = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(500, 400), copy, mime, left, plain)
    enter.setAccepted(False)
    window.dragEnterEvent(enter)
    if enter.isAccepted():
        window.dropEvent(QDropEvent(QPointF(500, 400), copy, mime, left, plain))
    return [toast.title for toast in window.toasts.toasts]


def test_of_several_dropped_files_none_is_opened_and_that_is_said(world, tmp_path):
    """The pointer only showed that they were not taken."""
    files = [tmp_path / name for name in ("a.csv", "b.csv")]
    for file in files:
        file.write_text("a,b\n1,2\n2,3\n")
    assert dropped(world.window, *files) == ["One file at a time"]
    assert not world.client.of(InspectTable)


def test_a_dropped_drawing_is_drawn_whatever_page_is_on_screen(world, tmp_path):
    """It was taken for a table without rows."""
    file = tmp_path / "drawing.json"
    dab = {"do": "brush", "path": [0, 0, 1, 1], "radius": [0.3, 0.3], "density": 60}
    file.write_text(json.dumps([{**dab, "label": 1, "seed": 3}]))
    assert dropped(world.window, file) == []
    assert world.window.pages.current_name == "draw"
    world.until(lambda: world.client.configured.data == "drawn")


def test_what_was_said_of_a_file_goes_with_the_next_one_that_is_opened(world, tmp_path):
    """Four notes on other files stood over the table that had been read."""
    bad, good = tmp_path / "bad.csv", tmp_path / "good.csv"
    good.write_text("a,b\n1,2\n2,3\n")
    session = tmp_path / "bad.genplay"
    session.write_text("nothing")
    toasts = world.window.toasts
    dropped(world.window, bad)
    world.until(lambda: [t.title for t in toasts.toasts] == ["bad.csv cannot be read"])
    dropped(world.window, good)
    world.until(lambda: world.window.findChild(TableSheet))
    assert not toasts.toasts
    world.window.findChild(TableSheet).reject()
    dropped(world.window, session)
    assert dropped(world.window, session) == ["The session was not opened"]


def test_a_drop_whose_file_cannot_be_had_any_more_says_so(world):
    """Its program was closed in the same moment; a part of the window failed then."""
    mime = QMimeData()
    plain, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    copy = Qt.DropAction.CopyAction
    drop = QDropEvent(QPointF(500, 400), copy, mime, left, plain)
    drop.setAccepted(False)
    world.window.dropEvent(drop)
    assert not drop.isAccepted()
    titles = [toast.title for toast in world.window.toasts.toasts]
    assert titles == ["Nothing arrived"]


def test_file_that_cannot_be_read_is_a_note_and_changes_nothing(world, tmp_path):
    before = world.run.config
    world.window.files.open_table(str(tmp_path / "absent.csv"))
    world.until(lambda: world.window.toasts.toasts)
    assert "absent.csv" in world.window.toasts.toasts[0].title
    assert world.run.config == before


def test_timeline_scrubs_and_returns(world):
    world.train(700)
    timeline = world.window.timeline.timeline
    world.until(lambda: 500 in timeline.track.snapshots)
    timeline.scrubbed.emit(500)
    assert world.run.at == 500
    world.until(lambda: world.window.wall.cards["a"].shows_step(500))
    timeline.returned_live.emit()
    world.until(lambda: world.window.wall.cards["a"].shows_step(700))
    assert timeline.is_live


def test_the_timeline_names_a_change_as_the_forms_do(world):
    world.session.desk.choose_model("gan")
    world.settle()
    window, run = world.window, world.session.run
    shown = []
    window.timeline.timeline.set_history = lambda kept, changes, last: shown.append(
        changes
    )
    for name, words in (("r1", "R1 penalty"), ("a_b", "a b")):
        event = SettingChanged(run_id=run.id, step=3, name=name, old=False, new=True)
        run.changes = [event]
        window.timeline._show()
        assert shown[-1] == [(3, words)]


def test_every_bar_speaks_of_the_run_that_was_chosen(world):
    world.train(700)
    window, first = world.window, world.run
    world.until(lambda: first.status.metrics and 500 in first.snapshots)
    energy = window.model.metrics.energy
    value = energy._value.text()
    world.session.runs.visit(500)
    world.session.runs.branch()
    world.until(lambda: world.run is not first and world.run.status)
    world.settle()
    assert window.status.values["step"].text() == "500"
    assert window.timeline.timeline._step.text() == "step 500"
    world.session.runs.choose(first.id)
    assert window.status.values["step"].text() == "700"
    assert window.timeline.timeline._step.text() == "step 700"
    assert energy._value.text() == value


def test_figure_is_copied_and_saved(world, tmp_path):
    card = world.window.wall.cards["a"]
    world.until(lambda: card.plot.has_frame)
    press(world.window, "Ctrl+Shift+C")
    assert not QGuiApplication.clipboard().image().isNull()
    path = tmp_path / "density.svg"
    card.save_figure(path)
    assert b"<svg" in path.read_bytes()
    card.save_figure(tmp_path / "no" / "folder" / "x.png")
    toasts = world.window.toasts.toasts
    world.until(lambda: any(t.severity == "warning" for t in toasts))


@pytest.mark.parametrize("look", ["dark", "light"])
def test_everything_fits_a_small_window(world, look):
    window = world.window
    theme.set_look(look)
    window.resize(1280, 720)
    world.until(lambda: window.data.width() == 196 and window.model.width() == 292)
    assert (window.width(), window.height()) == (1280, 720)
    for panel in (window.data, window.model):  # laid out anew some turns later
        content = panel.content
        world.until(lambda c=content, p=panel: c.minimumSizeHint().width() <= p.width())
    for name in window.data.gallery.cards:
        world.session.desk.choose_data(name)
        world.settle()
        content = window.data.content  # it is laid out anew a turn later
        room = content.parentWidget()
        world.until(lambda c=content, r=room: c.minimumSizeHint().width() <= r.width())
    for card in window.wall.cards.values():
        world.until(
            lambda c=card: window.rect().contains(
                c.mapTo(window, QPoint(c.width() - 1, c.height() - 1))
            )
        )


@pytest.mark.parametrize(("width", "scale"), [(1100, 1.0), (1280, 1.0), (1280, 1.2)])
def test_bars_and_cards_share_a_narrow_window(world, width, scale):
    """Large words pushed plots under the panels, and buttons into each other."""
    window = world.window
    theme.set_text_scale(scale)
    window.resize(width, 720)
    world.settle()
    top = window.top
    parts = [top.reset, top.step, top.play, top.speed, top.only_device, top.search]
    parts += [*top.pages.values(), top.projector, top.look, top.help]
    row = [*parts, None]  # until the edge of the window

    def ends_before(part, following):
        end = part.mapTo(window, part.rect().topRight()).x()
        next_ = following.mapTo(window, QPoint(0, 0)).x() if following else width
        return end < next_

    world.until(lambda: all(ends_before(a, b) for a, b in pairwise(row)))
    world.until(lambda: top.play.width() >= top.play.minimumSizeHint().width())
    row = [window.wall.cards["a"], window.wall.cards["b"], window.model, None]
    world.until(lambda: all(ends_before(a, b) for a, b in pairwise(row)))
    theme.set_text_scale(1.0)


@pytest.mark.parametrize("action", ["page_draw", "page_sweep", "maximise"])
def test_a_plot_that_is_hidden_gives_no_button_its_focus(world, action):
    """Reset had it: Return began the run again."""
    window = world.window
    cards = window.wall.cards
    cards["c"].camera.setFocus()
    assert window.focusWidget() is cards["c"].camera
    window.session.slots.maximise("a")
    assert window.focusWidget() is window
    window.session.slots.maximise("")
    cards["c"].camera.setFocus()
    window.actions_by_name.trigger(action)
    held = window.focusWidget()
    is_card = cards["c"].isAncestorOf(held)
    assert held is window or (action == "maximise" and is_card)


def test_tab_goes_through_the_page_in_its_order(world):
    window = world.window
    panels = [window.top, window.data, window.wall, window.model, window.timeline]
    window.activateWindow()
    window.top.reset.setFocus()
    seen = []
    for _ in range(200):
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
        owner = next(p for p in panels if p.isAncestorOf(window.focusWidget()))
        if not seen or seen[-1] is not owner:
            seen.append(owner)
        if len(seen) > 5:
            break
    assert seen[:5] == panels
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Backtab)
    assert window.timeline.isAncestorOf(window.focusWidget())


def test_every_control_has_a_name(world):
    for kind in (QAbstractButton, QSlider):
        for control in world.window.findChildren(kind):
            if control.isVisible() and control.focusPolicy() != Qt.FocusPolicy.NoFocus:
                assert control.accessibleName() or control.text(), control


def test_choices_are_remembered(world, tmp_path):
    window = world.window
    window.wall.cards["d"].content_chosen.emit("samples")
    window.wall.cards["a"].plot.set_view_state({"mode": "true"})
    window.toggle_look()
    kept = window.remember()
    assert kept.look == "light"
    assert kept.views["d"] == "samples"
    file = tmp_path / "window.json"
    save(file, kept)
    again = load(file)
    assert again == kept
    file.write_text("{ broken")
    assert load(file).look == "dark"


def test_engine_death_marks_the_pictures_and_restarts(world):
    cards = world.window.wall.cards.values()
    world.until(lambda: all(c.plot.has_frame for c in cards))
    world.client.kill()
    toasts = world.window.toasts.toasts
    world.until(lambda: any("stopped" in t.title for t in toasts))
    assert world.window.wall.cards["a"].plot.has_frame
    world.until(lambda: any("restarted" in t.title for t in toasts))
    world.settle()
    press(world.window, "Space")
    world.until(lambda: world.run.is_playing)
    world.session.pause()


def test_closing_while_training_leaves_no_process(qtbot, tmp_path):
    recorder = Recorder()
    recorder.stop = recorder.end
    made = World(qtbot, tmp_path, recorder)
    made.start()
    made.session.play()
    made.until(lambda: made.run.is_playing)
    pid = recorder.engine_pid
    made.close()
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie"


def test_no_button_is_chosen_before_a_hand_chose_one(world):
    """Qt chose the first, so that Return opened the list of runs."""
    window = world.window
    window.activateWindow()
    world.until(window.isActiveWindow)
    assert window.focusWidget() is window
