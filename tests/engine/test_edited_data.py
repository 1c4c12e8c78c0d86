"""Data edited while a run learns: what stays, what follows, what can be undone."""

import json

import pytest
import torch

from engine import registry
from engine.experiment import Experiment
from engine.link.probe import probe
from engine.link.runs import recovered
from engine.protocol import Probe
from engine.settings import SettingError
from engine.training.checkpoint import CheckpointError

LEFT = {"do": "brush", "path": [-2, 0], "radius": 0.5, "density": 300, "seed": 1}
RIGHT = {**LEFT, "path": [2, 0], "label": 2, "seed": 2}
FAST = {"steps": 40, "batch_size": 32, "threads": 1}
SMALL = {"width": 16, "depth": 2, "layers": 2, "blocks": 2, "couplings": 2}


def learner(model="realnvp", operations=(LEFT,), **settings):
    known = registry.model(model).Config.model_fields
    small = {n: v for n, v in SMALL.items() if n in known and model != "oracle"}
    return Experiment(
        model,
        "drawn",
        model_settings=small | settings,
        data_settings={"operations": list(operations)},
        training=FAST,
        device="cpu",
    )


def redraw(run, *operations, **settings):
    values = run.config.model_dump(mode="json")["data_settings"]
    values |= {"operations": list(operations), **settings}
    return run.configure(run.config.model_copy(update={"data_settings": values}))


def state(run):
    weights = {k: v.clone() for k, v in run.trainer.model.named_parameters()}
    moments = [
        value.clone()
        for optimiser in run.trainer.optimisers.values()
        for kept in optimiser.state.values()
        for value in kept.values()
        if isinstance(value, torch.Tensor)
    ]
    return weights, moments


@pytest.mark.parametrize("model", list(registry.MODELS))
def test_every_model_goes_on_with_other_points(model):
    run = learner(model).train(3)
    weights, moments = state(run)
    scaling, step = run.data.scaling, run.step
    redraw(run, LEFT, RIGHT)
    after, kept = state(run)
    assert all(torch.equal(weights[k], after[k]) for k in weights)
    assert all(torch.equal(a, b) for a, b in zip(moments, kept, strict=True))
    assert len(moments) == len(kept)
    assert run.step == step
    assert run.data.scaling is scaling
    assert len(run.trainer.columns["x"]) == len(run.data.train.x)
    run.train(2)
    assert torch.isfinite(run.sample(50)).all()


def test_the_exact_reference_follows_the_points_and_their_classes():
    run = learner("oracle", label=2).train(2)
    assert (run.sample(200)[:, 0] < 0).all()  # no point of class 2: all of them
    redraw(run, LEFT, RIGHT)
    assert (run.sample(200)[:, 0] > 0).all()


def test_the_table_is_the_new_points_in_the_old_scaling():
    run = learner().train(2)
    redraw(run, LEFT, RIGHT)
    x = run.trainer.columns["x"].double()
    assert run.data.scaling.restore(x) == pytest.approx(run.data.train.x, abs=1e-5)
    assert set(run.trainer.columns["labels"].tolist()) == {0, 1}
    assert run.data.limits == (-4, 4, -4, 4)
    # Some two thirds of what is drawn from now on is far to the right.
    assert (x[:, 0] > 2).float().mean() == pytest.approx(0.5, abs=0.05)


def test_what_was_learned_of_a_place_stays_true():
    run = learner().train(20)
    places = torch.tensor([[-2.0, 0.0], [0.0, 0.3]], dtype=torch.float64)
    before = run.log_prob(places)
    redraw(run, RIGHT)
    assert torch.equal(run.log_prob(places), before)


def test_before_the_first_step_it_is_a_run_of_the_new_points():
    run, fresh = learner(), learner(operations=[LEFT, RIGHT])
    redraw(run, LEFT, RIGHT)
    assert run.config == fresh.config
    assert torch.equal(run.trainer.columns["x"], fresh.trainer.columns["x"])
    run.train(5), fresh.train(5)
    assert torch.equal(run.sample(20), fresh.sample(20))


