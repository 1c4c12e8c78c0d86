"""Data that are edited while a run learns from them.

The scaling stays that of the data with which the run began, since the weights have
learned in its coordinates: what they know of a place stays true of that place. A run
that begins again (:func:`begun_again`) takes the scaling of the points as they are.
"""

from dataclasses import replace

import torch

from engine.data.base import TooFewPointsError
from engine.data.load import Data, scaling_of
from engine.protocol import RunConfig
from engine.settings import checked
from engine.training import setup

#: Means or spreads that differ by this many standard deviations are worth a remark.
_MUCH = 0.25


def edited(old: Data, config: RunConfig) -> Data:
    """The data that a configuration asks for, in the scaling of ``old``.

    The same object if nothing changes. Where too few points are left, the old ones
    with a remark: a person who clears a drawing is about to draw another.

    Args:
        old: What the run learns from now.
        config: Of the same data set as ``old``.

    Raises:
        SettingError: A setting is unknown or outside its limits.
        DataError: The data cannot be made.
    """
    wanted = checked(type(old.config), config.data_settings, "the data")
    try:
        new = old if wanted == old.config else setup.make_data(config)
        remarks = _remarks(new, old)
    except TooFewPointsError as few:
        remarks = (f"{few} Until then the points from before are learned.",)
        return replace(old, remarks=remarks, too_few=True)
    if new is old and remarks == old.remarks:
        return old
    return replace(new, scaling=old.scaling, remarks=remarks, too_few=False)


def begun_again(data: Data) -> Data:
    """The same points in their own scaling, for a run from step 0."""
    scaling, _ = scaling_of(data.train.x, data.source)
    pairs = ((scaling.mean, data.scaling.mean), (scaling.std, data.scaling.std))
    if all(torch.equal(own, used) for own, used in pairs) and not data.remarks:
        return data
    return replace(data, scaling=scaling, remarks=(), too_few=False)


def _remarks(new: Data, old: Data) -> tuple[str, ...]:
    """What a person should know of data edited under way."""
    own, _ = scaling_of(new.train.x, new.source)
    moved = (own.mean - old.scaling.mean).abs() / old.scaling.std
    spread = (own.std / old.scaling.std).log().abs()
    if not bool((torch.maximum(moved, spread) > _MUCH).any()):
        return ()
    return (
        "Scaled as when the run began; Reset takes mean and spread of the points as "
        "they are now.",
    )
