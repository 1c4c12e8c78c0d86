"""The training as a film: gathered once, drawn in between, saved as GIF and WebP."""

import weakref
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from app import films
from app.film_colours import in_few_colours
from app.film_desk import FilmDesk
from app.film_rooms import FilmRooms
from app.films import FilmWriter, write_film
from app.plots.catalogue import make_plot
from app.plots.preview import FRAMES
from app.session_film import TrainingFilm, between
from engine.protocol import JobNews

STEPS = [0, 10, 100]
META = {"limits": [-3, 3, -3, 3], "columns": ["x", "y"], "n_data": 50, "classes": 0}
FORMAT = QImage.Format.Format_RGB32


class Slots(QObject):
    frame_received = Signal(str, object, object)
    view_changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.shown, self.paused, self.asked = {"a", "b"}, [], 0
        self.views = {"a": "samples", "b": "elbo"}
        self.settings = {"samples": 500}
        self.can_show = lambda view: view != "elbo"

    def __getitem__(self, name):
        view, settings = self.views[name], dict(self.settings)
        return SimpleNamespace(view=view, wanted=lambda: (view, settings))

    def set_paused(self, paused: bool) -> None:
        self.paused.append(paused)

    def subscribe_all(self) -> None:
        self.asked += 1


class World(QObject):
    run_ready = Signal(object)
    run_chosen = Signal()
    status_changed = Signal(object)
    visited = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.slots, self.runs, self.jobs = Slots(), self, self
        self.run = SimpleNamespace(
            id="run-1", number=1, snapshots=list(STEPS), is_playing=False, at=None
        )
        self.run.step, self.run.config = STEPS[-1], {"seed": 0}
        self.catalogue = None
        self.started, self.cancelled, self.on_news = [], [], None
        self.end = STEPS[-1]
        self.paused = 0

    def pause(self) -> None:
        self.paused += 1

    def start(self, what, run_id, settings, on_news):
        self.started.append((what, run_id, settings))
        self.on_news = on_news
        number = len(self.started)
        return SimpleNamespace(
            job_id=f"job-{number}", cancel=lambda: self.cancelled.append(number)
        )

    def tell(
        self, step=None, share=0.5, ended=False, error="", slot="a", view="samples"
    ) -> None:
        result, arrays = {}, {}
        if step is not None:
            result = {"slot": slot, "view": view, "step": step, "meta": dict(META)}
            result |= {"end": self.end}
            arrays = {"samples": np.full((3, 2), step, "f4")}
            arrays |= {"data": arrays["samples"], "data_labels": np.zeros(3, "i4")}
        news = JobNews(
            job_id=f"job-{len(self.started)}",
            what="film",
            share=share,
            result=result,
            ended=ended,
            error=error,
        )
        self.on_news(news, arrays)


@pytest.fixture
def world(qapp):
    return World()


@pytest.fixture
def film(world):
    made = TrainingFilm(world)
    yield made
    made.stop()


def gathered(world, film) -> None:
    for index, step in enumerate(STEPS):
        world.tell(step, (index + 1) / 3)
    world.tell(ended=True, share=1.0)
    assert film.is_whole


def test_arrays_are_drawn_in_between_where_that_makes_sense():
    old = {"x": np.zeros((2, 2), "f4"), "n": np.array([1, 2]), "k": np.zeros(3, "f4")}
    new = {"x": np.ones((2, 2), "f4"), "n": np.array([3, 4]), "k": np.zeros(5, "f4")}
    found = between(old, new, 0.25)
    np.testing.assert_allclose(found["x"], 0.25)
    assert found["n"].tolist() == [1, 2]
    assert found["k"].shape == (3,)
    assert between(old, new, 0.75)["k"].shape == (5,)


