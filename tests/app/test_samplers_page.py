"""The sampler bench in the window: what is asked of the engine, and what is shown."""

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QObject, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QImage

from app.panels.samplers.page import SamplersPage
from app.panels.samplers.table import TrialTable
from app.plots import chance_words
from app.plots.bench_chart import BenchChart, Series, rank_look
from app.plots.bench_paths import PathSet
from app.theme import theme
from engine.protocol import Catalogue, JobNews, RunConfig

STEPS = [2, 4, 8, 16, 32, 64]
FACTS = {
    "kind": "trial",
    "order": 1,
    "stochastic": False,
    "error_network": 0.2,
    "error_exact": None,
    "detour": 1.5,
    "straightness": 0.25,
    "turning": 90.0,
}


class Jobs:
    def __init__(self) -> None:
        self.started, self.cancelled, self.on_news = [], [], []

    def start(self, what, run_id, settings, on_news):
        number = len(self.started)
        self.started.append((what, run_id, settings))
        self.on_news.append(on_news)
        return SimpleNamespace(
            job_id=f"job-{number}", cancel=lambda: self.cancelled.append(number)
        )


class World(QObject):
    """As much of a session as the page knows of."""

    config_changed = Signal(object)
    visited = Signal(object)
    run_ready = Signal(object)

    def __init__(self, catalogue: Catalogue, model: str) -> None:
        super().__init__()
        self.catalogue, self.jobs = catalogue, Jobs()
        settings = {"guidance": 1.0, "conditional": True}
        config = RunConfig(model=model, data="two_moons", model_settings=settings)
        ready = SimpleNamespace(limits=(-3.0, 3.0, -3.0, 3.0), classes=2)
        self.run = SimpleNamespace(
            id="run-1", number=1, step=5, at=None, config=config, ready=ready
        )
        self.desk = self.runs = self
        self.edits: list[tuple] = []

    def edit(self, *what) -> None:
        self.edits.append(what)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    path = Path(__file__).parents[1] / "fixtures" / "catalogue.json"
    return Catalogue.model_validate_json(path.read_text())


@pytest.fixture
def page(qtbot, catalogue):
    made = SamplersPage(World(catalogue, "ddpm"))
    made.bench._timer.setInterval(0)
    qtbot.addWidget(made)
    made.resize(1200, 760)
    made.show()
    made.enter()
    return made


def tell(page, facts, ended=False, error="", number=-1) -> None:
    jobs = page.session.jobs
    number = len(jobs.started) - 1 if number < 0 else number
    news = JobNews(
        job_id=f"job-{number}",
        what="sampler_study",
        share=0.5,
        result=facts,
        ended=ended,
        error=error,
    )
    x = np.zeros((3, 4, 2), "f4") + np.arange(3)[:, None, None]
    arrays = {"times": np.array([0, 0.5, 1], "f4"), "x": x}
    jobs.on_news[number](news, arrays)


def trial(page, sampler="euler", steps=16, value=0.1, **more) -> None:
    facts = {"sampler": sampler, "title": sampler.title(), "steps": steps}
    facts |= {"evaluations": steps, "energy_distance": value}
    tell(page, FACTS | facts | more)


def test_entering_asks_for_the_usual_samplers_of_the_run_on_show(page):
    what, run_id, settings = page.session.jobs.started[0]
    assert (what, run_id) == ("sampler_study", "run-1")
    assert settings["steps"] == STEPS
    assert "euler" in settings["samplers"]
    assert "annealed_langevin" not in settings["samplers"]
    assert settings["at"] is None


def test_the_heading_tells_the_step_that_is_studied_and_is_never_cut(page, qtbot):
    look = theme.look
    page.session.run.step = 900  # it trains on
    tell(page, {"kind": "floor", "energy_distance": 0.004, "step": 12_345})
    assert page.about.text() == "DDPM, run 1, step 12,345"
    try:
        theme.set_look("projector")
        page.setFixedWidth(1280)
        page._show()
        qtbot.waitUntil(lambda: page.about.width() >= page.about.natural_width())
        assert page.progress.isVisible()
        assert page.done.geometry().right() < page.width()
    finally:
        theme.set_look(look)


def test_leaving_cancels_and_asks_nothing_more(page, qapp):
    page.leave()
    assert page.session.jobs.cancelled == [0]
    page.session.config_changed.emit(None)
    assert not page.bench._timer.isActive()
    qapp.processEvents()
    assert len(page.session.jobs.started) == 1


