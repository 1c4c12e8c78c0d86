"""What the subcommands of genplay do. Imports torch; :mod:`engine.cli` does not."""

import argparse
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from torch import Tensor

from engine import registry
from engine.cli import UsageError
from engine.data.base import DataError, Points
from engine.data.csv_writer import write_points
from engine.data.load import Data, load_data
from engine.data.one_class import one_class
from engine.experiment import Experiment
from engine.lab.script.script import script_of
from engine.lab.written import write_text
from engine.metrics.report import measure
from engine.models.inside import drawn_class
from engine.protocol import Metrics, RunConfig
from engine.registry import UnknownNameError
from engine.settings import SettingError
from engine.training.checkpoint import CheckpointError
from engine.training.config import TrainingConfig
from engine.training.trainer import Diverged

#: Held-out points and samples behind the numbers of train and evaluate.
MEASURED_POINTS = 10_000
#: Bytes of a file with the value of a setting, at most.
MAX_SETTING = 16 * 2**20
BAD_INPUT = (UsageError, DataError, SettingError, UnknownNameError, CheckpointError)


def run(options: argparse.Namespace) -> int:
    """Carry out a parsed subcommand; returns the exit status."""
    command = {
        "train": _train,
        "evaluate": _evaluate,
        "sample": _sample,
        "script": _script,
        "list": _list,
        "serve": _serve,
        "bench": _bench,
    }[options.command]
    try:
        return command(options)
    except BAD_INPUT as error:
        return _complain(str(error), 2)
    except Diverged as error:
        return _complain(f"{error} {error.advice}", 1)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        return _complain(f"{error.strerror or error}{where}.", 1)
    except KeyboardInterrupt:
        return _complain("Stopped.", 1)


def _complain(sentence: str, status: int) -> int:
    sys.stderr.write(f"genplay: {sentence}\n")
    return status


# train


def run_config(options: argparse.Namespace) -> RunConfig:
    """The configuration that the options of ``train`` (or of the window) describe.

    Raises:
        UsageError: A ``--set`` that is no ``key=value``, or whose key nobody has.
        UnknownNameError: No such model.
    """
    groups: dict[str, dict[str, Any]] = {
        "model": {},
        "training": {},
        "data": {},
        "sampler": {},
    }
    named = {"sampler": ""}
    fields = _fields(options)
    for text in options.settings:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise UsageError(f"--set {text!r} should read key=value.")
        if key == "sampler":
            named["sampler"] = value
            fields = _fields(options, value)
            continue
        group, name = _place(key, fields)
        groups[group][name] = _of_file(value)
    if getattr(options, "steps", None):
        groups["training"]["steps"] = options.steps
    data, extra = _data_name(options)
    return RunConfig(
        model=options.model,
        data=data,
        model_settings=groups["model"],
        data_settings={**extra, **groups["data"]},
        training=groups["training"],
        sampler=named["sampler"],
        sampler_settings=groups["sampler"],
        seed=options.seed,
        device=getattr(options, "device", "auto"),
    )


def _of_file(value: str) -> Any:
    """What a setting says; ``@FILE`` stands for the JSON in that file.

    Raises:
        UsageError: The file cannot be read, or holds no JSON.
    """
    if not value.startswith("@"):
        return value
    path = Path(value[1:])
    try:
        if path.stat().st_size > MAX_SETTING:
            raise UsageError(f"{path} is too large for a setting (more than 16 MiB).")
        return json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    except UsageError:
        raise
    except (ValueError, RecursionError):
        raise UsageError(f"{path} holds no readable JSON.") from None


