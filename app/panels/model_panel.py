"""The right panel: which model, its settings, its sampler, its quality, one point."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QPoint, QSize, QTimer
from PySide6.QtWidgets import QWidget

from app.panels.diagnosis_section import DiagnosisSection
from app.panels.few_form import FewForm
from app.panels.finder import Entry, Finder
from app.panels.frame import Rule, SidePanel
from app.panels.legend import LiveLegend
from app.panels.metrics_section import MetricsSection
from app.panels.probe_section import ProbeSection
from app.panels.sampler_section import SamplerSection
from app.panels.training_section import TrainingSection
from app.session import Session
from app.session_config import formula_of, limited, model_entry, schema_of
from app.theme import theme
from app.widgets.form_column import FormColumn
from app.widgets.model_card import ModelCard
from engine.protocol import RunConfig


class ModelPanel(SidePanel):
    """Card, hyperparameters, training, sampler, metrics and probe."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("right", (316, 292), "Model")
        self.setParent(parent)
        self._session = session
        self._model = ""
        self._schema: dict[str, Any] = {}
        self.card = ModelCard()
        self.picker = Finder("Find a model by name, family or idea", self)
        self.form = FewForm("Hyperparameters")
        self.training = TrainingSection(session)
        self.sampler = SamplerSection(session)
        self.metrics = MetricsSection(session)
        self.diagnosis = DiagnosisSection(session)
        self.probe = ProbeSection(session)
        self.form.head.add_hint_widget(LiveLegend())
        self.form.head.add_hint_widget(self.form.arrow)
        for widget in (
            *(self.card, self.form, self.training, Rule()),
            *(self.sampler, self.metrics, Rule(), self.diagnosis, Rule(), self.probe),
        ):
            self.column.addWidget(widget)
        self.column.addStretch(1)
        forms = (self.form.form, self.training.form, self.training.seed)
        self._forms = FormColumn((*forms, self.sampler.solver, self.sampler.form), self)
        self._connect()

    def open_picker(self) -> None:
        """Offer every model, grouped by family."""
        catalogue = self._session.catalogue
        if catalogue is None:
            return
        entries = [
            Entry(m.name, m.title, m.paper, m.summary, m.family)
            for m in sorted(catalogue.models, key=lambda m: m.family)
        ]
        size = QSize(theme.px(420), theme.px(440))
        corner = self.card.mapToGlobal(QPoint(self.card.width() - size.width(), 0))
        self.picker.open_at(corner, size, entries, self._model)

    def _connect(self) -> None:
        desk = self._session.desk
        self.card.picker_requested.connect(self.open_picker)
        self.picker.chosen.connect(desk.choose_model)
        # Rows that are new have their places only when the layout has been at work.
        self.probe.answered.connect(
            lambda: QTimer.singleShot(0, self, self._show_answer)
        )
        desk.config_changed.connect(self._show)
        desk.waiting_changed.connect(self._on_waiting)
        self.form.edited.connect(
            lambda name, value: desk.edit("model_settings", name, value)
        )
        self.form.restart_requested.connect(desk.restart)

    def _show_answer(self) -> None:
        """What was asked by a click may be below the fold."""
        self.scroll_to(self.probe)

    def _show(self, config: RunConfig) -> None:
        catalogue = self._session.catalogue
        if catalogue is None:
            return
        entry = model_entry(catalogue, config.model)
        formula = formula_of(entry, config.model_settings)
        if config.model != self._model:
            self._model = config.model
            self.card.set_model(
                entry.family, entry.paper, entry.title, formula, entry.summary
            )
        run = self._session.run
        classes = run.ready.classes if run and run.ready else 0
        schema = limited(schema_of(catalogue, config, "model_settings"), classes)
        if schema != self._schema:
            self._schema = schema
            self.form.set_schema(schema)
        self.card.set_formula(formula)
        self.form.set_values(config.model_settings)

    def _on_waiting(self, waiting: Mapping[str, Any]) -> None:
        self.form.set_pending(waiting.get("model_settings", set()))
