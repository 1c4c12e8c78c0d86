"""Samples that miss the data or a part of them, and a critic that sees through all."""

import copy
from typing import Any, NamedTuple

import torch
from torch import Tensor

from engine.diagnosis.case import Case, neighbour_radius
from engine.metrics.modes import ModeCoverage, mode_coverage
from engine.models.guided import GuidedModel
from engine.models.inside import guidance_of
from engine.protocol import Finding, Remedy

#: Neighbours that span the ball round a data point, and the least share of balls that
#: a sound model reaches; two draws of the data reach 0.97.
_NEIGHBOURS = 5
_LEAST_COVERAGE = 0.6
#: A mode with a smaller part of its fair share of the samples is left out.
_STARVED = 1 / 3
#: Share of the data that is worth a word, or a difference.
_WORTH = 0.05
#: Less than this part of what was left out before: it is still being learned.
_FALLING = 0.8
#: More than this left out is a collapse, whatever it was before.
_MOST = 0.5
#: Share of all steps after which no more is to be hoped for.
_LATE = 0.9
#: Chance that the critic ranks a data point above a sample; 1/2 if it cannot tell.
_SATURATED = 0.98

#: Share of samples this many times as far out as the farthest data point.
_FLUNG, _FAR = 0.5, 3.0


def coverage(data: Tensor, samples: Tensor) -> float:
    """Share of data points (n, d) that have a sample (m, d) near them.

    Near is within the distance of the fifth neighbour among the data. Naeem et al.
    2020, "Reliable Fidelity and Diversity Metrics", 2002.09797, eq. 7.
    """
    radius = neighbour_radius(data, _NEIGHBOURS)
    reached = torch.cdist(data, samples).min(1).values <= radius
    return float(reached.double().mean())


def flung_away(case: Case) -> Finding | None:
    """Most samples lie far outside all data, or are no numbers."""
    if not case.has_trained(300, 0.1) or (share := _share_outside(case)) < _FLUNG:
        return None
    return Finding(
        name="flung_away",
        title="The samples lie far outside the data",
        text=f"{100 * share:.0f} % of them are more than {_FAR:.0f} times as far out "
        "as any data point: the steps of the training were too large.",
        remedies=case.at_usual_rate(),
    )


def _share_outside(case: Case) -> float:
    data, samples = case.standardised(case.heldout), case.standardised(case.samples)
    centre = data.mean(0)
    edge = _FAR * (data - centre).norm(dim=1).max()
    inside = (samples - centre).norm(dim=1) <= edge  # never true of NaN
    return 1 - float(inside.double().mean())


def mode_collapse(case: Case) -> Finding | None:
    """Whole parts of the data get no samples, others do, and it grows no better."""
    if not case.has_trained(2000, 0.35) or _share_outside(case) >= _FLUNG:
        return None
    now = _left_out(case, case.samples)
    if now.share > 0 and case.modes is not None:  # few fall to each: chance plays in
        now = _left_out(case, case.many_samples)
    if now.share < _WORTH or _finds_more(case, now.share):
        return None
    if _draws_blindly(case):
        return _blind(now)
    if _is_whole_without_guidance(case):
        return _narrowed(case, now)
    found = _gentler_critic(case) if len(case.model.players()) > 1 else []
    return Finding(
        name="mode_collapse",
        title="Mode collapse",
        text=f"{now.words} These parts of the data are left out.",
        remedies=found or case.slower_if_fast("Slow down"),
    )


def _is_whole_without_guidance(case: Case) -> bool:
    """Whether the class as it was learned leaves nothing out."""
    weight = guidance_of(case.model)
    if weight is None or weight <= 1 or not isinstance(case.model, GuidedModel):
        return False
    plain = copy.copy(case.fitted)
    plain.model = case.model.with_guidance(1.0)
    samples = plain.sample(len(case.heldout), case.experiment.config.seed)
    return _left_out(case, samples).share < _WORTH


def _narrowed(case: Case, now: "_LeftOut") -> Finding:
    """No fault of the training: guidance trades variety for purity."""
    weight = guidance_of(case.model)
    return Finding(
        name="guidance_narrows",
        title="Guidance leaves out a part of the class",
        text=f"{now.words} Guidance {weight:g} keeps what is most typical of the "
        "class; with 1 it is drawn whole, as learned.",
        remedies=case.remedy("Guidance 1", "model_settings", guidance=1.0),
    )


class _LeftOut(NamedTuple):
    """Share of the data that gets no samples, and how that is said."""

    share: float
    words: str


