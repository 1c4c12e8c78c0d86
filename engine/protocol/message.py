"""What every message is made of, and the configuration of a run."""

from typing import Any, Literal

from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

PROTOCOL_VERSION = 1

Arrays = dict[str, NDArray[Any]]
Json = dict[str, Any]
RunState = Literal["paused", "playing", "complete", "failed"]
Severity = Literal["info", "good", "warning"]


class Message(BaseModel):
    """Base of all messages: frozen, unknown fields forbidden."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RunConfig(Message):
    """All that decides a run. Settings are checked by the engine against its schemas.

    An empty ``sampler`` means the model's own default. ``device`` is auto, cpu, cuda or
    mps. ``data`` is a name of the catalogue; a table on disk is ``csv`` with its path
    among ``data_settings``.
    """

    model: str
    data: str
    model_settings: Json = Field(default_factory=dict)
    data_settings: Json = Field(default_factory=dict)
    training: Json = Field(default_factory=dict)
    sampler: str = ""
    sampler_settings: Json = Field(default_factory=dict)
    seed: int = Field(0, ge=0, le=2**31 - 1)
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
