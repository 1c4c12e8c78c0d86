"""How the weights are trained: the few settings that matter first, then the rest."""

from collections.abc import Mapping

from PySide6.QtWidgets import QWidget

from app.panels.few_form import FewForm
from app.session import Session
from app.session_config import schema_of
from app.widgets.button import IconButton
from app.widgets.form import Form
from engine.protocol import RunConfig

_SEED = {
    "title": "Seed",
    "description": "Start of all random numbers: the same seed gives the same run.",
    "type": "integer",
    "default": 0,
    "minimum": 0,
    "apply": "restart",
}


class TrainingSection(FewForm):
    """Training settings of the run, and its seed."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("Training", parent)
        self._session = session
        self._model = ""
        self.seed = Form()
        self.new_seed = IconButton(
            "dice-five", "New seed: begin again, differently", size=24
        )
        self.head.add_hint_widget(self.arrow)
        self.column.addWidget(self.seed)
        self.seed.set_schema({"properties": {"seed": _SEED}})
        self.seed.fields["seed"].add_beside(self.new_seed)
        desk = session.desk
        desk.config_changed.connect(self._show)
        desk.waiting_changed.connect(self._on_waiting)
        self.edited.connect(lambda name, value: desk.edit("training", name, value))
        self.restart_requested.connect(desk.restart)
        self.seed.edited.connect(lambda _, value: desk.set_seed(value))
        self.new_seed.clicked.connect(lambda: session.new_seed())

    def _show(self, config: RunConfig) -> None:
        catalogue = self._session.catalogue
        if catalogue is None:
            return
        if config.model != self._model:
            self._model = config.model
            schema = schema_of(catalogue, config, "training")
            fields = schema["properties"].items()
            plain = {name: {**field, "group": ""} for name, field in fields}
            self.set_schema({**schema, "properties": plain})
        self.set_values(config.training)
        self.seed.set_values({"seed": config.seed})

    def _on_waiting(self, waiting: Mapping[str, set[str]]) -> None:
        self.set_pending(waiting.get("training", set()))
