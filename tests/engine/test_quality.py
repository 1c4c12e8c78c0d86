"""What a beginner gets: default settings, default number of steps, the ring."""

import pytest

from engine import Experiment
from engine.metrics.distances import energy_distance

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
POINTS = 4000


def trained(model: str) -> Experiment:
    return Experiment(model, "eight_gaussians", seed=0).train()


def distance(run: Experiment, sampler: str, steps: int) -> float:
    config = run.config.model_copy(
        update={"sampler": sampler, "sampler_settings": {"steps": steps}}
    )
    run.configure(config)
    return energy_distance(run.sample(POINTS).double(), run.data.heldout.x[:POINTS])


def test_rectified_flow_with_50_steps():
    run = trained("rectified_flow")
    assert distance(run, "euler", 50) <= 0.02
    assert run.measure(2000).modes.covered == 8


def test_ddpm_and_ddim_with_50_steps():
    run = trained("ddpm")
    assert distance(run, "ancestral", 50) <= 0.02
    assert distance(run, "ddim", 50) <= 0.02


def test_gan_finds_the_modes():
    run = trained("gan")
    found = run.measure(POINTS)
    assert found.modes.covered >= 7
    assert found.energy_distance < 0.03


def test_realnvp_likelihood():
    found = trained("realnvp").measure(10_000)
    assert found.nll.kind == "exact"
    assert 1.12 - 3 * found.nll.error < found.nll.value <= 1.45


def test_vae_reports_a_bound():
    found = trained("vae").measure(POINTS)
    assert found.nll.kind == "bound"
    assert 1.12 < found.nll.value < 2.0
    assert found.energy_distance < 0.03
