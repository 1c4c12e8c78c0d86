"""The one list of detectors, and what they find in a run."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.diagnosis.case import Case, Detector
from engine.diagnosis.flow import exploding_log_det
from engine.diagnosis.latent import dead_codes, posterior_collapse
from engine.diagnosis.learning import overfitting
from engine.diagnosis.process import coarse_density, never_noise, too_few_steps
from engine.diagnosis.samples import flung_away, mode_collapse, saturated_critic
from engine.diagnosis.training import diverging
from engine.protocol import Finding, Metrics

if TYPE_CHECKING:
    from engine.experiment import Experiment

#: Cheap and grave ones first.
DETECTORS: tuple[Detector, ...] = (
    diverging,
    never_noise,
    exploding_log_det,
    posterior_collapse,
    dead_codes,
    overfitting,
    flung_away,
    saturated_critic,
    mode_collapse,
    too_few_steps,
    coarse_density,
)


def diagnose(
    experiment: "Experiment", metrics: Metrics, tick: Callable[[], None]
) -> list[Finding]:
    """Faults of a run at its newest step; the gravest first, usually none.

    Args:
        experiment: The run; it is left as it is.
        metrics: Its newest measurement.
        tick: Called between chunks of long work.
    """
    case = Case(experiment, metrics, tick)
    found: list[Finding] = []
    for detector in DETECTORS:
        finding = detector(case)
        tick()
        if finding is not None:
            found.append(finding)
    return found