@pytest.mark.parametrize("operations", [[], [{"do": "points", "x": [1, 2]}]])
@pytest.mark.parametrize("steps", [0, 4])
def test_too_few_points_change_nothing_but_a_remark(operations, steps):
    run = learner().train(steps) if steps else learner()
    kept = run.data
    redraw(run, *operations)
    assert run.data.too_few
    assert "at least 2" in run.data.remarks[0]
    assert run.data.train is kept.train
    assert len(run.config.data_settings["operations"]) == 1
    run.train(2)
    redraw(run, LEFT)
    assert not run.data.too_few
    assert run.data.remarks == ()


def test_a_refused_edit_changes_nothing():
    run = learner().train(3)
    config, data, columns = run.config, run.data, run.trainer.columns
    for bad in ({**LEFT, "radius": -1}, {"do": "layer", "data": "csv"}):
        with pytest.raises((SettingError, ValueError)):
            redraw(run, bad)
    assert (run.config, run.data, run.trainer.columns) == (config, data, columns)


def test_other_settings_of_the_data_need_a_restart():
    run = learner()
    values = run.config.data_settings | {"held_out": 0.5, "operations": [RIGHT]}
    config = run.config.model_copy(update={"data_settings": values})
    assert run.requires_restart(config) == ["held_out"]


def test_far_points_leave_a_remark_and_reset_takes_their_scaling():
    run = learner().train(3)
    redraw(run, {**LEFT, "path": [300, 0]})
    assert "Scaled as when the run began" in run.data.remarks[0]
    assert run.data.limits[1] > 300
    run.reset()
    assert run.step == 0
    assert run.data.remarks == ()
    assert run.data.scaling.mean[0] == pytest.approx(300, abs=1)
    fresh = learner(operations=[{**LEFT, "path": [300, 0]}])
    assert torch.equal(run.trainer.columns["x"], fresh.trainer.columns["x"])


def test_a_run_comes_back_from_its_folder_with_points_and_scaling(tmp_path):
    run = learner("conditional_gan").train(3)
    redraw(run, LEFT, {**RIGHT, "path": [40, 0]})
    run.train(2)
    run.save(tmp_path / "run", samples=10)
    again = Experiment.load(tmp_path / "run", device="cpu")
    assert torch.equal(again.data.train.x, run.data.train.x)
    assert torch.equal(again.data.scaling.std, run.data.scaling.std)
    assert torch.equal(again.data.scaling.mean, run.data.scaling.mean)
    assert torch.equal(again.trainer.columns["x"], run.trainer.columns["x"])
    assert torch.equal(again.sample(20), run.sample(20))


@pytest.mark.parametrize("std", [[0, 1], [-1, 1], [1], "x", None])
def test_an_impossible_scaling_is_refused(tmp_path, std):
    folder = learner().train(1).save(tmp_path / "run", samples=0)
    head = json.loads((folder / "run.json").read_text())
    head["data"]["std"] = std
    (folder / "run.json").write_text(json.dumps(head))
    with pytest.raises(CheckpointError):
        Experiment.load(folder)


def test_earlier_moments_can_be_seen_restored_and_branched():
    run = learner("conditional_gan").train(4)
    redraw(run, LEFT, RIGHT)
    run.train(3)
    assert torch.isfinite(run.fitted(at=2).sample(20, seed=0)).all()
    run.restore(2)
    assert len(run.trainer.columns["x"]) == len(run.data.train.x)
    shares = run.trainer.model.shares
    assert shares[:2].tolist() == pytest.approx([0.5, 0.5], abs=0.05)
    other = run.branch(2)
    assert other.trainer.model.shares[:2].tolist() == pytest.approx(
        [0.5, 0.5], abs=0.05
    )
    other.train(2)
    assert len(other.trainer.columns["x"]) == len(run.data.train.x)


