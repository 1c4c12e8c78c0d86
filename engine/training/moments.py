"""Kept moments of a run as bytes: tensors in one safetensors block, facts beside it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from engine.training.checkpoint import flat, snapshot_of

if TYPE_CHECKING:
    from torch import Tensor

    from engine.experiment import Experiment
    from engine.training.snapshots import Snapshot


def packed(
    run: "Experiment", most: float = float("inf")
) -> tuple[bytes, list[dict[str, Any]]]:
    """All kept moments, or the newest ones that together have ``most`` bytes.

    The newest is there in any case. The second part is JSON-able.
    """
    tensors: dict[str, Tensor] = {}
    facts: list[dict[str, Any]] = []
    for step in reversed(run.snapshots):
        snapshot = run.kept(step)
        most -= snapshot.bytes
        if facts and most < 0:
            break
        inside, about = flat(snapshot)
        tensors |= {f"{step}/{k}": v.contiguous() for k, v in inside.items()}
        facts.append(about)
    return save_tensors(tensors), facts[::-1]


def unpacked(
    content: bytes, facts: Sequence[Mapping[str, Any]]
) -> Iterator["Snapshot"]:
    """The moments that :func:`packed` wrote, in order of their steps.

    Raises:
        KeyError: A part of one is missing.
        safetensors.SafetensorError: The bytes are no safetensors block.
    """
    tensors = load_tensors(content)
    for about in facts:
        start = f"{int(about['step'])}/"
        mine = {k[len(start) :]: v for k, v in tensors.items() if k.startswith(start)}
        yield snapshot_of(about, mine)
