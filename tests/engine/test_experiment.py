"""Experiment: settings, kept moments, branches, measures, run directories."""

import json
import math

import pytest
import torch

from engine import Experiment
from engine.protocol import RunConfig
from engine.registry import UnknownNameError
from engine.settings import SettingError
from engine.training.checkpoint import CheckpointError
from engine.training.trainer import Diverged

SMALL = {"batch_size": 64, "steps": 40}


def run_of(model: str = "realnvp", **settings) -> Experiment:
    return Experiment(model, "eight_gaussians", training={**SMALL, **settings}, seed=3)


def weights(run: Experiment) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in run.trainer.model.parameters()])


def test_trains_to_its_number_of_steps_and_no_further():
    run = run_of().train()
    assert (run.step, run.steps) == (40, 40)
    assert run.train().step == 40
    assert run.train(5).step == 45


def test_reset_brings_back_the_same_initial_weights():
    run = run_of()
    first = weights(run)
    run.train(10)
    trained = weights(run)
    run.reset()
    assert run.step == 0
    assert torch.equal(weights(run), first)
    run.train(10)
    assert torch.equal(weights(run), trained)


def test_another_seed_is_another_run():
    a, b = (
        Experiment("vae", "two_moons", seed=0),
        Experiment("vae", "two_moons", seed=1),
    )
    assert not torch.equal(weights(a), weights(b))
    assert not torch.equal(a.data.train.x, b.data.train.x)


def test_what_needs_a_restart_is_named():
    run = run_of()
    config = run.config
    live = config.model_copy(update={"training": {**config.training, "clip": 1.0}})
    assert run.requires_restart(live) == []
    wide = {**config.model_settings, "couplings": 4}
    bound = config.model_copy(update={"model_settings": wide, "seed": 9})
    assert set(run.requires_restart(bound)) == {"seed", "couplings"}
    with pytest.raises(ValueError, match="needs a restart"):
        run.configure(bound)
    data = {**config.data_settings, "points": 500}
    assert run.requires_restart(config.model_copy(update={"data_settings": data})) == [
        "points"
    ]


def test_configure_marks_its_changes():
    run = run_of()
    run.train(4)
    training = {**run.config.training, "learning_rate": 5e-4}
    changes = run.configure(run.config.model_copy(update={"training": training}))
    assert [(c.step, c.name, c.new) for c in changes] == [(4, "learning_rate", 5e-4)]
    assert run.history.changes == changes
    assert run.trainer.config.learning_rate == 5e-4


def test_kept_moments_can_be_visited_without_leaving_the_present():
    run = run_of(ema=0.0)
    run.train(20)
    now = weights(run)
    early, late = run.sample(200, 1), run.fitted(at=1).sample(200, 1)
    assert not torch.equal(early, late)
    assert torch.equal(weights(run), now)
    assert run.step == 20
    with pytest.raises(KeyError, match="is not kept"):
        run.fitted(at=19)


def test_a_branch_lives_on_its_own():
    run = run_of()
    run.train(20)
    step = run.snapshots[-2]
    branch = run.branch(step)
    assert branch.step == step
    assert len(branch.history.terms["loss"]) == step
    branch.train(20 - step)
    assert torch.equal(weights(branch), weights(run))
    before = weights(run)
    branch.train(5)
    assert torch.equal(weights(run), before)


def test_divergence_falls_back_to_the_last_good_moment():
    run = Experiment(
        "rectified_flow",
        "two_moons",
        training={**SMALL, "optimizer": "sgd", "learning_rate": 1e6},
    )
    with pytest.raises(Diverged) as caught:
        run.train(200)
    assert caught.value.last_good_step == run.step < caught.value.step
    assert torch.isfinite(weights(run)).all()
    training = {**run.config.training, "learning_rate": 1e-4}
    run.configure(run.config.model_copy(update={"training": training}))
    run.train(5)
    assert torch.isfinite(weights(run)).all()


def test_measures_go_to_the_history():
    run = run_of()
    found = run.measure(300)
    assert found.nll.kind == "exact"
    assert found.modes.total == 8
    assert run.history.metrics["nll"].last() == pytest.approx(found.nll.value)
    assert run.history.density_kind == "exact"
    run.measure(300, record=False)
    assert len(run.history.metrics["nll"]) == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"model_settings": {"couplings": 999}}, "couplings"),
        ({"training": {"colour": "red"}}, "no setting 'colour'"),
        ({"sampler": "heun"}, "in one go"),
    ],
)
def test_bad_settings_get_one_sentence(change, sentence):
    with pytest.raises(SettingError, match=sentence) as caught:
        Experiment("realnvp", "two_moons", **change)
    assert str(caught.value).count("\n") == 0


def test_unknown_names_are_answered_with_the_known():
    with pytest.raises(UnknownNameError, match="rectified_flow"):
        Experiment("nonsense", "two_moons")


