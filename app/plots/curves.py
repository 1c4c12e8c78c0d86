"""Losses and metrics over the training, in panels by unit."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QWidget

from app.plots.base import PlotView, Table
from app.plots.curve import Curve, short_names, value_range
from app.plots.pane import Pane
from app.plots.panels import EndValue, Line, Panel, PanelPaper
from app.plots.ticks import significant
from app.theme import theme
from app.widgets.numbers import format_number
from app.widgets.switch import Switch

_WORDS_ROOM = 0.15
UNTRAINED = "Nothing has been trained yet: press Play."
_NEGLIGIBLE = 1e-2  # of the largest last value of a panel
#: Inks of curves that are too pale for words.
_TEXTS = {name: f"{name}_text" for name in ("latent", "data", "samples")}
_DECADES = 30.0  # a positive curve that spans more than this ratio is drawn in logs


class CurvesPlot(PlotView):
    """Each loss term and metric against steps or seconds."""

    view = "curves"
    title = "Curves"
    hint = "Point at the curves to read them; all at one step."
    figure_size = (640, 400)
    shows_whole_training = True

    def __init__(self, parent: QWidget | None = None) -> None:
        self.panel_paper = PanelPaper()
        super().__init__(self.panel_paper, parent)
        self._axis = "step"
        self._groups: dict[str, Panel] = {}
        self._curves: dict[str, Curve] = {}
        self._layout: list[tuple[str, str]] = []
        self.switch = Switch({"step": "Step", "seconds": "Time"}, "Horizontal axis")
        self.switch.chosen.connect(self._on_chosen)
        self.panel_paper.pointed.connect(self._on_pointed)

    def header_widgets(self) -> list[QWidget]:
        """Steps or seconds."""
        return [self.switch]

    def view_state(self) -> dict[str, Any]:
        """The horizontal axis."""
        return {"axis": self._axis}

    def set_view_state(self, state: dict[str, Any]) -> None:
        """Take a kept choice back."""
        if state.get("axis") in self.switch.options:
            self._axis = state["axis"]
            self.switch.set_value(self._axis)
            if self.meta:
                self.draw()

    def tables(self) -> dict[str, Table]:
        """One table for each quantity."""
        columns = ("step", "seconds", "value", "smooth")
        return {
            name: Table(
                columns, np.stack([self._of(name, part) for part in columns], axis=1)
            )
            for name in self._names()
        }

    def describe(self) -> str:
        """Last value of each quantity."""
        parts = [
            f"{self._quantity(name).get('title', name)} {self._last(name)}"
            for name in self._names()
        ]
        at = self.visited is not None
        step = self._end("step") if at else self.meta.get("step", 0)
        words = f"Step {int(step):,}: " + ", ".join(parts) + "."
        return f"{words} {self.numbers_note()}" if at else words

    @property
    def visited(self) -> int | None:
        """The earlier step that the other plots show; None at the present."""
        step = self.meta.get("step")
        if step is None or not self.shows_whole_training or not self._names():
            return None
        return int(step) if step < self._end("step") else None

    def numbers_note(self) -> str:
        """That all is told, although an earlier moment is on show."""
        if self.visited is None:
            return ""
        return f"Curves are of the whole training, also after step {self.visited:,}."

    def draw(self) -> None:
        """All panels."""
        self.panel_paper.words = "" if self._names() else UNTRAINED
        self._arrange()
        paper = self.panel_paper
        paper.x_unit = "s" if self._axis == "seconds" else ""
        changes = [self._change(change) for change in self.meta.get("changes", [])]
        changes += self._visited_line()
        paper.changes = sorted(changes, key=lambda line: line.place)
        right = self._end(self._axis) if self._names() else 1.0
        right = max(right, 1.0 if self._axis == "step" else 1e-3)
        self._tell_visited()
        for group, panel in self._groups.items():
            self._draw_panel(group, panel, right)
        paper.set_panels(list(self._groups.values()))

    def recolour(self) -> None:
        """New colours of all curves."""
        for curve in self._curves.values():
            curve.recolour()

    # ---- frames

    def _names(self) -> list[str]:
        wanted = [str(q["name"]) for q in self.meta.get("quantities", [])]
        return [n for n in wanted if self.arrays.get(f"{n}.value", np.empty(0)).size]

    def _quantity(self, name: str) -> dict[str, Any]:
        for quantity in self.meta.get("quantities", []):
            if quantity["name"] == name:
                return dict(quantity)
        return {}

    def _of(self, name: str, part: str) -> NDArray[Any]:
        return self.arrays.get(f"{name}.{part}", self.arrays[f"{name}.value"])

    def _members(self, group: str) -> list[str]:
        return [n for n in self._names() if self._group(n) == group]

    def _group(self, name: str) -> str:
        return str(self._quantity(name).get("group") or name)

    def _last(self, name: str) -> str:
        last = float(self._of(name, "smooth")[-1])
        if self._counts(name) and last.is_integer():
            return f"{last:.0f}"
        return significant(last, 2 if abs(last) < 0.01 else 3)

    def _counts(self, name: str) -> bool:
        return self._quantity(name).get("unit") == "modes"

    def _change(self, change: dict[str, Any]) -> Line:
        def written(value: object) -> str:
            if isinstance(value, bool):
                return "on" if value else "off"
            return (
                format_number(value) if isinstance(value, int | float) else str(value)
            )

        name = str(change.get("title") or change["name"]).replace("_", " ")
        text = f"{name} {written(change['old'])} → {written(change['new'])}"
        return Line(float(change.get(self._axis, change["step"])), text, "text2")

    def _end(self, axis: str) -> float:
        """Where the longest curve ends."""
        return max(float(self._of(name, axis)[-1]) for name in self._names())

    def _visited_line(self) -> list[Line]:
        """Where the moment lies that the other plots show."""
        visited = self.visited
        if visited is None:
            return []
        longest = max(self._names(), key=lambda n: float(self._of(n, "step")[-1]))
        steps, places = (self._of(longest, part) for part in ("step", self._axis))
        place = float(np.interp(visited, steps, places))
        return [Line(place, f"on show: step {visited:,}", "text2")]

    def _tell_visited(self) -> None:
        words = f"The whole training; the other plots show step {self.visited or 0:,}."
        self.read_out.set_hint(self.hint if self.visited is None else words)

    def _arrange(self) -> None:
        layout = [(self._group(name), name) for name in self._names()]
        if layout == self._layout:
            return
        self._layout = layout
        for panel in self._groups.values():
            self.panel_paper.remove_pane(panel.pane)
        self._groups, self._curves = {}, {}
        for group, name in layout:
            if group not in self._groups:
                pane = self.panel_paper.add_pane(Pane(zoom_y=False))
                pane.sigXRangeChanged.connect(self._on_zoomed)
                self._groups[group] = Panel(pane)
            rank = len(self._members(group)[: self._members(group).index(name)])
            self._curves[name] = Curve(self._groups[group].pane, rank)

    def _draw_panel(self, group: str, panel: Panel, right: float) -> None:
        names = self._members(group)
        raws = [self._of(name, "value") for name in names]
        smooths = [self._of(name, "smooth") for name in names]
        panel.is_log = self._may_be_log(group) and self._spans_decades(smooths)
        if panel.is_log:
            with np.errstate(divide="ignore", invalid="ignore"):
                raws = [np.log10(raw) for raw in raws]
                smooths = [np.log10(smooth) for smooth in smooths]
        panel.references = self._references(group, panel.is_log)
        extra = [reference.place for reference in panel.references]
        extra += [0.0] if self._counts(names[0]) else []
        low, high = value_range(raws, smooths, extra)
        if panel.references:  # its words stand under the lowest line
            low -= _WORDS_ROOM * (high - low)
        panel.pane.set_home(0.0, right, low, high)
        panel.title, panel.unit = self._heading(group, names)
        panel.ends = []
        titles = [str(self._quantity(name).get("title", name)) for name in names]
        words = short_names(titles)
        for name, word, raw, smooth in zip(names, words, raws, smooths, strict=True):
            curve = self._curves[name]
            curve.set_values(self._of(name, self._axis), raw, smooth)
            token = _TEXTS.get(curve.token, curve.token)
            end = float(smooth[-1]) if np.isfinite(smooth[-1]) else high
            panel.ends.append(
                EndValue(end, f"{word} {self._last(name)}".strip(), token)
            )

    def _references(self, group: str, is_log: bool) -> list[Line]:
        lines = []
        for reference in self.meta.get("references", []):
            value = float(reference["value"])
            if reference["group"] == group and (value > 0 or not is_log):
                place = float(np.log10(value)) if is_log else value
                whole = value.is_integer() and group == "modes"
                figure = f"{value:.0f}" if whole else significant(value)
                text = _reference_words(str(reference["label"]), figure)
                lines.append(Line(place, text))
        return lines

    def _heading(self, group: str, names: list[str]) -> tuple[str, str]:
        first = self._quantity(names[0])
        unit, kind = str(first.get("unit") or ""), str(first.get("kind") or "")
        title = str(first.get("title", group)) if len(names) == 1 else group
        known = kind if kind in ("exact", "bound", "estimate") else ""
        words = (unit, known, "guided" if first.get("guided") else "")
        return title[:1].upper() + title[1:], ", ".join(p for p in words if p)

    def _may_be_log(self, group: str) -> bool:
        """Whether the values of a panel may be drawn as powers of ten."""
        return True

    def _spans_decades(self, smooths: list[NDArray[Any]]) -> bool:
        """Whether logs show more; a curve that ends far below the rest has no say."""
        finite = [smooth[np.isfinite(smooth)] for smooth in smooths]
        if any(len(each) and each.min() <= 0 for each in finite):
            return False
        ends = [float(each[-1]) if len(each) else 0.0 for each in finite]
        least = _NEGLIGIBLE * max(ends, default=0.0)
        kept = [e for e, end in zip(finite, ends, strict=True) if end > least]
        values = np.concatenate([*kept, np.empty(0)])
        return bool(len(values) and values.max() / values.min() > _DECADES)

    # ---- the person's side

    def _on_chosen(self, axis: str) -> None:
        self._axis = axis
        self.panel_paper.set_cursor(None)
        if self.meta:
            self.draw()
            self.panel_paper.go_home()

    def _on_zoomed(self, _: object, limits: tuple[float, float]) -> None:
        for panel in self._groups.values():
            if panel.pane.limits[:2] != tuple(limits):
                panel.pane.setXRange(*limits, padding=0)

    def _on_pointed(self, pixel: QPointF | None) -> None:
        pane = self.panel_paper.pane_at(pixel) if pixel is not None else None
        if pane is None or pixel is None or not self.meta:
            self.panel_paper.set_cursor(None)
            self.tell([])
            return
        x, _ = pane.data_point(pixel)
        self.panel_paper.set_cursor(x)
        self.tell(self.values_at(x))

    def values_at(self, x: float) -> list[tuple[str, str]]:
        """Step and all values at a place on the horizontal axis."""
        parts: list[tuple[str, str]] = []
        for name in self._names():
            places = self._of(name, self._axis)
            index = int(np.argmin(np.abs(places - x)))
            if not parts:
                steps = f"{int(self._of(name, 'step')[index]):,}"
                seconds = f"{float(self._of(name, 'seconds')[index]):.1f} s"
                is_step = self._axis == "step"
                parts.append(("step", steps) if is_step else ("at", seconds))
            title = str(self._quantity(name).get("title", name))
            short = title if len(title) <= theme.px(22) else title[:20] + "…"
            value = significant(float(self._of(name, "smooth")[index]))
            parts.append((short.lower() if short.istitle() else short, value))
        return parts


def _reference_words(label: str, value: str) -> str:
    """``entropy of the data 1.12``, ``2 ln 2 = 1.39``; a mere number once."""
    if not any(letter.isalpha() for letter in label):
        return label
    return f"{label} = {value}" if "ln 2" in label else f"{label} {value}"


if __name__ == "__main__":
    from app.plots.preview import open_preview

    open_preview("curves")
