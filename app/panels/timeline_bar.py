"""The history of the run on show, between the plots and the status."""

from PySide6.QtWidgets import QWidget

from app.panels.bar import Bar
from app.session import Session
from app.session_config import GROUPS, schema_of
from app.session_film import TrainingFilm
from app.session_run import Run
from app.theme import theme
from app.widgets.timeline import Timeline
from engine.protocol import SettingChanged, SnapshotsKept, Status


class TimelineBar(Bar):
    """Scrubs through snapshots, returns to live, branches."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(52, "top", "bg1", "History")
        self.setParent(parent)
        self._session = session
        self.timeline = Timeline()
        self.film = TrainingFilm(session, self)
        self.row.addWidget(self.timeline, 1)
        runs = session.runs
        self.timeline.scrubbed.connect(self._on_scrubbed)
        self.timeline.returned_live.connect(self._on_returned)
        self.timeline.replay_requested.connect(self.film.toggle)
        self.film.changed.connect(self._on_film)
        self.film.moved.connect(self._on_filmed)
        self.timeline.branch_requested.connect(runs.branch)
        self.timeline.redraw_requested.connect(session.draw_again)
        session.status_changed.connect(self._on_status)
        session.snapshots_changed.connect(self._show)
        session.reported.connect(self._on_reported)
        runs.together_changed.connect(self._show)
        runs.run_chosen.connect(self._show)
        runs.visited.connect(self._on_visited)
        self._last = -1
        self._drawn = ""

    def show_drawn(self, share: float) -> None:
        """How much of a film for a file is drawn; all of it is no news."""
        self._drawn = f"{100 * share:.0f} % drawn" if share < 1 else ""
        self._show_info()

    def _on_scrubbed(self, step: int) -> None:
        self.film.stop()
        self._session.runs.visit(step)

    def _on_returned(self) -> None:
        self.film.stop()
        self._session.runs.return_live()

    def _on_film(self) -> None:
        self.timeline.set_replaying(self.film.is_running)
        if self.film.is_running and not self.film.is_whole:
            self.timeline.set_info(f"{100 * self.film.share:.0f} % developed")
        elif not self.film.is_running:
            self._show()

    def _on_filmed(self, step: int) -> None:
        self.timeline.set_live(False)
        self.timeline.set_playhead(step)

    def _on_status(self, status: Status) -> None:
        if status.step != self._last and not self.film.is_running:
            self._show()

    def _on_reported(self, run: Run, event: object) -> None:
        together = self._session.runs.together
        tells = isinstance(event, SnapshotsKept | Status)
        if tells and len(together) > 1 and run in together:
            self._show()

    def _show(self) -> None:
        """The history of the run on show; in a comparison, that of all its runs."""
        run, runs = self._session.run, self._session.runs
        if run is None:
            return
        linked = runs.shown if runs.visits_together else [run]
        self._last = run.step
        changes = [(c.step, self._words(run, c)) for c in run.changes]
        kept = sorted({step for each in linked for step in each.snapshots})
        self.timeline.set_history(kept, changes, max(each.step for each in linked))
        self._show_info()
        self.timeline.branch.setEnabled(bool(kept))
        why = "" if kept else "There is no snapshot to branch from yet."
        self.timeline.branch.setToolTip(why or "Go on from here in a new run")
        self._on_visited(run.at)

    def _show_info(self) -> None:
        """How much of a film is drawn, else how much is kept."""
        run, runs = self._session.run, self._session.runs
        if run is None:
            return
        linked = runs.shown if runs.visits_together else [run]
        count = sum(len(each.snapshots) for each in linked)
        size = sum(each.snapshot_bytes for each in linked) / 1e6
        noun = "snapshot" if count == 1 else "snapshots"
        held = f"{count} {noun}, {size:,.0f} MB" if count else ""
        self.timeline.set_info(self._drawn or held)

    def _words(self, run: Run, change: SettingChanged) -> str:
        """What a setting is called in the forms."""
        name, catalogue = change.name.rpartition(".")[2], self._session.catalogue
        for group in GROUPS:
            schema = schema_of(catalogue, run.config, group) if catalogue else {}
            fields = schema.get("properties", {})
            if name in fields:
                return str(fields[name].get("title", name))
        return name.replace("_", " ")

    def _on_visited(self, step: int | None) -> None:
        self.timeline.set_live(step is None)
        if step is not None:
            self.timeline.set_playhead(step)

    def _restyle(self) -> None:
        super()._restyle()
        self.setFixedHeight(theme.px(52))
        self.row.setContentsMargins(0, 1, 0, 0)
