"""Which samplers are tried, and with what settings."""

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from app.plots.bench_chart import rank_look
from app.plots.ink import draw_mark
from app.session_bench import SamplerBench
from app.theme import theme
from app.widgets.choice import Choice
from app.widgets.form import Form
from app.widgets.paint import RIGHT, box, draw_icon, draw_text, painting, ring
from app.widgets.press import PressButton
from app.widgets.section import Section
from app.widgets.state import State
from engine.protocol import SamplerEntry

_EXTENT = {
    "properties": {
        "most_steps": {
            "title": "Steps up to",
            "description": "Tried are 2, 4, 8 … steps, up to this many.",
            "type": "integer",
            "enum": [8, 16, 32, 64, 128, 256],
            "choices": {str(n): str(n) for n in (8, 16, 32, 64, 128, 256)},
            "default": 64,
            "apply": "live",
        },
        "points": {
            "title": "Points",
            "description": "Points drawn in each trial; more make smaller errors.",
            "type": "integer",
            "minimum": 100,
            "maximum": 5000,
            "default": 1000,
            "unit": "points",
            "scale": "log",
            "apply": "live",
        },
    }
}


class SamplerRow(PressButton):
    """One sampler with the mark of its line: tried, or not."""

    def __init__(self, entry: SamplerEntry, rank: int) -> None:
        super().__init__()
        self.entry = entry
        self._rank = rank
        self.kind = _kind(entry.stochastic, entry.order)
        self.setCheckable(True)
        self.setToolTip(entry.description)
        self.setAccessibleName(entry.title)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._state = State(self)

    def set_kind(self, is_noisy: bool, order: int) -> None:
        """Say what its trials have shown: noise may depend on a setting."""
        kind = _kind(is_noisy, order)
        if kind != self.kind:
            self.kind = kind
            self.update()

    def sizeHint(self) -> QSize:
        """One line of a form."""
        return QSize(theme.px(200), theme.px(28))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tick, mark, title, order."""
        c, px, rect = theme.c, theme.px, self.rect().toRectF()
        middle = rect.center().y()
        with painting(self) as painter:
            if self._state.hover:
                box(painter, rect, 5, c.bg3)
            tick = QRectF(px(4), middle - px(8), px(16), px(16))
            on = self.isChecked()
            box(painter, tick, 4, c.accent if on else None, None if on else c.strong)
            if on:
                draw_icon(painter, tick.center(), "check", 12, c.on_accent)
            token, symbol = rank_look(self._rank)
            draw_mark(painter, QPointF(px(34), middle), symbol, px(9), token, "")
            words = QRectF(px(46), 0, rect.width() - px(46), rect.height())
            draw_text(painter, words, self.entry.title, c.text1 if on else c.text2, 12)
            words.setRight(rect.right() - px(6))
            draw_text(painter, words, self.kind, c.text3, 11, align=RIGHT)
            if self._state.ring:
                ring(painter, rect, 5)


class SamplerChoices(QWidget):
    """List of samplers, extent of the study, settings of one sampler, guidance."""

    def __init__(self, bench: SamplerBench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bench = bench
        self.rows: dict[str, SamplerRow] = {}
        self.extent = Form()
        self.which = Choice(name="Settings of")
        self.form = Form(folds=True)
        self._heads = Section("Samplers", "order"), Section("Extent")
        self._which_head = Section("Settings of")
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(4))
        column.addWidget(self._heads[0])
        column.addLayout(self._list)
        column.addWidget(self._heads[1])
        column.addWidget(self.extent)
        column.addWidget(self._which_head)
        column.addWidget(self.which)
        column.addWidget(self.form)
        self.extent.set_schema(_EXTENT)
        self.extent.edited.connect(self._on_extent)
        self.which.chosen.connect(lambda _: self._show_form())
        self.form.edited.connect(self._on_edited)
        bench.choices_changed.connect(self.refresh)
        bench.changed.connect(self._show_kinds)

    def refresh(self) -> None:
        """Show the samplers of the model on show, and which are tried."""
        entries = self._bench.samplers()
        if [e.name for e in entries] != list(self.rows):
            self._make_rows(entries)
        for name, row in self.rows.items():
            row.setChecked(name in self._bench.chosen)
        titles = {e.name: e.title for e in entries if e.name in self._bench.chosen}
        shown = self.which.value()
        self.which.set_options(titles)
        if shown in titles:
            self.which.set_value(shown)
        extent: tuple[QWidget, ...] = (*self._heads, self.extent)
        for widget in extent:
            widget.setVisible(bool(entries))
        self._which_head.setVisible(bool(titles))
        self.which.setVisible(bool(titles))
        self._show_form()

    def _show_kinds(self) -> None:
        for trial in self._bench.trials:
            row = self.rows.get(trial.sampler)
            if row is not None:
                row.set_kind(trial.facts["stochastic"], int(trial.facts["order"]))

    def _make_rows(self, entries: list[SamplerEntry]) -> None:
        for row in self.rows.values():
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = {e.name: SamplerRow(e, i) for i, e in enumerate(entries)}
        for name, row in self.rows.items():
            self._list.addWidget(row)
            row.clicked.connect(lambda _=False, n=name: self._on_row(n))

    def _on_row(self, name: str) -> None:
        """A sampler that is tried now shows its settings."""
        self._bench.toggle(name)
        if name in self._bench.chosen:
            self.which.set_value(name)
            self._show_form()

    def _show_form(self) -> None:
        name = str(self.which.value() or "")
        schema = self._bench.extras(name)
        if list(schema.get("properties", {})) != list(self.form.fields):
            self.form.set_schema(schema)
        self.form.set_values(self._bench.values(name))

    def _on_edited(self, field: str, value: object) -> None:
        name = str(self.which.value() or "")
        self._bench.set_setting(name, field, value)

    def _on_extent(self, _: str, __: object) -> None:
        wanted = self.extent.values()
        self._bench.set_extent(int(wanted["most_steps"]), int(wanted["points"]))


def _kind(is_noisy: bool, order: int) -> str:
    if is_noisy:
        return "adds noise"
    return f"order {order}" if order else "no noise"
