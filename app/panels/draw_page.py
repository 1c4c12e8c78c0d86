"""The page on which data are drawn while the run goes on."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from app.panels.draw_foot import DrawFoot
from app.panels.draw_start import DrawStart
from app.panels.draw_tools import DrawTools
from app.panels.file_to_save import file_to_save
from app.panels.pages import Page
from app.panels.table_choice import TABLE, TableSheet
from app.pictures import SUFFIXES, PictureError, is_picture, read_picture
from app.plots.drawing import Canvas
from app.session import Session
from app.session_config import data_entry
from app.session_drawing import DRAWING, NOT_ADDED, Drawing, is_drawing, new_seed
from app.session_notes import Notice
from app.session_run import Run
from app.session_slots import Slots
from engine.protocol import Arrays, Frame, Json

_SLOT = "draw"
_SAMPLES = 1000  # drawn behind the points
_STEP = 1.15  # of the radius, per key or click of the wheel
_FILL = 0.8  # of the canvas that a picture takes
_LAYER = 2000  # points of an added data set
_PICTURE = 4000  # points strewn over a picture
_MOST_JSON = 16 * 2**20
_PICTURES = f"Pictures ({' '.join('*' + suffix for suffix in SUFFIXES)})"
_TABLES = "Tables (*.csv *.tsv *.txt *.dat);;All files (*)"
_DRAWINGS = "Drawings (*.json);;All files (*)"


class DrawPage(Page):
    """Canvas and tools. Edits go to the run on show, and from there to the engine."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.drawing = Drawing(session, self)
        self.slots = Slots(
            session.link.send, session.link.credit, self, {_SLOT: "samples"}
        )
        self.slots.can_show = lambda view: not session.reason_against(view)
        self.slots[_SLOT].settings["samples"] = {"samples": _SAMPLES}
        self.slots.shown = set()
        self.canvas = Canvas()
        self.start = DrawStart()
        self.tools = DrawTools()
        self._is_here = False
        self._table_asked = ""
        self.place = QWidget()
        self.foot = DrawFoot()
        self.stack = QStackedLayout(self.place)
        self.stack.addWidget(self.canvas)
        self.stack.addWidget(self.start)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(self.place, 1)
        column.addWidget(self.foot)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(column, 1)
        row.addWidget(self.tools)
        self._connect()

    # ---- the page

    def enter(self) -> None:
        """Follow the run."""
        self._is_here = True
        run = self.session.run
        self.slots.run_id = run.id if run else ""
        self.slots.at = run.at if run else None
        self.slots.show_only({_SLOT})
        self._show()
        self._ask_points()
        self.canvas.setFocus()

    def leave(self) -> None:
        """Ask for nothing more."""
        self.drawing.end_stroke()
        self._is_here = False
        self.slots.show_only(set())

    def take_file(self, path: str) -> bool:
        """A picture, a drawing or a table becomes points."""
        if is_picture(path):
            return self.open_picture(path)
        if is_drawing(path):
            return self.open_drawing(path)
        self.open_table(path)
        return True

    def kept(self) -> Json:
        """What was drawn and is too little yet for a run, which so does not have it."""
        return {"draft": self.drawing.draft} if self.drawing.draft else {}

    def recall(self, kept: Json, runs: Mapping[str, Run]) -> None:
        """Go on with such a beginning."""
        del runs
        self.drawing.bring_back(kept.get("draft"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys of the canvas."""
        if event.matches(QKeySequence.StandardKey.Paste):
            self.paste()
            return
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        key = event.text().lower() if plain else ""
        if key and key in "12345678":
            self.tools.palette_row.set_value(int(key))
        elif key == "e":
            erases = self.tools.tool.value() == "erase"
            self.tools.tool.set_value("brush" if erases else "erase")
        elif key in ("[", "]") and key:
            self._change_radius(1 if key == "]" else -1)
        else:
            super().keyPressEvent(event)
            return
        self._show_tool()

    # ---- what is added

    def paste(self) -> None:
        """Points of the clipboard."""
        text = QGuiApplication.clipboard().text()
        self.drawing.read({"text": text}, "paste")

    def open_table(self, path: str) -> None:
        """Look into a table, then let the person choose its columns."""
        self._table_asked = path
        self.session.questions.inspect_table(path)

    def open_picture(self, path: str) -> bool:
        """Strew points over a picture in the middle of the canvas, if it is one."""
        try:
            picture = read_picture(path)
        except PictureError as error:
            title, text = "No picture was added", str(error)
            self.noted.emit(Notice("warning", title, text, about=NOT_ADDED))
            return False
        longest = max(picture.width, picture.height)
        shares = (picture.width / longest, picture.height / longest)
        half = [
            a * b / 2 for a, b in zip(shares, self.drawing.lengths(_FILL), strict=True)
        ]
        x, y = self.drawing.centre
        operation = {
            "do": "picture",
            "width": picture.width,
            "height": picture.height,
            "grey": picture.text,
            "box": [x - half[0], x + half[0], y - half[1], y + half[1]],
            "count": _PICTURE,
            "invert": self.tools.invert.value(),
            "label": self.tools.palette_row.value(),
            "seed": new_seed(),
        }
        self.drawing.add([operation], "picture")
        return True

    def open_drawing(self, path: str) -> bool:
        """Operations of a file take the place of those there are, if it has any."""
        name = Path(path).name
        try:
            if Path(path).stat().st_size > _MOST_JSON:
                raise ValueError
            operations = json.loads(Path(path).read_text("utf-8"))
            if not isinstance(operations, list) or not operations:
                raise ValueError
        except (OSError, ValueError, RecursionError):
            text = f"{name} is no drawing: it should hold a list of operations."
            title = "No drawing was opened"
            self.noted.emit(Notice("warning", title, text, about=NOT_ADDED))
            return False
        self.session.kept_drawings.append(operations)
        self.session.outdated.emit(NOT_ADDED)
        self.drawing.set_operations(operations, f"drawing {name}")
        return True

    def save_drawing(self, path: str) -> None:
        """Write the operations, for another window or the command line."""
        operations = self.drawing.operations
        text = json.dumps(operations)
        try:
            Path(path).write_text(text, "utf-8")
        except OSError as error:
            self.noted.emit(
                Notice("warning", "The drawing was not saved", error.strerror or "")
            )
        else:
            self.session.kept_drawings.append(operations)
            self.noted.emit(Notice("good", "Drawing saved", path))

    # ---- inside

    def _connect(self) -> None:
        session, canvas = self.session, self.canvas
        self.drawing.noted.connect(self.noted)
        self.drawing.changed.connect(self._show)
        canvas.stroke_begun.connect(self._on_stroke)
        canvas.stroke_moved.connect(lambda x, y: self.drawing.move_stroke((x, y)))
        canvas.stroke_ended.connect(self.drawing.end_stroke)
        canvas.wheel_turned.connect(self._change_radius)
        self.tools.tool_changed.connect(self._show_tool)
        self.tools.acted.connect(self._act)
        self.start.copy.clicked.connect(lambda: self.drawing.begin_copy())
        self.start.empty.clicked.connect(lambda: self.drawing.begin_empty())
        self.slots.frame_received.connect(self._on_frame)
        session.link.event_received.connect(self._on_event)
        session.run_ready.connect(lambda _: self._on_run())
        session.data_changed.connect(self._on_data)
        session.runs.run_chosen.connect(self._on_run)
        session.runs.undo_group.canUndoChanged.connect(
            self.tools.steps["undo"].setEnabled
        )
        session.runs.undo_group.canRedoChanged.connect(
            self.tools.steps["redo"].setEnabled
        )
        session.questions.probe_answered.connect(self._on_points)
        session.questions.table_inspected.connect(self._on_table)

    def _act(self, name: str) -> None:
        """What a button of the tools asks for."""
        drawing = self.drawing
        acts: dict[str, Any] = {
            "undo": drawing.undo,
            "redo": drawing.redo,
            "clear": drawing.begin_empty,
            "paste": self.paste,
            "table": self._ask_table,
            "picture": self._ask_picture,
            "layer": self._add_layer,
            "load": self._ask_load,
            "save": self._ask_save,
            "done": self.left.emit,
        }
        if name in acts:
            acts[name]()
        else:
            self._change(name)

    def _add_layer(self) -> None:
        layer = {
            "do": "layer",
            "data": str(self.tools.layer.value()),
            "settings": {},
            "points": _LAYER,
            "label": 0,
            "seed": new_seed(),
        }
        self.drawing.add([layer], f"add {self.tools.layer.currentText()}")

    def _change(self, name: str) -> None:
        """Rotate, scale or blur all points."""
        value = float(self.tools.changes.values()[name])
        details: dict[str, dict[str, Any]] = {
            "rotate": {"degrees": value, "centre": self.drawing.centre},
            "scale": {"factor": [value, value], "centre": self.drawing.centre},
            "noise": {"std": self.drawing.lengths(value / 100), "seed": new_seed()},
        }
        self.drawing.add([{"do": name, **details[name]}], name)

    def _ask_table(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Open a table", "", _TABLES)
        if path:
            self.open_table(path)

    def _ask_picture(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Open a picture", "", _PICTURES)
        if path:
            self.open_picture(path)

    def _ask_load(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Open a drawing", "", _DRAWINGS)
        if path:
            self.open_drawing(path)

    def _ask_save(self) -> None:
        path = file_to_save(self, "Save drawing", "drawing.json", _DRAWINGS)
        if path:
            self.save_drawing(path)

    def _change_radius(self, steps: int) -> None:
        self.tools.set_radius(100 * self.tools.radius * _STEP**steps)

    def _on_stroke(self, x: float, y: float, erases: bool) -> None:
        operation: dict[str, Any] = {
            "do": "erase" if erases else "brush",
            "radius": self.drawing.lengths(self.tools.radius),
        }
        if not erases:
            operation["density"] = self.tools.density
            operation["label"] = self.tools.palette_row.value()
        self.drawing.begin_stroke(operation, (x, y))

    # ---- what arrives

    def _on_event(self, event: object, arrays: Arrays) -> None:
        if isinstance(event, Frame) and self._is_here:
            self.slots.receive(event, arrays)

    def _on_frame(self, slot: str, frame: Frame, arrays: Arrays) -> None:
        del frame
        self.canvas.set_samples(arrays["samples"])
        self.slots.drawn(slot)

    def _on_run(self) -> None:
        run = self.session.run
        self.slots.run_id = run.id if run else ""
        self.slots.at = run.at if run else None
        self.slots.subscribe_all()
        self._on_data()

    def _on_data(self) -> None:
        self._show()
        if self._is_here:
            self._ask_points()

    def _ask_points(self) -> None:
        self.session.questions.probe(_SLOT, "data", [])

    def _on_points(self, slot: str, what: str, arrays: Arrays) -> None:
        if (slot, what) != (_SLOT, "data"):
            return
        run = self.session.run
        # Of the data before, while the first stroke of a drawing is on its way.
        applied = run.applied if run else None
        is_old = applied is None or applied.data != DRAWING
        is_empty = run is None or run.has_too_few or not self.drawing.operations
        is_bare = (is_old or is_empty) and self.drawing.is_open
        x = arrays["x"][:0] if is_bare else arrays["x"]
        self.canvas.set_points(x, np.rint(arrays["labels"][: len(x)]).astype(np.int64))
        self.canvas.forget_stroke()

    def _on_table(self, path: str, result: dict[str, Any], error: str) -> None:
        if path != self._table_asked:
            return
        self._table_asked = ""
        if error:
            return  # the window tells
        sheet = TableSheet(path, result, self)
        sheet.learn.setText("Add these points")
        sheet.accepted_columns.connect(
            lambda _, settings: self.drawing.read(settings, "table")
        )
        sheet.open()

    # ---- what is shown

    def _show(self) -> None:
        drawing, run = self.drawing, self.session.run
        catalogue = self.session.catalogue
        if run is None or catalogue is None:
            return
        self.stack.setCurrentWidget(self.canvas if drawing.is_open else self.start)
        self.start.set_source(data_entry(catalogue, run.config.data).title)
        ready = run.ready
        limits = ready.limits if ready and drawing.is_drawn else drawing.canvas
        self.canvas.pane.set_home(*limits)
        count = len(drawing.operations)
        has_points = ready is not None and not run.has_too_few and drawing.is_drawn
        shown = f"{ready.points:,} training points" if ready and has_points else "empty"
        self.tools.head.set_hint(shown if drawing.is_open else "")
        self.foot.set_notes(ready.notes if ready and drawing.is_drawn else [])
        if not count and drawing.is_open:
            self.canvas.set_points(np.empty((0, 2)), np.empty(0, np.int64))
        if not self.tools.layer.count():
            names = (e for e in catalogue.data if e.name not in (TABLE, DRAWING))
            self.tools.layer.set_options({e.name: e.title for e in names})
        self._show_steps()
        self._show_tool()

    def _show_steps(self) -> None:
        group, steps = self.session.runs.undo_group, self.tools.steps
        steps["undo"].setEnabled(group.canUndo())
        steps["redo"].setEnabled(group.canRedo())
        steps["clear"].setEnabled(self.drawing.is_open)
        self.tools.files["save"].setEnabled(bool(self.drawing.operations))
        for button in self.tools.change.values():
            button.setEnabled(bool(self.drawing.operations))

    def _show_tool(self) -> None:
        across, up = self.drawing.lengths(self.tools.radius)
        erases = self.tools.tool.value() == "erase"
        token = f"class{self.tools.palette_row.value() - 1}"
        self.canvas.set_brush((across, up), token, erases)
