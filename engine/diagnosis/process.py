"""Samplers that jump too far, and noise that is not noise."""

import copy
from typing import Any, Protocol, runtime_checkable

import torch

from engine.diagnosis.case import Case
from engine.metrics.distances import energy_distance
from engine.metrics.solver_gap import TOLERATED, solver_gap
from engine.models.inside import guidance_of
from engine.protocol import Finding, Remedy
from engine.sampling.base import Sampler

_POINTS = 300
#: More steps must improve the distance by this factor, and by so much, to matter.
_FACTOR, _GAIN = 4, 0.01
#: Times the density steps that are tried until they suffice.
_FINER = (2, 4, 8)
#: Signal that may be left in the noise at t = 0, as a share of it; more where sampling
#: starts as wide as the blurred data are, and only their finer shape is missing.
_SIGNAL_LEFT, _SIGNAL_MATCHED = 0.1, 1.0


@runtime_checkable
class _Matched(Protocol):
    """A model whose samples start as wide as standardised data under its noise."""

    @property
    def start_spread(self) -> float:
        """Standard deviation of the start."""


def too_few_steps(case: Case) -> Finding | None:
    """Four times the steps would bring the samples clearly closer to the data."""
    sampler = case.fitted.sampler
    if sampler is None or not case.has_trained(1000, 0.2):
        return None
    steps = getattr(sampler.config, "steps", None)
    if steps is None:
        return None
    now = _distance(case, sampler)
    if now < 2 * _GAIN:
        return None
    patient = copy.copy(sampler)
    wanted = min(_FACTOR * steps, 1000)
    patient.config = sampler.config.model_copy(update={"steps": wanted})
    better = _distance(case, patient)
    if now - better < max(_GAIN, 0.5 * now):
        return None
    return Finding(
        name="too_few_steps",
        title="Too few sampling steps",
        text=f"With {steps} steps the energy distance is {now:.3f}; with {wanted} "
        f"steps the same network reaches {max(better, 0):.3f}.",
        remedies=case.remedy(f"{wanted} steps", "sampler_settings", steps=wanted),
    )


def coarse_density(case: Case) -> Finding | None:
    """Twice the steps would give another log-density."""
    if not case.fitted.can("log_density") or not case.has_trained(1000, 0.2):
        return None
    steps = getattr(case.model.config, "density_steps", None)
    if steps is None or (gap := _gap(case, 1)) <= TOLERATED:
        return None
    enough = next((k * steps for k in _FINER if _gap(case, k) <= TOLERATED), None)
    remedies = _less_guidance(case, enough is not None)
    if enough is not None:
        finer = {"density_steps": enough}
        title = f"{enough} density steps"
        remedies = case.remedy(title, "model_settings", **finer) + remedies
    return Finding(
        name="coarse_density",
        title="Too few density steps",
        text=f"{2 * steps} steps instead of {steps} change the log-density of a point "
        f"by about {gap:.2g} nats, so likelihood and map are not to be trusted.",
        remedies=remedies,
    )


def _gap(case: Case, effort: int) -> float:
    """Mean change of the log-density of held-out points by twice the steps, nats."""
    return solver_gap(case.fitted, case.heldout, case.experiment.config.seed, effort)


def _less_guidance(case: Case, half_suffices: bool) -> list[Remedy]:
    """Half of what guidance exaggerates, or none where no steps would do."""
    weight = guidance_of(case.model)
    if weight is None or weight <= 1:
        return []
    less = round((1 + weight) / 2, 1) if half_suffices else 1.0
    return case.remedy(f"Guidance {less:g}", "model_settings", guidance=less)


def _distance(case: Case, sampler: Sampler) -> float:
    fitted = case.experiment.fitted(tick=case.tick)
    fitted.sampler = sampler
    x = case.standardised(fitted.sample(_POINTS, case.experiment.config.seed))
    x = x[torch.isfinite(x).all(1)]
    if len(x) < 2:
        return float("inf")
    return energy_distance(x, case.standardised(case.heldout))


def never_noise(case: Case) -> Finding | None:
    """At t = 0 the data still shine through, but sampling starts from pure noise.

    Lin et al. 2023, "Common Diffusion Noise Schedules and Sample Steps Are Flawed",
    2305.08891.
    """
    if not case.fitted.can("process"):
        return None
    left = _signal_left(case.model)
    if left <= _allowed(case.model):
        return None
    return Finding(
        name="never_noise",
        title="The schedule never reaches noise",
        text=f"Where sampling starts from pure noise, training still saw {left:.0%} of "
        "the data in it, so samples drift towards the middle.".replace("%", " %"),
        remedies=_more_noise(case),
    )


def _signal_left(model: object) -> float:
    """Share of the data in x at t = 0, relative to the noise."""
    path = model.path  # type: ignore[attr-defined]
    zero = torch.zeros((), dtype=torch.float64)
    return float(path.alpha(zero) / path.sigma(zero).clamp(min=1e-12))


def _allowed(model: object) -> float:
    """The most that may be left, by how the model begins its samples."""
    return _SIGNAL_MATCHED if isinstance(model, _Matched) else _SIGNAL_LEFT


def _more_noise(case: Case) -> list[Remedy]:
    """Those of the known levers that bring enough noise in, by trying them."""
    settings = case.experiment.config.model_settings
    levers: list[tuple[str, dict[str, Any]]] = [
        ("Scale the noise to the number of steps", {"scale_betas": True}),
        ("End without signal", {"zero_snr": True}),
        ("The cosine schedule", {"schedule": "cosine"}),
        ("More noise at the end", {"beta_max": 20.0}),
        ("More noise at the end", {"sigma_max": 10.0 * settings.get("sigma_max", 0)}),
    ]
    found: list[Remedy] = []
    for title, values in levers:
        for remedy in case.remedy(title, "model_settings", **values):
            config = case.model.config.model_copy(update=values)
            model = type(case.model)(config, classes=case.model.classes)
            if _signal_left(model) <= _allowed(model):
                found.append(remedy)
    return found[:2]
