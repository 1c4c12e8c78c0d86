"""Few points are learned by heart, and the run says so; many are not."""

import numpy as np
import pytest

from engine import Experiment

MODEL = {"layers": 2, "width": 32, "jitter": 0.0}


@pytest.fixture
def begun(tmp_path):
    """A flow on a table of normal points, of which some are held out."""

    def begin(points, held_out, model="maf", settings=MODEL):
        file = tmp_path / f"{points}.csv"
        table = np.random.default_rng(0).normal(size=(points, 2))
        np.savetxt(file, table, delimiter=",", header="x,y", comments="")
        data = {"file": str(file), "held_out": held_out}
        quick = {"learning_rate": 0.01, "lookahead": False, "ema": 0.0}
        return Experiment(
            model,
            "csv",
            data_settings=data,
            training={"batch_size": 64, **quick},
            model_settings=settings,
        )

    return begin


def taught(run, *steps):
    for count in steps:
        run.train(count)
        run.measure(500)
    return run


def found(run):
    return next((f for f in run.diagnose() if f.name == "overfitting"), None)


def nll(run, x):
    return -float(run.log_prob(x).mean())


def heldout(run):
    return run.data.heldout.x


def changed(run, group, **values):
    update = {group: getattr(run.config, group) | values}
    run.configure(run.config.model_copy(update=update))


def test_forty_points_are_learned_by_heart_and_one_click_goes_back(begun):
    run = taught(begun(200, 0.8), 20)
    assert found(run) is None
    taught(run, 100, 100)
    finding = found(run)
    assert finding is not None
    assert "40 training points" in finding.text
    late = nll(run, heldout(run))
    assert f"{late:.2f}" in finding.text

    stop, jitter = finding.remedies
    assert jitter.changes == {"model_settings": {"jitter": 0.05, "jitter_fade": 0}}
    assert stop.restore in run.snapshots
    assert 15 <= stop.restore <= 25
    run.restore(stop.restore)
    changed(run, "training", **stop.changes["training"])
    run.train()
    assert run.step == stop.restore  # complete: it stays where it was best
    assert nll(run, heldout(run)) < late - 1
    assert found(run) is None


@pytest.mark.slow
def test_a_model_without_jitter_is_offered_weight_decay(begun):
    settings = {"width": 64, "waves": 16}
    run = taught(begun(200, 0.8, "nice", settings), 60, 340)
    finding = found(run)
    assert finding is not None
    decay = finding.remedies[1]
    assert decay.changes["training"]["weight_decay"] == pytest.approx(0.1)
    run.restore(decay.restore)
    changed(run, "training", **decay.changes["training"])
    assert run.config.training["optimizer"] == "adamw"


def test_many_points_are_not_learned_by_heart(begun):
    assert found(taught(begun(4000, 0.25), 40, 40)) is None


def test_a_run_that_loses_its_training_points_as_well_does_not_overfit(begun):
    run = taught(begun(4000, 0.25), 60)
    changed(run, "training", learning_rate=0.3)
    before = [nll(run, x) for x in (heldout(run), run.data.train.x)]
    taught(run, 5)
    after = [nll(run, x) for x in (heldout(run), run.data.train.x)]
    assert min(np.subtract(after, before)) > 0.05
    assert found(run) is None


def test_one_lucky_measurement_is_no_proof(begun):
    run = taught(begun(4000, 0.25), 40)
    run.history.metric("nll").append(run.step + 1, run.seconds, -5.0)
    assert found(taught(run, 20)) is None