def test_it_asks_for_what_is_on_show_and_plays_when_it_has_it(world, film, qtbot):
    film.play()
    what, run_id, settings = world.started[0]
    assert (what, run_id) == ("film", "run-1")
    wanted = {"slot": "a", "view": "samples", "settings": {"samples": 500}}
    assert settings["reels"] == [wanted]
    assert world.slots.paused == [True]
    gathered(world, film)
    drawn = []
    world.slots.frame_received.connect(lambda *frame: drawn.append(frame))
    film.show(0.75)
    name, frame, arrays = drawn[-1]
    assert (name, frame.view, frame.live) == ("a", "samples", False)
    place = np.log1p(100) * 0.75
    share = (place - np.log1p(10)) / (np.log1p(100) - np.log1p(10))
    np.testing.assert_allclose(arrays["samples"], 10 + share * 90, rtol=1e-5)
    assert frame.step == 10
    film.show(0.0)
    np.testing.assert_allclose(drawn[-1][2]["samples"], 0.0)
    film._clock.setInterval(0)
    film.position = 0.99
    qtbot.waitUntil(lambda: not film.is_running)
    assert world.slots.paused == [True, False]
    assert world.slots.asked == 1


def test_a_film_at_hand_is_not_gathered_again_unless_the_run_went_on(world, film):
    film.play()
    gathered(world, film)
    film.stop()
    film.play()
    assert len(world.started) == 1
    film.stop()
    for number, change in enumerate(
        (
            lambda: setattr(world.run, "step", 104),  # no moment is kept of that
            lambda: world.slots.views.update(a="density"),
            lambda: world.slots.settings.update(samples=200),
            lambda: setattr(world.run, "config", {"seed": 1}),
            lambda: world.run_ready.emit(None),
        )
    ):
        change()
        film.play()
        assert len(world.started) == number + 2
        film.stop()


def test_it_ends_at_the_present_and_knows_it_where_a_run_was_still_training(
    world, film
):
    world.end = 104  # steps that were in hand when the run was told to pause
    film.play()
    for step in (*STEPS, 104):
        world.tell(step)
    world.tell(ended=True, share=1.0)
    shown = []
    film.moved.connect(shown.append)
    film.show(1.0)
    assert shown == [104]
    film.stop()
    world.run.step = 104
    film.play()
    assert len(world.started) == 1


def test_stopping_in_the_midst_of_gathering_gives_it_up(world, film):
    film.play()
    world.tell(0)
    film.toggle()
    assert world.cancelled == [1]
    assert not film.is_running
    film.toggle()
    assert len(world.started) == 2


def test_a_playing_run_is_paused_and_an_untrained_one_has_no_film(world, film):
    notes = []
    film.noted.connect(notes.append)
    world.run.is_playing = True
    film.play()
    assert world.paused == 1
    film.stop()
    world.run.snapshots = [0]
    film.play()
    assert not film.is_running
    assert notes[0].title == "Nothing to replay yet"
    world.run.snapshots = list(STEPS)
    world.slots.shown = set()  # of another page
    world.started.clear()
    film.play()
    assert not film.is_running
    assert not world.started
    assert notes[1].title == "Nothing to replay here"


def test_the_last_steps_before_a_pause_do_not_end_it_but_a_step_after_does(world, film):
    def tell(step, state):
        world.status_changed.emit(SimpleNamespace(step=step, state=state))

    world.run.is_playing = True
    film.play()
    for step, state in ((101, "playing"), (104, "paused"), (104, "paused")):
        tell(step, state)
        assert film.is_running
    tell(105, "paused")  # somebody made a step
    assert not film.is_running
    world.run.is_playing, world.run.step = False, 105
    film.play()
    tell(105, "playing")
    assert film.is_running
    tell(106, "playing")
    assert not film.is_running


def test_it_lasts_eight_seconds_at_thirty_pictures_a_second(world, film):
    film.play()
    assert film._clock.interval() == 33
    gathered(world, film)
    shown = []
    film.moved.connect(shown.append)
    while film.is_running:
        film._advance()
    assert len(shown) == pytest.approx(8 * 1000 / 33, abs=2)
    assert shown[0] == 0
    assert shown[-1] == 100


def test_it_does_not_run_ahead_of_what_is_gathered(world, film):
    film.play()
    world.tell(0)
    film._advance()
    assert film.position == 0.0  # one moment is no film
    world.tell(10)
    for _ in range(400):
        film._advance()
    assert film.position == pytest.approx(np.log1p(10) / np.log1p(100))
    world.tell(100)
    world.tell(ended=True, share=1.0)
    while film.is_running:
        film._advance()
    assert film.position == 1.0


