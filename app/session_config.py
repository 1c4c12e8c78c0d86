"""What a configuration means before the engine has seen it: defaults and differences.

The catalogue's JSON schemas say it all; nothing here knows a model by name.
"""

from collections.abc import Mapping
from typing import Any, Literal

from engine.protocol import Catalogue, DataEntry, ModelEntry, RunConfig, ViewEntry

Group = Literal["model_settings", "data_settings", "training", "sampler_settings"]
GROUPS: tuple[Group, ...] = (
    "model_settings",
    "data_settings",
    "training",
    "sampler_settings",
)
Json = dict[str, Any]
_NO_CLASSES = "These data have no classes."


def defaults(schema: Mapping[str, Any]) -> Json:
    """Default of each field of a settings schema."""
    fields = schema.get("properties", {})
    return {name: f["default"] for name, f in fields.items() if "default" in f}


def model_entry(catalogue: Catalogue, name: str) -> ModelEntry:
    """The catalogue's entry of a model.

    Raises:
        KeyError: The catalogue has no such model.
    """
    found: ModelEntry = _named(catalogue.models, name, "model")
    return found


def formula_of(entry: ModelEntry, settings: Mapping[str, Any]) -> str:
    """What a model minimises with these settings, as LaTeX."""
    chosen = defaults(entry.settings) | dict(settings)
    value = chosen.get(entry.formula_setting)
    formula = entry.formulas.get(str(value), entry.formula)
    terms = [term for name, term in entry.formula_terms.items() if chosen.get(name)]
    return formula + "".join(terms)


def run_title(catalogue: Catalogue, config: RunConfig) -> str:
    """Model and data of a run in a few words, e.g. ``RealNVP, Two moons``."""
    data = data_title(catalogue, config)
    return f"{model_entry(catalogue, config.model).title}, {data}"


def data_title(catalogue: Catalogue, config: RunConfig) -> str:
    """What the data of a run are called; a table by the name of its file."""
    path = str(config.data_settings.get("file", ""))
    name = path.replace("\\", "/").rpartition("/")[2]
    return name or data_entry(catalogue, config.data).title


def data_entry(catalogue: Catalogue, name: str) -> DataEntry:
    """The catalogue's entry of a data set.

    Raises:
        KeyError: The catalogue has no such data set.
    """
    found: DataEntry = _named(catalogue.data, name, "data set")
    return found


def _named(entries: list[Any], name: str, kind: str) -> Any:
    for entry in entries:
        if entry.name == name:
            return entry
    known = ", ".join(e.name for e in entries)
    raise KeyError(f"There is no {kind} {name!r}; choose one of: {known}.")


def schema_of(catalogue: Catalogue, config: RunConfig, group: Group) -> Json:
    """JSON schema of one group of settings; empty where there is nothing to set.

    Training defaults and the default sampler's settings are the model's own.
    """
    model = model_entry(catalogue, config.model)
    if group == "model_settings":
        return model.settings
    if group == "data_settings":
        return data_entry(catalogue, config.data).settings
    if group == "training":
        return _with_defaults(catalogue.training, model.training_defaults)
    for sampler in catalogue.samplers:
        if sampler.name == config.sampler:
            is_default = model.samplers[:1] == [sampler.name]
            own = model.sampler_defaults if is_default else {}
            return _with_defaults(sampler.settings, own)
    return {}


def _with_defaults(schema: Json, own: Mapping[str, Any]) -> Json:
    fields = schema.get("properties", {})
    changed = {n: {**fields[n], "default": v} for n, v in own.items() if n in fields}
    return {**schema, "properties": {**fields, **changed}}


def limited(schema: Json, classes: int) -> Json:
    """A schema whose settings name no class that the data do not have.

    A row for them is out of use where the data have none.
    """
    fields = schema.get("properties", {})
    narrow = {n: _limited(f, classes) for n, f in fields.items() if f.get("most")}
    return {**schema, "properties": {**fields, **narrow}} if narrow else schema


def _limited(field: Json, classes: int) -> Json:
    most = min(classes, field.get("maximum", classes))
    return {**field, "maximum": most, "idle": "" if most else _NO_CLASSES}


def complete(catalogue: Catalogue, config: RunConfig) -> RunConfig:
    """The configuration with every default written out and foreign settings dropped."""
    model = model_entry(catalogue, config.model)
    sampler = config.sampler if config.sampler in model.samplers else ""
    if not sampler and model.samplers:
        sampler = model.samplers[0]
    config = config.model_copy(update={"sampler": sampler})
    filled: Json = {}
    for group in GROUPS:
        base = defaults(schema_of(catalogue, config, group))
        given: Json = getattr(config, group)
        filled[group] = base | {k: v for k, v in given.items() if k in base}
    return config.model_copy(update=filled)


def waits_for_restart(
    catalogue: Catalogue, applied: RunConfig, wanted: RunConfig
) -> dict[Group, set[str]]:
    """Names of changed settings that only a restart brings about, by group."""
    found: dict[Group, set[str]] = {}
    for group in GROUPS:
        fields = schema_of(catalogue, wanted, group).get("properties", {})
        old: Json = getattr(applied, group)
        new: Json = getattr(wanted, group)
        names = {
            name
            for name, value in new.items()
            if name in old
            and old[name] != value
            and fields.get(name, {}).get("apply", "restart") == "restart"
        }
        if names and group != "sampler_settings":
            found[group] = names
    return found


def restarts_at_once(applied: RunConfig, wanted: RunConfig) -> bool:
    """Whether the two are different experiments, not one with other settings."""
    names = ("model", "data", "seed", "device")
    return any(getattr(applied, n) != getattr(wanted, n) for n in names)


def without(
    applied: RunConfig, wanted: RunConfig, waiting: Mapping[Group, set[str]]
) -> RunConfig:
    """``wanted`` with the waiting settings as they are applied now."""
    update: Json = {}
    for group, names in waiting.items():
        old: Json = getattr(applied, group)
        update[group] = getattr(wanted, group) | {n: old[n] for n in names}
    return wanted.model_copy(update=update)


def can_feed(view: ViewEntry, model: ModelEntry) -> bool:
    """Whether the model has all of one of the groups of capabilities in ``needs``."""
    have = set(model.capabilities)
    return not view.needs or any(set(group) <= have for group in view.needs)
