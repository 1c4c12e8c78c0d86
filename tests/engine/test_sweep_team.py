"""Who trains together with whom."""

import pytest

from engine.experiment import Experiment
from engine.lab import sweep_team
from engine.lab.sweep_team import squads


@pytest.fixture(autouse=True)
def steady_clock(monkeypatch):
    """Every trial takes a millisecond, so a stack always pays."""

    def seconds(work):
        work()
        return 1e-3

    monkeypatch.setattr(sweep_team, "_seconds", seconds)


def trainer(model="vae", seed=0, **settings):
    made = Experiment(
        model,
        "two_moons",
        model_settings={"width": 16, "depth": 1, **settings},
        data_settings={"points": 200},
        training={"batch_size": 16},
        seed=seed,
        device="cpu",
    )
    return made.trainer


def sizes(trainers):
    found = [s for part in squads(trainers, lambda: None) for s in part]
    assert {id(t) for s in found for t in s.trainers} == {id(t) for t in trainers}
    return [(len(s.trainers), s.stack is not None) for s in found]


def test_other_structures_are_other_stacks():
    mixed = [trainer(width=w, seed=s) for s in range(2) for w in (16, 24)]
    assert sizes([*mixed, trainer(width=8)]) == [(2, True), (2, True), (1, False)]


def test_settings_that_a_loss_cannot_see_by_model_part_the_group():
    """The spread goes through a plain logarithm; equal spreads still make a stack."""
    mixed = [trainer(sigma_x=x, seed=s) for s in range(3) for x in (0.1, 0.2)]
    assert sizes(mixed) == [(3, True), (3, True)]


def test_what_cannot_be_mapped_is_trained_alone():
    chains = [trainer("energy_based", seed=s) for s in range(2)]
    assert sizes(chains) == [(1, False), (1, False)]


def test_a_stack_that_does_not_pay_is_none(monkeypatch):
    times = iter([1e-3] * 3 + [3e-3, 1e-3] * 3)
    monkeypatch.setattr(sweep_team, "_seconds", lambda work: next(times))
    assert sizes([trainer(seed=s) for s in range(2)]) == [(1, False), (1, False)]


def test_a_step_that_takes_long_makes_smaller_stacks(monkeypatch):
    slow = sweep_team.LONGEST_STEP
    monkeypatch.setattr(sweep_team, "_seconds", lambda work: slow)
    found = sizes([trainer(seed=s) for s in range(5)])
    assert found == [(2, True), (2, True), (1, False)]


def test_a_trial_leaves_everything_as_it_was():
    """The critic's running mean moves with every look at its loss."""
    made = [trainer("gan", seed=s, loss="wasserstein") for s in range(2)]
    before = [[t.clone() for t in m.model.state_dict().values()] for m in made]
    sizes(made)
    for one, then in zip(made, before, strict=True):
        now = one.model.state_dict().values()
        assert all(bool((a == b).all()) for a, b in zip(now, then, strict=True))
        assert one.step == 0