def test_a_moment_is_there_once_every_place_has_its_picture(world, film):
    world.slots.views["b"] = "density"
    film.play()
    assert [reel["slot"] for reel in world.started[0][2]["reels"]] == ["a", "b"]
    world.tell(0)
    assert film.steps == []
    world.tell(0, slot="b", view="density")
    world.tell(10)
    assert film.steps == [0]


def test_it_is_paused_and_goes_on_but_not_while_it_is_held_for_a_file(world, film):
    film.play()
    gathered(world, film)
    assert film.is_moving
    film.show(0.5)
    film.pause()
    assert (film.is_running, film.is_moving, film.position) == (True, False, 0.5)
    film.pause()
    assert (film.is_moving, film.position) == (True, 0.5)
    film.stop()
    film.pause()
    assert not film.is_moving
    film.hold()
    film.pause()
    assert (film.is_running, film.is_moving) == (True, False)


def test_it_ends_where_a_film_makes_no_sense_any_more(world, film):
    for ending in (
        lambda: world.run_ready.emit(None),
        world.run_chosen.emit,
        lambda: world.slots.view_changed.emit("a"),
    ):
        film.play()
        assert film.is_running
        ending()
        assert not film.is_running


def test_a_film_that_cannot_be_made_says_so(world, film):
    notes = []
    film.noted.connect(notes.append)
    film.play()
    world.tell(ended=True, error="It cannot be.")
    assert not film.is_running
    assert notes[0].text == "It cannot be."


@pytest.fixture
def plot(qtbot):
    made = make_plot("samples")
    qtbot.addWidget(made)
    made.resize(300, 240)
    rng = np.random.default_rng(0)
    made.show_frame(
        META,
        {
            "data": rng.normal(size=(50, 2)).astype("f4"),
            "data_labels": np.zeros(50, "i4"),
            "samples": rng.normal(size=(50, 2)).astype("f4"),
        },
    )
    return made


@pytest.mark.parametrize("ending", [".gif", ".webp"])
def test_a_film_is_written_with_all_its_pictures(
    plot, qtbot, tmp_path, ending, monkeypatch
):
    monkeypatch.setattr(films, "FRAMES", 6)
    path, seen = tmp_path / f"film{ending}", []

    def show(position: float) -> None:
        seen.append(position)
        moved = plot.arrays["samples"] + np.float32(0.5)
        plot.show_frame(plot.meta, plot.arrays | {"samples": moved})

    writer = FilmWriter(plot, show, path)
    with qtbot.waitSignal(writer.finished, timeout=20_000) as told:
        writer.start()
    assert told.args == [str(path), ""]
    assert seen == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    with Image.open(path) as found:
        assert found.n_frames == 6
        assert found.info.get("loop", 0) == 0
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_folder_that_is_none_costs_the_film_and_says_so(
    plot, qtbot, tmp_path, monkeypatch
):
    monkeypatch.setattr(films, "FRAMES", 2)
    writer = FilmWriter(plot, lambda _: None, tmp_path / "none" / "film.gif")
    with qtbot.waitSignal(writer.finished, timeout=20_000) as told:
        writer.start()
    assert "No such file" in told.args[1]


def test_each_picture_has_the_words_of_its_moment(plot, qtbot, tmp_path, monkeypatch):
    monkeypatch.setattr(films, "FRAMES", 3)
    seen, words = [], []
    monkeypatch.setattr(
        films.figures,
        "picture",
        lambda *_, caption: words.append(caption) or QImage(8, 8, FORMAT),
    )
    writer = FilmWriter(
        plot, seen.append, tmp_path / "film.gif", lambda: f"at {seen[-1]}"
    )
    with qtbot.waitSignal(writer.finished, timeout=20_000):
        writer.start()
    assert words == ["at 0.0", "at 0.5", "at 1.0"]


