"""The measured likelihood: few points and many tell the same."""

import pytest
import torch

from engine.experiment import Experiment


@pytest.fixture(scope="module")
def oracle():
    return Experiment("oracle", "eight_gaussians")


def test_the_scatter_of_the_points_cancels_where_the_truth_is_known(oracle):
    entropy = oracle.data.source.entropy()
    few = oracle.data.heldout.x[:40]
    assert abs(float(-oracle.data.source.log_prob(few).mean()) - entropy) > 0.02
    found = oracle.measure(40).nll
    assert found.value == pytest.approx(entropy, abs=2e-3)
    assert found.error < 2e-3


def test_it_means_the_same_as_the_mean_over_all_points():
    run = Experiment("nice", "banana")
    x = run.data.heldout.x
    log_p = run.log_prob(x).double()
    error = float(log_p.std()) / len(x) ** 0.5
    found = run.measure(len(x)).nll
    assert found.value == pytest.approx(-float(log_p.mean()), abs=4 * error)


def test_without_the_truth_it_is_the_mean():
    run = Experiment("nice", "iris")
    x = run.data.heldout.x
    found = run.measure(len(x)).nll
    expected = -float(run.log_prob(x).double().mean())
    assert found.value == pytest.approx(expected, abs=1e-5)
    assert run.data.source.log_prob(torch.zeros(1, 2)) is None
