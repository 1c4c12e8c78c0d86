"""What the table of a comparison says: settings, metrics, one place."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.panels.compare.course import evaluations_per_step
from app.panels.compare.figures import class_of
from app.panels.metrics_section import distance, known_words, nats
from app.panels.probe_words import probe_words
from app.session_config import GROUPS, model_entry, schema_of
from app.session_probe import PointAnswer
from app.session_run import Run
from app.widgets.numbers import format_number, rate_number, unit_word
from app.widgets.run_table import TableRow
from engine.protocol import Catalogue, Metrics

NONE = "–"
_NATS = " nats"
Reading = Callable[[Run], str]


def setting_rows(
    runs: Sequence[Run], catalogue: Catalogue, differing: bool
) -> list[TableRow]:
    """All settings, or those that several runs have with different values."""
    rows = [_row("Model", [model_entry(catalogue, r.config.model).title for r in runs])]
    rows.append(_row("Parameters", [_parameters(run) for run in runs]))
    found: dict[tuple[str, ...], dict[int, str]] = {}
    for index, run in enumerate(runs):
        for group in GROUPS:
            fields = schema_of(catalogue, run.config, group).get("properties", {})
            for name, value in getattr(run.config, group).items():
                field = fields.get(name, {})
                key: tuple[str, ...] = (group, str(field.get("title", name)))
                if index in found.get(key, {}):  # another setting of this title
                    key = (*key, name)
                found.setdefault(key, {})[index] = setting_words(field, value)
    for (_, title, *_), texts in found.items():
        rows.append(_row(title, [texts.get(i, NONE) for i in range(len(runs))]))
    return [row for row in rows if _differs(row)] if differing else rows


def metric_rows(runs: Sequence[Run]) -> list[TableRow]:
    """Where each run is, how good, and at what cost."""
    readings: dict[str, Reading] = {
        "Step": lambda run: f"{run.step:,}",
        "Training time": lambda run: _status(run, "seconds", "{:,.1f} s"),
        "Speed": speed_words,
        "Evaluations in training": lambda run: f"{_trained(run):,}",
        "Evaluations per sample": lambda run: _status(
            run, "evaluations_per_sample", "{:,}"
        ),
        "Measured at step": lambda run: _of(run, lambda m: m.step, "{:,}".format),
        "Energy distance": lambda run: _of(run, lambda m: m.energy_distance, distance),
        "Sliced Wasserstein": lambda run: _of(
            run, lambda m: m.sliced_wasserstein, distance
        ),
        "NLL, nats per point": nll_words,
        "NLL known as": nll_known,
        "Judged by": class_words,
        "Modes covered": lambda run: _of(
            run, lambda m: m.modes, lambda m: f"{m.covered} / {m.total}"
        ),
        "High quality": lambda run: _of(
            run, lambda m: m.modes, lambda m: f"{100 * m.high_quality:.1f} %"
        ),
    }
    rows = [
        TableRow(title, tuple(reading(run) for run in runs))
        for title, reading in readings.items()
    ]
    if not any(class_of(run) for run in runs):
        rows = [row for row in rows if row.title != "Judged by"]
    return rows


def place_rows(
    runs: Sequence[Run], answers: Mapping[str, PointAnswer]
) -> list[TableRow]:
    """What each run says of the place that was clicked."""
    words = [probe_words(answers[r.id]) if r.id in answers else {} for r in runs]
    titles = dict.fromkeys(title for each in words for title in each)
    rows = [_place_row(t, [each.get(t) or NONE for each in words]) for t in titles]
    return [row for row in rows if set(row.cells) != {NONE}]


def setting_words(field: Mapping[str, Any], value: Any) -> str:
    """A value as the form writes it: a choice's words, a number with its unit."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float):
        unit = unit_word(value, str(field.get("unit") or ""))
        return f"{format_number(value)} {unit}".strip()
    if isinstance(value, list | tuple):
        return _list_words(value)
    choices = field.get("choices") or {}
    return str(choices.get(str(value), value)).replace("_", " ")


def _list_words(values: Sequence[Any]) -> str:
    """Numbers one after the other; of anything else, such as a drawing, how long."""
    if all(isinstance(value, int | float) for value in values):
        return ", ".join(format_number(value) for value in values)
    return "1 operation" if len(values) == 1 else f"{len(values):,} operations"


def speed_words(run: Run) -> str:
    """Steps a second while it trains."""
    rate = run.status.steps_per_second if run.status else 0.0
    return f"{rate_number(rate)} steps/s" if rate else NONE


def nll_words(run: Run) -> str:
    """The likelihood."""
    return _of(run, lambda m: m.nll and m.nll.value, nats)


def nll_known(run: Run) -> str:
    """How it is known: in a row of its own, beside three runs it was cut."""
    metrics = run.status.metrics if run.status else None
    if metrics is None or metrics.nll is None or metrics.nll.value is None:
        return NONE
    return known_words(metrics)


def class_words(run: Run) -> str:
    """Of which points the figures are."""
    return class_of(run) or ("all data" if run.status and run.status.metrics else NONE)


def _row(title: str, cells: list[str]) -> TableRow:
    return TableRow(title, tuple(cells), tuple(c != cells[0] for c in cells))


def _place_row(title: str, cells: list[str]) -> TableRow:
    """The unit stands in the title, once, where the cells are narrow."""
    if any(cell.endswith(_NATS) for cell in cells):
        title += f",{_NATS}"
    return TableRow(title, tuple(cell.removesuffix(_NATS) for cell in cells))


def _differs(row: TableRow) -> bool:
    known = {cell for cell in row.cells if cell != NONE}
    return len(known) > 1


def _parameters(run: Run) -> str:
    return _status(run, "parameters", "{:,}")


def _trained(run: Run) -> int:
    return run.step * evaluations_per_step(run)


def _status(run: Run, name: str, form: str) -> str:
    value = getattr(run.status, name) if run.status else 0
    return form.format(value) if value else NONE


def _of(run: Run, get: Callable[[Metrics], Any], write: Callable[[Any], str]) -> str:
    metrics = run.status.metrics if run.status else None
    value = get(metrics) if metrics else None
    return NONE if value is None else write(value)