def test_a_table_of_own_pairs_stays_and_is_kept():
    run = learner("rectified_flow", reflow_rounds=1, reflow_pairs=1000)
    run.train(25)  # 40 steps in two stages
    assert run.stage == 1
    pairs = run.trainer.columns
    redraw(run, LEFT, RIGHT)
    assert all(run.trainer.columns[k] is v for k, v in pairs.items())
    assert len(run.trainer.first_columns["x"]) == len(run.data.train.x)
    run.keep()
    run.restore(run.step)
    assert torch.equal(run.trainer.columns["x_0"], pairs["x_0"])


def test_a_later_stage_on_the_data_follows_them():
    run = learner("distilled_flow").train(25)
    assert run.stage == 1
    redraw(run, LEFT, RIGHT)
    assert len(run.trainer.columns["x"]) == len(run.data.train.x)
    run.keep()
    run.restore(run.step)
    assert len(run.trainer.columns["x"]) == len(run.data.train.x)


def test_the_history_marks_an_edit_but_not_each_part_of_a_stroke():
    run = learner().train(2)
    marks = [redraw(run, LEFT, {**RIGHT, "density": 100 + k}) for k in range(5)]
    assert [len(m) for m in marks] == [1, 0, 0, 0, 0]
    change = marks[0][0]
    assert change.name == "points"
    assert change.new > change.old
    (kept,) = (c for c in run.history.changes if c.name == "points")
    assert (kept.old, kept.new) == (change.old, len(run.data.train.x))
    assert kept.new > change.new


def test_a_new_engine_goes_on_with_the_newest_points(tmp_path):
    run = learner().train(3)
    run.save_recovery(tmp_path / "recovery")
    redraw(run, LEFT, RIGHT)
    wanted = run.config.model_copy(update={"device": "auto"})
    again = recovered(str(tmp_path / "recovery"), wanted)
    assert again.step == 3
    assert torch.equal(again.data.train.x, run.data.train.x)
    assert torch.equal(again.data.scaling.mean, run.data.scaling.mean)
    assert torch.equal(again.trainer.columns["x"], run.trainer.columns["x"])


def test_a_reset_of_a_reopened_run_is_a_fresh_run(tmp_path):
    run = learner().train(3)
    redraw(run, RIGHT)
    again = Experiment.load(run.save(tmp_path / "run", samples=0), device="cpu")
    again.reset()
    fresh = learner(operations=[RIGHT])
    assert torch.equal(again.trainer.columns["x"], fresh.trainer.columns["x"])
    kept = fresh.data
    fresh.reset()
    assert fresh.data is kept  # nothing to tell


@pytest.mark.slow
def test_the_run_learns_what_is_drawn_now():
    run = learner("realnvp", operations=[LEFT, RIGHT], width=32)
    values = run.config.training | {"steps": 600}
    run.configure(run.config.model_copy(update={"training": values}))
    run.train(150)
    up = {"do": "brush", "path": [-2, 0, 2, 0], "radius": 0.4, "density": 600}
    redraw(run, up)
    before = run.measure(1000, record=False).energy_distance
    run.train(400)
    after = run.measure(1000, record=False).energy_distance
    assert after < before / 4


def test_the_window_can_ask_for_all_points():
    run = learner(operations=[LEFT, RIGHT])
    question = Probe(run_id="a", what="data", points=[])
    facts, arrays = probe(run.fitted(), run.data, question, seed=0)
    both = torch.cat([run.data.train.x, run.data.heldout.x]).float()
    assert torch.equal(torch.from_numpy(arrays["x"]), both)
    assert facts == {"points": 600}
    assert ((arrays["labels"] == 1) == (arrays["x"][:, 0] > 0)).all()


@pytest.mark.parametrize("more", [True, False])
def test_batches_are_drawn_from_the_new_rows(more):
    run = learner(operations=[LEFT] if more else [LEFT, RIGHT]).train(2)
    redraw(run, *([LEFT, RIGHT] if more else [LEFT]))
    rows = len(run.data.train.x)
    for draws in run.trainer._draws:
        assert draws.rows == rows
        assert draws.index.max() < rows
        assert draws.index.max() > 0.9 * rows
