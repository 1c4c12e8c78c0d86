"""Distillation: a true divergence, a frozen teacher, a free entropy."""

import math

import flow_world as world
import pytest
import torch

from engine import Experiment
from engine.models.distilled_flow import DistilledFlow, DistilledFlowConfig

TEACHERS = ["maf", "made"]


def wild(**settings: object) -> DistilledFlow:
    torch.manual_seed(0)
    config = DistilledFlowConfig(**{"width": 16, "layers": 2, **settings})
    return world.shaken(DistilledFlow(config))


def student_terms(flow: DistilledFlow, n: int = 4000) -> dict[str, torch.Tensor]:
    u = world.points(n, seed=9)[:, None]
    return flow.losses("student", world.batch_of(world.points(n), u=u))


@pytest.mark.parametrize("shown", ["teacher", "student"])
@pytest.mark.parametrize("teacher", TEACHERS)
def test_common_properties(teacher: str, shown: str) -> None:
    flow = wild(teacher=teacher, shown=shown)
    world.check_log_det(flow)
    single = 2e-3 if flow.shown is flow.teacher and teacher == "made" else 1e-4
    world.check_inverse(flow, single=single)
    world.check_density_of_samples(flow.double())
    assert world.grid_mass(flow) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("teacher", TEACHERS)
@pytest.mark.parametrize("seed", range(3))
def test_the_divergence_is_not_negative(teacher: str, seed: int) -> None:
    """SYSTEMS C7 (1): KL >= -3 standard errors."""
    flow = world.shaken(wild(teacher=teacher), 0.2, seed)
    own = flow.student.tracked(world.points(4000, seed=seed))
    gap = own.log_q - flow.teacher.log_likelihood(own.x)
    error = gap.std() / math.sqrt(len(gap))
    assert gap.mean() >= -3 * error
    found = flow.losses(
        "student",
        world.batch_of(world.points(4000), u=world.points(4000, seed=seed)[:, None]),
    )
    torch.testing.assert_close(found["loss"], gap.mean())


def test_the_divergence_is_zero_where_student_and_teacher_agree() -> None:
    """Both new: both the standard normal density."""
    flow = DistilledFlow(DistilledFlowConfig()).double()
    assert student_terms(flow)["loss"].item() == pytest.approx(0, abs=1e-12)


def test_the_entropy_formula_is_that_of_the_samples() -> None:
    """SYSTEMS C7 (2), with fresh samples and the density of each recomputed."""
    flow = wild(shown="student", layers=4)
    world.shaken(flow, 0.2)
    x = flow.sample(20_000, torch.Generator().manual_seed(3))
    minus_log_q = -flow.log_prob(x, torch.Generator())
    error = minus_log_q.std() / math.sqrt(len(x))
    found = student_terms(flow)["entropy"]
    assert (found - minus_log_q.mean()).abs() < 3 * error
    normal = 1 + math.log(2 * math.pi)
    assert abs(found.item() - normal) > 6 * error


def test_cross_entropy_less_entropy_is_the_divergence() -> None:
    """Up to the noise's own entropy, known exactly in one and sampled in the other."""
    terms = student_terms(wild(), 40_000)
    gap = terms["cross_entropy"] - terms["entropy"]
    assert gap.item() == pytest.approx(terms["loss"].item(), abs=0.03)


@pytest.mark.parametrize("teacher", TEACHERS)
def test_gradient_reaches_the_student_through_the_teachers_input(teacher: str) -> None:
    """SYSTEMS C7 (4): another teacher, another gradient, also of the same samples."""
    flow = wild(teacher=teacher)
    weights = flow.players()["student"]
    first = torch.autograd.grad(student_terms(flow)["loss"], weights)
    world.shaken(flow.teacher, 0.3)
    second = torch.autograd.grad(student_terms(flow)["loss"], weights)
    assert max((a - b).abs().max() for a, b in zip(first, second, strict=True)) > 1e-2


@pytest.mark.parametrize("teacher", TEACHERS)
def test_each_learns_in_its_stage_and_is_frozen_in_the_other(teacher: str) -> None:
    run = Experiment(
        "distilled_flow",
        "two_moons",
        model_settings={"teacher": teacher, "width": 16, "layers": 2},
        training={"steps": 20, "batch_size": 32, "optimizer": "adamw"},
    )
    states = []
    for steps in (0, 10, 10):
        run.train(steps)
        model = run.trainer.model
        states.append(
            {
                k: v.clone()
                for k, v in model.state_dict().items()
                if "made" in k or "net" in k
            }
        )
    for name in states[0]:
        early = not torch.equal(states[0][name], states[1][name])
        late = not torch.equal(states[1][name], states[2][name])
        if name.startswith("teacher."):
            assert not late, name
        else:
            assert not early, name
    moved = {
        player: any(
            not torch.equal(states[k][n], states[k + 1][n])
            for n in states[0]
            if n.startswith(player)
        )
        for k, player in enumerate(("teacher", "student"))
    }
    assert moved == {"teacher": True, "student": True}
    assert set(run.history.terms) >= {"teacher.loss", "student.loss"}


def test_a_kept_moment_shows_who_learned_then() -> None:
    run = Experiment(
        "distilled_flow",
        "two_moons",
        model_settings={"width": 16, "layers": 2},
        training={"steps": 20, "batch_size": 32},
    )
    run.train(20)
    early, late = run.model_at(0), run.model_at()
    assert early.shown is early.teacher
    assert late.shown is late.student
    run.restore(0)
    assert run.trainer.model.turns() == ("teacher",)
    run.train(20)
    assert run.trainer.model.turns() == ("student",)


def test_shown_settings() -> None:
    flow = wild(shown="teacher")
    flow.enter_stage(1)
    assert flow.shown is flow.teacher
    flow = wild(shown="student")
    assert flow.shown is flow.student


def test_student_samples_per_point() -> None:
    flow = wild(samples=3)
    assert flow.noise("student")["u"].shape == (3, 2)
    assert flow.noise("teacher") == {}


@pytest.mark.slow
def test_a_gaussian_teacher_is_copied() -> None:
    """SYSTEMS C7 (3): KL < .01 to a teacher of one Gaussian."""
    torch.manual_seed(0)
    config = DistilledFlowConfig(teacher="made", components=1, layers=4)
    flow = DistilledFlow(config)
    x = world.points(4000).float() @ torch.tensor([[1.0, 0.6], [0.0, 0.5]]) + 0.5
    world.fit(flow, x, 400)
    flow.enter_stage(1)
    world.fit(flow, x, 400)
    with torch.no_grad():
        u = world.points(4000, seed=9).float()[:, None]
        terms = flow.losses("student", world.batch_of(x, u=u))
    assert terms["loss"].item() < 0.01
