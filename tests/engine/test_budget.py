"""The view budget holds its share whatever pictures cost, on a clock of its own."""

from dataclasses import dataclass
from itertools import pairwise

import pytest

from engine.link.budget import LEVELS, Detail, ShareMeter, TimeBudget, fair_shares
from engine.link.slots import FASTEST, Slots
from engine.protocol import Subscribe

SHARE = 0.10


@dataclass
class StubRun:
    playing: bool = True
    step: int = 0
    version: int = 0
    young: bool = False

    def version_of(self, view: str) -> int:
        """All views change together."""
        return self.version


def subscribe(slots: Slots, *names: str, at: int | None = None) -> None:
    for name in names:
        slots.subscribe(Subscribe(run_id="a", slot=name, view="density", at=at))


def slots_of(*names: str) -> Slots:
    slots = Slots(SHARE)
    subscribe(slots, *names)
    return slots


def simulate(
    slots: Slots, run: StubRun, costs: dict[str, float], seconds: float
) -> dict[str, list[tuple[float, float]]]:
    """Train in slices of 10 ms and draw when due; (time, quality) of each picture.

    ``costs`` are those of full pictures; a picture costs in proportion to its area.
    The window grants the next credit at once.
    """
    now, drawn = 0.0, {name: [] for name in costs}
    while now < seconds:
        job = slots.next_job({"a": run}, list(costs), now)
        if job is not None:
            cost = costs[job.wish.slot] * job.quality**2
            now += cost
            slots.done(job, cost, now)
            drawn[job.wish.slot].append((now, job.quality))
        now += 0.010
        run.step += 1
    return drawn


def simulate_still(
    slots: Slots, run: StubRun, costs: dict[str, float]
) -> list[tuple[str, bool]]:
    """What is drawn of a standing run, and whether in full, in order."""
    now, drawn = 0.0, []
    while job := slots.next_job({"a": run}, list(costs), now):
        cost = costs[job.wish.slot] * job.quality**2
        now += cost
        slots.done(job, cost, now)
        drawn.append((job.wish.slot, job.full))
    return drawn


def spent(
    costs: dict[str, float], drawn: dict[str, list[tuple[float, float]]]
) -> float:
    return sum(costs[k] * q**2 for k, v in drawn.items() for _, q in v)


@pytest.mark.parametrize(
    "costs",
    [
        {"a": 0.030},
        {"a": 0.5},
        {"a": 0.002, "b": 0.003, "c": 0.030, "d": 0.012},
        {"a": 3.0, "b": 0.001, "c": 0.010, "d": 0.1},
    ],
)
def test_the_share_is_held(costs: dict[str, float]) -> None:
    slots, seconds = Slots(SHARE), 60.0
    subscribe(slots, *costs)
    drawn = simulate(slots, StubRun(), costs, seconds)
    # The first picture of a slot may not wait, so it is on top of the budget.
    first = sum(c * LEVELS[-1] ** 2 for c in costs.values())
    assert spent(costs, drawn) <= 1.05 * SHARE * seconds + first
    assert all(drawn.values())


def test_cheap_pictures_come_full_and_fast() -> None:
    slots = Slots(SHARE)
    subscribe(slots, "a")
    drawn = simulate(slots, StubRun(), {"a": 0.004}, 10.0)["a"]
    late = [q for t, q in drawn if t > 5]
    assert set(late) == {LEVELS[0]}
    assert len(late) == pytest.approx(5 * FASTEST, rel=0.15)


def test_dear_pictures_lose_detail_to_keep_four_a_second() -> None:
    slots = Slots(SHARE)
    subscribe(slots, "a")
    drawn = simulate(slots, StubRun(), {"a": 0.080}, 20.0)["a"]
    late = [q for t, q in drawn if t > 10]
    # 80 ms at full quality would be 1.2 a second; 0.5 costs 20 ms, which is 4.8.
    assert set(late) <= {0.5, 0.375}
    assert len(late) / 10 >= 4.0


def test_a_dear_view_does_not_starve_a_cheap_one() -> None:
    slots, costs = Slots(SHARE), {"dear": 8.0, "cheap": 0.002}
    subscribe(slots, *costs)
    drawn = simulate(slots, StubRun(), costs, 30.0)
    assert len(drawn["cheap"]) / 30 >= 4.0
    assert len(drawn["dear"]) >= 2


def test_a_dear_view_of_a_young_training_is_not_left_behind() -> None:
    """Ten seconds after a preset was begun its density was still that of step 1."""
    costs = {"a": 30.0, "b": 0.05}  # 1.2 s at the lowest quality: due in 23 s
    grown = simulate(slots_of("a", "b"), StubRun(), costs, 10.0)["a"]
    young = simulate(slots_of("a", "b"), StubRun(young=True), costs, 10.0)["a"]
    assert len(grown) == 1
    assert len(young) == 3
    waits = [after - before - 1.2 for (before, _), (after, _) in pairwise(young)]
    assert max(waits) < 2.6


def test_levels_do_not_swing() -> None:
    slots = Slots(SHARE)
    subscribe(slots, "a")
    drawn = simulate(slots, StubRun(), {"a": 0.045}, 30.0)["a"]
    late = [q for t, q in drawn if t > 10]
    changes = sum(a != b for a, b in pairwise(late))
    assert changes <= 2


def test_one_hiccup_costs_at_most_one_level() -> None:
    detail = Detail()
    for _ in range(40):
        detail.learn(0.001 * detail.quality**2, detail.quality)
        detail.adapt(0.01)
    assert detail.quality == LEVELS[0]
    detail.learn(5.0, LEVELS[0])
    detail.adapt(0.01)
    assert detail.quality >= LEVELS[1]