def test_every_choice_begins_the_study_anew(page, qtbot):
    jobs = page.session.jobs

    def newest(act) -> dict:
        before = len(jobs.started)
        act()
        qtbot.waitUntil(lambda: len(jobs.started) > before)
        return jobs.started[-1][2]

    choices = page.choices
    wanted = newest(choices.rows["ancestral"].click)
    assert "ancestral" in wanted["samplers"]
    wanted = newest(choices.rows["ancestral"].click)
    assert "ancestral" not in wanted["samplers"]
    wanted = newest(lambda: choices.extent.fields["most_steps"].user_set(8))
    assert wanted["steps"] == [2, 4, 8]
    wanted = newest(lambda: choices.extent.fields["points"].user_set(300))
    assert wanted["points"] == 300
    newest(choices.rows["ddim"].click)
    choices.which.set_value("ddim")
    choices.which.chosen.emit("ddim")
    wanted = newest(lambda: choices.form.fields["eta"].user_set(0.5))
    assert wanted["settings"] == {"ddim": {"eta": 0.5}}
    page.session.run.at = 4
    assert newest(lambda: page.session.visited.emit(4))["at"] == 4
    newest(page.again.click)


def whole_study(page):
    """All trials that were asked for last, and the end."""
    samplers = page.session.jobs.started[-1][2]["samplers"]
    tell(page, {"kind": "floor", "energy_distance": 0.004, "step": 5})
    for sampler in samplers:
        for steps in (2, 4, 8):
            trial(page, sampler, steps, 0.1)
    tell(page, {}, ended=True)
    return samplers


def test_a_setting_of_one_sampler_costs_the_trials_of_that_one(page, qtbot):
    """So that a slider is live: the others stand, and its own marks move."""
    jobs = page.session.jobs
    page.choices.extent.fields["most_steps"].user_set(8)
    page.choices.rows["ddim"].click()
    qtbot.waitUntil(lambda: "ddim" in jobs.started[-1][2]["samplers"])
    every = whole_study(page)
    assert len(every) > 3
    count = len(jobs.started)
    page.bench.set_setting("ddim", "eta", 0.5)
    qtbot.waitUntil(lambda: len(jobs.started) == count + 1)
    assert jobs.started[-1][2]["samplers"] == ["ddim"]
    assert jobs.started[-1][2]["settings"] == {"ddim": {"eta": 0.5}}
    assert len(page.bench.trials) == 3 * len(every)  # nothing has gone
    trial(page, "ddim", 4, 0.3)
    assert page.bench.trial(("ddim", 4.0)).facts["energy_distance"] == 0.3
    assert len(page.bench.trials) == 3 * len(every)
    page.bench.set_setting("ddim", "eta", 0.6)  # before that study was whole
    qtbot.waitUntil(lambda: len(jobs.started) == count + 2)
    assert whole_study(page) == ["ddim"]
    page.choices.rows["heun"].click()
    qtbot.waitUntil(lambda: not page.bench._timer.isActive())
    assert len(jobs.started) == count + 2  # one less is nothing to try
    page.choices.rows["heun"].click()
    qtbot.waitUntil(lambda: len(jobs.started) == count + 3)
    assert whole_study(page) == ["heun"]


@pytest.mark.parametrize("change", ["step", "moment", "config", "again", "ready"])
def test_another_network_is_studied_from_the_start(page, qtbot, change):
    jobs = page.session.jobs
    page.choices.extent.fields["most_steps"].user_set(8)
    qtbot.waitUntil(lambda: jobs.started[-1][2]["steps"] == [2, 4, 8])
    every, count, run = whole_study(page), len(jobs.started), page.session.run
    if change == "step":
        run.step = 6
        page.bench.ask_again()
    elif change == "moment":
        run.at = 4
        page.session.visited.emit(4)
    elif change == "config":
        run.config = run.config.model_copy(update={"seed": 1})
        page.session.config_changed.emit(None)
    elif change == "again":
        page.again.click()
    else:
        page.session.run_ready.emit(None)
    qtbot.waitUntil(lambda: len(jobs.started) == count + 1)
    assert jobs.started[-1][2]["samplers"] == every
    assert page.bench.trials == []


def guide(page, weight):
    """What the engine's run is told when the slider of the guidance is moved."""
    run = page.session.run
    settings = run.config.model_settings | {"guidance": weight}
    run.config = run.config.model_copy(update={"model_settings": settings})
    page.session.config_changed.emit(run.config)


