"""A run as the writer of its script sees it."""

from dataclasses import dataclass
from functools import cached_property

import torch

from engine.data.load import Data, load_data
from engine.data.toy import Toy
from engine.models.base import GenerativeModel
from engine.protocol import RunConfig
from engine.settings import Settings
from engine.training import setup
from engine.training.setup import Parts


@dataclass(frozen=True)
class Run:
    """A configuration with what follows from it."""

    config: RunConfig
    parts: Parts
    data: Data
    device: torch.device

    @classmethod
    def of(cls, config: RunConfig, data: Data | None = None) -> "Run":
        """The run of a configuration; ``data`` may hand over data already loaded.

        Raises:
            SettingError: A setting is unknown or outside its limits.
            UnknownNameError: No such model, data set or sampler.
            DataError: The data cannot be read.
        """
        parts = setup.parts(config)
        data = data or setup.make_data(config)
        written = setup.written_out(config, parts, data)
        return cls(written, parts, data, setup.device_of(config.device))

    @cached_property
    def model(self) -> GenerativeModel:
        """The model with its initial weights."""
        return setup.make_model(self.parts, self.data, self.config.seed)

    @cached_property
    def companions(self) -> dict[str, Data]:
        """Further data of the training table, by column."""
        return {
            column: load_data(name, {}, self.seed(f"companion {column}"))
            for column, name in self.model.companions().items()
        }

    @property
    def settings(self) -> list[Settings]:
        """The settings of model, data and sampler."""
        parts = self.parts
        found = (parts.model_config, self.data.config, parts.sampler_config)
        return [settings for settings in found if settings is not None]

    @property
    def is_trained(self) -> bool:
        """Whether anybody learns; an exact reference has nothing to train."""
        return bool(self.model.turns())

    def seed(self, purpose: str) -> int:
        """The seed of one purpose of the run."""
        return setup.seed_for(self.config.seed, purpose)

    def overrides(self, method: str) -> bool:
        """Whether the model has its own version of a method that most leave alone."""
        own, base = self.parts.model, GenerativeModel
        return getattr(own, method) is not getattr(base, method)


def is_formula(data: Data) -> bool:
    """Whether points can be drawn from a formula, rather than carried along."""
    return isinstance(data.source, Toy)