def test_a_dear_full_picture_is_remembered_and_costs_live_ones_no_level() -> None:
    detail = Detail()
    for _ in range(40):
        detail.learn(0.001 * detail.quality**2, detail.quality)
        detail.adapt(0.01)
    detail.learn(5.0, 1.0)
    detail.adapt(0.01)
    assert detail.quality == LEVELS[0]
    assert detail.full_cost == 5.0


def test_no_credit_no_picture() -> None:
    slots = Slots(SHARE)
    subscribe(slots, "a")
    assert slots.next_job({"a": StubRun()}, [], 0.0) is None
    assert slots.next_job({"a": StubRun()}, ["b"], 0.0) is None
    assert slots.next_job({}, ["a"], 0.0) is None


def test_a_standing_run_gets_one_full_picture_and_then_none() -> None:
    slots, run = Slots(SHARE), StubRun(playing=False, step=7)
    subscribe(slots, "a")
    qualities = []
    for _ in range(5):
        job = slots.next_job({"a": run}, ["a"], 0.0)
        if job is not None:
            qualities.append(job.quality)
            slots.done(job, 1.0, 0.0)
    assert qualities == [LEVELS[-1], 1.0]


def test_a_cheap_view_of_a_standing_run_is_full_at_once() -> None:
    slots, run = Slots(SHARE), StubRun()
    subscribe(slots, "a")
    simulate(slots, run, {"a": 0.004}, 2.0)
    run.playing = False
    job = slots.next_job({"a": run}, ["a"], 2.0)
    assert job is not None
    assert job.full


def test_a_dear_picture_of_a_standing_run_holds_up_no_cheap_one() -> None:
    """The exact map of a guided process takes a minute; its paths shall not wait."""
    slots, run = Slots(SHARE), StubRun(playing=False, step=7)
    costs = {"dear": 60.0, "cheap": 0.5, "cheaper": 0.3}
    for name in costs:
        subscribe(slots, name)
    drawn = simulate_still(slots, run, costs)
    assert {name for name, full in drawn[:3] if not full} == set(costs)
    assert drawn[3:] == [("cheaper", True), ("cheap", True), ("dear", True)]


@pytest.mark.parametrize(("cost", "drawn"), [(60.0, [False]), (0.5, [False, True])])
def test_a_dear_full_picture_is_left_for_later_while_something_is_urgent(
    cost: float, drawn: list[bool]
) -> None:
    """Another run did not train at all for as long as the picture took."""
    slots, run = Slots(SHARE), StubRun(playing=False, step=7)
    subscribe(slots, "a")
    found = []
    while job := slots.next_job({"a": run}, ["a"], 0.0, hurried=True):
        slots.done(job, cost * job.quality**2, 0.0)
        found.append(job.full)
    assert found == drawn
    job = slots.next_job({"a": run}, ["a"], 0.0)
    assert (job is not None and job.full) == (not drawn[-1])


@pytest.mark.parametrize("change", ["version", "step"])
def test_a_change_brings_a_new_full_picture(change: str) -> None:
    slots, run = Slots(SHARE), StubRun(playing=False, step=7)
    subscribe(slots, "a")
    while job := slots.next_job({"a": run}, ["a"], 0.0):
        slots.done(job, 0.001, 0.0)
    setattr(run, change, getattr(run, change) + 1)
    job = slots.next_job({"a": run}, ["a"], 0.0)
    assert job is not None
    assert job.full


def test_a_new_wish_is_served_although_the_budget_is_spent() -> None:
    slots, run = Slots(SHARE), StubRun()
    subscribe(slots, "a")
    job = slots.next_job({"a": run}, ["a"], 0.0)
    assert job is not None
    slots.done(job, 1.0, 1.0)
    run.step += 1
    assert slots.next_job({"a": run}, ["a"], 1.1) is None
    subscribe(slots, "a")
    assert slots.next_job({"a": run}, ["a"], 1.1) is not None


def test_a_scrubbed_slot_is_drawn_in_full_while_the_run_plays() -> None:
    slots, run = Slots(SHARE), StubRun()
    subscribe(slots, "a", at=3)
    found = []
    while job := slots.next_job({"a": run}, ["a"], 0.0):
        slots.done(job, 1.0, 0.0)
        found.append((job.step, job.full))
    assert found == [(3, False), (3, True)]
    run.step += 100
    assert slots.next_job({"a": run}, ["a"], 9.0) is None


def test_what_cannot_be_drawn_is_not_tried_again_until_something_changes() -> None:
    slots, run = Slots(SHARE), StubRun()
    subscribe(slots, "a")
    job = slots.next_job({"a": run}, ["a"], 0.0)
    assert job is not None
    job.slot.broken = run.version
    assert slots.next_job({"a": run}, ["a"], 9.0) is None
    run.version += 1
    assert slots.next_job({"a": run}, ["a"], 9.0) is not None


def test_fair_shares_give_what_others_do_not_need() -> None:
    assert fair_shares([0.01, 0.5, 0.5], 0.1) == pytest.approx([0.01, 0.045, 0.045])
    assert fair_shares([0.01, 0.02], 0.1) == [0.01, 0.02]
    assert fair_shares([], 0.1) == []


def test_debt_is_capped() -> None:
    budget = TimeBudget(0.1)
    for _ in range(50):
        budget.spend(0.0, 1.0)
    assert budget.due <= 1.0 + 9.0 + 1e-9


def test_the_share_meter_forgets() -> None:
    meter = ShareMeter(memory=3.0)
    assert meter.share == 0.0
    for _ in range(100):
        meter.add(0.05, 0.1)
    assert meter.share == pytest.approx(0.5)
    for _ in range(300):
        meter.add(0.0, 0.1)
    assert meter.share < 0.001
