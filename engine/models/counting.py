"""How often the networks of a model are asked, counted while it works."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from torch import nn


@dataclass
class Count:
    """Calls of networks so far; one call answers for a whole batch."""

    calls: int = 0

    def of_each(self, batches: int) -> int | None:
        """Calls that each batch took; None where no network was asked."""
        return round(self.calls / max(batches, 1)) or None


@contextmanager
def counted(model: nn.Module) -> Iterator[Count]:
    """Count the calls of the model's networks until the block ends.

    A network is a part that holds linear layers; one inside another counts with it. A
    model may name its networks itself, by ``networks()``, where single linear layers
    are what it asks.
    """
    count, depth = Count(), [0]

    def enter(*_: object) -> None:
        count.calls += depth[0] == 0
        depth[0] += 1

    def leave(*_: object) -> None:
        depth[0] -= 1

    handles = []
    for network in _networks(model):
        handles.append(network.register_forward_pre_hook(enter))
        handles.append(network.register_forward_hook(leave, always_call=True))
    try:
        yield count
    finally:
        for handle in handles:
            handle.remove()


def _networks(model: nn.Module) -> list[nn.Module]:
    named = getattr(model, "networks", None)
    if named is not None:
        found: list[nn.Module] = named()
        return found
    return [
        part
        for part in model.modules()
        if part is not model
        and not isinstance(part, nn.Linear)
        and any(isinstance(inner, nn.Linear) for inner in part.modules())
    ]
