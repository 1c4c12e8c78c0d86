"""A film of the training in the window."""


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