def test_marks_move_with_the_guidance_and_those_on_show_first(page, qtbot):
    """Chart and paths were blank as long as the slider was dragged."""
    jobs = page.session.jobs
    page.choices.extent.fields["most_steps"].user_set(8)
    qtbot.waitUntil(lambda: jobs.started[-1][2]["steps"] == [2, 4, 8])
    every, count = whole_study(page), len(jobs.started)
    page.bench.select(("euler", 8.0))
    guide(page, 4.0)
    qtbot.waitUntil(lambda: len(jobs.started) == count + 1)
    assert jobs.started[-1][2]["samplers"] == every
    assert jobs.started[-1][2]["first"] == [["euler", 8.0]]
    assert [t.key for t in page.bench.trials] == [("euler", 8.0)]
    assert not page.paths.is_empty
    trial(page, "euler", 8, 0.7)
    assert page.bench.trial(("euler", 8.0)).facts["energy_distance"] == 0.7
    tell(page, {}, ended=True, error="It cannot be.")
    assert page.bench.trials == []  # nothing of the guidance before


def test_a_study_begins_while_the_hand_still_drags(page, qtbot):
    """It waited until the hand had rested; the first is not given up unseen."""
    jobs = page.session.jobs
    trial(page)
    page.bench._timer.setInterval(20)
    count, weights = len(jobs.started), iter(range(1, 10_000))

    def dragged(until):
        def move():
            guide(page, next(weights) / 1000)
            return until()

        qtbot.waitUntil(move)

    dragged(lambda: len(jobs.started) == count + 1)
    dragged(lambda: page.bench._rests == 3)  # nothing of it has come yet
    assert len(jobs.started) == count + 1
    trial(page)
    dragged(lambda: len(jobs.started) == count + 2)
    dragged(lambda: len(jobs.started) == count + 3)  # that never showed anything


def test_trials_that_were_asked_for_anew_and_failed_are_gone(page, qtbot):
    jobs = page.session.jobs
    page.choices.extent.fields["most_steps"].user_set(8)
    qtbot.waitUntil(lambda: jobs.started[-1][2]["steps"] == [2, 4, 8])
    every, count = whole_study(page), len(jobs.started)
    page.bench.set_setting("euler", "grid", "quadratic")
    qtbot.waitUntil(lambda: len(jobs.started) == count + 1)
    tell(page, {}, ended=True, error="It cannot be.")
    left = {t.sampler for t in page.bench.trials}
    assert left == set(every) - {"euler"}


def test_guidance_is_a_setting_of_the_run(page):
    page.guidance.fields["guidance"].user_set(3.0)
    assert page.session.edits == [("model_settings", "guidance", 3.0)]


def test_guidance_on_show_follows_the_run(page):
    """An edit taken back was still on show, and its slider acted on the old value."""
    rows = page.guidance.fields
    world = page.session
    row = rows["label"]
    settings = world.run.config.model_settings | {"label": 2, "guidance": 4.0}
    world.run.config = world.run.config.model_copy(update={"model_settings": settings})
    world.config_changed.emit(world.run.config)
    assert (rows["label"].value(), rows["guidance"].value()) == (2, 4.0)
    assert rows["label"] is row  # else a slider would go in mid-drag
    assert not world.edits


def test_results_are_drawn_tabled_and_the_first_two_compared(page):
    tell(page, {"kind": "floor", "energy_distance": 0.004, "step": 5})
    trial(page, "euler", 8, 0.2)
    trial(page, "euler", 16, 0.1)
    trial(page, "heun", 16, 0.05)
    assert page.bench.floor == 0.004
    assert page.bench.selected == [("euler", 16.0), ("heun", 16.0)]
    shown = {line.name: line for line in page.chart._series}
    assert shown["euler"].costs == (8.0, 16.0)
    assert shown["euler"].values == (0.2, 0.1)
    named = [one.title for one in page.paths._sets]
    assert named == ["Euler 16 steps", "Heun 16 steps"]
    assert page.table.keys == [("euler", 8.0), ("euler", 16.0), ("heun", 16.0)]
    assert page.table._best == ("heun", 16.0)
    page.copy.click()
    text = QGuiApplication.clipboard().text()
    assert text.splitlines()[0].startswith("Sampler\tSteps")
    assert len(text.splitlines()) == 4
    assert "0.050" in text


