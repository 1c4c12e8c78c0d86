"""What views may cost while a run trains: a share of the engine's time.

Pure logic over times in seconds that the caller reads, so that tests need no clock.
"""

import math

#: Qualities of a live picture, best first; a view turns one into resolution and points.
#: Quality 1 is for a standing run: some views then take a far dearer, exact way.
LEVELS = (0.9, 0.75, 0.5, 0.375, 0.2)
#: Pictures per second below which detail is given up for speed.
WANTED_RATE = 4.0
#: A better level must fit into this part of the allowance before it is tried.
_HEADROOM = 0.7
_FRAMES_BEFORE_CLIMB = 4
_DEBT_LIMIT = 1.0
_LEAST_SHARE = 1e-3


class TimeBudget:
    """Spaces jobs so that they take at most ``share`` of the time.

    After a job of cost c the next is due c (1 / share - 1) later. A job that could not
    wait adds to that; its debt is capped, or it would pay for a dear picture for ever.
    """

    def __init__(self, share: float) -> None:
        self.share = share
        self.due = -math.inf

    def spend(self, end: float, cost: float) -> None:
        """A job of ``cost`` ended at ``end``."""
        start = min(max(self.due, end), end + _DEBT_LIMIT)
        self.due = start + cost * (1 / max(self.share, _LEAST_SHARE) - 1)


class Detail:
    """The level at which a slot is drawn while its run plays.

    ``cost`` is a running mean of its pictures' cost at this level, s; 0 if unknown.
    """

    def __init__(self) -> None:
        self.level = len(LEVELS) - 1
        self.cost = 0.0
        self._full_cost = 0.0
        self._frames = 0

    @property
    def quality(self) -> float:
        """Quality of the next quick picture."""
        return LEVELS[self.level]

    @property
    def full_cost(self) -> float:
        """Cost to expect of a full picture, s; infinite if nothing is known."""
        if self.cost == 0:
            return math.inf
        return max(self._full_cost, self.cost / LEVELS[self.level] ** 2)

    def learn(self, cost: float, quality: float) -> None:
        """A picture of that quality took ``cost`` seconds."""
        here = cost * (self.quality / quality) ** 2
        if quality == 1.0:
            self._full_cost = cost
            if self.cost > 0:
                return
        if self.cost == 0:
            self.cost = here
        # One hiccup of the machine must not cost a level.
        self.cost += 0.3 * (min(here, 3 * self.cost) - self.cost)
        self._frames += 1

    def expect(self, cost: float) -> None:
        """A full picture that was given up after ``cost`` seconds takes longer."""
        self._full_cost = max(self._full_cost, cost)

    def adapt(self, allowance: float) -> None:
        """Choose a level for pictures that may cost ``allowance`` seconds each."""
        if self._frames == 0:
            return
        if self.cost > allowance and self.level < len(LEVELS) - 1:
            self._move(self.level + 1)
        elif self.level > 0 and self._frames >= _FRAMES_BEFORE_CLIMB:
            better = self.cost * (LEVELS[self.level - 1] / self.quality) ** 2
            if better < _HEADROOM * allowance:
                self._move(self.level - 1)

    def _move(self, level: int) -> None:
        self.cost *= (LEVELS[level] / self.quality) ** 2
        self.level = level
        self._frames = 0


def fair_shares(demands: list[float], total: float) -> list[float]:
    """Divide ``total`` among demands: what one does not need, the others get.

    No share exceeds its demand; those that get less than they want get equal parts.
    """
    shares = [0.0] * len(demands)
    order = sorted(range(len(demands)), key=lambda i: demands[i])
    left = total
    for position, i in enumerate(order):
        shares[i] = min(demands[i], left / (len(order) - position))
        left -= shares[i]
    return shares


class ShareMeter:
    """Share of recent time that went into something, forgotten over ``memory`` s."""

    def __init__(self, memory: float = 3.0) -> None:
        self._memory = memory
        self._spent = 0.0
        self._passed = 0.0

    def add(self, spent: float, passed: float) -> None:
        """Of ``passed`` seconds, ``spent`` went into it."""
        keep = math.exp(-passed / self._memory)
        self._spent = keep * self._spent + spent
        self._passed = keep * self._passed + passed

    @property
    def share(self) -> float:
        """Between 0 and 1."""
        if self._passed == 0:
            return 0.0
        return min(1.0, self._spent / self._passed)
