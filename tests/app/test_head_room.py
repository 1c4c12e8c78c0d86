"""Whatever has no room in the head of a plot is in a menu there."""

import pytest

from app.plots.base import ChipInfo
from app.session_config import model_entry
from app.widgets.menu_title import MenuTitle
from app.widgets.switch import Switch

SIZES = [(1440, 900), (1280, 720), (1100, 640)]


def words(card):
    """What the menu of the head, or the camera beside it, offers."""
    menu = card.figures.menu() if card.camera.isVisible() else card.more_menu()
    offered = [action.text() for action in menu.actions() if action.text()]
    menu.deleteLater()
    return offered


@pytest.mark.parametrize("size", SIZES)
def test_every_plot_can_be_saved_by_something_that_is_seen(world, size):
    card = world.window.wall.cards["a"]
    world.window.resize(*size)
    for view in ("density", "conditionals", "samples", "trajectories"):
        world.window.session.slots.choose("a", view)
        card.set_chips([("estimate", "estimate")])
        world.until(lambda: card.camera.isVisible() or card.more.isVisible())
        assert "Copy figure" in words(card), (view, size)


def test_the_words_of_the_densities_stay_on_show_beside_the_way_to_a_figure(world):
    card = world.window.wall.cards["a"]
    world.until(lambda: card.plot.has_frame)
    switch = card.plot.header_widgets()[0]
    for width, height in SIZES[:2]:
        world.window.resize(width, height)
        world.until(lambda: card.camera.isVisible() or card.more.isVisible())
        world.until(lambda: "Copy figure" in words(card))
        world.until(
            lambda: (
                [k for k, s in switch._segments.items() if s.isVisible()]
                == ["learned", "true", "split", "difference"]
            )
        )


def test_words_go_short_before_a_plot_can_no_more_be_maximised_at_sight(world):
    card = world.window.wall.cards["a"]
    world.until(lambda: card.plot.has_frame)
    switch = card.plot.header_widgets()[0]
    for width in range(1440, 1280, -20):
        world.window.resize(width, 900)
        world.until(lambda: card.camera.isVisible() or card.more.isVisible())
        texts = [each.text() for each in switch._segments.values()]
        if card.maximise.isHidden():
            assert "Diff." in texts
    world.window.resize(1440, 900)
    world.until(lambda: card.maximise.isVisible())


def test_the_menu_of_the_head_maximises_where_that_button_has_no_room(
    world, monkeypatch
):
    card = world.window.wall.cards["a"]
    world.until(lambda: card.plot.has_frame)
    world.window.resize(1100, 640)
    long = [ChipInfo("known as long as this", "plain")]
    monkeypatch.setattr(card.plot, "chips", lambda: long)  # a frame brings them back
    card.set_stale(False)
    world.until(lambda: card.more.isVisible() and card.maximise.isHidden())
    size = next(a for a in card.more_menu().actions() if a.text() == "Maximise")
    size.trigger()
    world.until(lambda: card.is_maximised and card.maximise.isVisible())
    assert card.camera.isVisible()


def test_a_switch_is_short_before_it_is_folded(qtbot):
    switch = Switch({"a": "Learned", "d": "Difference"}, short={"d": "Diff."})
    qtbot.addWidget(switch)
    whole = switch.width_in("whole")
    assert switch.width_in("folded") < switch.width_in("short") < whole
    for form in ("short", "folded", "whole"):
        switch.set_form(form)
        assert switch.sizeHint().width() == switch.width_in(form)
    switch.set_form("short")
    assert switch.options == {"a": "Learned", "d": "Difference"}
    assert [each.text() for each in switch._segments.values()] == ["Learned", "Diff."]


def test_a_title_without_room_is_said_in_short(qtbot):
    title = MenuTitle("Conditional slices")
    qtbot.addWidget(title)
    title.set_short("Slices")
    title.resize(title.sizeHint())
    assert title.shown_text() == "Conditional slices"
    title.resize(80, 28)
    assert title.shown_text() == "Slices"


def test_the_bar_says_the_short_name_of_a_model_where_the_whole_has_no_room(world):
    session, bar = world.window.session, world.window.top
    session.desk.choose_model("autoregressive")
    world.until(lambda: session.run.config.model == "autoregressive")
    short = model_entry(session.catalogue, "autoregressive").short
    world.window.resize(1440, 900)
    world.until(lambda: bar.model.shown_text().startswith("Autoregressive"))
    world.window.resize(1100, 640)
    world.until(lambda: bar.model.shown_text().startswith(f"{short}, run"))
    assert bar.model.least_width() <= bar.model.width()
