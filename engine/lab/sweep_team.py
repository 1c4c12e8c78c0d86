"""How the runs of a sweep share the time: stacked where that is faster, else in turn.

Trainers of equal structure make a stack (:mod:`engine.training.stack`) if the loss
can be mapped over models, if the stack's losses are those of its models, and if a
trial of both ways says that the stack is faster.

Gain of 16 models in one stack over 16 trainers in turn, whole steps, one thread,
interleaved, in seconds of the thread, median of 4 rounds (range): RealNVP 2.51
(2.49-2.53), VAE 1.31 (1.26-1.41), GAN 1.18 (1.08-1.26), rectified flow 1.12 (0.98-1.18)
at their default sizes; narrower ones gain more: VAE of width 32 3.7 (3.6-3.9), at width
64 and batch 128 rectified flow 3.0 (2.4-3.4) and GAN 2.7 (2.6-2.8). Large layers
fill the core already, so where a trial finds no gain a sweep is trained in turn, or in
several processes (:mod:`engine.lab.sweep_shares`); in turn are also trainers on a GPU,
whose steps are captured graphs.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from engine.training.stack import Stack
from engine.training.stack_check import agrees, trial_alone
from engine.training.stack_loss import differing_floats, structure
from engine.training.trainer import Diverged, Trainer

#: Longest step of a stack, s: commands wait for it.
LONGEST_STEP = 0.08
_TRIALS = 3
#: Models of a stack that come to the same bits in a larger one.
_LEAST_STACK = 2
#: A stack also spares calls of optimisers and averages, which the trial leaves out.
_WORTH = 1.1

#: A trainer that came to grief, with what happened.
OnDiverged = Callable[[Trainer, Diverged], None]


class Squad:
    """Trainers that move together: a stack of several, or one by itself.

    Attributes:
        pace: Seconds of a step of all, None before the first.
    """

    def __init__(self, trainers: Sequence[Trainer], stack: Stack | None) -> None:
        self.trainers = list(trainers)
        self.stack = stack
        self.pace: float | None = None

    @property
    def step(self) -> int:
        """Finished steps."""
        return self.trainers[0].step

    def train(self, seconds: float, until: int, on_diverged: OnDiverged) -> int:
        """Train for about ``seconds``, at most to step ``until``; steps of all."""
        before, count = self.step, len(self.trainers)
        if self.stack is None:
            try:
                self.trainers[0].train_for(seconds, until - before)
            except Diverged as error:
                self.trainers, lost = [], self.trainers[0]
                on_diverged(lost, error)
                return 0
            return self.step - before
        done = self.stack.train_for(seconds, until - before)
        if self.stack.diverged:
            self._part_with(self.stack, on_diverged)
        return done * count

    def halves(self) -> list[list[Trainer]]:
        """Two stacks that would train as this one does, or all in one piece."""
        middle = len(self.trainers) // 2
        parts = [self.trainers[:middle], self.trainers[middle:]]
        if (
            self.stack is None
            or middle < _LEAST_STACK
            or not _differ_alike([self.trainers, *parts])
        ):
            return [self.trainers]
        return parts

    def leave_out(self, trainers: Sequence[Trainer]) -> None:
        """Train these no more."""
        gone = {id(t) for t in trainers}
        kept = [t for t in self.trainers if id(t) not in gone]
        if len(kept) < len(self.trainers):
            self.trainers = kept
            if self.stack is not None:
                self.stack = Stack(kept) if kept else None

    def _part_with(self, stack: Stack, on_diverged: OnDiverged) -> None:
        lost = [(stack.trainers[n], step) for n, step in stack.diverged.items()]
        self.leave_out([trainer for trainer, _ in lost])
        for trainer, step in lost:
            on_diverged(trainer, Diverged(step, trainer.rate(step)))


def _differ_alike(groups: Sequence[Sequence[Trainer]]) -> bool:
    """Whether the same settings differ in each: the others are no tensors there."""
    found = [set(differing_floats([t.model.config for t in g], g[0])) for g in groups]
    return all(names == found[0] for names in found)


def squad_of(trainers: Sequence[Trainer], is_stacked: bool) -> Squad:
    """A squad of these trainers, one that occurs twice being one."""
    different = list({id(t): t for t in trainers}.values())
    return Squad(different, Stack(different) if is_stacked else None)


def step_seconds(squad: Squad, tick: Callable[[], None]) -> float:
    """About how long a step of a squad takes, s; no step is taken."""
    tick()
    with _unmoved(squad.trainers):
        if squad.stack is not None:
            return min(_seconds(squad.stack.trial) for _ in range(_TRIALS))
        return min(_seconds(lambda: trial_alone(squad.trainers[0])) for _ in range(2))


def squads(
    trainers: Sequence[Trainer], tick: Callable[[], None]
) -> Iterator[list[Squad]]:
    """Squads for all trainers; what was found so far comes after each trial."""
    groups: dict[str, list[Trainer]] = defaultdict(list)
    for trainer in trainers:
        groups[structure(trainer) or str(id(trainer))].append(trainer)
    for group in groups.values():
        yield from _tried(group, tick)


def _tried(
    group: Sequence[Trainer], tick: Callable[[], None], splits: bool = True
) -> Iterator[list[Squad]]:
    """The group as stacks, or alone; if settings stand in the way, by settings."""
    if len(group) == 1:
        yield [Squad(group, None)]
        return
    tick()
    # A captured step costs the host one call already.
    size = 1 if group[0].captured else _good_size(group, tick)
    tick()
    if size > 1:
        size = -(-len(group) // -(-len(group) // size))  # parts of equal size
        parts = [group[i : i + size] for i in range(0, len(group), size)]
        yield [Squad(p, Stack(p) if len(p) > 1 else None) for p in parts]
        return
    alike: dict[str, list[Trainer]] = defaultdict(list)
    for trainer in group:
        alike[repr(trainer.model.config)].append(trainer)
    if size < 0 and splits and 1 < len(alike) < len(group):
        for part in alike.values():
            yield from _tried(part, tick, splits=False)
        return
    yield [Squad([trainer], None) for trainer in group]


def _good_size(group: Sequence[Trainer], tick: Callable[[], None]) -> int:
    """Models in a stack; 1 if trainers in turn are faster, -1 if no stack works."""
    with _unmoved(group):
        return _size_found(group, tick)


def _size_found(group: Sequence[Trainer], tick: Callable[[], None]) -> int:
    try:
        # The first and the last differ in every swept setting.
        pair = Stack([group[0], group[-1]])
        if not agrees(pair):
            return -1
        tick()
        seconds = min(_seconds(pair.trial) for _ in range(_TRIALS))
        size = min(len(group), max(1, int(2 * LONGEST_STEP / seconds)))
        if size == 1:
            return 1
        stack = Stack(group[:size])
        if not agrees(stack):
            return -1
        together = alone = float("inf")
        for _ in range(_TRIALS):
            tick()
            together = min(together, _seconds(stack.trial))
            alone = min(alone, _seconds(lambda: trial_alone(group[0])))
        return size if together < _WORTH * size * alone else 1
    except RuntimeError:
        return -1


@contextmanager
def _unmoved(trainers: Sequence[Trainer]) -> Iterator[None]:
    """A trial may move what a loss keeps, e.g. a running mean: it is put back."""
    buffers = [(b, b.clone()) for t in trainers for b in t.model.buffers()]
    try:
        yield
    finally:
        for buffer, value in buffers:
            buffer.copy_(value)


def _seconds(work: Callable[[], None]) -> float:
    """Seconds of this thread: what other programs take of the core is no matter."""
    begin = time.thread_time()
    work()
    return time.thread_time() - begin
