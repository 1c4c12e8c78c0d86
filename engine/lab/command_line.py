"""A run as the command that repeats it: only what differs from the defaults."""

import json
import shlex
from collections.abc import Mapping
from typing import Any

from engine import registry
from engine.protocol import RunConfig
from engine.training.config import TrainingConfig


def command_of(config: RunConfig) -> str:
    """The ``genplay train`` line of a run, quoted for a shell.

    Args:
        config: The run with every setting written out.
    """
    words = ["genplay", "train", config.model, "--data", _data(config)]
    groups = _differing(config)
    steps = groups["training"].pop("steps", None)
    if steps is not None:
        words += ["--steps", str(steps)]
    if config.seed:
        words += ["--seed", str(config.seed)]
    if config.device != "auto":
        words += ["--device", config.device]
    for text in _settings(config, groups):
        words += ["--set", text]
    return shlex.join(words)


def _data(config: RunConfig) -> str:
    """Name of the data, or the path of their file."""
    return str(config.data_settings.get("file") or config.data)


def _differing(config: RunConfig) -> dict[str, dict[str, Any]]:
    """Settings that are not the defaults, by the group that the command line knows."""
    model, data = registry.model(config.model), registry.data_set(config.data)
    training = TrainingConfig(**model.training_defaults)
    found = {
        "model": _unlike(config.model_settings, model.Config()),
        "training": _unlike(config.training, training),
        "data": _unlike(config.data_settings, data.Config()),
        "sampler": {},
    }
    found["data"].pop("file", None)
    if config.sampler:
        sampler = registry.sampler(config.sampler)
        is_own = config.sampler == model.default_sampler
        own = model.default_sampler_settings if is_own else {}
        found["sampler"] = _unlike(config.sampler_settings, sampler.Config(**own))
    return found


def _unlike(settings: Mapping[str, Any], defaults: Any) -> dict[str, Any]:
    usual = defaults.model_dump(mode="json")
    plain = json.loads(json.dumps(settings))
    return {name: value for name, value in plain.items() if value != usual[name]}


def _settings(config: RunConfig, groups: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What stands behind each ``--set``; the sampler first, as others ask for it."""
    model = registry.model(config.model)
    found = []
    if config.sampler != model.default_sampler:
        found.append(f"sampler={config.sampler}")
    for group, values in groups.items():
        # Two groups may know one name, e.g. the steps of training and of sampling.
        found += [f"{group}.{name}={_text(value)}" for name, value in values.items()]
    return found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