def test_the_amounts_of_the_paths_stand_on_lines_of_their_own(page):
    trial(page, "euler", 16, 0.1)
    trial(page, "heun", 16, 0.05)
    _, both = page.paths._blocks
    assert both.title == "16 steps"
    assert [key.text for key in both.keys] == ["Euler", "Heun"]
    trial(page, "euler", 32, 0.05)
    for key in (("euler", 16.0), ("heun", 16.0), ("euler", 16.0), ("euler", 32.0)):
        page.bench.select(key)
    _, few, many = page.paths._blocks
    assert (few.title, many.title) == ("16 steps", "32 steps")
    assert few.keys == many.keys


def test_another_value_is_drawn_where_it_is_known(page):
    trial(page, "euler", 16, 0.1)
    page.switch.user_choose("error_network")
    assert page.chart._series[0].values == (0.2,)
    page.switch.user_choose("turning")
    assert page.chart._series[0].values == (90.0,)
    page.switch.user_choose("error_exact")
    tell(page, {}, ended=True)
    assert page.chart._series == []
    assert "mixture of Gaussians" in page.chart._words


def test_a_sampler_says_whether_it_adds_noise_as_it_is_set(page):
    page.choices.rows["ddim"].click()
    row = page.choices.rows["ddim"]
    assert row.kind == "adds noise"
    trial(page, "ddim", 8, 0.2, stochastic=False, order=1)
    assert row.kind == "order 1"
    trial(page, "ddim", 8, 0.2, stochastic=True, order=1)
    assert row.kind == "adds noise"


def test_errors_come_after_the_trials_and_find_theirs(page):
    trial(page, "euler", 8, 0.2, error_network=None)
    trial(page, "euler", 16, 0.1, error_network=None)
    page.switch.user_choose("error_network")
    assert page.chart._series == []
    assert page.chart._words == "It is measured when all trials are there."
    found = {"kind": "errors", "sampler": "euler", "steps": 16, "error_network": 0.25}
    tell(page, found)
    assert page.chart._series[0].values == (0.25,)
    assert page.chart._series[0].costs == (16.0,)
    assert page.bench.trial(("euler", 8.0)).facts["error_network"] is None
    assert page.bench.trial(("euler", 16.0)).facts["energy_distance"] == 0.1


def test_a_distance_that_is_on_its_way_is_not_said_to_be_unknown(page):
    trial(page, "euler", 16, None)
    assert page.chart._words == "The study is beginning."


def test_a_mark_can_be_read_and_chosen_and_so_can_a_line_of_the_table(page):
    trial(page, "euler", 16, 0.1)
    trial(page, "heun", 16, 0.05)
    trial(page, "euler", 32, 0.04)
    line = next(s for s in page.chart._series if s.name == "euler")
    place = page.chart.pane.pixel(np.log2(32), np.log10(0.04))
    assert page.chart.nearest(place) == ("euler", 1)
    assert page.chart.nearest(place + QPointF(200, 0)) != ("euler", 1)
    page.chart.pointed_at.emit(("euler", 1))
    assert "32 steps" in page.read_out.text
    page.chart.picked.emit("euler", 1)
    assert page.bench.selected == [("heun", 16.0), ("euler", 32.0)]
    page.table.picked.emit(("heun", 16.0))
    assert page.bench.selected == [("euler", 32.0)]
    assert line.symbol != rank_look(line.rank + 1)[1]


def test_news_of_a_study_that_was_given_up_are_nothing(page, qtbot):
    page.again.click()
    old = FACTS | {"sampler": "euler", "title": "Euler", "steps": 16}
    tell(page, old | {"evaluations": 16, "energy_distance": 0.5}, number=0)
    assert page.bench.trials == []


def test_a_refused_study_says_why_in_place_of_the_chart(page):
    tell(page, {}, ended=True, error="It cannot be.")
    assert page.chart._words == "It cannot be."
    assert not page.bench.is_busy


def test_a_model_without_samplers_says_so(qtbot, catalogue):
    made = SamplersPage(World(catalogue, "vae"))
    qtbot.addWidget(made)
    made.enter()
    assert made.session.jobs.started == []
    assert "no sampler" in made.chart._words
    assert made.guide_head.isHidden()


def test_a_model_that_learns_no_classes_is_not_guided(qtbot, catalogue):
    world = World(catalogue, "ddpm")
    world.run.config.model_settings["conditional"] = False
    made = SamplersPage(world)
    qtbot.addWidget(made)
    made.enter()
    assert made.guide_head.isHidden()
    assert made.guidance.fields == {}
    oracle = SamplersPage(World(catalogue, "oracle"))  # it knows every class
    qtbot.addWidget(oracle)
    oracle.enter()
    assert set(oracle.guidance.fields) == {"label", "guidance"}


