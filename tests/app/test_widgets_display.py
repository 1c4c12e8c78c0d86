"""Cards, gallery, notes, histories: what they show, tell and say aloud."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget

from app.palette import LOOKS
from app.theme import theme
from app.widgets.button import Button
from app.widgets.card import Card
from app.widgets.chip import Chip
from app.widgets.empty_state import EmptyState
from app.widgets.gallery import Gallery, GalleryItem
from app.widgets.maths import MathsLabel, formula_pixmap, formula_svg
from app.widgets.metric_row import MetricRow
from app.widgets.mode_cells import ModeCells
from app.widgets.model_card import ModelCard
from app.widgets.preview import Preview
from app.widgets.scrubber import Scrubber
from app.widgets.spark import Spark
from app.widgets.timeline import Timeline
from app.widgets.toast import ToastStack

LEFT = Qt.MouseButton.LeftButton


def pixels(widget) -> np.ndarray:
    """What is drawn, as an array (height, width, 4), blue first."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_ARGB32)
    flat = np.frombuffer(image.constBits(), np.uint8)
    return flat.reshape(image.height(), image.bytesPerLine() // 4, 4).copy()


def count(drawn, colour, tolerance=0) -> int:
    """How many pixels have this colour, each channel within the tolerance."""
    wanted = np.array((colour.blue(), colour.green(), colour.red()))
    off = np.abs(drawn[..., :3].astype(int) - wanted).max(axis=-1)
    return int((off <= tolerance).sum())


def shows(widget, colour, tolerance=0) -> int:
    """How many pixels of a widget have this colour."""
    return count(pixels(widget), colour, tolerance)


FORMULAS = [
    r"\mathcal{L} = \mathbb{E}\,\left\| v_\theta(x_t, t) - (x_1 - x_0) \right\|^2",
    r"\log p(x) \ge \mathbb{E}_q \log p(x|z) - \beta\,\mathrm{KL}(q\|p)",
    r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}",
    r"\min_G \max_D \sum_i \frac{1}{n}",
]


@pytest.mark.parametrize("latex", FORMULAS)
def test_formulas_are_drawn_in_the_colour_of_the_theme(qtbot, latex):
    label = MathsLabel(latex)
    qtbot.addWidget(label)
    label.resize(label.sizeHint())
    assert shows(label, theme.c.text1, 60) > 20
    assert label.accessibleName() == latex
    theme.set_look("light")
    assert shows(label, LOOKS["light"].text1, 60) > 20


