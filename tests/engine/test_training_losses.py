"""The training loss at each time: it adds up, and obeys closed forms."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Generator, Tensor

from engine import Experiment
from engine.views.levels import LOSS_DRAWS, LevelsConfig, LevelsView
from engine.views.training_times import (
    GROUPS,
    PAIRED_DRAWS,
    groups,
    losses_by_time,
    training_batch,
)

CASES = [
    ("rectified_flow", {}),
    ("flow_matching", {"coupling": "optimal"}),
    ("flow_matching", {"source": "rings"}),
    ("flow_matching", {"conditional": True}),
    ("ddpm", {}),
    ("ddpm", {"T": 30, "level_sampling": "uniform", "loss_weight": "noise"}),
    ("score_sde", {"weighting": "noise"}),
    ("edm", {}),
    ("score_matching", {}),
    ("score_matching", {"objective": "implicit"}),
]


def run_of(name: str, settings: dict[str, object]) -> Experiment:
    known = {"width": 8, "depth": 1} | settings
    return Experiment(name, "two_moons", model_settings=known)


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def by_time(moment, count: int = 2048, seed: int = 0) -> tuple[Tensor, Tensor]:
    return losses_by_time(moment, moment.fitted.model, count, seeded(seed))


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_groups_add_up_to_the_loss_of_the_batch(name, settings) -> None:
    run = run_of(name, settings)
    run.train(3)
    moment = run.moment()
    model = moment.fitted.model
    t, loss = by_time(moment)
    batch = training_batch(moment, model, 2048, seeded())
    whole = model.losses("model", batch)["loss"].item()
    every = model.batch_times(batch.noise)
    found = groups(every)
    share = torch.tensor([len(rows) / len(every) for rows in found]).double()
    assert len(t) == len(found) <= GROUPS
    assert torch.cat(found).sort().values.equal(torch.arange(len(every)))
    assert (share * loss).sum().item() == pytest.approx(whole, rel=1e-4)
    assert (t.diff() > 0).all()
    assert (share * t).sum().item() == pytest.approx(every.mean().item(), abs=1e-5)


def test_groups_are_even_and_never_part_what_is_alike() -> None:
    even = groups(torch.rand(4096, generator=seeded()))
    assert [len(rows) for rows in even] == [128] * 32
    levels = torch.randint(5, (4096,), generator=seeded()) / 4
    assert [levels[rows].unique().tolist() for rows in groups(levels)] == [
        [k / 4] for k in range(5)
    ]


def test_the_loss_of_an_untrained_flow_on_normal_data() -> None:
    """It begins with the velocity of N(0, 1), which leaves 1 / (t^2 + (1 - t)^2)."""
    run = run_of("rectified_flow", {"time_sampling": "uniform"})
    normal = torch.randn(5000, 2, generator=seeded(1))
    table = {"x": normal, "labels": torch.zeros(5000, dtype=torch.int64)}
    t, loss = by_time(replace(run.moment(), table=table), count=60_000)
    exact = 1 / (t.square() + (1 - t).square())
    torch.testing.assert_close(loss, exact, rtol=0.1, atol=0.0)
    assert (loss / exact).mean().item() == pytest.approx(1, abs=0.02)


def test_pairs_of_a_batch_are_those_of_training() -> None:
    """Optimal transport pairs in blocks, for fewer draws, since it costs more."""
    run = run_of("flow_matching", {"coupling": "optimal", "coupling_batch": 64})
    batch = training_batch(run.moment(), run.trainer.model, LOSS_DRAWS, seeded())
    assert len(batch.x) == PAIRED_DRAWS
    cost = (batch.x - batch.noise["x_0"]).square().sum(1).mean()
    mixed = (batch.x - batch.noise["x_0"].roll(1, 0)).square().sum(1).mean()
    assert cost < mixed / 2


def test_moments_are_measured_on_the_same_batch() -> None:
    run = run_of("ddpm", {})
    first = by_time(run.moment())
    again = by_time(run.moment())
    torch.testing.assert_close(first, again, rtol=0, atol=0)
    assert not torch.equal(by_time(run.moment(), seed=1)[1], first[1])
    run.train(300)
    later = by_time(run.moment())
    torch.testing.assert_close(later[0], first[0], rtol=0, atol=0)
    assert later[1].mean() < 0.97 * first[1].mean()
    then = by_time(run.moment(at=0))
    torch.testing.assert_close(then, first, rtol=0, atol=0)


def test_a_round_of_reflow_is_measured_on_its_own_pairs() -> None:
    few = {"reflow_rounds": 1, "reflow_pairs": 1000, "reflow_steps": 5}
    run = run_of("rectified_flow", few)
    run.configure(
        run.config.model_copy(update={"training": run.config.training | {"steps": 20}})
    )
    run.train(5)
    before = by_time(run.moment())[1]
    run.train(25)
    assert run.stage == 1
    assert set(run.moment().table) == {"x", "x_0", "labels"}
    assert by_time(run.moment())[1].mean() < before.mean() / 2
    assert set(run.moment(at=0).table) == {"x", "labels"}  # no pairs yet


def test_the_view_has_the_loss_beside_the_visits() -> None:
    run = run_of("score_sde", {})
    found = LevelsView(LevelsConfig(points=100)).compute(run.moment(0.3))
    names = [q["name"] for q in found.meta["quantities"]]
    assert names.index("loss") + 1 == names.index("visited")
    t = found.arrays["loss.step"]
    assert (np.diff(t) > 0).all()
    assert np.isfinite(found.arrays["loss.value"]).all()
    unknown = replace(run.moment(0.3), table={})
    found = LevelsView(LevelsConfig(points=100)).compute(unknown)
    names = [q["name"] for q in found.meta["quantities"]]
    assert "visited" in names
    assert "loss" not in names
