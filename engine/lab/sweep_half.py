"""Which half of its work a process of a sweep could leave to another."""

from collections.abc import Sequence

from engine.lab.sweep_team import Squad
from engine.training.trainer import Trainer

#: Trainers of one squad.
Piece = tuple[Squad, list[Trainer]]


def half(squads: Sequence[Squad], steps: int) -> list[Piece]:
    """About half of the time that squads will train, never all of it.

    Squads are left whole; a lone stack is divided, if both parts come to what it comes
    to.

    Args:
        squads: Those that have something left to train.
        steps: Where each training ends.
    """
    pieces = [(squad, list(squad.trainers)) for squad in squads]
    if len(squads) == 1:
        pieces = [(squads[0], part) for part in squads[0].halves()]
    kept = given = 0.0
    found = []
    for piece in sorted(pieces, key=lambda p: -_left(p, squads, steps)):
        if kept <= given:
            kept += _left(piece, squads, steps)
        else:
            given += _left(piece, squads, steps)
            found.append(piece)
    return found


def spare_seconds(squads: Sequence[Squad], steps: int) -> float:
    """Seconds that this half would take."""
    if all(squad.pace is None for squad in squads):
        return 0.0
    return sum(_left(piece, squads, steps) for piece in half(squads, steps))


def _left(piece: Piece, squads: Sequence[Squad], steps: int) -> float:
    """Seconds that a piece has left to train, s."""
    squad, trainers = piece
    pace = squad.pace
    if pace is None:
        known = [s.pace for s in squads if s.pace is not None]
        pace = sum(known) / len(known) if known else 1.0
    return (steps - squad.step) * pace * len(trainers) / len(squad.trainers)