def test_a_formula_shrinks_to_its_room_and_never_vanishes(qtbot):
    label = MathsLabel(FORMULAS[0])
    qtbot.addWidget(label)
    whole = label.sizeHint()
    label.resize(whole.width() // 2, whole.height())
    ink = shows(label, theme.c.text1, 90)
    drawn = pixels(label)
    drawn = (drawn != drawn[0, 0]).any(axis=-1).any(axis=0)
    assert ink > 0
    assert drawn[: len(drawn) // 4].any()
    assert not drawn[-1]  # it ends before the edge


def test_a_formula_that_cannot_be_set_is_shown_as_text(qtbot, monkeypatch):
    monkeypatch.setattr("app.widgets.maths.formula_svg", lambda *_: b"")
    formula_pixmap.cache_clear()
    label = MathsLabel("x^2")
    qtbot.addWidget(label)
    label.resize(80, 20)
    assert shows(label, theme.c.text1) > 0
    formula_pixmap.cache_clear()


def test_formulas_are_cached_by_formula_colour_and_size():
    formula_svg.cache_clear()
    for arguments in (("x", "#000000", 12.0), ("x", "#FFFFFF", 12.0)):
        formula_svg(*arguments)
        formula_svg(*arguments)
    assert formula_svg.cache_info().misses == 2
    assert formula_svg.cache_info().hits == 2


@pytest.mark.parametrize("kind", ["exact", "bound", "estimate", "warning"])
def test_chips_differ_by_more_than_colour(qtbot, kind):
    chip, plain = Chip("word", kind), Chip("word")
    for widget in (chip, plain):
        qtbot.addWidget(widget)
        widget.resize(70, 20)
    assert (pixels(chip) != pixels(plain)).any()
    c = theme.c
    edge = pixels(chip)[0, 12:58, :3].astype(int)
    varies = np.ptp(edge, axis=0).max() > 20
    assert varies == (kind == "estimate")  # only dashes vary along the edge
    assert (shows(chip, c.warn_bg) > 0) == (kind == "warning")


def test_a_card_tells_what_was_pressed(qtbot):
    card = Card("Density")
    qtbot.addWidget(card)
    with qtbot.waitSignal(card.figure_requested):
        QTest.mouseClick(card.camera, LEFT)
    with qtbot.waitSignal(card.maximise_toggled) as caught:
        QTest.mouseClick(card.maximise, LEFT)
    assert caught.args == [True]
    assert "Back" in card.maximise.accessibleName()
    with qtbot.assertNotEmitted(card.maximise_toggled):
        card.set_maximised(False)
    assert not card.is_maximised


def test_a_card_swaps_body_strip_and_chips(qtbot, qapp):
    card = Card("Density")
    qtbot.addWidget(card)
    card.resize(400, 300)
    first, second, strip = QWidget(), QWidget(), QWidget()
    card.set_body(first)
    card.set_strip(strip)
    card.set_body(second)
    card.show()
    assert first.isHidden()
    assert not second.isHidden()
    assert second.geometry().bottom() < strip.geometry().top()
    assert strip.height() == 36
    assert second.height() > 200
    card.set_strip(None)
    assert strip.isHidden()
    card.set_chips([("exact", "exact"), ("mode lost", "warning")])
    card.set_chips([("bound", "bound")])
    qapp.processEvents()
    chips = [chip for chip in card.findChildren(Chip) if chip.isVisible()]
    assert [chip.text() for chip in chips] == ["bound"]


def test_the_title_of_a_card_is_a_menu_once_it_has_choices(qtbot):
    card = Card("Density")
    qtbot.addWidget(card)
    card.set_choices({"density": "Density", "curves": "Curves"}, "density")
    menu = card.title.menu()
    qtbot.addWidget(menu)
    with qtbot.waitSignal(card.content_chosen) as caught:
        menu.actions()[1].trigger()
    assert caught.args == ["curves"]
    assert card.title.text() == "Curves"


def items(*keys):
    cloud = np.random.default_rng(0).normal(size=(500, 2)) * (40, 4) + 100
    return [GalleryItem(key, key.title(), cloud) for key in keys]


def test_a_gallery_tells_the_hands_choice_only(qtbot):
    gallery = Gallery()
    qtbot.addWidget(gallery)
    gallery.set_items(items("moons", "rings", "grid"))
    gallery.show()
    with qtbot.assertNotEmitted(gallery.chosen):
        gallery.set_value("rings")
        QTest.mouseClick(gallery.cards["rings"], LEFT, pos=QPoint(20, 20))
    with qtbot.waitSignal(gallery.chosen) as caught:
        QTest.mouseClick(gallery.cards["grid"], LEFT, pos=QPoint(20, 20))
    assert caught.args == ["grid"]
    spoken = QAccessible.queryAccessibleInterface(gallery.cards["grid"])
    assert spoken.role() == QAccessible.Role.RadioButton
    assert spoken.text(QAccessible.Text.Name) == "Grid"
    assert spoken.state().checked
    gallery.set_value("")
    assert not any(card.isChecked() for card in gallery.cards.values())


def test_a_gallery_keeps_its_choice_through_new_items(qtbot):
    gallery = Gallery()
    qtbot.addWidget(gallery)
    gallery.set_items(items("moons", "rings"))
    gallery.set_value("rings")
    gallery.set_items(items("rings", "mine"))
    assert gallery.value() == "rings"
    assert gallery.cards["rings"].isChecked()


def test_thumbnails_fill_their_frame_with_equal_axes(qtbot):
    gallery = Gallery(columns=1)
    qtbot.addWidget(gallery)
    gallery.set_items(items("wide"))
    gallery.resize(100, 90)
    gallery.show()
    dots = pixels(gallery.cards["wide"])[4:54, 4:96, :3].astype(int)
    paper = np.array(theme.c.well.getRgb()[2::-1])
    rows, columns = np.nonzero(np.abs(dots - paper).sum(axis=-1) > 120)
    assert np.ptp(columns) > 4 * np.ptp(rows) > 0  # 40 to 4, as the data


def test_a_gallery_bears_strange_points(qtbot):
    clouds = [np.zeros((0, 2)), np.full((5, 2), 3.0), np.full((3, 2), np.nan)]
    gallery = Gallery()
    qtbot.addWidget(gallery)
    gallery.set_items([GalleryItem(str(i), "x", c) for i, c in enumerate(clouds)])
    gallery.grab()


def test_a_model_card_opens_the_picker_and_speaks(qtbot):
    card = ModelCard()
    qtbot.addWidget(card)
    card.set_model(
        "Flows", "Liu et al. 2022", "Rectified flow", "x_1 - x_0", "Straight."
    )
    for key in (Qt.Key.Key_Space, Qt.Key.Key_Return):
        with qtbot.waitSignal(card.picker_requested):
            QTest.keyClick(card, key)
    assert card.accessibleName() == "Model: Rectified flow"
    assert card.height() >= 0


@pytest.fixture
def stack(qtbot):
    window = QWidget()
    window.resize(800, 600)
    qtbot.addWidget(window)
    window.show()
    stack = ToastStack(window)
    yield stack
    stack.clear()


def test_warnings_stay_and_good_news_leaves(qtbot, stack):
    warning = stack.show_toast("warning", "Loss became NaN", "Step 8,000 is good.")
    news = stack.show_toast("good", "Density.png saved")
    assert not warning.timer.isActive()
    assert news.timer.isActive()
    assert news.timer.interval() == 5000
    news.timer.timeout.emit()
    assert stack.toasts == [warning]
    QTest.mouseClick(warning.close_button, LEFT)
    assert stack.toasts == []
    assert not stack.isVisible()


def test_notes_on_what_is_over_are_withdrawn(stack):
    first = stack.show_toast("warning", "Mode collapse")
    second = stack.show_toast("warning", "NaN")
    first.about = "run-1:mode_collapse"
    stack.withdraw("run-2:mode_collapse")
    assert stack.toasts == [first, second]
    stack.withdraw("run-1:mode_collapse")
    assert stack.toasts == [second]


def test_a_toast_acts_once_and_goes(qtbot, stack):
    done = []
    toast = stack.show_toast("warning", "NaN", "", "Go back", lambda: done.append(1))
    toast.action.setFocus()
    QTest.mouseClick(toast.action, LEFT)
    assert done == [1]
    assert stack.toasts == []
    assert stack.window().focusWidget() in (None, stack.window())


def test_the_same_news_is_told_once_and_many_do_not_pile_up(stack):
    stack.show_toast("info", "Engine restarted", "once")
    stack.show_toast("info", "Engine restarted", "twice")
    assert len(stack.toasts) == 1
    kept = stack.show_toast("warning", "The disk is full")
    for number in range(9):
        stack.show_toast("good", f"Saved {number}")
    assert len(stack.toasts) <= 4
    assert kept in stack.toasts


def test_notes_sit_in_the_corner_and_leave_the_rest_free(stack):
    stack.show_toast("info", "Hello")
    window = stack.parentWidget()
    assert stack.geometry().right() == pytest.approx(800 - 16, abs=2)
    assert window.childAt(100, 100) is None
    window.resize(500, 400)
    assert stack.geometry().right() == pytest.approx(500 - 16, abs=2)


@pytest.fixture
def timeline(qtbot):
    timeline = Timeline()
    timeline.set_history([], [], 0)
    timeline.set_live(True)
    assert timeline._step.text() == "step 0"
    timeline.resize(1000, 52)
    qtbot.addWidget(timeline)
    timeline.set_history([0, 10, 100, 500], [(90, "learning rate")], 1000)
    timeline.show()
    return timeline


def click_at(track, step):
    QTest.mouseClick(track, LEFT, pos=QPoint(round(track.place(step)), 28))


def test_scrubbing_stops_at_kept_snapshots_and_the_end_is_live(qtbot, timeline):
    assert timeline.is_live
    with qtbot.waitSignal(timeline.scrubbed) as caught:
        click_at(timeline.track, 460)
    assert caught.args == [500]
    assert not timeline.is_live
    with qtbot.waitSignal(timeline.returned_live):
        click_at(timeline.track, 1000)
    assert timeline.is_live


def test_arrows_go_from_snapshot_to_snapshot(qtbot, timeline):
    seen = []
    timeline.scrubbed.connect(seen.append)
    for _ in range(3):
        QTest.keyClick(timeline.track, Qt.Key.Key_Left)
    QTest.keyClick(timeline.track, Qt.Key.Key_Right)
    assert seen == [500, 100, 10, 100]
    with qtbot.waitSignal(timeline.returned_live):
        QTest.keyClick(timeline.track, Qt.Key.Key_End)
    QTest.keyClick(timeline.track, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert seen[-1] == 0


def test_a_growing_history_moves_the_playhead_only_while_live(qtbot, timeline):
    with qtbot.assertNotEmitted(timeline.scrubbed):
        timeline.set_history([0, 10, 100, 500], [], 2000)
        assert timeline.track.value() == 2000
        timeline.set_live(False)
        timeline.set_playhead(100)
        timeline.set_history([0, 10, 100, 500], [], 3000)
    assert timeline.track.value() == 100
    with qtbot.waitSignal(timeline.returned_live):
        QTest.mouseClick(timeline.live, LEFT)
    assert timeline.track.value() == 3000


def test_a_timeline_names_changes_and_speaks(timeline):
    before = pixels(timeline.track)
    assert "step 90: learning rate" in timeline.track.toolTip()
    spoken = QAccessible.queryAccessibleInterface(timeline.track)
    assert spoken.role() == QAccessible.Role.Slider
    assert spoken.valueInterface().currentValue() == 1000
    timeline.set_history([0, 10, 100, 500], [], 1000)
    assert (pixels(timeline.track) != before).any()


def test_the_scrubber_tells_time_and_play(qtbot):
    scrubber = Scrubber()
    scrubber.resize(400, 36)
    qtbot.addWidget(scrubber)
    with qtbot.assertNotEmitted(scrubber.moved):
        scrubber.set_time(0.25)
    assert scrubber.time() == 0.25
    with qtbot.waitSignal(scrubber.moved) as caught:
        QTest.keyClick(scrubber.track, Qt.Key.Key_Right)
    assert caught.args == [0.26]
    for wish in (True, False):
        with qtbot.waitSignal(scrubber.play_toggled) as caught:
            QTest.mouseClick(scrubber.play, LEFT)
        assert caught.args == [wish]
    labels = [label.text() for label in scrubber.findChildren(QLabel)]
    assert "t = 0.26" in labels


def test_a_spark_line_falls_where_the_numbers_fall(qtbot):
    spark = Spark("Loss")
    qtbot.addWidget(spark)
    spark.set_values([float("nan"), *np.linspace(1, 0, 500), float("inf")])
    ink = (pixels(spark) != pixels(spark)[0, -1]).any(axis=-1)
    first, last = (np.nonzero(ink[:, part])[0].mean() for part in (slice(3, 9), -9))
    assert last - first > 15
    assert spark.accessibleDescription() == "from 1 to 0"
    for values in ([], [1.0], [2.0, 2.0]):
        spark.set_values(values, reference=1.0)
        spark.grab()


def test_cells_count_covered_modes(qtbot):
    cells = ModeCells("Modes")
    qtbot.addWidget(cells)
    filled = []
    for covered in range(9):
        cells.set_modes(covered, 8)
        filled.append(shows(cells, theme.c.text2))
    assert filled[0] == 0
    assert (np.diff(filled) > 10).all()
    cells.set_modes(20, 25)
    assert shows(cells, theme.c.text2) > 0


def test_a_metric_says_value_unit_and_how_it_is_known(qtbot):
    row = MetricRow("Negative log-likelihood")
    qtbot.addWidget(row)
    row.set_value("1.21", "nats/point", "exact")
    assert row.accessibleName() == "Negative log-likelihood: 1.21 nats/point exact"
    row.show()
    row.set_modes(7, 8)
    assert row.cells.isVisible()
    assert not row.spark.isVisible()


def test_an_empty_state_offers_the_way_out(qtbot):
    state = EmptyState("No codes yet", "A GAN has no encoder.", "Show prior grid")
    qtbot.addWidget(state)
    state.resize(300, 240)
    state.show()
    with qtbot.waitSignal(state.action_chosen):
        QTest.mouseClick(state.button, LEFT)
    state.set_words("Nothing")
    assert not state.button.isVisible()


@pytest.mark.slow
@pytest.mark.parametrize(("first", "then"), [("dark", "light"), ("light", "dark")])
def test_the_whole_page_follows_the_look(qtbot, first, then):
    theme.set_look(first)
    page = Preview()
    qtbot.addWidget(page)
    page.show()
    theme.set_look(then)
    drawn = pixels(page)
    assert count(drawn, theme.c.text1) > 500
    for token in ("bg1", "text2", "accent", "warn"):
        left = count(drawn, getattr(LOOKS[first], token))
        assert left < drawn.size // 4 * 0.001, token


def test_everything_painted_has_a_name_for_screen_readers(qtbot):
    page = Preview()
    qtbot.addWidget(page)
    focusable = [
        widget
        for widget in page.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    assert len(focusable) > 40
    for widget in focusable:
        spoken = QAccessible.queryAccessibleInterface(widget)
        assert spoken.text(QAccessible.Text.Name), type(widget)
        assert spoken.role() not in (
            QAccessible.Role.Client,
            QAccessible.Role.NoRole,
        ), type(widget)


def test_track_places_and_values_are_inverse(timeline):
    track = timeline.track
    for step in (0, 10, 100, 500, 1000):
        assert track.value_at(QPointF(track.place(step), 0).x()) == step


def test_notes_leave_buttons_free(qtbot):
    """They covered what opens a cell of the wall, and remedies in the panel."""
    window = QWidget()
    window.resize(900, 600)
    qtbot.addWidget(window)
    button = Button("Open this run", parent=window)
    button.move(700, 450)
    window.show()
    stack = ToastStack(window)
    stack.show_toast("warning", "Mode collapse", "A text.")

    def place(widget):
        return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())

    assert stack.geometry().right() < place(button).left()
    assert stack.geometry().right() > place(button).left() - 10  # not farther
    button.move(20, 20)
    stack.give_way()
    at_left = stack.geometry()
    assert at_left.right() < 700  # nothing moves without need
    button.move(at_left.left() - 20, 470)
    stack.give_way()
    assert stack.geometry().right() == 900 - 16 - 1
    assert not stack.geometry().intersects(place(button))
    wide = [Button("x", parent=window) for _ in range(3)]
    for index, each in enumerate(wide):
        each.move(280 * index, 460)
        each.show()
    stack.give_way()  # there is no free place
    assert stack.geometry().right() == 900 - 16 - 1
    assert stack._watch.isActive()
    stack.clear()
    assert not stack._watch.isActive()
