"""A drawing as the window knows it: the list of operations of the run on show.

Every change is an edit of the run's configuration, so it is undone, saved and brought
to the engine like any other setting. Nothing here knows where the points lie.
"""

from collections.abc import Callable
from dataclasses import replace
from random import SystemRandom
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.refusals import GROWING
from app.session import Session
from app.session_notes import Notice, grouped
from app.start import TABLE
from engine.protocol import Arrays, JobNews, RunConfig

DRAWING = "drawn"  # the catalogue's data set that is made of operations
Operation = dict[str, Any]
_PACE = 100  # ms between two updates of a stroke
_LONGEST = 1000  # numbers of a path; a longer stroke goes on as another operation
_COPIED = 10_000  # points of a data set that is taken over
#: What a note is about that nothing could be added; over with what is added next.
NOT_ADDED = "drawing:not added"


def new_seed() -> int:
    """A seed never used before."""
    return SystemRandom().randrange(2**31)


def _is_growing(operation: object) -> bool:
    """Whether it only wants more points before the engine can use it."""
    return isinstance(operation, dict) and operation.get("do") in GROWING


def is_drawing(path: str) -> bool:
    """Whether a file may hold the operations of a drawing."""
    return path.lower().endswith(".json")


class Drawing(QObject):
    """Edits the operations of the run on show; a stroke is one step of its history.

    Attributes:
        draft: Operations that the engine has not been able to use yet; None if there
            are none, e.g. because the run learns from a drawing already.
    """

    changed = Signal()
    noted = Signal(object)  # Notice

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.draft: list[Operation] | None = None
        self._strokes = 0
        self._stroke: Stroke | None = None
        self._pace = QTimer(self)
        self._pace.setSingleShot(True)
        self._pace.setInterval(_PACE)
        self._pace.timeout.connect(self._send_stroke)
        session.run_ready.connect(self._on_ready)
        session.runs.run_chosen.connect(self._forget_draft)
        session.desk.config_changed.connect(lambda _: self.changed.emit())
        session.desk.refused.connect(lambda *_: self._take_back())

    # ---- what is

    @property
    def config(self) -> RunConfig | None:
        """The configuration of the run on show."""
        return self._session.run.config if self._session.run else None

    @property
    def is_drawn(self) -> bool:
        """Whether the run on show learns from a drawing."""
        return self.config is not None and self.config.data == DRAWING

    @property
    def is_open(self) -> bool:
        """Whether there is a drawing to go on with, if only an empty one."""
        return self.is_drawn or self.draft is not None

    @property
    def operations(self) -> list[Operation]:
        """All operations in their order."""
        if self.draft is not None:
            return self.draft
        if self.config is None or not self.is_drawn:
            return []
        return list(self.config.data_settings.get("operations", []))

    @property
    def canvas(self) -> tuple[float, float, float, float]:
        """What can be drawn on: x from, to, y from, y to, in data units."""
        run = self._session.run
        if run is not None and self.is_drawn:
            x_0, x_1, y_0, y_1 = run.config.data_settings["canvas"]
        elif run is not None and run.ready is not None:
            x_0, x_1, y_0, y_1 = run.ready.limits
        else:
            x_0, x_1, y_0, y_1 = -4.0, 4.0, -4.0, 4.0
        return float(x_0), float(x_1), float(y_0), float(y_1)

    @property
    def centre(self) -> list[float]:
        """The middle of the canvas."""
        x_0, x_1, y_0, y_1 = self.canvas
        return [(x_0 + x_1) / 2, (y_0 + y_1) / 2]

    def lengths(self, share: float) -> list[float]:
        """A share of the canvas along each axis, in data units."""
        x_0, x_1, y_0, y_1 = self.canvas
        return [share * (x_1 - x_0), share * (y_1 - y_0)]

    # ---- how it begins

    def begin_empty(self) -> None:
        """Draw on an empty canvas; the run goes on until there is something."""
        if self.is_drawn:
            self.clear()
        else:
            self.draft = []
            self.changed.emit()

    def begin_copy(self) -> None:
        """Draw on a copy of the data on show."""
        run = self._session.run
        if run is None or self.is_drawn:
            return
        if run.config.data == TABLE:
            self._copy_points()  # a file of one's own may not stay where it is
            return
        points = run.ready.points if run.ready else _COPIED
        settings = {
            name: value
            for name, value in run.config.data_settings.items()
            if name not in ("points", "standardise")
        }
        layer = {
            "do": "layer",
            "data": run.config.data,
            "settings": settings,
            "points": min(max(points, 2), _COPIED),
            "label": 0,
            "seed": new_seed(),
        }
        self.add([layer], "a copy")

    def _copy_points(self) -> None:
        assert self._session.run is not None
        settings = self._session.run.config.data_settings
        names = ("file", "x_column", "y_column", "label_column")
        self.read({name: settings.get(name, "") for name in names}, "a copy")

    def bring_back(self, draft: object) -> None:
        """A draft that was kept with a session; what makes no sense as one is left."""
        if isinstance(draft, list) and draft and all(map(_is_growing, draft)):
            self.draft = draft
            self.changed.emit()

    # ---- what changes it

    def add(self, operations: list[Operation], text: str, stroke: str = "") -> None:
        """Further operations; those of one ``stroke`` are one step of the history."""
        self._session.outdated.emit(NOT_ADDED)
        self.set_operations([*self.operations, *operations], text, stroke)

    def set_operations(
        self, operations: list[Operation], text: str, stroke: str = ""
    ) -> None:
        """Other operations altogether."""
        desk = self._session.desk
        if self.is_drawn:
            self.draft = None
            values = {"operations": operations}
            desk.edit_group("data_settings", values, text, gesture=stroke)
            return
        canvas = list(self.canvas)
        self.draft = operations  # kept until the engine has taken it
        self.changed.emit()
        if operations:
            settings = {"operations": operations, "canvas": canvas}
            desk.choose_data(DRAWING, settings)

    def clear(self) -> None:
        """Begin again; until there is something else the run learns what it had."""
        self.set_operations([], "clear")

    def undo(self) -> None:
        """Take the last step back."""
        self._session.runs.undo_group.undo()

    def redo(self) -> None:
        """Do again what was taken back."""
        self._session.runs.undo_group.redo()

    # ---- strokes

    def begin_stroke(self, operation: Operation, place: tuple[float, float]) -> None:
        """The brush or eraser touches the canvas."""
        self.end_stroke()
        self._strokes += 1
        self._stroke = Stroke(operation, self.operations, f"stroke {self._strokes}")
        self.move_stroke(place)
        self._send_stroke()

    def move_stroke(self, place: tuple[float, float]) -> None:
        """It is led on; the engine hears of it some ten times a second."""
        if self._stroke is None:
            return
        self._stroke.lead(place)
        if not self._pace.isActive():
            self._pace.start()

    def end_stroke(self) -> None:
        """It leaves the canvas."""
        if self._stroke is None:
            return
        self._pace.stop()
        self._send_stroke(at_end=True)
        self._stroke = None

    def _send_stroke(self, at_end: bool = False) -> None:
        stroke = self._stroke
        if stroke is None or not stroke.is_news:
            return
        if not self.is_drawn and not at_end:
            return  # a run that has to begin again does so once
        stroke.is_news = False
        text = "eraser" if stroke.parts[0]["do"] == "erase" else "stroke"
        operations = [*stroke.before, *stroke.parts]
        self.set_operations(operations, text, stroke.key)

    # ---- what others read

    def read(self, source: dict[str, Any], text: str) -> None:
        """Points of a text or a table; the engine reads them."""
        canvas = self.canvas

        def on_points(result: dict[str, Any], operation: Operation) -> None:
            self.add([operation], text)
            note = of_points(
                len(operation["x"]) // 2, int(result["found"]), int(result["dropped"])
            )
            if result["outside"]:
                beyond = f"{grouped(result['outside'])} of them beyond the canvas."
                note = replace(
                    note,
                    text=f"{note.text} {beyond}".strip(),
                    action="Fit them into it",
                    do=lambda: self._fit(operation, {**source, "canvas": canvas}),
                )
            self.noted.emit(note)

        self._read({**source, "canvas": canvas}, on_points)

    def _fit(self, added: Operation, source: dict[str, Any]) -> None:
        """Points that were added come in once more, stretched to the canvas."""

        def on_points(result: dict[str, Any], operation: Operation) -> None:
            del result
            now = self.operations
            if added in now:  # else it was taken back meanwhile
                fitted = {**operation, "seed": added["seed"]}
                self.set_operations([fitted if o == added else o for o in now], "fit")

        self._read({**source, "fit": True}, on_points)

    def _read(
        self,
        source: dict[str, Any],
        on_points: Callable[[dict[str, Any], Operation], None],
    ) -> None:
        """Let the engine read, and hand over what it found as an operation."""

        def on_news(news: JobNews, arrays: Arrays) -> None:
            if news.error:
                self._warn("No points were added", news.error)
            elif "x" in arrays:
                operation = {
                    "do": "points",
                    "x": arrays["x"].reshape(-1).tolist(),
                    "labels": arrays["labels"].tolist(),
                    "seed": new_seed(),
                }
                on_points(news.result, operation)

        self._session.jobs.start("read_points", "", source, on_news)

    # ---- inside

    def _on_ready(self) -> None:
        if self.is_drawn:
            self.draft = None
        self.changed.emit()

    def _take_back(self) -> None:
        """A draft forgets what the engine cannot use, or nothing else could be added.

        What only wants more points stays.
        """
        kept = list(filter(_is_growing, self.draft or []))
        if self.draft is not None and kept != self.draft:
            self.draft = kept
            self.changed.emit()

    def _forget_draft(self) -> None:
        self.draft = None
        self._stroke = None
        self.changed.emit()

    def _warn(self, title: str, text: str) -> None:
        self.noted.emit(Notice("warning", title, text, about=NOT_ADDED))


