"""Which moment the picture in a place is of, where that is not plain."""

from app.panels.lag import late_words
from app.session import Session
from engine.protocol import Frame


class SlotStep:
    """Words on the step, or the run, of a picture.

    Attributes:
        said: What stands on the card now.
        is_inside: Whether it stands over the picture: the head has no room for it.
        is_old: Whether the picture is of what was there before.
    """

    def __init__(self, session: Session) -> None:
        self.said = ""
        self.is_inside = self.is_old = False
        self._session = session
        self._rate = 0.0  # steps/s when the run last played
        self._late = ""  # the step of a picture that is far behind

    def played(self, rate: float) -> None:
        """The run plays at this rate, steps/s, or stands still at 0."""
        self._rate = rate or self._rate

    def lags_anew(self, frame: Frame | None) -> bool:
        """Whether the living run has left the picture behind in other words now."""
        shown = frame.step if frame is not None else None
        late, self._late = self._late, late_words(shown, self._session.run, self._rate)
        return late != self._late

    def words(self, frame: Frame | None, shows_whole_training: bool) -> str:
        """The moment, the run, or how far behind; mostly nothing."""
        run = self._session.run
        if self.is_old and frame is not None:
            old = self._session.runs.all.get(frame.run_id)
            return "before" if old is None or old is run else f"run {old.number}"
        if run is not None and run.at is not None:
            shown = run.at if frame is None else frame.step
            return "" if shows_whole_training else f"step {shown:,}"
        return self._late