def test_the_film_moves_the_marks_along_the_paths(page):
    trial(page, "euler", 16, 0.1)
    page.film.moved.emit(0.25)
    _, marks = page.paths._items[0]
    np.testing.assert_allclose(marks.points, 0.5)


def test_points_that_have_left_the_paths_are_counted(page):
    """Strong guidance flung them over the edge without a word."""
    paths = page.paths
    times = np.linspace(0, 1, 3)
    x = np.zeros((3, 4, 2), np.float32)
    x[1, :3, 1] = 9.0  # three are beyond the upper edge half way, one stays there
    x[2, 0, 0] = -9.0
    one = PathSet("Euler", "16 steps", "class0", "o", times, x)
    paths.show_paths([one, one], (-3.0, 3.0, -3.0, 3.0))
    paths.set_time(0.5)
    assert paths.tags == ("same noise", "6 beyond")
    assert paths.shown_tags(90) == ("", "6 beyond")
    paths.set_time(1.0)
    assert paths.tags[1] == "2 beyond"
    assert paths.copied().tags[1] == "2 beyond"  # in a figure too
    paths.set_time(0.0)
    assert paths.tags == ("same noise", "")


def test_sixteen_lines_have_sixteen_looks(qapp):
    assert len({rank_look(rank) for rank in range(16)}) == 16


def test_values_without_a_logarithm_are_left_out(qtbot):
    chart = BenchChart()
    qtbot.addWidget(chart)
    line = Series("a", "A", 0, (2.0, 4.0), (0.0, 0.1))
    chart.show_series([line], 0.01, "t", "", [])
    chart.resize(500, 300)
    assert chart.nearest(chart.pane.pixel(2.0, -1.0)) == ("a", 1)


def test_no_line_of_the_grid_crosses_the_words_of_the_floor(qtbot, monkeypatch):
    chart, order = BenchChart(), []
    qtbot.addWidget(chart)
    chart.resize(500, 300)
    chart.show_series([Series("a", "A", 0, (2.0, 4.0), (0.5, 0.1))], 0.01, "t", "", [])
    monkeypatch.setattr(
        chance_words,
        "draw_text",
        lambda _, rect, text, *args, **how: order.append(text),
    )
    monkeypatch.setattr(chart, "_paint_axes", lambda *_: order.append("grid"))
    chart.grab()
    assert order.index("grid") < order.index(chance_words.WORDS)


def test_the_table_is_driven_by_keys(qtbot):
    table = TrialTable()
    qtbot.addWidget(table)
    one = SimpleNamespace(key=("a", 2.0)), ("a",) * 7
    two = SimpleNamespace(key=("a", 4.0)), ("b",) * 7
    table.show_trials([one, two], [], None)
    picked = []
    table.picked.connect(picked.append)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Return):
        qtbot.keyClick(table, key)
    assert picked == [("a", 4.0)]


def test_a_distance_below_chance_is_drawn_and_read_as_it_is(page):
    tell(page, {"kind": "floor", "energy_distance": 0.004, "step": 5})
    trial(page, "euler", 16, -0.002)
    line = page.chart._series[0]
    assert line.values == (0.0004,)
    assert page.chart.nearest(page.chart.pane.pixel(4, np.log10(0.0004))) == (
        "euler",
        0,
    )
    page._on_pointed(("euler", 0))
    assert "\N{MINUS SIGN}0.0020" in page.read_out.text
    assert page.table._best == ("euler", 16.0)


def test_a_sampler_given_up_takes_its_trials_along(page):
    trial(page, "euler", 16, 0.1)
    trial(page, "heun", 16, 0.05)
    page.choices.rows["euler"].click()
    assert [t.sampler for t in page.bench.trials] == ["heun"]
    assert page.bench.selected == [("heun", 16.0)]
    assert page.table.keys == [("heun", 16.0)]


def test_a_run_that_begins_again_is_studied_again(page, qtbot):
    page.session.run_ready.emit(None)
    qtbot.waitUntil(lambda: len(page.session.jobs.started) == 2)
    page.session.visited.emit(4)
    qtbot.waitUntil(lambda: len(page.session.jobs.started) == 3)


def test_a_sampler_that_is_tried_shows_its_settings(page):
    page.choices.rows["ddim"].click()
    assert page.choices.which.value() == "ddim"
    assert "eta" in page.choices.form.fields
    page.choices.rows["ddim"].click()
    assert page.choices.which.value() != "ddim"


