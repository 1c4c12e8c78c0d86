"""Run directories: JSON, CSV and safetensors with a checksum, never a pickle.

``run.json`` is written last, and names the checksum of the weights: a directory whose
writing was cut short is noticed and refused. Every file goes to a temporary name, is
synced, then takes the place of the old one.
"""

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Generator, Tensor

import engine
from engine import registry
from engine.data.base import DataConfig, DataError, DataSet, Points, Scaling
from engine.data.csv_writer import write_points
from engine.data.load import Data, plot_limits
from engine.data.table import CsvConfig
from engine.part_file import replacing
from engine.protocol import RunConfig
from engine.registry import UnknownNameError
from engine.settings import SettingError
from engine.training.class_limits import brought_in
from engine.training.history import History
from engine.training.setup import make_data
from engine.training.snapshots import Snapshot, put_back, take

if TYPE_CHECKING:
    from engine.experiment import Experiment

FORMAT = 1
MAX_JSON = 16 * 2**20
MAX_WEIGHTS = 4 * 2**30


class CheckpointError(ValueError):
    """A run directory that cannot be read, in one plain sentence."""


# Writing


def save(run: "Experiment", folder: Path, samples: int) -> Path:
    """Write a run directory; ``samples`` points go to samples.csv, none if 0.

    Raises:
        OSError: The folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tensors, facts = flat(take(run.trainer))
    tensors.update(_data_tensors(run.data))
    weights = save_tensors({k: v.contiguous() for k, v in tensors.items()})
    rows = "".join(json.dumps(r) + "\n" for r in _finite_rows(run.history))
    write_atomically(folder / "model.safetensors", weights)
    write_atomically(folder / "metrics.jsonl", rows.encode())
    if samples:
        write_points(folder / "samples.csv", run.sample(samples), run.data.columns)
    head = {
        "format": FORMAT,
        "config": run.config.model_dump(mode="json"),
        "state": facts,
        "device": run.device.type,
        "versions": _versions(),
        "data": _data_facts(run.data),
        "density_kind": run.history.density_kind,
        "sliced_chance": run.history.sliced_chance,
        "checksum": hashlib.sha256(weights).hexdigest(),
    }
    write_atomically(folder / "run.json", json.dumps(head, indent=2).encode())
    return folder


def write_atomically(path: Path, content: bytes) -> None:
    """Put content in place of a file, whole or not at all.

    Raises:
        OSError: The folder cannot be written, or is full; the old file is untouched.
    """
    with replacing(path) as file:
        file.write(content)


def _finite_rows(history: History) -> list[dict[str, Any]]:
    """JSON has no NaN: a loss that was none is left out."""
    rows = history.rows()
    return [r for r in rows if r["kind"] == "change" or np.isfinite(r["value"])]


def _versions() -> dict[str, str]:
    return {
        "generative-playground": engine.__version__,
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def flat(snapshot: Snapshot) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """A snapshot as named tensors and a JSON-able remainder."""
    tensors: dict[str, Tensor] = {"generator": snapshot.generator}
    for name, table in (
        ("model", snapshot.model),
        ("average", snapshot.average),
        ("slow", snapshot.slow),
        ("columns", snapshot.columns),
    ):
        tensors.update({f"{name}.{k}": v.detach().cpu() for k, v in table.items()})
    for player, state in snapshot.optimisers.items():
        for index, values in state["state"].items():
            for key, value in values.items():
                if isinstance(value, Tensor):
                    tensors[f"optimiser.{player}.{index}.{key}"] = value
    facts = {
        "step": snapshot.step,
        "stage": snapshot.stage,
        "seconds": snapshot.seconds,
        "cursor": snapshot.cursor,
        "optimiser": snapshot.optimiser_kind,
    }
    return tensors, facts


def _data_tensors(data: Data) -> dict[str, Tensor]:
    """The points themselves, where no seed can draw them again."""
    if data.name != "csv":
        return {}
    return {
        "data.train_x": data.train.x,
        "data.train_labels": data.train.labels,
        "data.heldout_x": data.heldout.x,
        "data.heldout_labels": data.heldout.labels,
    }


def _data_facts(data: Data) -> dict[str, Any]:
    return {
        "title": data.title,
        "columns": list(data.columns),
        "class_names": list(data.source.class_names),
        "notes": list(data.notes),
        "mean": data.scaling.mean.tolist(),
        "std": data.scaling.std.tolist(),
    }


# Reading


def load(kind: "type[Experiment]", folder: Path, device: str) -> "Experiment":
    """Read a run directory; nothing in it is executed.

    Raises:
        CheckpointError: In one sentence, what is wrong with it.
    """
    head, weights = _read(folder)
    config = RunConfig.model_validate(head["config"])
    tensors = _tensors(weights, folder)
    config = config.model_copy(update={"device": device})
    try:
        data = _restored_data(config, head, tensors)
        config, lowered = brought_in(registry.model(config.model).Config, config, data)
        run = kind.from_config(config, data)
        run.lowered = lowered
    except (SettingError, UnknownNameError, DataError) as error:
        raise CheckpointError(f"{folder}: {error}") from error
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(f"{folder / 'run.json'} is damaged.") from error
    try:
        put_back(run.trainer, snapshot_of(head["state"], tensors))
    except (KeyError, RuntimeError, ValueError) as error:
        raise CheckpointError(
            f"The weights in {folder} do not fit the settings in its run.json."
        ) from error
    run.trainer.history = _history(folder)
    run.trainer.history.density_kind = str(head.get("density_kind", ""))
    run.trainer.history.sliced_chance = head.get("sliced_chance")
    run.keep()
    return run


def _read(folder: Path) -> tuple[dict[str, Any], bytes]:
    """Head and weights, checked for size, format and checksum."""
    path = folder / "run.json"
    if not path.is_file():
        raise CheckpointError(f"{folder} is no run directory: it has no run.json.")
    try:
        if path.stat().st_size > MAX_JSON:
            raise CheckpointError(f"{path} is too large to be a run.json.")
        head = json.loads(path.read_text("utf-8"))
        if head["format"] > FORMAT:
            raise CheckpointError(
                f"{path} was written by a newer version; this one reads format "
                f"{FORMAT}, the file has {head['format']}."
            )
        RunConfig.model_validate(head["config"])
        model = folder / "model.safetensors"
        if model.stat().st_size > MAX_WEIGHTS:
            raise CheckpointError(f"{model} is too large to be a playground model.")
        weights = model.read_bytes()
        right = hashlib.sha256(weights).hexdigest() == head["checksum"]
    except CheckpointError:
        raise
    except OSError as error:
        raise CheckpointError(f"{folder} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, RecursionError, ValidationError) as error:
        raise CheckpointError(f"{path} is damaged or of another program.") from error
    if not right:
        raise CheckpointError(
            f"{folder / 'model.safetensors'} is damaged: its checksum is not the one "
            "in run.json."
        )
    return head, weights


def _tensors(weights: bytes, folder: Path) -> dict[str, Tensor]:
    try:
        return load_tensors(weights)
    except (SafetensorError, ValueError, KeyError) as error:
        raise CheckpointError(
            f"{folder / 'model.safetensors'} is no safetensors file."
        ) from error


def snapshot_of(facts: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Snapshot:
    """The snapshot that :func:`flat` took apart.

    Raises:
        KeyError: A part of it is missing.
    """

    def table(name: str) -> dict[str, Tensor]:
        start = f"{name}."
        return {k[len(start) :]: v for k, v in tensors.items() if k.startswith(start)}

    optimisers: dict[str, Any] = {}
    for name, value in table("optimiser").items():
        player, index, key = name.split(".", 2)
        state = optimisers.setdefault(player, {"state": {}})["state"]
        state.setdefault(int(index), {})[key] = value
    return Snapshot(
        step=int(facts["step"]),
        stage=int(facts["stage"]),
        seconds=float(facts["seconds"]),
        model=table("model"),
        average=table("average"),
        slow=table("slow"),
        optimiser_kind=str(facts["optimiser"]),
        optimisers=optimisers,
        generator=tensors["generator"],
        cursor=int(facts["cursor"]),
        columns=table("columns"),
    )


def _history(folder: Path) -> History:
    path = folder / "metrics.jsonl"
    try:
        with path.open(encoding="utf-8") as lines:
            return History.from_rows([json.loads(line) for line in lines])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path} cannot be read.") from error


class StoredTable(DataSet):
    """The points of a table that lie in the run directory itself."""

    name: ClassVar[str] = "csv"
    title: ClassVar[str] = "Your table"
    description: ClassVar[str] = "A table kept with its run."

    def __init__(self, config: DataConfig, points: tuple[Points, Points]) -> None:
        super().__init__(config)
        self._points = points

    def split(self, generator: Generator) -> tuple[Points, Points]:
        """The points as they were split; nothing is drawn."""
        del generator
        return self._points


def _restored_data(
    config: RunConfig, head: Mapping[str, Any], tensors: Mapping[str, Tensor]
) -> Data:
    """The data of a run in the scaling that its weights have learned.

    That need not be the scaling of the points: they may have been edited under way.
    """
    if config.data == "csv":
        return _stored_data(config, head, tensors)
    data = make_data(config)
    return replace(data, scaling=_stored_scaling(head["data"]))


def _stored_scaling(facts: Mapping[str, Any]) -> Scaling:
    mean = torch.tensor(facts["mean"], dtype=torch.float64)
    std = torch.tensor(facts["std"], dtype=torch.float64)
    good = mean.shape == std.shape == (2,)
    if not good or not bool((mean.isfinite() & std.isfinite() & (std > 0)).all()):
        raise CheckpointError("The scaling of the data in run.json is impossible.")
    return Scaling(mean, std)


def _stored_data(
    config: RunConfig, head: Mapping[str, Any], tensors: Mapping[str, Tensor]
) -> Data:
    facts = head["data"]
    train = Points(tensors["data.train_x"], tensors["data.train_labels"])
    heldout = Points(tensors["data.heldout_x"], tensors["data.heldout_labels"])
    source = StoredTable(CsvConfig(**config.data_settings), (train, heldout))
    source.columns = (facts["columns"][0], facts["columns"][1])
    source.class_names = tuple(facts["class_names"])
    return Data(
        name="csv",
        title=facts["title"],
        config=source.config,
        source=source,
        train=train,
        heldout=heldout,
        scaling=_stored_scaling(facts),
        classes=len(source.class_names),
        columns=source.columns,
        notes=tuple(facts["notes"]),
        limits=plot_limits(train.x),
    )
