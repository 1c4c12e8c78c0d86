"""A film of the training in the window."""

from PySide6.QtWidgets import QFileDialog

from app.plots.base import PlotView
from app.plots.catalogue import PLOTS, make_plot
from app.plots.film import Film


def test_a_film_begins_while_the_run_trains(world):
    """The run is paused for it; the steps that were in hand must not end it."""
    world.session.play()
    world.until(lambda: world.run.step > 20 and len(world.run.snapshots) > 1)
    film = world.window.timeline.film
    world.window.actions_by_name.trigger("replay")
    world.until(lambda: not world.run.is_playing)
    world.settle()
    assert film.is_running
    assert not world.run.is_playing
    world.session.step_once(1)
    world.until(lambda: not film.is_running)


def test_how_much_of_a_film_is_drawn_stays_to_be_read_while_the_run_trains(world):
    window = world.window
    world.session.play()
    world.until(lambda: world.run.snapshots)
    window.files.films.advanced.emit(0.25)
    step = world.run.step
    world.until(lambda: world.run.step > step)
    assert window.timeline.timeline._info.text() == "25 % drawn"
    window.files.films.advanced.emit(1.0)
    assert "snapshot" in window.timeline.timeline._info.text()


def test_a_film_that_cannot_be_is_refused_before_a_name_is_asked(world, monkeypatch):
    asked, told = [], []
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *a: asked.append(a) or ("", "")
    )
    window = world.window
    window.files.noted.connect(told.append)
    window.actions_by_name.trigger("training_film")
    assert told[-1].title == "Nothing to replay yet"
    world.session.slots.choose("b", "samples")
    world.settle()
    window.actions_by_name.trigger("path_film")
    assert told[-1].title == "No points are on their way here"
    assert asked == []


def test_a_film_of_paths_takes_a_plot_that_has_them(world, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a: ("a.gif", ""))
    window, taken = world.window, []
    window.files.films.save_paths = lambda plot, path: taken.append((plot, path))
    paths = window.wall.cards["b"].plot
    assert paths.view == "trajectories"
    world.until(lambda: paths.has_frame)
    window.wall.cards["a"].plot.setFocus()
    window.actions_by_name.trigger("path_film")
    assert taken == [(paths, "a.gif")]


def test_every_plot_that_follows_a_clock_at_once_can_be_filmed(qtbot):
    for view in PLOTS:
        plot = make_plot(view)
        qtbot.addWidget(plot)
        moves = {type(plot).set_time, type(plot).show_moment}
        follows = moves != {PlotView.set_time, PlotView.show_moment}
        has_clock = isinstance(getattr(plot, "film", None), Film)
        assert plot.has_all_times == (follows and has_clock), view


def test_the_key_that_plays_pauses_a_film_and_the_button_says_so(world):
    window, film = world.window, world.window.timeline.film
    world.session.step_once(20)
    world.until(lambda: len(world.run.snapshots) > 1)
    world.until(lambda: not world.run.is_playing)
    film.play()
    assert window.top.play.text() == "Pause"
    window.actions_by_name.trigger("play")
    assert (film.is_running, film.is_moving) == (True, False)
    assert window.top.play.text() == "Play"
    assert not world.run.is_playing
    window.actions_by_name.trigger("play")
    assert film.is_moving
    film.stop()
    window.actions_by_name.trigger("play")
    world.until(lambda: world.run.is_playing)


def test_what_the_present_run_says_of_a_place_is_not_filmed_at_other_moments(world):
    """The path of the last step lay over the pictures of all others."""
    window, probe = world.window, world.session.probe
    world.session.play()
    world.until(lambda: len(world.run.snapshots) > 1)
    world.session.pause()
    world.until(lambda: not world.run.is_playing)
    probe.ask(0.5, 1.0)
    plot = window.wall.cards["a"].plot
    world.until(lambda: "path" in plot._marked[1])
    window.timeline.film.play()
    assert plot._marked == ((0.5, 1.0), {})
    assert "replay" in window.model.probe.hint.text()
    probe.ask(-0.5, 0.25)
    world.settle()
    assert plot._marked == ((-0.5, 0.25), {})
    window.timeline.film.stop()
    world.until(lambda: "path" in plot._marked[1])
    assert probe.answers[world.run.id].step == world.run.step
