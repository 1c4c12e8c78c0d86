"""The catalogue of a hello: all that the registry lists, described for a window."""

import json
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import torch

from engine import registry
from engine.data.base import DataError, DataSet
from engine.data.load import load_data
from engine.models.base import GenerativeModel, Process, capabilities
from engine.protocol import (
    Catalogue,
    DataEntry,
    ModelEntry,
    SamplerEntry,
    ViewEntry,
)
from engine.sampling.base import Sampler
from engine.training.config import TrainingConfig
from engine.views.base import View

#: Points of a thumbnail.
THUMBNAIL = 300
#: Points drawn to choose a thumbnail from; more would only slow the start down.
_DRAWN = 1000


def catalogue() -> Catalogue:
    """Describe every model, data set, sampler and view."""
    return Catalogue(
        models=[model_entry(registry.model(name)) for name in registry.MODELS],
        data=[data_entry(registry.data_set(name)) for name in registry.DATA],
        samplers=[sampler_entry(registry.sampler(name)) for name in registry.SAMPLERS],
        views=[view_entry(registry.view(name)) for name in registry.VIEWS],
        training=TrainingConfig.model_json_schema(),
    )


def model_entry(kind: type[GenerativeModel]) -> ModelEntry:
    """One model; a throw-away instance with default settings tells what it can do."""
    with torch.random.fork_rng(devices=[]):
        model = kind(kind.Config())
    return ModelEntry(
        name=kind.name,
        title=kind.card.title,
        short=kind.card.short or kind.card.title,
        family=kind.card.family,
        paper=kind.card.paper,
        arxiv=kind.card.arxiv,
        formula=kind.card.formula,
        formula_setting=kind.card.formulas[0],
        formulas=dict(kind.card.formulas[1]),
        formula_terms=dict(kind.card.terms),
        summary=kind.card.summary,
        settings=kind.Config.model_json_schema() | {"first": list(kind.Config.first)},
        training_defaults=dict(kind.training_defaults),
        capabilities=sorted(capabilities(model)),
        samplers=_samplers(kind, model),
        sampler_defaults=dict(kind.default_sampler_settings),
        players=list(model.players()),
    )


def _samplers(kind: type[GenerativeModel], model: GenerativeModel) -> list[str]:
    """The default first; any sampler follows any process."""
    if not isinstance(model, Process):
        return []
    return sorted(registry.SAMPLERS, key=lambda name: name != kind.default_sampler)


def data_entry(kind: type[DataSet]) -> DataEntry:
    """One data set with a thumbnail; empty for a table that is yet to be chosen."""
    points, labels = _thumbnail(kind)
    return DataEntry(
        name=kind.name,
        title=kind.title,
        description=kind.description,
        settings=kind.Config.model_json_schema(),
        thumbnail=points,
        thumbnail_labels=labels,
        exact_density=kind.log_prob is not DataSet.log_prob,
    )


def _thumbnail(kind: type[DataSet]) -> tuple[list[float], list[int]]:
    """Points and labels: shipped for real tables, whose library is slow to load."""
    shipped = shipped_thumbnails().get(kind.name)
    if shipped is not None:
        return shipped["points"], shipped["labels"]
    return drawn_thumbnail(kind)


def drawn_thumbnail(kind: type[DataSet]) -> tuple[list[float], list[int]]:
    """Points, x and y in turn, and labels of a data set with its default settings."""
    drawn: dict[str, Any] = {}
    if "points" in kind.Config.model_fields:
        drawn["points"] = _DRAWN
    try:
        data = load_data(kind.name, drawn, seed=0)
    except DataError:
        return [], []
    some = data.train.x[:THUMBNAIL].flatten()
    rounded = [round(value, 3) for value in some.tolist()]
    return rounded, data.train.labels[:THUMBNAIL].tolist()


def shipped_thumbnails() -> dict[str, Any]:
    """What ``python -m engine.link.catalogue`` wrote into the assets."""
    found: dict[str, Any] = json.loads(_shipped_file().read_text("utf-8"))
    return found


def _shipped_file() -> Traversable:
    return files("assets") / "data" / "thumbnails.json"


def write_thumbnails() -> None:
    """Draw the thumbnails of the real tables anew; needed when their data change."""
    tables = [registry.data_set(n) for n in ("iris", "wine", "digits")]
    drawn = {t.name: drawn_thumbnail(t) for t in tables}
    content = {n: {"points": p, "labels": k} for n, (p, k) in drawn.items()}
    Path(str(_shipped_file())).write_text(json.dumps(content), "utf-8")


def sampler_entry(kind: type[Sampler]) -> SamplerEntry:
    """One sampler."""
    return SamplerEntry(
        name=kind.name,
        title=kind.title,
        description=kind.description,
        settings=kind.Config.model_json_schema(),
        order=kind.order,
        stochastic=kind.stochastic,
    )


def view_entry(kind: type[View]) -> ViewEntry:
    """One view."""
    return ViewEntry(
        name=kind.name,
        title=kind.title,
        description=kind.description,
        settings=kind.Config.model_json_schema(),
        needs=[list(group) for group in kind.needs],
        empty=kind.empty,
    )


if __name__ == "__main__":
    write_thumbnails()
