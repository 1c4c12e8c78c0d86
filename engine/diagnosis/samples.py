"""Samples that miss the data or a part of them, and a critic that sees through all."""

import torch
from torch import Tensor

from engine.diagnosis.case import Case, neighbour_radius
from engine.protocol import Finding, Remedy

#: Neighbours that span the ball round a data point, and the least share of balls that
#: a sound model reaches; two draws of the data reach 0.97.
_NEIGHBOURS = 5
_LEAST_COVERAGE = 0.6
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
    """Whole parts of the data get no samples, others do."""
    if not case.has_trained(2000, 0.35) or _share_outside(case) >= _FLUNG:
        return None
    modes = case.metrics.modes
    if modes is not None and modes.covered == modes.total:
        return None
    data, samples = case.standardised(case.heldout), case.standardised(case.samples)
    samples = samples[torch.isfinite(samples).all(1)]
    if len(samples) <= _NEIGHBOURS or len(data) <= _NEIGHBOURS:
        return None
    reached = coverage(data, samples)
    if modes is None and reached >= _LEAST_COVERAGE:
        return None
    words = f"Only {reached:.0%} of the data have a sample near them."
    if modes is not None:
        verb = "gets" if modes.covered == 1 else "get"
        words = f"Only {modes.covered} of {modes.total} modes {verb} samples."
    return Finding(
        name="mode_collapse",
        title="Mode collapse",
        text=f"{words} The rest of the data is left out.".replace("%", " %"),
        remedies=_gentler_critic(case) or case.slower("Slow down"),
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
    found = case.remedy("Switch the R1 penalty on", group, r1=True, r1_weight=0.1)
    if settings.get("r1"):
        stronger = round(10 * settings.get("r1_weight", 0.1), 3)
        found = case.remedy("A stronger R1 penalty", group, r1_weight=stronger)
    if settings.get("d_steps", 1) > 1:
        found += case.remedy("One step of the critic per turn", group, d_steps=1)
    if settings.get("loss") == "minimax":
        found += case.remedy("The non-saturating loss", group, loss="non_saturating")
    return found[:2]
