"""When a picture is so far behind its run that it must say which step it shows."""

from app.session_run import Run

_SHARE, _SECONDS = 0.05, 2.0
_USUAL = 100.0  # steps/s, where no speed is known yet


def is_far_behind(shown: int, step: int, rate: float) -> bool:
    """Whether a picture of step ``shown`` no longer stands for a run at ``step``.

    It is then late by 5 % of the steps, and by as many as two seconds of training take
    at ``rate``, steps/s; 0 where none was measured.
    """
    late = step - shown
    return late > _SHARE * step and late > _SECONDS * (rate or _USUAL)


def late_words(shown: int | None, run: Run | None, rate: float) -> str:
    """Which step a picture shows, if its living run has left it behind; else empty.

    ``shown`` is that step, None without a picture.
    """
    if shown is None or run is None or run.at is not None:
        return ""
    return f"step {shown:,}" if is_far_behind(shown, run.step, rate) else ""


def measured_at(run: Run, rate: float) -> str:
    """At which step it was measured, where the pictures are of another; else empty.

    Measuring takes a small share of the time: a costly run, or one of many on a busy
    machine, trains on for long between two times, at ``rate``, steps/s.
    """
    metrics = run.status.metrics if run.status else None
    if metrics is None:
        return ""
    if run.at not in (None, metrics.step):
        return f"step {metrics.step:,}"
    return late_words(metrics.step, run, rate)
