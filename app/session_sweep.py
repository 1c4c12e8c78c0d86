"""The sweep of a window: what is asked for, how it goes, what came of each cell."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.session import Session
from app.session_config import data_entry, model_entry
from app.session_notes import Notice
from app.session_run import Run
from app.session_sweep_asked import AskedSweep
from app.sweep_kept import (
    KeptAxis,
    KeptCell,
    KeptSweep,
    packed,
    read,
    unpacked,
)
from app.sweep_state import METRICS, Plan, Progress, WallCell
from engine.protocol import (
    Ack,
    Arrays,
    CancelJob,
    JobNews,
    RunConfig,
    RunReady,
    TellJob,
)

if TYPE_CHECKING:
    from app.session_jobs import JobHandle

#: Why a cell cannot be made a run, where the engine has none of it.
NOT_THERE = "Only figures and pictures are kept: a run is trained again from its seed."
_UNDER_WAY = (
    "It was saved while it trained: what it had measured by then is kept. Start it "
    "again to see all of it."
)


class Sweep(AskedSweep):
    """Asks for a sweep and listens to it. It goes on while its page is off screen.

    Attributes:
        plan: The sweep in hand or ended; None before the first.
        cells: Its cells, row by row.
        awaited: The cell that is being made a run, if any: another process may have it.
        opening: Common arrays ``data``, ``data_density``, and the ``limits``.
        kind: How the likelihood of the models is known; empty where it is not.
    """

    begun = Signal()
    progressed = Signal()
    cell_changed = Signal(int)
    ended = Signal()
    selected_changed = Signal()
    hovered_changed = Signal()
    noted = Signal(object)  # Notice
    awaited_changed = Signal()
    opened = Signal(object)  # the Run made of a cell

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(session, parent)
        self.plan: Plan | None = None
        self.cells: list[WallCell] = []
        self.opening: Arrays = {}
        self.limits: tuple[float, ...] = ()
        self.kind = ""
        self.progress = Progress()
        self.selected: int | None = None
        self.awaited: int | None = None
        self.hovered: int | None = None
        self._job: JobHandle | None = None
        self._again = ""
        session.run_ready.connect(self._on_ready)
        session.desk.config_changed.connect(lambda _: self.refresh())
        # An engine that has died answers nothing.
        session.link.restarted.connect(lambda: self._await(None))

    # ---- running

    @property
    def is_running(self) -> bool:
        """Whether a sweep is in hand."""
        return self._job is not None and self.progress.phase != "ended"

    def start(self) -> None:
        """Begin a sweep of the run on show, which rests meanwhile."""
        run = self._session.run
        if run is None or self.reason_against:
            return
        self._let_go()
        self.kind = ""
        plan = self.plan = self._planned(run.config)
        self.cells = [WallCell() for _ in range(self.plan.count)]
        self.opening, self.selected, self.hovered = {}, None, None
        self.progress = Progress("build")
        self._session.pause()
        settings: dict[str, Any] = {
            "config": run.config.model_dump(mode="json"),
            "steps": self.plan.steps,
            "metric": self.plan.metric,
            "processes": self.processes,
        }
        for axis in ("rows", "columns"):
            setting = self.setting(axis)
            if setting is not None:
                settings[axis] = {
                    "group": setting.group,
                    "name": setting.name,
                    "values": self.values[axis],
                }

        def on_news(news: JobNews, arrays: Arrays) -> None:
            if self.plan is plan:  # else it was let go, and these come late
                self._on_news(news, arrays)

        job = self._session.jobs.start("sweep", "", settings, on_news)
        if self.progress.phase != "ended":
            self._job = job
        self.begun.emit()

    @property
    def metric_words(self) -> str:
        """What the cells are judged by, and how it is known."""
        metric = self.plan.metric if self.plan else self.metric
        words = METRICS[metric]
        return f"{words} ({self.kind})" if metric == "nll" and self.kind else words

    def stop(self) -> None:
        """Train no further; the cells can still be opened."""
        self._tell({"finish": True}, "The sweep was not ended")

    def stop_slow_half(self) -> None:
        """Train the worse half of the cells no more."""
        known = [
            (c.metric if c.metric is not None else float("inf"), i)
            for i, c in enumerate(self.cells)
            if c.state in _TRAINING
        ]
        worst = sorted(known, reverse=True)[: len(known) // 2]
        stopped = [i for _, i in worst]
        self._tell({"stop": stopped}, "The worst half was not stopped")

    @property
    def can_halve(self) -> bool:
        """Whether the cells that train have been judged, and are more than one."""
        states = [c.state for c in self.cells]
        training = sum(state in _TRAINING for state in states)
        return self.is_running and training > 1 and "waiting" not in states

    def open_cell(self, index: int) -> None:
        """Make a run of a cell as it stands, and show it; one at a time.

        Where the engine has it no more, the same settings and seed train it again.
        """
        if self.plan is None or self.awaited is not None:
            return
        if self._job is None:
            self._train_again(self.plan.config_of(index), self.plan.name_of(index))
            return
        self._await(index)
        self._session.runs.take(
            self._job.job_id,
            index,
            self.plan.config_of(index),
            self.plan.name_of(index),
            self._on_made,
        )

    @property
    def has_runs(self) -> bool:
        """Whether the engine has the runs of the cells: one that died has not."""
        return self._job is not None

    def _train_again(self, config: RunConfig, words: str) -> None:
        runs = self._session.runs
        run = runs.make(config)
        self._again = run.id  # until the engine has built it
        runs.choose(run.id)
        note = Notice("info", f"Run {run.number} trains again", f"{words}: {NOT_THERE}")
        self.noted.emit(note)
        self.opened.emit(run)

    def _on_ready(self, ready: RunReady) -> None:
        if ready.run_id == self._again:
            self._again = ""
            self._session.go_on(self._session.runs.all[ready.run_id])

    def _on_made(self, run: Run | None) -> None:
        self._await(None)
        if run is not None:
            self.opened.emit(run)

    def _await(self, index: int | None) -> None:
        self.awaited = index
        self.awaited_changed.emit()

    # ---- looking

    @property
    def best(self) -> int | None:
        """The cell with the lowest metric."""
        known = [
            (c.metric, i)
            for i, c in enumerate(self.cells)
            if c.metric is not None and c.state != "diverged"
        ]
        return min(known)[1] if known else None

    @property
    def shown(self) -> int | None:
        """The cell that the card tells of: the chosen one, else the best."""
        return self.best if self.selected is None else self.selected

    def select(self, index: int | None) -> None:
        """Choose a cell."""
        if index != self.selected:
            self.selected = index
            self.selected_changed.emit()

    def hover(self, index: int | None) -> None:
        """Light a cell on both maps."""
        if index != self.hovered:
            self.hovered = index
            self.hovered_changed.emit()

    # ---- with a session

    def kept(self) -> dict[str, Any]:
        """What is asked for, and what came of the sweep on show; JSON-able."""
        found: dict[str, Any] = {"asked": self.kept_asked()}
        plan, told = self.plan, self.progress
        if plan is not None:
            sweep = KeptSweep(
                config=plan.config,
                rows=KeptAxis.of(plan.rows, plan.row_values),
                columns=KeptAxis.of(plan.columns, plan.column_values),
                steps=plan.steps,
                metric=plan.metric,
                words=plan.words,
                kind=self.kind,
                limits=self.limits or None,
                opening=packed(self.opening),
                cells=[KeptCell.of(cell) for cell in self.cells],
                share=told.share,
                step=told.step,
                least=told.least,
                was_running=told.phase != "ended",
            )
            found["sweep"] = sweep.model_dump(mode="json")
        return found

    def recall(self, kept: Mapping[str, Any]) -> None:
        """Show again what was kept; its runs are not, so it cannot go on.

        Where nothing was kept, the sweep on show goes: it is of another session.
        """
        self.recall_asked(kept.get("asked"))
        self._forget()
        sweep = read(kept.get("sweep"))
        if sweep is None:
            return
        try:
            cells = [cell.cell() for cell in sweep.cells]
            opening = unpacked(sweep.opening)
        except ValueError:  # of a damaged file nothing is shown
            return
        self.plan, self.cells, self.kind = sweep.plan(), cells, sweep.kind
        self.opening, self.limits = opening, sweep.limits or ()
        self.progress = Progress("ended", sweep.share, sweep.step, least=sweep.least)
        if sweep.was_running:
            self.progress = self._reached()
            self._call_stopped()
            self.noted.emit(Notice("info", "The sweep had not ended", _UNDER_WAY))
        self.begun.emit()
        self.progressed.emit()
        for index in range(len(cells)):
            self.cell_changed.emit(index)
        self.ended.emit()

    # ---- inside

    def _planned(self, config: RunConfig) -> Plan:
        rows, columns = self.setting("rows"), self.setting("columns")
        catalogue = self._session.catalogue
        assert catalogue is not None
        names = [s.title for s in (rows, columns) if s is not None]
        model = model_entry(catalogue, config.model).title
        data = data_entry(catalogue, config.data).title
        words = f"{' × '.join(names)}, {self.count} runs of {model} on {data}"
        return Plan(
            config,
            rows,
            list(self.values["rows"]) if rows else [],
            columns,
            list(self.values["columns"]) if columns else [],
            self.steps,
            self.metric,
            words,
        )

    def _forget(self) -> None:
        self._let_go()
        self._await(None)
        self.plan, self.cells, self.kind = None, [], ""
        self.opening, self.limits = {}, ()
        self.selected = self.hovered = None
        self.progress = Progress()
        self.begun.emit()

    def _let_go(self) -> None:
        if self._job is not None:
            self._session.link.send(CancelJob(job_id=self._job.job_id))
            self._job = None

    def _tell(self, words: dict[str, Any], failure: str) -> None:
        if self._job is None or not self.is_running:
            return

        def on_ack(ack: Ack, arrays: Arrays) -> None:
            del arrays
            if ack.error:
                self.noted.emit(Notice("warning", failure, ack.error))

        command = TellJob(job_id=self._job.job_id, words=words)
        self._session.link.send(command, on_ack)

    def _on_news(self, news: JobNews, arrays: Arrays) -> None:
        result = news.result
        if "limits" in result:
            self.kind = result["kind"]
            self.opening, self.limits = arrays, tuple(result["limits"])
        told = {k: result[k] for k in _TOLD if result.get(k) is not None}
        if told:
            self.progress = Progress(share=news.share, **told)
        self._take_cells(result, arrays)
        if news.ended:
            self._on_ended(news.error)
        self.progressed.emit()

    def _take_cells(self, result: dict[str, Any], arrays: Arrays) -> None:
        for fact in result.get("cells", []):
            cell = self.cells[fact["cell"]]
            cell.step, cell.state = fact["step"], fact["state"]
            cell.metric, cell.losses = fact["metric"], fact["losses"]
            cell.diverged_at = fact["diverged_at"]
            cell.trouble = fact.get("trouble", "")
        for place, index in enumerate(result.get("pictured", [])):
            self.cells[index].arrays = {k: v[place] for k, v in arrays.items()}
        for fact in result.get("cells", []):
            self.cell_changed.emit(fact["cell"])

    def _on_ended(self, error: str) -> None:
        self.progress = self._reached()
        for index in self._call_stopped():
            self.cell_changed.emit(index)
        if error and error != "cancelled":
            self._job = None
            self.noted.emit(Notice("warning", "The sweep has ended", error))
        self.ended.emit()

    def _reached(self) -> Progress:
        """How far the cells came that nothing but the end has stopped."""
        on = [cell.step for cell in self.cells if cell.state not in _GIVEN_UP]
        steps = on or [cell.step for cell in self.cells] or [0]
        share = 1.0
        if self.plan is not None and on:
            share = min(1.0, sum(steps) / len(steps) / self.plan.steps)
        return Progress("ended", share, max(steps), least=min(steps))

    def _call_stopped(self) -> list[int]:
        """No cell learns on after the end, or waits for its turn; which it stopped."""
        found = []
        for index, cell in enumerate(self.cells):
            is_short = self.plan is not None and cell.step < self.plan.steps
            if is_short and cell.state in _GOES_ON:
                cell.state = "stopped" if cell.step else "not begun"
                found.append(index)
        return found


_TRAINING = ("learning", "settled", "unstable")
#: Cells that the end of a sweep stops, and those that had ended before it.
_GOES_ON = ("waiting", "learning", "settled")
_GIVEN_UP = ("diverged", "stopped", "lost")
_TOLD = (
    "phase",
    "step",
    "speed",
    "seconds_left",
    "exam_share",
    "stacks",
    "alone",
    "processes",
    "why",
)
