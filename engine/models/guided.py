"""Models whose field may be asked of one class, with more or less guidance."""

import copy
from typing import Self

from engine.models.base import GenerativeModel
from engine.nets.guided_field import GuidedField


class GuidedModel(GenerativeModel):
    """A model with a guided field; see :mod:`engine.nets.guided_field`."""

    field: GuidedField

    @property
    def knows_classes(self) -> bool:
        """Whether the field was built with classes."""
        return self.field.classes > 0

    def guided_class(self) -> int | None:
        """The class that is drawn, counted from 0; None for all the data."""
        chosen = min(int(self.config.label), self.field.classes)
        return chosen - 1 if chosen else None

    def drawn_class(self) -> int | None:
        """The class that is followed, unless its weight is 0 all the way."""
        always = self.config.guide_from <= 0 and self.config.guide_to >= 1
        return None if always and not self.config.guidance else self.guided_class()

    def guidance_at(self, t: float) -> float:
        """Weight w at a time: the set one inside its interval, 1 outside."""
        inside = self.config.guide_from <= t <= self.config.guide_to
        return float(self.config.guidance) if inside else 1.0

    def with_guidance(self, weight: float) -> Self:
        """The same networks, not copied, under this weight at all times."""
        other = copy.copy(self)
        wanted = {"guidance": weight, "guide_from": 0.0, "guide_to": 1.0}
        known = type(self.config).model_fields
        changes = {name: value for name, value in wanted.items() if name in known}
        other.config = self.config.model_copy(update=changes)
        return other
