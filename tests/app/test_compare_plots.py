"""Plots of a comparison: their heads, what they share, their strips, what is kept."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QSize
from PySide6.QtWidgets import QAbstractButton

from app.panels.pages import EXPLORE
from app.plots.preview import FRAMES
from app.plots.race import RacePlot
from app.plots.read_out import ReadOut
from app.session_files import KeptWindow
from app.session_history import History
from app.theme import theme
from app.widgets import paint
from app.widgets.paint import text_width
from app.widgets.switch import Segment
from engine.protocol import Subscribe


def compared(world, *models):
    """The page with the run on show and further models, all plots drawn."""
    world.window.pages.show_page("compare")
    compare = world.session.compare
    for model in models:
        compare.add_model(model)
    world.settle()
    page = world.window.pages.page("compare")
    world.until(lambda: all(is_drawn(column) for column in columns(page)))
    return page


def is_drawn(column):
    return pair(column) and all(place.plot.has_frame for place in pair(column))


def columns(page):
    return list(page.columns.values())


def pair(column):
    return [p for p in (column.left, column.right) if p.isVisible()]


def hold_frames(world, monkeypatch):
    """No picture of the engine takes the place of what a test shows from now on."""
    compare = world.session.compare
    monkeypatch.setattr(compare, "receive", lambda *_: None)
    for slots in compare.slots.values():
        slots._waiting.clear()


def settings_of(world, slot):
    return [c.settings for c in world.client.of(Subscribe) if c.slot == slot][-1]


def test_a_switch_is_words_where_they_fit_and_a_list_where_not(world):
    page = compared(world)
    first = columns(page)[0]
    head, plot = first.left.head, first.left.plot
    assert plot.switch.isVisible()
    assert not head.words.isVisible()
    compare = world.session.compare
    for _ in range(2):
        compare.duplicate()
    world.settle()
    world.until(lambda: head.words.isVisible())
    assert not plot.switch.isVisible()
    assert list(head.words.options) == list(plot.switch.options)
    head.words.user_choose("true")
    assert plot.mode == "true"
    assert head.words.value() == "true"
    world.until(lambda: head.view.geometry().right() < head.words.x())
    world.until(lambda: head.words.geometry().right() < head.tune.x())


def test_in_a_narrow_column_the_chosen_word_is_read_whole(world):
    """ "Arro…" said less than the room it left beside it."""
    world.window.resize(1280, 720)
    page = compared(world)
    head = columns(page)[0].right.head
    head.view_chosen.emit("field")
    world.session.compare.duplicate()
    world.settle()
    world.until(lambda: head.words.isVisible())
    for word in ("arrows", "divergence"):
        head.words.user_choose(word)
        wanted = text_width(head.words.currentText(), 12) + theme.px(20)
        world.until(lambda wanted=wanted: head.words.width() >= wanted)
        world.until(lambda: head.view.geometry().right() < head.words.x())
        world.until(lambda: head.words.geometry().right() < head.tune.x())


def test_beside_a_long_title_the_chosen_word_is_set_smaller_and_not_cut(
    world, monkeypatch
):
    """Of three runs the list beside "Latent space" said "Prior…"."""
    world.window.resize(1280, 720)
    page = compared(world)
    for _ in range(2):
        world.session.compare.duplicate()
    page.panel.hide()
    world.settle()
    head = columns(page)[0].right.head
    head.view_chosen.emit("latent")
    world.until(lambda: head.words.isVisible())
    head.words.user_choose("prior_grid")
    world.until(lambda: head.words.currentText() == "Prior grid")
    world.until(lambda: columns(page)[0].width() < 420)
    told = []

    def note(painter, rect, text, colour, size, weight, align):
        told.append((text, text_width(text, size, weight) <= rect.width() + 0.5))

    monkeypatch.setattr(paint, "draw_text", note)  # what is set to fit ends up there

    def said(word):
        told.clear()
        head.grab()
        return (word, True) in told

    world.until(lambda: said("Prior grid") and said("Latent space"))


def test_in_a_low_window_squares_are_as_wide_as_their_columns_allow(world):
    """Of three runs they were 104 px wide over curves of 212 px."""
    world.window.resize(1280, 720)
    page = compared(world)
    for _ in range(2):
        world.session.compare.duplicate()
    page.panel.hide()
    world.settle()
    world.until(lambda: all(is_drawn(column) for column in columns(page)))
    for place in (place for column in columns(page) for place in pair(column)):
        paper = place.plot.paper
        world.until(lambda p=paper: p.frame.width() > 0.7 * p.width())
    world.until(lambda: page.race.plot.height() > 120)


def words_of(card):
    return [b for b in card.findChildren(Segment) if b.isVisible()]


def is_whole(button):
    return button.width() >= button.minimumSizeHint().width()


def right_of(button, page):
    return button.mapTo(page, QPoint(button.width(), 0)).x()


def test_on_a_small_projector_all_words_of_a_comparison_are_whole(world):
    """Heads read "…", "P…" and "Close compa", and the window grew beyond the screen."""
    window = world.window
    window.resize(1280, 720)
    page = compared(world)
    window.toggle_projector(full_screen=False)
    world.session.compare.duplicate()  # opens its settings
    world.settle()
    world.until(lambda: columns(page)[0].left.plot.square.frame.width() > 180)
    assert window.size() == QSize(1280, 720)
    assert page.panel.isVisible()
    assert not any(column.right.isVisible() for column in columns(page))
    for button in page.head.findChildren(QAbstractButton):
        if button.isVisible():
            world.until(lambda b=button: is_whole(b))
            world.until(lambda b=button: right_of(b, page) <= page.width())
    for words in (column.left.head.words for column in columns(page)):
        wanted = words.width_of(words.currentText())
        world.until(lambda w=words, room=wanted: w.isHidden() or w.width() >= room)
    window.resize(1600, 1000)
    world.until(lambda: page.race.axis.natural_width > page.race.axis.width() > 0)
    world.until(lambda: all(is_whole(b) for b in words_of(page.race)))
    world.until(lambda: all(is_whole(b) for b in words_of(page.table)))
    window.toggle_projector(full_screen=False)
    world.until(lambda: all(column.right.isVisible() for column in columns(page)))
    world.until(lambda: all(chip.isVisible() for chip in page.head.links.values()))


def test_words_of_an_empty_plot_take_no_room_from_the_curves(world, monkeypatch):
    page = compared(world, "realnvp")
    world.until(lambda: page.race.plot.has_frame)
    hold_frames(world, monkeypatch)

    def laid_out():
        page.grab()  # lays out whatever waits for it
        return [page.race.height(), columns(page)[0].left.height()]

    heights = laid_out()
    for column in columns(page):
        column.right.plot.show_empty("No plot here", "For a very long reason. " * 12)
    assert laid_out() == heights


def test_equal_runs_say_what_makes_a_comparison_of_them(world):
    page = compared(world)
    assert "Add a run" in page.table.table.text()
    world.session.compare.duplicate()
    world.settle()
    assert "change a setting of B" in page.table.table.text()


def test_what_is_chosen_in_one_run_is_chosen_in_all_until_unlinked(world):
    page = compared(world, "realnvp")
    one, two = columns(page)
    one.left.head.choose("difference")
    assert (one.left.plot.mode, two.left.plot.mode) == ("difference", "difference")
    two.right.head.view_chosen.emit("samples")
    assert one.right.plot.view == two.right.plot.view == "samples"
    one.right.sheet.edited.emit({"samples": 300})
    for column in (one, two):
        assert settings_of(world, column.right.name)["samples"] == 300
    page.head.links["views"].click()
    two.left.head.choose("learned")
    one.right.head.view_chosen.emit("trajectories")
    two.left.sheet.edited.emit({"resolution": 64})
    assert one.left.plot.mode == "difference"
    assert two.right.plot.view == "samples"
    assert "resolution" not in settings_of(world, one.left.name)
    assert settings_of(world, two.left.name)["resolution"] == 64


def test_a_square_beside_another_has_labels_if_its_space_is_another(world):
    page = compared(world)
    (only,) = columns(page)
    only.right.head.view_chosen.emit("field")
    world.until(lambda: only.right.plot.has_frame)
    here, there = only.left.plot.square, only.right.plot.square
    assert there.has_left_axis is False
    world.until(lambda: abs(here.frame.width() - there.frame.width()) <= 2)
    wide = [2 * v for v in only.right.plot.meta["limits"]]
    meta = only.right.plot.meta | {"limits": wide}
    only.right.plot.show_frame(meta, only.right.plot.arrays)
    only.right.drawn.emit()
    assert there.has_left_axis is True
    world.until(lambda: abs(here.frame.width() - there.frame.width()) <= 2)


def test_differences_share_the_wider_range_of_colours(world):
    page = compared(world, "realnvp")
    one, two = (column.left for column in columns(page))
    one.head.choose("difference")
    near = one.plot.arrays["truth"] + 0.6
    one.plot.show_frame(one.plot.meta, one.plot.arrays | {"learned": near})
    one.drawn.emit()
    assert one.plot.own_range == 1.0 < two.plot.own_range
    assert two.plot.range == one.plot.range == two.plot.own_range
    page.head.links["colours"].click()
    assert one.plot.range == 1.0
    page.head.links["colours"].click()
    assert one.plot.range == two.plot.own_range


def test_densities_over_time_share_the_higher_scale(world):
    page = compared(world, "flow_matching")
    page.head.links["views"].click()
    runs = columns(page)
    for column in runs:
        column.right.head.view_chosen.emit("carried")
        meta, arrays = FRAMES["carried"]()
        top = meta["log_max"] + 2 * (column is runs[1])
        column.right.plot.show_frame(meta | {"log_max": top}, arrays)
        column.right.drawn.emit()
    one, two = (column.right.plot for column in runs)
    assert one._top == two._top >= two.meta["log_max"]
    page.head.links["colours"].click()
    assert one._top is two._top is None


def test_a_view_that_another_run_cannot_feed_stays_with_those_that_can(world):
    page = compared(world, "gan")
    flow, gan = columns(page)
    flow.right.head.view_chosen.emit("latent")
    flow.right.head.view_chosen.emit("trajectories")
    assert flow.right.plot.view == "trajectories"
    assert gan.right.plot.view == "latent"


def test_a_place_among_codes_is_not_read_as_one_of_the_data(world):
    page = compared(world, "vae")
    one, two = columns(page)
    latent = two.right.plot
    assert latent.view == "latent"
    for codes in (True, False):
        latent.set_view_state({"mode": "codes" if codes else "prior_grid"})
        assert latent.shows_codes is codes
        latent.square.pointed.emit(QPointF(latent.square.frame.center()))
        assert ("learned" in one.left.plot.read_out.text) is not codes


def test_the_pointer_reads_all_runs_at_one_place_and_gives_the_clock_back(world):
    page = compared(world, "realnvp")
    one, two = columns(page)
    clock = one.strips.shown
    assert clock is one.right.plot.film
    height = one.strips.height()
    square = one.left.plot.square
    square.pointed.emit(QPointF(square.frame.center()))
    for column in (one, two):
        strip = column.strips.shown
        assert isinstance(strip, ReadOut)
        assert strip is column.left.plot.strip()
        assert "learned" in strip.text
        assert column.strips.height() == height
    assert (
        one.left.plot.read_out.text.split("learned")[0]
        == (two.left.plot.read_out.text.split("learned")[0])
    )
    square.pointed.emit(None)
    assert [c.strips.shown for c in (one, two)] == [
        one.right.plot.film,
        two.right.plot.film,
    ]


def test_two_plots_with_controls_have_a_line_each(world):
    page = compared(world)
    (only,) = columns(page)
    high = only.strips.height()
    only.left.head.view_chosen.emit("field")
    world.until(lambda: only.left.plot.has_frame)
    assert only.strips.shown is only.right.plot.film
    assert only.left.plot.scrubber.isVisible()
    world.until(lambda: only.strips.height() == 2 * high)
    only.left.head.view_chosen.emit("density")
    world.until(lambda: only.strips.height() == high)
    assert only.strips.shown is only.right.plot.film


def test_settings_without_a_control_of_their_own_are_in_the_sheet(world):
    page = compared(world)
    (only,) = columns(page)
    only.right.head.tune.click()
    form = only.right.sheet.form
    assert only.right.sheet.isVisible()
    sheet = {"points", "paths", "crooked", "seed"}
    assert set(form.fields) == sheet  # the film has direction
    form.fields["paths"].user_set(50)
    assert settings_of(world, only.right.name)["paths"] == 50
    only.right.sheet.back.click()
    assert settings_of(world, only.right.name)["paths"] == 200
    assert form.fields["paths"].value() == 200
    only.right.sheet.close()


def test_a_comparison_comes_back_as_it_was_kept(world):
    page = compared(world, "gan")
    flow, gan = columns(page)
    page.head.links["axes"].click()
    flow.left.head.choose("split")
    gan.right.head.view_chosen.emit("samples")
    gan.right.sheet.edited.emit({"samples": 700})
    page.race.axis.user_choose("seconds")
    page.table.mode.user_choose("metrics")
    world.session.probe.ask(0.5, 1.0)
    kept, saved = [], world.window.files.sessions
    saved.save = lambda path, desk: kept.append(desk)
    world.window.files.write_session("lab.genplay")
    desk = type(kept[0]).model_validate_json(kept[0].model_dump_json())
    assert desk.page == "compare"

    runs = list(world.session.compare.runs)
    page.head.links["axes"].click()
    flow.left.head.choose("learned")
    world.session.compare.remove(runs[1])
    world.session.probe.clear()
    world.window.pages.show_page(EXPLORE)
    again = {"a": runs[0], "b": runs[1]}
    words = desk.model_dump_json().replace(runs[0].id, "a").replace(runs[1].id, "b")
    whole = {"shown": "a", "runs": [{"id": "a", "first": runs[0].config}]}
    window = KeptWindow.model_validate(
        type(desk).model_validate_json(words).model_dump() | whole
    )
    saved.opened.emit(window, again)
    assert world.window.pages.current_name == "compare"
    assert world.session.compare.runs == runs
    assert world.session.compare.links == {"time", "colours", "controls", "views"}
    assert not page.head.links["axes"].isChecked()
    flow, gan = columns(page)
    assert flow.left.plot.mode == "split"
    assert gan.right.plot.view == flow.right.plot.view == "samples"
    assert settings_of(world, gan.right.name)["samples"] == 700
    assert page.race.axis.value() == "seconds"
    assert page.table.mode.value() in ("metrics", "place")
    assert world.session.probe.point == (0.5, 1.0)


def test_an_opened_run_keeps_its_data_although_a_comparison_is_on_screen(world):
    compared(world)
    files = world.window.files.sessions
    config = world.run.config.model_copy(update={"data": "rings"})
    history = History(config, world.session.runs)
    new = world.session.runs.adopt("open-1-run-1", history)
    whole = {"shown": "run-1", "runs": [{"id": "run-1", "first": config}]}
    window = KeptWindow.model_validate(whole)
    files._replace([world.run], {"run-1": new}, window, "lab.genplay", {new.id: config})
    assert world.run is new
    assert new.config.data == "rings"
    assert world.window.pages.current_name == EXPLORE


def test_a_damaged_page_of_a_session_is_left_out(world):
    window = KeptWindow.model_validate(
        {
            "shown": world.run.id,
            "runs": [{"id": world.run.id, "first": world.run.config}],
            "page": "nowhere",
            "pages": {
                "compare": {"runs": 3},
                "samplers": {"bench": {"points": "many"}},
                "else": {},
            },
            "alone": "b",
        }
    )
    world.window.files.sessions.opened.emit(window, {world.run.id: world.run})
    assert world.window.pages.current_name == EXPLORE
    assert world.session.slots.shown == {"b"}
    assert world.session.compare.runs == []


def test_drawing_again_changes_the_noise_of_what_is_on_show(world):
    session = world.session
    session.slots.choose("c", "samples")
    world.window.timeline.timeline.redraw.click()
    asked = {c.slot: c.settings.get("seed") for c in world.client.of(Subscribe)}
    assert (asked["a"], asked["b"], asked["c"]) == (1, 1, 1)
    assert asked["d"] is None  # curves are not drawn at random
    session.slots.maximise("c")
    world.client.sent.clear()
    session.draw_again()
    asked = {c.slot: c.settings.get("seed") for c in world.client.of(Subscribe)}
    assert asked == {"c": 2}
    page = compared(world)
    world.client.sent.clear()
    session.draw_again()
    (only,) = columns(page)
    asked = {c.slot: c.settings.get("seed") for c in world.client.of(Subscribe)}
    assert asked[only.left.name] == 1


def test_a_run_deep_in_the_band_of_chance_goes_on_along_the_lower_edge(qtbot):
    plot = RacePlot()
    qtbot.addWidget(plot)
    values = np.array([0.1, 0.02, 1e-4])
    arrays = {"A.x": np.arange(3.0), "A.value": values, "A.smooth": values}
    meta = {"names": {"A": "Flow"}, "log": True, "chance": 0.01}
    plot.show_frame(meta, arrays)
    low = plot.panel.pane.home[2]
    drawn = plot.lines["A"].smooth.getData()[1]
    assert drawn[1] == pytest.approx(np.log10(0.02))
    assert low - 1e-9 <= drawn[2] < -2
    assert plot.panel.ends[0].text.startswith("A 0.00010")  # what it is, not where


def test_courses_of_rate_and_distortion_share_one_room(world):
    page = compared(world, "vae", "vae")
    page.head.links["views"].click()
    one, two = (column.right for column in columns(page)[1:])
    for place, factor in ((one, 1.0), (two, 3.0)):
        place.head.view_chosen.emit("elbo")
        place.plot.switch.user_choose("trade")
        meta, arrays = FRAMES["elbo"]()
        course = arrays["course"] * np.array([factor, 1.0, 1.0])
        place.plot.show_frame(meta, arrays | {"course": course})
        place.drawn.emit()
    homes = [place.plot.trade.panel.pane.home for place in (one, two)]
    assert homes[0] == homes[1] == two.plot.trade.trade.limits()
    page.head.links["axes"].click()
    assert one.plot.trade.panel.pane.home == one.plot.trade.trade.limits() != homes[0]


def test_ways_through_layers_share_one_room(world):
    """Of two flows with "Linked axes" one ran from −5 to 5, the other from −4 to 4."""
    page = compared(world, "realnvp", "realnvp")
    one, two = (column.right for column in columns(page)[1:])
    rooms = [-4.0, 4.0, -4.0, 4.0], [-5.0, 5.0, -5.0, 5.0]
    for place, home in zip((one, two), rooms, strict=True):
        place.choose("trajectories")
        meta, arrays = FRAMES["trajectories"]()
        place.plot.show_frame(meta | {"kind": "layers", "home": home}, arrays)
        place.drawn.emit()
    homes = [place.plot.square.pane.home for place in (one, two)]
    assert homes == [tuple(rooms[1])] * 2
    assert one.plot.twin().square.pane.home == homes[0]
    page.head.links["axes"].click()
    assert one.plot.square.pane.home == tuple(rooms[0])


def test_squares_of_all_runs_are_of_one_size(world, monkeypatch):
    """Beside a run whose plots share their labels those of another were smaller."""
    world.window.resize(1100, 900)
    page = compared(world, "realnvp")
    page.head.links["axes"].click()  # each has its own limits
    hold_frames(world, monkeypatch)  # they have one space, and would share labels
    one, two = columns(page)
    for column, far in ((one, 1.0), (two, 2.0)):
        column.right.choose("trajectories")
        meta, arrays = FRAMES["trajectories"]()
        home = [far * v for v in column.left.plot.paper.panes[0].home]
        column.right.plot.show_frame(meta | {"kind": "layers", "home": home}, arrays)
        column.right.drawn.emit()

    def sides():
        return {
            round(place.plot.paper.panes[0].geometry().width())
            for column in (one, two)
            for place in (column.left, column.right)
        }

    assert one.shows_one_space
    assert not two.shows_one_space
    world.until(lambda: max(sides()) - min(sides()) <= 2)
    assert one.right._has_axis


def test_bent_grids_share_one_room_and_one_scale_of_colours(world):
    """Under "Linked axes" each grid had its own room, and its own colours."""
    page = compared(world, "realnvp", "realnvp")
    one, two = (column.right for column in columns(page)[1:])
    rooms = [-4.0, 4.0, -4.0, 4.0], [-5.0, 5.0, -5.0, 5.0]
    for place, home, span in zip((one, two), rooms, (1.0, 3.0), strict=True):
        place.choose("layers")
        meta, arrays = FRAMES["layers"]()
        place.plot.show_frame(meta | {"home": home, "span": span}, arrays)
        place.drawn.emit()
    homes = [place.plot.square.pane.home for place in (one, two)]
    assert homes == [tuple(rooms[1])] * 2
    assert one.plot._blocks()[0] == two.plot._blocks()[0]
    assert one.plot.twin().square.pane.home == homes[0]
    page.head.links["axes"].click()
    assert one.plot.square.pane.home == tuple(rooms[0])
    page.head.links["colours"].click()
    assert one.plot._blocks()[0] != two.plot._blocks()[0]


def test_a_run_that_has_fallen_into_a_point_leaves_the_other_maps_their_colours(world):
    """One colour scale up to its density: all other maps were blank."""
    page = compared(world, "gan")
    one, two = (column.left.plot for column in columns(page))
    for plot, top in ((one, -0.2), (two, 14.0)):
        meta = plot.meta | {"log_max": top, "log_min": top - 8.0}
        plot.show_frame(meta, plot.arrays)
    columns(page)[0].left.drawn.emit()
    assert one.span == pytest.approx(two.span)
    low, high = one.span
    assert low < -0.2 - 4 < -0.2 <= high
    words = [plot._blocks()[0].high for plot in (one, two)]
    assert [word.startswith("≥") for word in words] == [False, True]
    page.head.links["colours"].click()
    assert two.span == (6.0, 14.0)


def test_the_form_of_a_compared_run_comes_back_with_the_session(world):
    world.window.pages.show_page("compare")
    page = world.window.pages.page("compare")
    kept = page.kept()
    assert not kept["form"]
    page.recall(kept, world.session.runs.all)
    assert page.panel is None
    page.recall({**kept, "form": True}, world.session.runs.all)
    assert page.panel.isVisible()
    assert page.kept()["form"]
