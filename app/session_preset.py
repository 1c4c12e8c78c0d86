"""Begins a preset: its configuration and views, and training once it is built."""

from PySide6.QtCore import QObject, QTimer

from app.presets import Preset
from app.session import Session
from app.session_slots import SLOTS
from engine.protocol import RunReady


class PresetStarter(QObject):
    """Undo takes the person back to what was before; what comes too early waits."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._waits_for = ""
        self._early: Preset | None = None  # chosen while the engine was starting
        session.run_ready.connect(self._on_ready)

    def begin(self, preset: Preset) -> None:
        """Show a preset; it plays from its first step, once the engine has built it."""
        session = self._session
        if session.run is None:
            self._early = preset
            return
        session.runs.return_live()
        # A run that plays plays on when it is built anew; a short one would be at its
        # end before it is told to play.
        session.pause()
        self._waits_for = preset.config.model
        is_other = session.desk.take(preset.config, f"preset {preset.title}")
        # Its views afterwards: the model before could not have fed them all.
        for slot, view in zip(SLOTS, preset.views, strict=True):
            session.slots.choose(slot, view)
        if not is_other:
            self._waits_for = ""
            session.begin_anew()

    def _on_ready(self, ready: RunReady) -> None:
        early, self._early = self._early, None
        if early is not None:  # once all others have heard of the first run
            QTimer.singleShot(0, self, lambda: self.begin(early))
        elif self._waits_for == ready.config.model:
            self._waits_for = ""
            self._session.play()
