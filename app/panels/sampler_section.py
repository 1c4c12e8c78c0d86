"""How samples are drawn from a process model: the solver and its settings."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.panels.frame import Rule
from app.session import Session
from app.session_config import model_entry, schema_of
from app.widgets.form import Form
from app.widgets.section import Section
from engine.protocol import Catalogue, ModelEntry, RunConfig


class SamplerSection(QWidget):
    """Solver and settings; not there for a model that draws in one go."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._shown = ("", "")
        self.solver = Form()
        self.form = Form(folds=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (Section("Sampler"), self.solver, self.form, Rule()):
            column.addWidget(widget)
        desk = session.desk
        desk.config_changed.connect(self._show)
        self.solver.edited.connect(lambda _, value: desk.choose_sampler(value))
        self.form.edited.connect(
            lambda name, value: desk.edit("sampler_settings", name, value)
        )

    def _show(self, config: RunConfig) -> None:
        catalogue = self._session.catalogue
        if catalogue is None:
            return
        model = model_entry(catalogue, config.model)
        self.setVisible(bool(model.samplers))
        if not model.samplers:
            self.form.set_schema({})
            self._shown = ("", "")
            return
        if self._shown != (config.model, config.sampler):
            if config.model != self._shown[0]:
                self.solver.set_schema(solver_schema(catalogue, model))
            self._shown = (config.model, config.sampler)
            self.form.set_schema(schema_of(catalogue, config, "sampler_settings"))
        self.solver.set_values({"sampler": config.sampler})
        self.form.set_values(config.sampler_settings)


def solver_schema(catalogue: Catalogue, model: ModelEntry) -> dict[str, object]:
    """A form of one row: the samplers that a model can use."""
    titles = {s.name: s.title for s in catalogue.samplers}
    sentences = {s.name: s.description for s in catalogue.samplers}
    names = list(model.samplers)
    described = " ".join(f"{titles.get(n, n)}: {sentences.get(n, '')}" for n in names)
    field = {
        "title": "Solver",
        "description": described,
        "type": "string",
        "enum": names,
        "choices": titles,
        "default": names[0],
        "apply": "live",
    }
    return {"properties": {"sampler": field}}