def test_choices_come_back_from_a_session(page, qtbot):
    page.choices.rows["ddim"].click()
    page.bench.set_setting("ddim", "eta", 0.5)
    page.choices.extent.fields["most_steps"].user_set(16)
    page.switch.user_choose("detour")
    page.bench.select(("ddim", 8.0))
    kept = json.loads(json.dumps(page.kept()))
    other = SamplersPage(World(page.session.catalogue, "ddpm"))
    other.bench._timer.setInterval(0)
    qtbot.addWidget(other)
    other.recall(kept, {})
    other.enter()
    settings = other.session.jobs.started[0][2]
    assert settings["settings"] == {"ddim": {"eta": 0.5}}
    assert settings["steps"] == [2, 4, 8, 16]
    assert "ddim" in settings["samplers"]
    assert other.switch.value() == "detour"
    assert other.bench.selected == [("ddim", 8.0)]
    assert other.choices.extent.values()["most_steps"] == 16


@pytest.mark.parametrize("view", ["samplers", "sampler_paths"])
@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_the_camera_saves_what_the_page_shows(page, view, ending, tmp_path):
    trial(page)
    trial(page, "heun", 8, 0.2)
    said = []
    page.noted.connect(said.append)
    path = tmp_path / f"figure.{ending}"
    page.figures[view].save(path, (640, 400))
    assert [note.severity for note in said] == ["good"]
    if ending == "svg":
        text = "".join(ElementTree.parse(path).getroot().itertext())
        word = {"samplers": "network evaluations per sample", "sampler_paths": "noise"}
        assert word[view] in text
        assert "DDPM, Two moons, step 5" in text
    elif ending == "png":
        assert QImage(str(path)).size() == QSize(1280, 800)


def test_keys_mean_the_chart_unless_the_paths_have_the_focus(page):
    assert page.figures_now().name == "samplers"
    page.paths.setFocus()
    assert page.figures_now().name == "sampler_paths"
    page.chart.setFocus()
    assert page.figures_now().name == "samplers"


def test_numbers_of_chart_and_paths_are_those_of_the_trials(page, tmp_path):
    trial(page)
    trial(page, "heun", 8, 0.25)
    page.figures["samplers"].save_table(tmp_path / "chart.csv")
    text = (tmp_path / "chart.csv").read_text().splitlines()
    assert text == ["series,evaluations,value", "Euler,16,0.1", "Heun,8,0.25"]
    page.figures["sampler_paths"].save_table(tmp_path / "paths.csv")
    rows = (tmp_path / "paths.csv").read_text().splitlines()
    assert rows[0] == "path,t,x,y"
    assert rows[1:5] == ["0,0,0,0", "0,0.5,1,1", "0,1,2,2", "1,0,0,0"]


def test_a_bench_without_trials_has_no_figure(page, tmp_path):
    said = []
    page.noted.connect(said.append)
    page.figures["samplers"].save(tmp_path / "figure.png")
    assert [note.severity for note in said] == ["warning"]
    assert not list(tmp_path.iterdir())


def test_any_size_is_asked_of_the_window(page):
    asked = []
    page.size_requested.connect(asked.append)
    menu = page.figures["samplers"].menu()
    menu.actions()[-1].trigger()
    assert asked == [page.figures["samplers"]]
    assert asked[0].name == "samplers"
    menu.close()


def test_the_projector_gives_the_room_of_the_choices_to_the_plots(page):
    look = theme.look
    try:
        theme.set_look("projector")
        assert not page.side.isVisible()
        page.resize(1280, 560)
        assert not page.trials.isVisible()
        assert page.switch.width() >= page.switch.sizeHint().width()
        page.resize(1920, 900)
        assert page.trials.isVisible()
    finally:
        theme.set_look(look)
    assert page.side.isVisible()
    page.resize(1280, 560)
    assert page.trials.isVisible()


def test_nothing_is_offered_where_there_is_no_sampler(qtbot, catalogue):
    """An empty list of samplers stood there, and an extent of no study."""
    shown = {}
    for model in ("vae", "rectified_flow"):
        made = SamplersPage(World(catalogue, model))
        qtbot.addWidget(made)
        made.enter()
        choices = made.choices
        shown[model] = [not w.isHidden() for w in (choices.which, choices.extent)]
    assert shown == {"vae": [False, False], "rectified_flow": [True, True]}
    for name in list(made.bench.chosen):
        made.bench.toggle(name)
    assert choices.which.isHidden()
    assert not choices.extent.isHidden()