def _data_name(options: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    """Name of the data and the settings that the path and ``--columns`` imply."""
    settings: dict[str, Any] = {}
    columns = _columns(options)
    if options.data in registry.DATA and columns is None:
        return options.data, settings
    if options.data in registry.DATA:
        raise UsageError(f"--columns belongs to a CSV file, not to {options.data}.")
    if columns is not None:
        settings["x_column"], settings["y_column"] = columns
    return options.data, settings


def _columns(options: argparse.Namespace) -> tuple[str, str] | None:
    text = getattr(options, "columns", None)
    if text is None:
        return None
    names = [n.strip() for n in text.split(",")]
    if len(names) != 2 or not all(names):
        raise UsageError(f"--columns {text!r} should name two columns, as in x,y.")
    return names[0], names[1]


def _fields(options: argparse.Namespace, sampler: str = "") -> dict[str, list[str]]:
    """Names of the settings of each group, in the order in which a key is looked up."""
    model = registry.model(options.model)
    data = registry.data_set(options.data if options.data in registry.DATA else "csv")
    name = sampler or model.default_sampler
    return {
        "model": list(model.Config.model_fields),
        "training": list(TrainingConfig.model_fields),
        "data": list(data.Config.model_fields),
        "sampler": list(registry.sampler(name).Config.model_fields) if name else [],
    }


def _place(key: str, fields: Mapping[str, list[str]]) -> tuple[str, str]:
    group, dot, name = key.partition(".")
    if dot and name in fields.get(group, []):
        return group, name
    for place, names in fields.items():
        if key in names:
            return place, key
    known = ", ".join(f"{g}.{n}" for g, names in fields.items() for n in names)
    raise UsageError(f"There is no setting {key!r}; there are: {known}.")


def _train(options: argparse.Namespace) -> int:
    out = Path(options.out) if options.out else None
    if out is not None:
        _check_folder(out)
    config = named_config(options)
    experiment = Experiment.from_config(config)
    for note in experiment.data.notes:
        sys.stderr.write(f"{note}\n")
    begin = time.perf_counter()
    _train_visibly(experiment)
    seconds = time.perf_counter() - begin
    metrics = experiment.measure(MEASURED_POINTS)
    if out is not None:
        experiment.save(out)
        sys.stderr.write(f"saved in {out}\n")
    result = {
        "model": experiment.config.model,
        "data": options.data or config.data,
        "seed": experiment.config.seed,
        "device": str(experiment.device),
        "steps": experiment.step,
        "seconds": round(seconds, 3),
        "steps_per_second": round(experiment.step / max(seconds, 1e-9), 1),
        "losses": experiment.latest_losses(),
        **_quality(metrics),
    }
    _print(result, options.json)
    return 0


def named_config(options: argparse.Namespace) -> RunConfig:
    """The configuration of a file, or that of the options.

    Raises:
        UsageError: Both are given or neither, or the file is no configuration.
        UnknownNameError: No such model.
    """
    file = getattr(options, "config", None)
    given = [options.model, options.data, options.columns, *options.settings]
    if not file:
        if not options.model or not options.data:
            raise UsageError("A run needs a model and --data, or --config FILE.json.")
        return run_config(options)
    if any(given) or options.steps or options.seed or options.device != "auto":
        raise UsageError("--config says it all; leave the other options out.")
    try:
        return RunConfig.model_validate_json(Path(file).read_bytes())
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from None
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"])) or "the file"
        reason = error.errors()[0]["msg"].rstrip(".")
        raise UsageError(
            f"{file} is no run as Copy as JSON writes it: {where}: {reason}."
        ) from None


def _check_folder(folder: Path) -> None:
    """Refuse to write over something that is no run."""
    if folder.is_file():
        raise UsageError(f"{folder} is a file; --out wants a folder.")
    if folder.is_dir() and any(folder.iterdir()) and not _is_run(folder):
        raise UsageError(
            f"{folder} holds other files; --out wants a new or empty folder, or one "
            "with an earlier run."
        )


def _is_run(folder: Path) -> bool:
    return (folder / "run.json").is_file()


def _train_visibly(experiment: Experiment) -> None:
    """Train to the end, telling on stderr how it goes about once a second."""
    while experiment.step < experiment.steps:
        before, begin = experiment.step, time.perf_counter()
        experiment.train_for(1.0, experiment.steps - experiment.step)
        rate = (experiment.step - before) / (time.perf_counter() - begin)
        losses = ", ".join(
            f"{k} {v:.4g}" for k, v in experiment.latest_losses().items()
        )
        sys.stderr.write(
            f"step {experiment.step:,} of {experiment.steps:,}, "
            f"{rate:,.0f} steps/s, {losses}\n"
        )


def _quality(metrics: Metrics) -> dict[str, Any]:
    nll = metrics.nll
    return {
        "nll": nll.model_dump(include={"value", "kind", "unit"}) if nll else None,
        "energy_distance": metrics.energy_distance,
        "sliced_wasserstein": metrics.sliced_wasserstein,
        "modes": metrics.modes.model_dump() if metrics.modes else None,
    }


def _print(result: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(result, allow_nan=False) + "\n")
        return
    for name, value in result.items():
        if isinstance(value, dict):
            value = ", ".join(f"{k} {_plain(v)}" for k, v in value.items())
        sys.stdout.write(f"{name:20} {_plain(value)}\n")


def _plain(value: object) -> str:
    if value is None:
        return "does not apply"
    return f"{value:.5g}" if isinstance(value, float) else str(value)


# script


def _script(options: argparse.Namespace) -> int:
    """Print the script of a trained run or of one described, or write it."""
    folder = Path(options.model)
    if _is_run(folder):
        given = [options.data, options.columns, *options.settings, options.steps]
        if any(given) or options.seed:
            raise UsageError(f"{folder} is a run: it says itself which data and seed.")
        experiment = Experiment.load(folder, options.device)
        made = script_of(experiment.config, experiment.data)
    else:
        made = script_of(named_config(options))
    if options.out:
        for name, text in made.files.items():
            write_text(Path(options.out).with_name(name), text)
        write_text(Path(options.out), made.text)
    elif made.files:
        raise UsageError(
            "These data are too many to stand in the script; add --out FILE.py, and "
            "the points lie beside it."
        )
    else:
        sys.stdout.write(made.text)
    return 0


# evaluate, sample


def _evaluate(options: argparse.Namespace) -> int:
    experiment = Experiment.load(options.folder)
    data = _points_to_judge(experiment, options)
    metrics = measure(
        experiment.fitted(),
        data,
        experiment.step,
        MEASURED_POINTS,
        experiment.config.seed,
    )
    _print(_quality(metrics), options.json)
    return 0


def _points_to_judge(experiment: Experiment, options: argparse.Namespace) -> Data:
    """Data whose held-out points are the ones to judge by: all rows of a file.

    The known density and its modes are those of the data the run has learned, if they
    go by the same name; a run that draws one class alone is then judged by that class.
    """
    own = experiment.data
    name, extra = _data_name(options)
    same = name == own.name
    settings = experiment.config.data_settings if same else {}
    found = load_data(name, {**settings, **extra}, experiment.config.seed + 1)
    if found.name != "csv":
        label = drawn_class(experiment.trainer.model) if same else None
        return one_class(replace(found, scaling=own.scaling), label)
    return replace_points(own, torch.cat([found.train.x, found.heldout.x]))


def replace_points(own: Data, x: Tensor) -> Data:
    """Data in the run's own scaling, with other points to judge by."""
    labels = x.new_zeros(len(x)).long()
    return replace(own, heldout=Points(x, labels))


def _sample(options: argparse.Namespace) -> int:
    experiment = Experiment.load(options.folder)
    config = experiment.config
    if (options.sampler or options.steps) and not config.sampler:
        raise UsageError(f"{config.model} draws samples in one go: no sampler.")
    if options.sampler and options.sampler != config.sampler:
        config = config.model_copy(
            update={"sampler": options.sampler, "sampler_settings": {}}
        )
    if options.steps:
        settings = {**config.sampler_settings, "steps": options.steps}
        config = config.model_copy(update={"sampler_settings": settings})
    experiment.configure(config)
    points = experiment.sample(options.points, options.seed)
    write_points(options.out, points, experiment.data.columns)
    sys.stderr.write(f"{options.points:,} points in {options.out}\n")
    return 0


# list, serve, bench


def _list(options: argparse.Namespace) -> int:
    table, find = {
        "models": (registry.MODELS, registry.model),
        "data": (registry.DATA, registry.data_set),
        "samplers": (registry.SAMPLERS, registry.sampler),
        "views": (registry.VIEWS, registry.view),
    }[options.kind]
    rows = [_described(name, find(name)) for name in table]
    if options.json:
        sys.stdout.write(json.dumps(rows) + "\n")
        return 0
    for row in rows:
        sys.stdout.write(f"{row['name']:18} {row['title']}: {row['description']}\n")
    return 0


def _described(name: str, kind: Any) -> dict[str, Any]:
    card = getattr(kind, "card", None)
    row = {
        "name": name,
        "title": card.title if card else kind.title,
        "description": card.summary if card else kind.description,
        "settings": kind.Config.model_json_schema()["properties"],
    }
    if card:
        row |= {"family": card.family, "paper": card.paper, "arxiv": card.arxiv}
    return row


def _serve(options: argparse.Namespace) -> int:
    from engine.server import serve

    return serve(options.listen, Path(options.keys))


def _bench(options: argparse.Namespace) -> int:
    from engine import bench, bench_quality

    if not options.quality:
        if options.model or options.data or options.points:
            raise UsageError("--model, --data and --points belong to --quality.")
        return bench.run(as_json=options.json, window=not options.no_window)
    for name in options.model:
        registry.model(name)
    for name in options.data:
        registry.data_set(name)
    return bench_quality.run(
        models=options.model,
        data=options.data,
        as_json=options.json,
        points=Path(options.points) if options.points else None,
    )
