"""Presets: a run, its views and a sentence, each shipped as one JSON file."""

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from engine.protocol import RunConfig


class Preset(BaseModel):
    """Something worth seeing, one click away.

    ``config`` may leave out all that has a default; ``views`` stand in the four places,
    in their order.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    sentence: str
    config: RunConfig
    views: list[str] = Field(min_length=4, max_length=4)

    def picture(self, dark: bool) -> bytes:
        """Its thumbnail on dark or on white paper, PNG; empty if there is none."""
        path = _folder() / f"{self.name}{'' if dark else '-light'}.png"
        return path.read_bytes() if path.is_file() else b""


@cache
def presets() -> tuple[Preset, ...]:
    """All presets, in the order of their file names."""
    found = sorted(p for p in _folder().iterdir() if p.suffix == ".json")
    return tuple(_read(path) for path in found)


def preset(name: str) -> Preset:
    """The preset of that name.

    Raises:
        KeyError: There is none.
    """
    return {p.name: p for p in presets()}[name]


def _read(path: Path) -> Preset:
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return Preset.model_validate({"name": path.stem} | content)


def _folder() -> Path:
    return Path(str(files("assets") / "presets"))
