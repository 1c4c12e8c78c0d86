"""Settings of a run as plain dataclasses that hold the run's own values."""

import json
from collections.abc import Mapping
from typing import Any

from engine.settings import Settings

_WIDTH = 88


def literal(value: object) -> str:
    """A value as Python text."""
    return json.dumps(value) if isinstance(value, str) else repr(value)


def arguments(values: Mapping[str, object]) -> str:
    """Values as keyword arguments of a call."""
    return ", ".join(f"{name}={literal(value)}" for name, value in values.items())


def settings_class(
    name: str, owner: str, settings: Settings, fields: set[str], methods: list[str]
) -> str:
    """A frozen dataclass with the fields that the script reads.

    Args:
        name: Name of the class.
        owner: Whose settings they are, for the docstring.
        settings: The values.
        fields: Names of the fields that are read.
        methods: Source of its methods, indented.
    """
    kinds = type(settings).model_fields
    lines = [
        _field(key, getattr(settings, key), info.title or "", info.description or "")
        for key, info in kinds.items()
        if key in fields
    ]
    parts = [f'@dataclass(frozen=True)\nclass {name}:\n    """{owner}"""']
    if lines:
        parts.append("\n".join(lines))
    return "\n\n".join([*parts, *methods])


def _field(name: str, value: Any, title: str, description: str) -> str:
    text = f"    {name}: {type(value).__name__} = {literal(value)}"
    for comment in (description, title):
        if comment and len(text) + len(comment) + 4 <= _WIDTH:
            return f"{text}  # {comment}"
    return text
