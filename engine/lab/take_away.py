"""A run to take away: as code, command or JSON, with its literature, or as tables."""

import copy
import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar, Literal

import torch

from engine.data.csv_writer import write_points
from engine.experiment import Experiment
from engine.lab.base import Job, JobSettings, News
from engine.lab.cite.bibliography import bibtex
from engine.lab.command_line import command_of
from engine.lab.script.script import script_of
from engine.lab.written import write_text
from engine.models.fitted import Fitted
from engine.protocol import Json
from engine.settings import knob
from engine.training.history import History

What = Literal["code", "command", "json", "cite", "samples", "curves"]
#: Points per piece of work, some tens of milliseconds of a sampler.
_CHUNK = 2000


class TakeAwaySettings(JobSettings):
    """What to take away, and where to."""

    what: What = knob("code", "What", "What to take away.")
    file: str = knob("", "File", "Where to write it; empty: only tell it.")
    points: int = knob(2000, "Points", "Samples to write.", ge=1, le=1_000_000)
    seed: int = knob(0, "Seed", "Seed of the samples.", ge=0, le=2**31 - 1)
    at: int = knob(-1, "Step", "Kept step to sample from; -1 is now.", ge=-1)


class TakeAway(Job):
    """Makes one thing of a run; the last news has its ``text`` or its ``file``."""

    name: ClassVar[str] = "take_away"
    Config: ClassVar[type[JobSettings]] = TakeAwaySettings

    def work(self) -> Iterator[News]:
        """Make it, and write it where a file was named.

        Raises:
            ValueError: Nothing can be told, only written.
            OSError: The file cannot be written.
        """
        what = self.settings.what
        if what == "samples":
            yield from self._samples()
            return
        if what == "curves":
            rows = curve_table(self.experiment.history)
            text, files = rows, {}
        elif what == "code":
            made = script_of(self.experiment.config, self.experiment.data, self.tick)
            text, files = made.text, made.files
        else:
            text, files = _TELLERS[what](self.experiment), {}
        yield from self._hand_over(text, files)

    def _hand_over(self, text: str, files: dict[str, str]) -> Iterator[News]:
        if not self.settings.file:
            if files:
                raise ValueError(
                    "These data are too many to stand in the script: save it as a "
                    "file, with the points beside it."
                )
            yield News(1.0, {"text": text, **self._facts(text)})
            return
        path = Path(self.settings.file)
        for name, content in files.items():
            write_text(path.with_name(name), content)
        write_text(path, text)
        found = {"file": str(path), "beside": list(files), **self._facts(text)}
        yield News(1.0, found)

    def _facts(self, text: str) -> Json:
        """What a note can say of a text."""
        works = text.count("\n@") + text.startswith("@")
        return {
            "lines": text.count("\n"),
            "works": works if self.settings.what == "cite" else 0,
            # The text repeats the run as it is set now, from its first step.
            "changed": bool(self.experiment.history.changes),
        }

    def _samples(self) -> Iterator[News]:
        """Samples in data units, drawn in pieces and written in one go."""
        experiment, total = self.experiment, self.settings.points
        if not self.settings.file:
            raise ValueError("Samples are written to a file: name one.")
        at = self.settings.at
        # The run may train on meanwhile: all points come from one model.
        model = copy.deepcopy(experiment.model_at(None if at < 0 else at))
        sampler = experiment.sampler()
        fitted = Fitted(model, experiment.data.scaling, sampler, self.tick)
        parts = []
        for piece, start in enumerate(range(0, total, _CHUNK)):
            size = min(_CHUNK, total - start)
            # Each piece has a seed of its own; the first is that of a script.
            seed = (self.settings.seed + piece) % 2**31
            parts.append(fitted.sample(size, seed))
            yield News((start + size) / total)
        x = torch.cat(parts)
        write_points(self.settings.file, x, experiment.data.columns)
        yield News(1.0, {"file": self.settings.file, "points": len(x)})


def _json(experiment: Experiment) -> str:
    config = experiment.config.model_dump(mode="json")
    return json.dumps(config, indent=2, ensure_ascii=False) + "\n"


_TELLERS: dict[str, Callable[[Experiment], str]] = {
    "command": lambda experiment: command_of(experiment.config) + "\n",
    "json": _json,
    "cite": lambda experiment: bibtex(
        experiment.config, bool(experiment.trainer.model.turns())
    ),
}


def curve_table(history: History) -> str:
    """Losses and metrics as CSV: one row a step, a column for each quantity."""
    series = {f"loss.{name}": s for name, s in history.terms.items()}
    series |= {f"metric.{name}": s for name, s in history.metrics.items()}
    rows: dict[int, dict[str, float]] = {}
    for name, values in series.items():
        for step, seconds, value in zip(*values.arrays(), strict=True):
            row = rows.setdefault(int(step), {"step": int(step)})
            row["seconds"] = round(float(seconds), 4)
            row[name] = float(value)
    text = io.StringIO(newline="")
    columns = ["step", "seconds", *series]
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows[step] for step in sorted(rows))
    return text.getvalue()