def test_a_finished_film_lets_go_of_whom_it_was_made_for(
    plot, qtbot, tmp_path, monkeypatch
):
    """Its parent would else die within it, and delete it a second time."""

    class Owner:
        def words(self):
            return ""

    monkeypatch.setattr(films, "FRAMES", 2)
    owner = Owner()
    gone = weakref.ref(owner)
    writer = FilmWriter(plot, lambda _: None, tmp_path / "film.gif", owner.words)
    with qtbot.waitSignal(writer.finished, timeout=20_000):
        writer.start()
    del owner
    assert gone() is None


def test_another_ending_is_refused(plot, tmp_path):
    with pytest.raises(ValueError, match=r"use \.gif or \.webp"):
        FilmWriter(plot, lambda _: None, tmp_path / "film.mp4")


def test_the_last_picture_stands_a_while(tmp_path):
    pictures = [Image.new("RGB", (8, 8), (40 * k, 0, 0)) for k in range(4)]
    path = tmp_path / "film.gif"
    write_film(path, pictures)
    with Image.open(path) as found:
        found.seek(3)
        last = found.info["duration"]
        found.seek(0)
        assert last >= 10 * found.info["duration"]


def test_the_desk_gathers_first_then_writes_and_goes_back(
    world, film, plot, qtbot, tmp_path, monkeypatch
):
    monkeypatch.setattr(films, "FRAMES", 3)
    desk, notes, tried = FilmDesk(world, film), [], []
    desk.noted.connect(notes.append)
    monkeypatch.setattr(
        films,
        "FilmRooms",
        lambda plot, pictures: tried.append(pictures) or FilmRooms(plot, pictures),
    )
    desk.save_training(plot, str(tmp_path / "film"), "a")
    desk.save_training(plot, str(tmp_path / "other.gif"), "a")
    assert notes[0].title == "A film is being made already"
    gathered(world, film)
    qtbot.waitUntil(lambda: len(notes) == 2, timeout=20_000)
    assert notes[1].title == "Film saved"
    assert (tmp_path / "film.gif").is_file()
    assert not film.is_running
    assert [len(pictures) for pictures in tried] == [3], "one scale for all moments"
    desk.save_paths(plot, str(tmp_path / "film.avi"))
    assert "use .gif or .webp" in notes[2].text


def test_a_replay_that_is_left_while_its_file_is_drawn_costs_the_file(
    world, film, plot, qtbot, tmp_path
):
    """Else the rest of the film would show the living run."""
    desk, notes = FilmDesk(world, film), []
    desk.noted.connect(notes.append)
    desk.save_training(plot, str(tmp_path / "film.gif"), "a")
    shares = []
    desk.advanced.connect(shares.append)
    with qtbot.waitSignal(desk.advanced):
        gathered(world, film)
    film.stop()
    assert [note.title for note in notes] == ["No film was saved"]
    assert shares[0] < shares[-1] == 1.0, "its share stood there for good"
    assert not list(tmp_path.iterdir())
    desk.save_training(plot, str(tmp_path / "film.gif"), "a")
    assert len(notes) == 1  # the desk is free again


def test_a_film_for_a_file_that_is_left_while_it_is_gathered_is_given_up(
    world, film, plot, tmp_path
):
    """Its first moments were taken for all, and drawing them failed without end."""
    desk = FilmDesk(world, film)
    desk.save_training(plot, str(tmp_path / "film.gif"), "a")
    for step in STEPS[:2]:
        world.tell(step)
    film.stop()
    assert not film.is_whole
    assert desk._writer is None
    assert desk._waiting is None


def test_while_a_film_of_paths_is_drawn_no_newer_picture_comes(
    world, film, plot, qtbot, tmp_path, monkeypatch
):
    monkeypatch.setattr(films, "FRAMES", 2)
    desk, notes = FilmDesk(world, film), []
    desk.noted.connect(notes.append)
    desk.save_paths(plot, str(tmp_path / "paths.gif"))
    assert world.slots.paused == [True]
    first = plot.arrays
    with qtbot.waitSignal(desk.advanced):
        plot.show_frame(plot.meta, {**first, "samples": first["samples"] + 1})
    assert plot.arrays is first  # one was on its way all the same
    qtbot.waitUntil(lambda: bool(notes), timeout=20_000)
    assert world.slots.paused[-1] is False