class Stroke:
    """A stroke in hand: what was before, and the operations it has become so far.

    Attributes:
        parts: Operations of the stroke.
        is_news: Whether they have grown since they were sent.
    """

    def __init__(self, operation: Operation, before: list[Operation], key: str) -> None:
        self.before = list(before)
        self.key = key
        self.parts: list[Operation] = []
        self.is_news = False
        self._kind = operation
        self._spacing = [radius / 4 for radius in operation["radius"]]
        self._last: tuple[float, float] | None = None

    def lead(self, place: tuple[float, float]) -> None:
        """Go on to a place; one that is very near adds nothing."""
        last = self._last
        if last is not None:
            pairs = zip(place, last, self._spacing, strict=True)
            if sum(((a - b) / s) ** 2 for a, b, s in pairs) < 1:
                return
        self._last, self.is_news = place, True
        if not self.parts or len(self.parts[-1]["path"]) >= _LONGEST:
            self.parts.append({**self._kind, "path": [], "seed": new_seed()})
            if self._kind["do"] == "erase":
                del self.parts[-1]["seed"]
        path = [*self.parts[-1]["path"], *map(self._rounded, place, self._spacing)]
        self.parts[-1] = {**self.parts[-1], "path": path}

    @staticmethod
    def _rounded(value: float, spacing: float) -> float:
        """To a hundredth of the brush: more figures would only fill the file."""
        return float(f"{round(value / spacing * 25) * spacing / 25:.6g}")


def of_points(taken: int, found: int, dropped: int) -> Notice:
    """How many points were read, in one sentence."""
    what = "1 point" if taken == 1 else f"{taken:,} points"
    parts = [f"of {found:,} found"] if found > taken else []
    if dropped:
        lines = "1 line" if dropped == 1 else f"{dropped:,} lines"
        parts.append(f"{lines} without two numbers left out")
    return Notice("good", f"{what} added", ", ".join(parts) + "." if parts else "")
