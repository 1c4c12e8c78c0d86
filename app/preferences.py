"""What the window remembers from one day to the next: a small JSON file.

A file that cannot be read is as good as none: preferences never stop a start.
"""

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from platformdirs import user_config_path, user_state_path
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.part_file import replacing

APP_NAME = "generative-playground"


class Preferences(BaseModel):
    """Look, size, views, recent files; unknown entries of a newer version go."""

    model_config = ConfigDict(extra="ignore", validate_assignment=True)

    look: str = Field("dark", pattern="^(dark|light)$")
    text_scale: float = Field(1.0, ge=0.8, le=2.0)
    less_motion: bool = False
    geometry: list[int] = Field(default_factory=list, max_length=4)
    maximised: bool = False
    views: dict[str, str] = Field(default_factory=dict)
    view_states: dict[str, dict[str, Any]] = Field(default_factory=dict)
    caption: str = ""
    figure: dict[str, Any] = Field(default_factory=dict)
    recent: list[str] = Field(default_factory=list)


def preferences_file() -> Path:
    """Where preferences are kept on this system."""
    return user_config_path(APP_NAME) / "window.json"


def recovery_folder() -> Path:
    """Where the runs of this process keep what they need after a crash."""
    return user_state_path(APP_NAME) / "recovery" / str(os.getpid())


def load(path: Path) -> Preferences:
    """Preferences from a file; the defaults where there is none that makes sense."""
    try:
        return Preferences.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, ValidationError):
        return Preferences()


def save(path: Path, preferences: Preferences) -> None:
    """Write whole or not at all; a full disk costs the preferences, nothing else."""
    text = json.dumps(preferences.model_dump(), indent=1)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            file.write(text.encode())
