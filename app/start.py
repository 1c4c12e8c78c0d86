"""What a command line asks for, as a configuration that the catalogue understands."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.session_config import GROUPS, complete, data_entry, model_entry, schema_of
from engine.protocol import Catalogue, RunConfig

TABLE = "csv"
_MAX_SETTING = 16 * 2**20  # bytes of a file with the value of a setting


class BadRequest(ValueError):
    """Something asked for that does not exist; the message is one sentence."""


def requested(
    catalogue: Catalogue, config: RunConfig, settings: Sequence[str]
) -> RunConfig:
    """The configuration with ``key=value`` settings, each in the group that has it.

    Raises:
        BadRequest: No such model, data set or setting.
    """
    try:
        model_entry(catalogue, config.model)
        data_entry(catalogue, config.data)
    except KeyError as error:
        raise BadRequest(str(error.args[0])) from error
    given = config
    config = complete(catalogue, config)
    for pair in settings:
        name, sign, text = pair.partition("=")
        if not sign:
            raise BadRequest(f"--set wants key=value, not {pair!r}.")
        config = _with(catalogue, config, name.strip(), _value(text))
    data = config.data_settings | given.data_settings
    return config.model_copy(update={"data_settings": data})


def data_named(name: str) -> tuple[str, dict[str, Any]]:
    """Data set and its settings for a name of the catalogue or a file.

    Raises:
        BadRequest: The file does not exist.
    """
    path = Path(name)
    if "." not in name and "/" not in name:
        return name, {}
    if not path.is_file():
        raise BadRequest(f"There is no file {name!r}; give a data set or a CSV file.")
    return TABLE, {"file": str(path.resolve())}


def _value(text: str) -> Any:
    """What a setting says; ``@FILE`` stands for the JSON in that file."""
    lower = text.strip()
    if lower.startswith("@"):
        return _of_file(Path(lower[1:]))
    try:
        return json.loads(lower.lower() if lower in ("True", "False") else lower)
    except ValueError:
        return lower


def _of_file(path: Path) -> Any:
    try:
        if path.stat().st_size > _MAX_SETTING:
            raise BadRequest(f"{path} is too large for a setting (more than 16 MiB).")
        return json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BadRequest(f"{path} cannot be read: {error.strerror}.") from None
    except BadRequest:
        raise
    except (ValueError, RecursionError):
        raise BadRequest(f"{path} holds no readable JSON.") from None


def _with(catalogue: Catalogue, config: RunConfig, name: str, value: Any) -> RunConfig:
    if name == "sampler":
        return complete(catalogue, config.model_copy(update={"sampler": value}))
    known: list[str] = ["sampler"]
    group_name, _, bare = name.rpartition(".")
    for group in GROUPS:
        fields = schema_of(catalogue, config, group).get("properties", {})
        if bare in fields and group.startswith(group_name):
            changed = getattr(config, group) | {bare: value}
            return config.model_copy(update={group: changed})
        known += fields
    raise BadRequest(f"There is no setting {name!r}; known are: {', '.join(known)}.")
