"""Films in front of the real engine."""

import pytest
from PIL import Image

from app import films

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def test_a_replay_asked_for_while_the_run_trains_ends_at_its_present_state(open_lab):
    lab = open_lab(model="vae", data="two_moons")
    lab.session.play()
    lab.until(lambda: lab.run.step > 30)
    film = lab.window.timeline.film
    lab.window.actions_by_name.trigger("replay")
    lab.until(lambda: film.is_whole)
    assert film.is_running
    assert not lab.run.is_playing
    assert film.steps[0] == 0
    lab.until(lambda: film.steps[-1] == lab.run.step)
    last = film._reels["a"].pictures[lab.run.step][1]
    first = film._reels["a"].pictures[0][1]
    assert any((last[name] != first[name]).any() for name in first if name in last)


def test_a_film_of_the_training_is_written_while_it_trains(
    open_lab, tmp_path, monkeypatch
):
    monkeypatch.setattr(films, "FRAMES", 5)
    lab = open_lab(model="vae", data="two_moons")
    lab.session.play()
    lab.until(lambda: lab.run.step > 30 and lab.window.wall.cards["a"].plot.has_frame)
    path = tmp_path / "film.webp"
    plot = lab.window.wall.cards["a"].plot
    lab.window.files.films.save_training(plot, str(path), "a")
    lab.until(path.exists)
    with Image.open(path) as found:
        assert found.n_frames == 5
