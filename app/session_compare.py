"""Two to four runs side by side: which ones, what is linked, and their views.

All runs of a comparison have the same data and the same seed. Whoever changes either,
for one of them, changes them all; undo takes all of them back.
"""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal

from app.session_config import complete, restarts_at_once
from app.session_link import EngineLink
from app.session_notes import Notice
from app.session_run import Run
from app.session_runs import Runs
from app.session_settings import SettingsDesk
from app.session_slots import Slots
from engine.protocol import Arrays, Frame, Pause, Play, RunConfig, RunReady, SetSpeed

LETTERS = "ABCD"
MOST = len(LETTERS)
#: What the runs can share, and how it is said.
LINKS = {
    "axes": "Linked axes",
    "time": "Linked time",
    "colours": "One colour scale",
    "controls": "One play",
    "views": "Same plots",
}
LEFT, RIGHT, CURVES = "left", "right", "curves"
_CROWDED = 3  # more runs than this have one plot each
_RIGHT_VIEWS = ("trajectories", "latent", "samples", "density")
#: Why a view cannot be fed by a run; empty if it can.
Reason = Callable[[str, Run], str]


class Compare(QObject):
    """The runs of the comparison; on screen between :meth:`enter` and :meth:`leave`.

    Attributes:
        runs: The runs, in the order of their letters.
        slots: The places for the plots of each run, by its id.
        links: Names of the links that are on.
        is_open: Whether the comparison is on screen.
    """

    runs_changed = Signal()
    links_changed = Signal()
    duplicated = Signal(object)  # the new Run, to be edited
    noted = Signal(object)  # Notice

    def __init__(
        self,
        link: EngineLink,
        runs: Runs,
        desk: SettingsDesk,
        reason_against: Reason,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.runs: list[Run] = []
        self.slots: dict[str, Slots] = {}
        self.links = set(LINKS)
        self.is_open = False
        self._link = link
        self._all = runs
        self._desk = desk
        self._reason_against = reason_against
        self._starting: set[str] = set()
        self._watched: set[str] = set()
        self._is_spreading = False
        self._is_narrow = False
        self._is_wanted = False
        runs.run_chosen.connect(self._on_chosen)
        runs.moved.connect(self._on_moved)
        runs.forgotten.connect(self._on_forgotten)

    # ---- on and off the screen

    def enter(self) -> None:
        """It comes on screen, with the run on show among its runs."""
        run = self._all.run
        self._is_wanted = True
        if run is None:
            return  # the engine is starting: it comes with the first run
        self.is_open = True
        if run not in self.runs:
            self._take_in(run)
        self._all.set_together(self.runs)
        for each in self.runs:
            if each.is_lost:
                self._desk.recover(each)
        self._spread(run)
        self._tell()

    def leave(self) -> None:
        """It goes off screen: the run on show goes on alone."""
        self.is_open = self._is_wanted = False
        for slots in self.slots.values():
            slots.show_only(set())
        for run in self.runs:
            if run is not self._all.run and run.is_playing:
                self._link.send(Pause(run_id=run.id))
        self._all.set_together([])

    # ---- which runs

    def letter(self, run: Run) -> str:
        """A, B, C or D."""
        return LETTERS[self.runs.index(run)]

    def titled(self, run: Run, title: str) -> str:
        """The title of a note on a run, and whose it is where several are on screen."""
        if not self.is_open or run not in self.runs or len(self.runs) < 2:
            return title
        return f"Run {self.letter(run)}: {title[:1].lower()}{title[1:]}"

    @property
    def has_room(self) -> bool:
        """Whether one more run may be compared."""
        return len(self.runs) < MOST

    def duplicate(self, run: Run | None = None) -> Run | None:
        """Begin another run with the same settings; it is the one to be edited."""
        source = run or self._all.run
        if source is None or not self._has_room():
            return None
        made = self._begin(source.config)
        self.duplicated.emit(made)
        return made

    def add_model(self, name: str) -> Run | None:
        """Begin a run of another model, with its own defaults, on the same data."""
        source, catalogue = self._all.run, self._desk.catalogue
        if source is None or catalogue is None or not self._has_room():
            return None
        config = RunConfig(
            model=name,
            data=source.config.data,
            data_settings=source.config.data_settings,
            seed=source.config.seed,
            device=source.config.device,
        )
        return self._begin(complete(catalogue, config))

    def remove(self, run: Run) -> None:
        """Compare a run no longer; it is paused and stays among the runs."""
        if len(self.runs) < 2:
            return
        self.runs.remove(run)
        self._drop(run)
        if run.is_playing:
            self._link.send(Pause(run_id=run.id))
        self._tell()
        if run is self._all.run:
            self._all.choose(self.runs[0].id)

    def bring_back(self, runs: list[Run], links: set[str]) -> None:
        """Compare these runs, and no others, with these links, once it is entered."""
        for run in self.runs:
            self._drop(run)
        self.runs = []
        for run in runs[:MOST]:
            self._take_in(run)
        self.links = links & set(LINKS)
        self.links_changed.emit()
        self._tell()

    def set_link(self, name: str, on: bool) -> None:
        """Share something among all runs, or not."""
        if on != (name in self.links):
            self.links ^= {name}
            self._share()
            self.links_changed.emit()

    # ---- views

    def names(self, run: Run) -> list[str]:
        """The places of a run that are seen; the curves have no plot of their own."""
        is_one = self._is_narrow or len(self.runs) > _CROWDED
        places = [LEFT] if is_one else [LEFT, RIGHT]
        return [f"{run.id}:{place}" for place in places]

    def set_narrow(self, narrow: bool) -> None:
        """Whether there is room for one plot of each run only."""
        if narrow != self._is_narrow:
            self._is_narrow = narrow
            if self.is_open:
                self._show_places()

    def receive(self, frame: Frame, arrays: Arrays) -> None:
        """Hand a frame to the run that it belongs to."""
        slots = self.slots.get(frame.run_id)
        if slots is not None:
            slots.receive(frame, arrays)

    def set_paused(self, paused: bool) -> None:
        """Grant no credit while nobody looks."""
        for slots in self.slots.values():
            slots.set_paused(paused)

    def take_ready(self, run: Run, ready: RunReady) -> None:
        """A run was built: ask for its pictures, and let it play if the others do."""
        slots = self.slots.get(run.id)
        if slots is None:
            return
        slots.forget_frames()
        slots.at = None
        if self.is_open:
            slots.subscribe_all()
            if run.id in self._starting:
                self._link.send(Play(run_id=run.id))
        self._starting.discard(run.id)
        for other in self.runs:
            waits = "data_settings" in other.waiting
            if waits and other.config.data_settings == ready.config.data_settings:
                self._desk.restart(other)

    # ---- inside

    def _has_room(self) -> bool:
        if not self.has_room:
            text = "Remove one of them to make room."
            self.noted.emit(Notice("info", "Four runs are compared at most", text))
        return self.has_room

    def _begin(self, config: RunConfig) -> Run:
        playing = any(run.is_playing for run in self._all.shown)
        speed = self._all.run.speed if self._all.run else 0.0
        run = self._all.make(config)
        run.speed = speed
        if playing and "controls" in self.links:
            self._starting.add(run.id)
        self._take_in(run)
        if self.is_open:
            self._all.set_together(self.runs)
        self._all.choose(run.id)
        if speed:
            self._link.send(SetSpeed(run_id=run.id, steps_per_second=speed))
        self._tell()
        return run

    def _take_in(self, run: Run) -> None:
        if not self.has_room:
            self._drop(self.runs.pop())
        self.runs.append(run)
        names = {LEFT: "density", RIGHT: self._first_view(run), CURVES: "curves"}
        views = {f"{run.id}:{place}": view for place, view in names.items()}
        slots = Slots(self._link.send, self._link.credit, self, views)
        slots.shown = set()
        slots.run_id, slots.at = run.id, run.at
        slots.can_show = lambda view: not self._reason_against(view, run)
        self.slots[run.id] = slots
        if run.id not in self._watched:
            self._watched.add(run.id)
            run.history.config_changed.connect(partial(self._on_config, run))

    def _drop(self, run: Run) -> None:
        """Ask for nothing more of a run that is compared no longer."""
        self._starting.discard(run.id)
        slots = self.slots.pop(run.id)
        slots.show_only(set())
        slots.deleteLater()

    def _first_view(self, run: Run) -> str:
        fed = (v for v in _RIGHT_VIEWS if not self._reason_against(v, run))
        return next(fed, _RIGHT_VIEWS[-1])

    def _tell(self) -> None:
        """The runs are what they are now: show them, and only what has room."""
        if self.is_open:
            self._all.set_together(self.runs)
            self._share()
            self._show_places()
        self.runs_changed.emit()

    def _show_places(self) -> None:
        for run in self.runs:
            seen = {*self.names(run), f"{run.id}:{CURVES}"}
            self.slots[run.id].show_only(seen)

    def _share(self) -> None:
        self._all.plays_together = "controls" in self.links
        self._all.visits_together = "time" in self.links

    def _on_chosen(self) -> None:
        run = self._all.run
        if self._is_wanted and not self.is_open:
            self.enter()
        elif self.is_open and run is not None and run not in self.runs:
            self._take_in(run)
            self._spread(self.runs[0])
            self._tell()

    def _on_forgotten(self, run: Run) -> None:
        """A run is gone altogether, e.g. since a session was opened."""
        if run in self.runs:
            self.runs.remove(run)
            self._drop(run)
            self._tell()

    def _on_moved(self, run: Run) -> None:
        if run.id in self.slots:
            self.slots[run.id].visit(run.at)

    def _on_config(self, run: Run, config: RunConfig, at_once: bool) -> None:
        del config, at_once
        if run not in self.runs:
            return
        slots = self.slots[run.id]
        slots.leave_unfed()
        right = f"{run.id}:{RIGHT}"
        if not slots.can_show(slots[right].view):
            slots.choose(right, self._first_view(run))
        if self.is_open:
            self._spread(run)

    def _spread(self, source: Run) -> None:
        """Give all runs the data and the seed of one of them."""
        if self._is_spreading:
            return
        self._is_spreading = True
        for run in self.runs:
            if not same_draws(run.config, source.config):
                _bring(run, source.config)
        self._is_spreading = False


def same_draws(first: RunConfig, second: RunConfig) -> bool:
    """Whether two runs see the same points in the same order."""
    names = ("data", "data_settings", "seed")
    return all(getattr(first, n) == getattr(second, n) for n in names)


def _bring(run: Run, source: RunConfig) -> None:
    """By undo or redo if one step leads there, else by an edit."""
    if run.history.step_to(lambda config: same_draws(config, source)):
        return
    update = {n: getattr(source, n) for n in ("data", "data_settings", "seed")}
    after = run.config.model_copy(update=update)
    at_once = restarts_at_once(run.config, after)
    run.history.edit(after, "data of all runs", at_once=at_once)