def _left_out(case: Case, samples: Tensor) -> _LeftOut:
    """By modes where they are known, else by the points that have no sample near."""
    samples = samples[torch.isfinite(samples).all(1)]
    if len(samples) <= _NEIGHBOURS or len(case.heldout) <= _NEIGHBOURS:
        return _LeftOut(0.0, "")
    if case.modes is not None:
        return _starved(mode_coverage(samples, case.modes))
    reached = coverage(case.standardised(case.heldout), case.standardised(samples))
    words = f"{1 - reached:.0%} of the data have no sample near them."
    return _LeftOut(
        1 - reached if reached < _LEAST_COVERAGE else 0.0, words.replace("%", " %")
    )


def _starved(found: ModeCoverage) -> _LeftOut:
    """Modes with few of the samples that are at any mode; blur alone is no fault."""
    least = found.reached * _STARVED / found.total
    lost = sum(share < least for share in found.shares)
    words = f"{lost} of {found.total} modes get less than a third of their samples."
    if lost == 1:
        words = words.replace("get", "gets").replace("their", "its")
    return _LeftOut(lost / found.total, words)


def _finds_more(case: Case, share: float) -> bool:
    """Whether clearly more was left out at half the steps, and there are some to go.

    Not where most is left out still: a generator in collapse wanders, and some of its
    moments are less bad than others.
    """
    experiment = case.experiment
    before = case.kept_before(experiment.step // 2)
    if before is None or share > _MOST or experiment.step > _LATE * experiment.steps:
        return False
    fitted = experiment.fitted(before, case.tick)
    samples = fitted.sample(len(case.heldout), experiment.config.seed)
    then = _left_out(case, samples).share
    return share <= min(_FALLING * then, then - _WORTH)


def _draws_blindly(case: Case) -> bool:
    """Whether samples come from a Gaussian that was fitted to codes afterwards."""
    if len(case.model.players()) > 1 or not case.fitted.can("encoder"):
        return False
    if case.fitted.can("log_density"):
        return False
    return case.fitted.encode(case.heldout).std is None


def _blind(now: _LeftOut) -> Finding:
    return Finding(
        name="mode_collapse",
        title="The samples leave data out",
        text=f"{now.words} They are drawn from a Gaussian, and the codes of these data "
        "are not spread like one. A VAE learns codes that are.",
    )


def saturated_critic(case: Case) -> Finding | None:
    """The critic tells every sample from every data point: no slope is left."""
    if not case.fitted.can("critic", "samples") or len(case.model.players()) < 2:
        return None
    if not case.has_trained(300, 0.1):
        return None
    on_data = case.fitted.critic(case.heldout)
    on_samples = case.fitted.critic(case.samples)
    gap = on_data[:, None] - on_samples[None, :]
    chance = float(((gap > 0).double() + 0.5 * (gap == 0).double()).mean())
    if chance < _SATURATED:
        return None
    return Finding(
        name="saturated_critic",
        title="The critic is saturated",
        text=f"It ranks data above samples in {100 * chance:.1f} % of all pairs, so "
        "the generator hears only that everything is wrong, and not where to go.",
        remedies=_gentler_critic(case) or case.slower("Slow down"),
    )


def _gentler_critic(case: Case) -> list[Remedy]:
    """Ways to hold a critic back, the mildest first."""
    settings = case.experiment.config.model_settings
    group = "model_settings"
    found = _less_momentum(case)
    found += case.remedy("Switch the R1 penalty on", group, r1=True, r1_weight=0.1)
    if settings.get("r1"):
        stronger = round(10 * settings.get("r1_weight", 0.1), 3)
        found += case.remedy("A stronger R1 penalty", group, r1_weight=stronger)
    if settings.get("d_steps", 1) > 1:
        found += case.remedy("One step of the critic per turn", group, d_steps=1)
    if settings.get("loss") == "minimax":
        found += case.remedy("The non-saturating loss", group, loss="non_saturating")
    return found[:2]


def _less_momentum(case: Case) -> list[Remedy]:
    """The model's own beta 1 of Adam, where it was raised, and with it a penalty.

    Opponents with momentum overshoot each other: Gidel et al. 2018, "Negative Momentum
    for Improved Game Dynamics", 1807.04740.
    """
    own = float(case.model.training_defaults.get("beta1", 1.0))
    if case.experiment.config.training["beta1"] <= own:
        return []
    changes: dict[str, dict[str, Any]] = {"training": {"beta1": own}}
    if case.experiment.config.model_settings.get("r1") is False:
        changes["model_settings"] = {"r1": True, "r1_weight": 0.1}
        return case.remedy_of(f"R1 penalty, Adam β₁ {own:g}", changes)
    return case.remedy_of(f"Adam β₁ {own:g}", changes)