def test_a_film_of_paths_says_the_time_and_how_much_is_drawn(
    world, film, plot, qtbot, tmp_path, monkeypatch
):
    monkeypatch.setattr(films, "FRAMES", 3)
    desk, words, shares, done = FilmDesk(world, film), [], [], []
    monkeypatch.setattr(desk, "_caption", lambda: "VAE, Rings")
    monkeypatch.setattr(
        films.figures,
        "picture",
        lambda *_, caption: words.append(caption) or QImage(8, 8, FORMAT),
    )
    desk.advanced.connect(shares.append)
    desk.noted.connect(done.append)
    desk.save_paths(plot, str(tmp_path / "paths.webp"))
    qtbot.waitUntil(lambda: bool(done), timeout=20_000)
    assert words == [f"VAE, Rings, t = {t}" for t in ("0.00", "0.50", "1.00")]
    assert shares == pytest.approx([1 / 3, 2 / 3, 1.0])


def test_a_film_of_chains_shows_their_steps(world, film, qtbot, tmp_path, monkeypatch):
    """They moved on screen, and nothing offered to film them."""
    monkeypatch.setattr(films, "FRAMES", 3)
    desk, chains, seen, done = FilmDesk(world, film), make_plot("chains"), [], []
    qtbot.addWidget(chains)
    meta, arrays = FRAMES["chains"]()
    chains.show_frame(meta, arrays)
    monkeypatch.setattr(desk, "_caption", lambda: "Energy-based model, Rings")

    def picture(plot, *_, caption):
        seen.append((caption.rpartition(", ")[2], plot.walkers.points.copy()))
        return QImage(8, 8, FORMAT)

    monkeypatch.setattr(films.figures, "picture", picture)
    desk.noted.connect(done.append)
    desk.save_paths(chains, str(tmp_path / "chains.gif"))
    qtbot.waitUntil(lambda: bool(done), timeout=20_000)
    total = int(meta["total"])
    steps = [f"Langevin step {n}" for n in (0, total // 2, total)]
    assert [words for words, _ in seen] == steps
    for (_, walkers), step in zip(seen[::2], (0, -1), strict=True):
        np.testing.assert_allclose(walkers, arrays["x"][step], rtol=1e-6)
    assert not np.allclose(seen[0][1], seen[1][1])
    chains.set_time(0.0)  # the clock of paths is another than that of steps
    assert chains.film.time == 1.0


def test_a_small_mark_keeps_its_colour_on_a_surface_of_many():
    """Points on an energy surface turned grey or pink in a GIF."""
    y, x = np.mgrid[:480, :684]
    reds, greens, blues = (
        120 + x * 100 // 684,
        140 + y * 100 // 480,
        255 - x * 60 // 684,
    )
    surface = np.stack([reds, greens, blues], axis=-1)
    for row, column in ((100, 100), (200, 300), (300, 500)):
        surface[row : row + 6, column : column + 6] = orange = (230, 159, 0)
    few = in_few_colours(Image.fromarray(surface.astype(np.uint8)))
    drawn = few.convert("RGB")
    assert [drawn.getpixel((c + 2, r + 2)) for r, c in ((100, 100), (300, 500))] == [
        orange,
        orange,
    ]
    assert np.abs(np.asarray(drawn).astype(int) - surface).mean() < 3
    assert len(few.getcolors()) <= 128


def test_grounds_close_to_each_other_stay_as_they_are():
    """Pillow looks colours up so coarsely that white paper turns grey."""
    y, x = np.mgrid[:200, :200]
    drawn = np.stack([x, y, x], axis=-1).astype(np.uint8)
    drawn[:, 100:150], drawn[:, 150:] = (248, 249, 248), (255, 255, 255)
    few = in_few_colours(Image.fromarray(drawn)).convert("RGB")
    assert few.getpixel((120, 9)) == (248, 249, 248)
    assert few.getpixel((180, 9)) == (255, 255, 255)