# Run directories


def test_a_run_directory_holds_what_it_should(tmp_path):
    run = run_of().train()
    run.measure(100)
    folder = run.save(tmp_path / "run", samples=50)
    names = {p.name for p in folder.iterdir()}
    assert names == {"run.json", "metrics.jsonl", "model.safetensors", "samples.csv"}
    head = json.loads((folder / "run.json").read_text())
    assert RunConfig.model_validate(head["config"]) == run.config
    again = Experiment.load(folder)
    assert again.step == 40
    assert again.history.rows() == run.history.rows()
    assert again.history.density_kind == "exact"


def test_a_table_travels_with_its_run(tmp_path):
    table = tmp_path / "mine.csv"
    points = torch.randn(60, 2, generator=torch.Generator().manual_seed(0))
    table.write_text("a,b\n" + "".join(f"{x},{y}\n" for x, y in points.tolist()))
    run = Experiment("vae", str(table), training={**SMALL, "steps": 5}).train()
    run.save(tmp_path / "run")
    table.unlink()
    again = Experiment.load(tmp_path / "run")
    assert torch.equal(again.data.train.x, run.data.train.x)
    assert again.data.columns == ("a", "b")
    assert torch.equal(again.sample(10), run.sample(10))


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return run_of().train(3).save(tmp_path_factory.mktemp("saved") / "run", samples=5)


def copy_of(saved, tmp_path):
    folder = tmp_path / "copy"
    folder.mkdir()
    for path in saved.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


@pytest.mark.parametrize("name", ["run.json", "model.safetensors", "metrics.jsonl"])
@pytest.mark.parametrize("part", [0.0, 0.3, 0.6, 0.95])
def test_cut_files_are_refused_in_one_sentence(saved, tmp_path, name, part):
    folder = copy_of(saved, tmp_path)
    content = (folder / name).read_bytes()
    cut = content[: int(part * len(content))]
    (folder / name).write_bytes(cut)
    if name == "metrics.jsonl" and (not cut or cut.endswith(b"}\n")):
        assert Experiment.load(folder).step == 3
        return
    with pytest.raises(CheckpointError) as caught:
        Experiment.load(folder)
    assert "\n" not in str(caught.value)
    assert (folder / name).read_bytes() == cut


def test_flipped_bytes_are_noticed(saved, tmp_path):
    folder = copy_of(saved, tmp_path)
    content = bytearray((folder / "model.safetensors").read_bytes())
    content[-7] ^= 1
    (folder / "model.safetensors").write_bytes(bytes(content))
    with pytest.raises(CheckpointError, match="checksum"):
        Experiment.load(folder)


def test_newer_formats_are_refused_with_both_versions(saved, tmp_path):
    folder = copy_of(saved, tmp_path)
    head = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**head, "format": 7}))
    with pytest.raises(CheckpointError, match=r"format 1.*has 7"):
        Experiment.load(folder)


def test_a_folder_that_is_no_run(tmp_path):
    with pytest.raises(CheckpointError, match=r"has no run\.json"):
        Experiment.load(tmp_path)


def test_weights_of_another_model_are_refused(saved, tmp_path):
    folder = copy_of(saved, tmp_path)
    head = json.loads((folder / "run.json").read_text())
    head["config"]["model_settings"]["width"] *= 2
    (folder / "run.json").write_text(json.dumps(head))
    with pytest.raises(CheckpointError, match="do not fit"):
        Experiment.load(folder)


def test_a_full_disk_leaves_the_old_run_whole(tmp_path, monkeypatch):
    run = run_of().train(2)
    folder = run.save(tmp_path / "run", samples=5)
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    run.train(2)

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        run.save(folder, samples=5)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
    assert run.train(1).step == 5


def test_nothing_is_ever_unpickled():
    """A search of the whole product for what executes a stranger's file."""
    from pathlib import Path

    import app
    import engine

    banned = ("import pickle", "torch.load(", "allow_pickle=True", "eval(", "exec(")
    for package in (engine, app):
        for path in Path(package.__path__[0]).rglob("*.py"):
            text = path.read_text().replace(".eval()", "").replace(".exec(", "")
            assert not [b for b in banned if b in text], path


def test_infinite_log_density_is_no_number_in_the_report(monkeypatch):
    run = run_of()
    monkeypatch.setattr(
        "engine.models.fitted.Fitted.log_prob",
        lambda self, x, seed, effort=1.0: torch.full((len(x),), -math.inf),
    )
    assert run.measure(50).nll.value is None


def test_a_view_that_the_model_cannot_feed_is_refused_in_one_sentence():
    run = Experiment("vae", "two_moons")
    with pytest.raises(SettingError, match="VAE has no trajectories"):
        run.picture("trajectories")
