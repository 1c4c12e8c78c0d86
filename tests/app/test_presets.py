"""Presets: every one makes sense to the engine, and one click shows and plays it."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from app.__main__ import parser
from app.application import is_first_start
from app.panels.key_sheet import KeySheet
from app.panels.presets.page import PresetsPage
from app.presets import preset, presets
from app.session_config import can_feed, complete, model_entry
from app.session_slots import SLOTS
from engine.protocol import Catalogue, Configure, Pause, Play, Reset

NAMES = [p.name for p in presets()]
ORDERS = (Pause, Configure, Play)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    path = Path(__file__).parents[1] / "fixtures" / "catalogue.json"
    return Catalogue.model_validate_json(path.read_text())


def test_there_are_twelve_of_many_families(catalogue):
    families = {model_entry(catalogue, p.config.model).family for p in presets()}
    assert len(presets()) == 12
    assert len(families) >= 4
    assert len({p.title for p in presets()}) == 12


@pytest.mark.parametrize("name", NAMES)
def test_the_engine_knows_all_that_a_preset_asks_for(name, catalogue):
    wanted = preset(name)
    config = complete(catalogue, wanted.config)
    for group in ("model_settings", "data_settings", "training", "sampler_settings"):
        asked = getattr(wanted.config, group)
        assert asked.items() <= getattr(config, group).items()
    model = model_entry(catalogue, config.model)
    views = {v.name: v for v in catalogue.views}
    for view in wanted.views:
        assert can_feed(views[view], model)


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_each_has_a_picture_for_each_paper(name, dark, qapp):
    picture = QPixmap()
    assert picture.loadFromData(preset(name).picture(dark=dark))
    assert picture.width() >= 200
    corner = picture.toImage().pixelColor(picture.width() - 1, 0)
    assert (corner.lightness() < 128) == dark


def test_a_click_shows_its_views_and_plays(world):
    window = world.window
    window.pages.show_page("presets")
    page = window.pages.page("presets")
    assert isinstance(page, PresetsPage)
    name = next(n for n in NAMES if preset(n).config.model == "realnvp")
    page.cards[name].click()
    assert window.pages.current_name == "explore"
    slots = world.session.slots.slots
    assert [slots[s].view for s in SLOTS] == preset(name).views
    bare = [c.plot for c in window.wall.cards.values() if not c.plot.has_frame]
    # Not that the model cannot feed them: the one before could not.
    assert {plot.empty._missing.text() for plot in bare} == {"Nothing to show yet"}
    world.until(lambda: world.run.is_playing and world.run.config.model == "realnvp")
    assert world.client.configured.data == preset(name).config.data
    world.session.runs.undo_group.undo()
    world.until(lambda: world.client.configured.model == "rectified_flow")


@pytest.mark.parametrize("state", ["playing", "paused", "complete"])
def test_the_same_preset_again_begins_anew(world, state):
    name = next(n for n in NAMES if preset(n).config.model == "realnvp")
    page = world.window.pages.page("presets")
    page.begin(name)
    world.until(lambda: world.run.is_playing and world.run.config.model == "realnvp")
    world.until(lambda: world.run.step > 0)
    if state == "paused":
        world.session.pause()
        world.until(lambda: not world.run.is_playing)
    elif state == "complete":
        world.session.step_once(preset(name).config.training.get("steps", 6000))
        world.until(lambda: not world.run.can_play)
    sent = len(world.client.sent)
    page.begin(name)
    world.until(lambda: any(isinstance(m, Play) for m in world.client.sent[sent:]))
    orders = [m for m in world.client.sent[sent:] if isinstance(m, (*ORDERS, Reset))]
    assert [type(m) for m in orders] == [Pause, Reset, Play]
    world.until(lambda: world.run.is_playing)


def test_a_playing_run_is_paused_before_a_preset_begins(world):
    """Else the engine plays on by itself, and a play of a short run comes too late."""
    page = world.window.pages.page("presets")
    world.session.play()
    world.until(lambda: world.run.is_playing)
    sent = len(world.client.sent)
    page.begin(next(n for n in NAMES if preset(n).config.model == "oracle"))
    world.until(lambda: any(isinstance(m, Play) for m in world.client.sent[sent:]))
    world.settle()
    orders = [m for m in world.client.sent[sent:] if isinstance(m, ORDERS)]
    assert [type(m) for m in orders] == [Pause, Configure, Play]


def test_the_palette_finds_actions_models_data_and_presets(world):
    window = world.window
    window.open_palette()
    keys = set(window.palette_list.shown_keys())
    catalogue = world.session.catalogue
    assert {f"model:{m.name}" for m in catalogue.models} <= keys
    assert {f"data:{d.name}" for d in catalogue.data if d.thumbnail} <= keys
    assert {f"preset:{n}" for n in NAMES} <= keys
    assert set(window.actions_by_name.actions) <= keys
    window.palette_list.field.setText("swiss roll")
    found = window.palette_list.shown_keys()
    assert "data:swiss_roll" in found
    assert "play" not in found
    assert "preset:09_valleys" not in found  # it rolls, but not in Switzerland
    window.palette_list.field.setText("swizz")
    assert window.palette_list.shown_keys() == []
    rows = window.palette_list.list.model()
    (words,) = [rows.index(r).data() for r in range(rows.rowCount())]
    assert words == "Nothing has “swizz” in it: try fewer letters."
    QTest.keyClick(window.palette_list.field, Qt.Key.Key_Return)
    assert window.palette_list.isVisible()
    window.palette_list.hide()


def test_keys_alone_find_and_choose(world):
    window, finder = world.window, world.window.palette_list
    chosen = []
    finder.chosen.connect(chosen.append)
    window.open_palette()
    finder.field.setText("glow")
    QTest.keyClick(finder.field, Qt.Key.Key_Return)
    assert chosen == ["model:glow"]
    assert not finder.isVisible()
    world.until(lambda: world.client.configured.model == "glow")
    window.open_palette()
    finder.field.setText("moons")
    first, second = finder.shown_keys()[:2]
    QTest.keyClick(finder.field, Qt.Key.Key_Down)
    QTest.keyClick(finder.field, Qt.Key.Key_Up)
    QTest.keyClick(finder.field, Qt.Key.Key_Down)
    QTest.keyClick(finder.field, Qt.Key.Key_Return)
    assert chosen[1] == second != first
    world.settle()


def test_what_bears_the_typed_name_comes_first(world):
    """A preset whose sentence mentions GANs is no answer to who types "gan"."""
    finder = world.window.palette_list
    world.window.open_palette()
    everything = finder.shown_keys()
    for entry in world.window.search.entries():
        if entry.enabled:
            finder.field.setText(f" {entry.title.upper()} ")
            assert finder.shown_keys()[0] == entry.key
    finder.field.setText("vae")
    assert finder.shown_keys()[:2] == ["model:vae", "model:vqvae"]
    assert any(key.startswith("preset:") for key in finder.shown_keys())
    finder.field.setText("")
    assert finder.shown_keys() == everything
    finder.hide()


def test_every_action_with_a_key_is_on_the_sheet_with_it(world):
    window = world.window
    window.show_keys()
    sheet = window.findChild(KeySheet)
    words = [label.text() for label in sheet.findChildren(QLabel)]
    for entry in window.actions_by_name.entries():
        if entry.hint:
            assert words[words.index(entry.hint) + 1] == entry.title
    sheet.close()


def test_what_the_palette_finds_is_done(world):
    search = world.window.search
    search.choose("model:vae")
    world.until(lambda: world.client.configured.model == "vae")
    search.choose("data:swiss_roll")
    world.until(lambda: world.client.configured.data == "swiss_roll")
    world.settle()
    world.window.pages.show_page("presets")
    search.choose(f"preset:{NAMES[0]}")
    assert world.window.pages.current_name == "explore"
    wanted = preset(NAMES[0]).config.model
    world.until(lambda: world.run.is_playing and world.run.config.model == wanted)
    search.choose("play")
    world.until(lambda: not world.run.is_playing)


def test_the_gallery_opens_at_the_very_first_start_only(tmp_path):
    plain = parser().parse_args([])
    assert is_first_start(plain, tmp_path / "none.json")
    (tmp_path / "some.json").write_text("{}")
    assert not is_first_start(plain, tmp_path / "some.json")
    assert not is_first_start(plain, None)
    asked = parser().parse_args(["--model", "vae"])
    assert not is_first_start(asked, tmp_path / "none.json")
