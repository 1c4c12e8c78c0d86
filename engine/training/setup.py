"""From a run's configuration to its parts: model, data, trainer, sampler, device."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from engine import registry
from engine.data.load import Data, load_data
from engine.models.base import GenerativeModel, ModelConfig
from engine.protocol import RunConfig
from engine.sampling.base import Sampler, SamplerConfig
from engine.settings import SettingError, Settings, applies_live, checked
from engine.training.config import TrainingConfig


@dataclass(frozen=True)
class Parts:
    """The checked settings of a run, each with its class."""

    model: type[GenerativeModel]
    model_config: ModelConfig
    training: TrainingConfig
    sampler: type[Sampler] | None
    sampler_config: SamplerConfig | None


def parts(config: RunConfig) -> Parts:
    """Check every setting of a configuration except those of the data.

    Raises:
        SettingError: Unknown or impossible setting.
        UnknownNameError: Unknown model or sampler.
    """
    kind = registry.model(config.model)
    model_config = checked(kind.Config, config.model_settings, kind.card.title)
    training = checked(
        TrainingConfig, {**kind.training_defaults, **config.training}, "the training"
    )
    name = config.sampler or kind.default_sampler
    if not name:
        if config.sampler_settings:
            raise SettingError(
                f"{kind.card.title} draws samples in one go: no sampler."
            )
        return Parts(kind, model_config, training, None, None)
    if not kind.default_sampler:
        raise SettingError(f"{kind.card.title} draws samples in one go: no sampler.")
    sampler = registry.sampler(name)
    own = kind.default_sampler_settings if name == kind.default_sampler else {}
    values = {**own, **config.sampler_settings}
    return Parts(
        kind,
        model_config,
        training,
        sampler,
        checked(sampler.Config, values, sampler.title),
    )


def written_out(config: RunConfig, found: Parts, data: Data) -> RunConfig:
    """The configuration with every default in it."""
    settings = found.sampler_config
    return config.model_copy(
        update={
            "data": data.name,
            "model_settings": found.model_config.model_dump(),
            "data_settings": data.config.model_dump(),
            "training": found.training.model_dump(),
            "sampler": found.sampler.name if found.sampler else "",
            "sampler_settings": settings.model_dump() if settings else {},
        }
    )


def device_of(name: str) -> torch.device:
    """The device for a run; ``auto`` takes the fastest there is.

    Raises:
        SettingError: The machine has no such device.
    """
    found = available_devices()
    if name == "auto":
        return torch.device(found[-1])
    if name not in found:
        known = ", ".join(found)
        raise SettingError(f"This machine has no device {name!r}; it has: {known}.")
    return torch.device(name)


def available_devices() -> list[str]:
    """Devices of this machine, the fastest last."""
    devices = ["cpu"]
    if torch.backends.mps.is_available():
        devices.append("mps")
    if torch.cuda.is_available():
        devices.append("cuda")
    return devices


def seed_for(seed: int, purpose: str) -> int:
    """An independent seed for one purpose of a run, the same on every machine."""
    return (seed * 1_000_003 + zlib.crc32(purpose.encode())) % (2**63 - 1)


def make_model(found: Parts, data: Data, seed: int) -> GenerativeModel:
    """A model with initial weights that the seed alone decides, on the CPU."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_for(seed, "weights"))
        model = found.model(found.model_config, dim=2, classes=data.classes)
    model.meet(data)
    return model


def make_data(config: RunConfig) -> Data:
    """The data of a configuration.

    Raises:
        DataError: They cannot be had.
    """
    return load_data(
        config.data, config.data_settings, seed_for(config.seed, "data") % 2**63
    )


def columns_of(
    data: Data, model: GenerativeModel, seed: int
) -> dict[str, torch.Tensor]:
    """The training table, standardised and on the model's device.

    ``x`` and ``labels``, and a column for each companion of the model: as many points,
    drawn with replacement from that data set, in the scaling of ``data``.
    """
    x = data.scaling.standardise(data.train.x).float()
    table = {"x": x, "labels": data.train.labels}
    for column, name in model.companions().items():
        other = load_data(name, {}, seed_for(seed, f"companion {column}"))
        generator = torch.Generator().manual_seed(seed_for(seed, column))
        rows = torch.randint(len(other.train.x), (len(x),), generator=generator)
        table[column] = data.scaling.standardise(other.train.x[rows]).float()
    return {name: values.to(model.device) for name, values in table.items()}


def differing(
    old: Mapping[str, Any], new: Mapping[str, Any]
) -> list[tuple[str, Any, Any]]:
    """Name, old and new value of every setting that differs."""
    names = [*old, *(n for n in new if n not in old)]
    return [(n, old.get(n), new.get(n)) for n in names if old.get(n) != new.get(n)]


def needs_restart(kind: type[Settings], changed: list[tuple[str, Any, Any]]) -> bool:
    """Whether one of the changed settings applies only to a new run."""
    return any(not applies_live(kind, name) for name, _, _ in changed)
