"""What the engine did not accept, as the title of the note that says why."""

from typing import Any

from app.session_config import (
    GROUPS,
    Group,
    Json,
    data_entry,
    model_entry,
    schema_of,
)
from engine.protocol import Catalogue, Command, RunConfig

#: What was added last to a list of operations, by its kind.
_ADDED = {
    "picture": "The picture was not added",
    "points": "The points were not added",
    "layer": "The data set was not added",
}
#: Too few of these are refused as well, but more of them make a drawing.
GROWING = ("brush", "erase", "points")
#: What did not happen, by the kind of the command.
_COMMANDS = {
    "play": "Training does not go on",
    "pause": "Training was not paused",
    "step_once": "No step was made",
    "reset": "The run did not begin again",
    "set_speed": "The speed was not changed",
}


def of_command(command: Command) -> str:
    """A command that was not obeyed."""
    return _COMMANDS.get(getattr(command, "kind", ""), "The engine did not do this")


def of_config(catalogue: Catalogue, before: RunConfig | None, after: RunConfig) -> str:
    """A configuration that was not taken, by what is new in it.

    Args:
        catalogue: Titles of all that has a name.
        before: What the engine runs; None if nothing.
        after: What it was sent.
    """
    if before is None:
        return "The run was not begun"
    if after.model != before.model:
        title = model_entry(catalogue, after.model).title
        return f"{title} was not begun on these data"
    if _drawn(after) and _drawn(after) != _drawn(before):
        if after.data != before.data and all(o["do"] in GROWING for o in _drawn(after)):
            return "The run does not learn from the drawing yet"  # which is kept
        last = _drawn(after)[-1]["do"]
        return _ADDED.get(last, "The drawing was not taken as data")
    if after.data != before.data:
        title = data_entry(catalogue, after.data).title
        return f"{title} was not taken as data"
    if after.device != before.device:
        return f"The device {after.device} was not taken"
    return _of_settings(catalogue, before, after)


def _of_settings(catalogue: Catalogue, before: RunConfig, after: RunConfig) -> str:
    found = [
        (group, name)
        for group in GROUPS
        for name in _different(getattr(before, group), getattr(after, group))
    ]
    if len(found) != 1:
        return "These settings were not accepted"
    title = _title(catalogue, after, *found[0])
    return f"“{title}” was not accepted"


def _different(before: Json, after: Json) -> list[str]:
    return [name for name in after if before.get(name) != after[name]]


def _title(catalogue: Catalogue, config: RunConfig, group: Group, name: str) -> str:
    field = schema_of(catalogue, config, group).get("properties", {}).get(name, {})
    return str(field.get("title", name))


def _drawn(config: RunConfig) -> list[dict[str, Any]]:
    """Operations of a drawing; none of other data."""
    found: list[dict[str, Any]] = config.data_settings.get("operations", [])
    return found
