"""The session without a window: settings, undo, restarts, time, faults."""

from pathlib import Path

import pytest
from window_world import World

from app import session_history
from app.session_config import GROUPS, restarts_at_once
from app.start import BadRequest, requested
from engine.protocol import (
    Configure,
    Play,
    Reset,
    RunConfig,
    SetSpeed,
    SettingChanged,
    Subscribe,
)


@pytest.fixture
def world(qtbot, tmp_path, engine):
    made = World(qtbot, tmp_path, engine, with_window=False)
    made.start()
    yield made
    made.close()


def test_first_run_is_configured_whole_and_waits_for_a_hand(world):
    config = world.client.configured
    assert (config.model, config.data) == ("rectified_flow", "eight_gaussians")
    assert all(getattr(config, group) for group in GROUPS)
    assert world.run.status.state == "paused"
    assert not world.client.of(Play)
    slots = {c.slot for c in world.client.of(Subscribe)}
    assert slots == {"a", "b", "c", "d"}


def test_live_setting_goes_at_once_and_keeps_what_was_learned(world):
    world.train()
    world.session.desk.edit("training", "learning_rate", 5e-4)
    world.settle()
    sent = world.client.of(Configure)[-1]
    assert sent.config.training["learning_rate"] == 5e-4
    assert not sent.restart
    assert world.run.step >= 50


def test_restart_setting_waits_and_live_ones_pass_it_by(world):
    world.train()
    world.session.desk.edit("model_settings", "width", 64)
    world.settle()
    assert world.run.waiting == {"model_settings": {"width"}}
    world.session.desk.edit("training", "batch_size", 256)
    world.settle()
    assert world.client.configured.training["batch_size"] == 256
    assert world.client.configured.model_settings["width"] == 128
    world.session.desk.restart()
    world.settle()
    assert world.client.configured.model_settings["width"] == 64
    assert world.client.of(Configure)[-1].restart
    assert world.run.waiting == {}
    world.until(lambda: world.run.status and world.run.step == 0)


def test_restart_setting_goes_at_once_where_nothing_was_trained(world):
    world.session.desk.edit("model_settings", "width", 64)
    world.settle()
    assert world.client.configured.model_settings["width"] == 64
    assert world.run.waiting == {}


def test_other_model_keeps_data_and_brings_its_own_defaults(world):
    world.train()
    world.session.desk.choose_model("gan")
    world.settle()
    config = world.client.configured
    assert (config.model, config.data, config.sampler) == ("gan", "eight_gaussians", "")
    assert config.training["beta1"] == 0.5
    assert "couplings" not in config.model_settings
    assert world.client.of(Configure)[-1].restart


def test_undo_and_redo_walk_through_every_group(world):
    desk, stack = world.session.desk, world.run.history.stack
    first = world.run.config
    desk.edit("training", "batch_size", 64)
    desk.edit("model_settings", "width", 32)
    desk.edit("data_settings", "noise", 0.2)
    desk.edit("sampler_settings", "steps", 7)
    desk.choose_model("vae")
    last = world.run.config
    assert stack.undoText() == "model VAE"
    for _ in range(5):
        stack.undo()
    assert world.run.config == first
    for _ in range(5):
        stack.redo()
    assert world.run.config == last
    world.settle()
    assert world.client.configured == last


def test_a_slider_drag_is_one_step_of_the_history(world, monkeypatch):
    monkeypatch.setattr(session_history, "_MERGE_WITHIN", 60.0)  # on a slow machine
    stack = world.run.history.stack
    for noise in (0.16, 0.17, 0.18):
        world.session.desk.edit("data_settings", "noise", noise)
    assert stack.count() == 1
    world.session.desk.edit("data_settings", "points", 500)
    assert stack.count() == 2
    stack.undo()
    stack.undo()
    assert world.run.config.data_settings["noise"] == 0.15
    stack.redo()
    assert world.run.config.data_settings["noise"] == 0.18


def test_a_drag_never_piles_up_commands_and_the_last_value_wins(world):
    before = len(world.client.of(Configure))
    for noise in range(100, 200):
        world.session.desk.edit("data_settings", "noise", noise / 1000)
    assert len(world.client.of(Configure)) == before + 1
    world.settle()
    assert world.client.configured.data_settings["noise"] == 0.199
    assert len(world.client.of(Configure)) == before + 2


def test_refused_setting_is_told_and_taken_back(world):
    before = world.run.config
    world.session.desk.edit("training", "nonsense", 1)
    world.until(lambda: world.notes)
    assert "nonsense" in world.notes[-1].text
    assert world.notes[-1].title == "“nonsense” was not accepted"
    assert world.run.config == before
    assert not world.run.history.stack.canUndo()


def test_what_was_refused_is_said_until_something_else_is_taken(world):
    over = []
    world.session.outdated.connect(over.append)
    world.session.desk.edit("training", "nonsense", 1)
    world.until(lambda: world.notes)
    world.settle()
    about = world.notes[-1].about
    assert about
    assert about not in over
    world.session.desk.edit("data_settings", "noise", 0.3)
    world.until(lambda: about in over)


def test_play_pause_speed_reset(world):
    session = world.session
    session.set_speed(20)
    assert world.client.of(SetSpeed)[-1].steps_per_second == 20
    session.toggle()
    world.until(lambda: world.run.is_playing and world.run.step > 0)
    session.toggle()
    world.until(lambda: not world.run.is_playing)
    session.reset()
    assert world.client.of(Reset)
    world.until(lambda: world.run.step == 0)


def test_marks_of_changes_go_with_what_is_forgotten(world):
    world.train(700)
    run = world.run
    run.changes = [
        SettingChanged(run_id=run.id, step=step, name="beta", old=1, new=2)
        for step in (100, 600)
    ]
    world.session.runs.restore(500)
    world.until(lambda: [change.step for change in run.changes] == [100])
    world.session.reset()
    assert run.changes == []


def test_new_seed_begins_again_with_another_one(world):
    world.train()
    world.session.new_seed()
    world.settle()
    sent = world.client.of(Configure)[-1]
    assert sent.restart
    assert sent.config.seed != 0


def test_visit_shows_the_nearest_snapshot_everywhere_and_returns(world):
    world.train(700)
    runs = world.session.runs
    runs.visit(480)
    assert world.run.at == 500
    asked = {c.slot: c.at for c in world.client.of(Subscribe)}
    assert set(asked.values()) == {500}
    world.until(lambda: (f := world.session.slots["a"].frame) and f[0].step == 500)
    runs.return_live()
    asked = {c.slot: c.at for c in world.client.of(Subscribe)}
    assert set(asked.values()) == {None}


def test_branch_goes_on_in_a_new_run_and_leaves_the_old_one(world):
    world.train(700)
    old = world.run
    world.session.runs.visit(500)
    world.session.runs.branch()
    world.until(lambda: world.run is not old)
    assert world.run.number == 2
    world.until(lambda: world.run.status)
    assert world.run.step == 500
    assert old.step == 700
    world.session.runs.choose(old.id)
    assert world.run is old


def test_a_view_that_the_model_cannot_feed_costs_nothing(world):
    world.session.desk.choose_model("vae")
    world.settle()
    assert "one go" in world.session.reason_against("trajectories")
    world.session.slots.choose("b", "trajectories")
    world.client.sent.clear()
    world.session.slots.subscribe_all()
    assert {c.slot for c in world.client.of(Subscribe)} == {"a", "c", "d"}


def test_maximised_slot_is_the_only_one_computed(world):
    world.client.sent.clear()
    world.session.slots.maximise("c")
    kinds = {c.kind: c.slot for c in world.client.sent}
    assert set(kinds) == {"unsubscribe"}
    world.client.sent.clear()
    world.session.slots.maximise("")
    assert {c.slot for c in world.client.of(Subscribe)} == {"a", "b", "d"}


def test_probe_answers_come_back_with_slot_and_question(world):
    with world.qtbot.waitSignal(world.session.questions.probe_answered) as caught:
        world.session.questions.probe("a", "log_prob", [[0.0, 1.0]])
    assert caught.args[:2] == ["a", "log_prob"]
    assert "learned" in caught.args[2]


def test_engine_death_is_named_and_the_run_returns_paused(world):
    world.train()
    world.session.desk.edit("training", "batch_size", 64)
    world.session.desk.edit("model_settings", "width", 64)
    world.settle()
    folder = world.session.runs.run.recovery
    Path(folder).mkdir(parents=True, exist_ok=True)
    (Path(folder) / "run.json").write_text("{}")
    world.client.sent.clear()
    world.client.kill()
    world.session.step_once()  # lost with the engine, and not told by itself
    world.until(lambda: any("stopped" in n.title for n in world.notes))
    world.until(lambda: any("restarted" in n.title for n in world.notes))
    resumed = world.client.of(Configure)[0]
    assert resumed.resume == folder
    assert resumed.config.training["batch_size"] == 64
    assert resumed.config.model_settings["width"] == 128
    assert world.run.waiting == {"model_settings": {"width"}}
    assert not any("did not work" in n.title for n in world.notes)
    assert not world.run.is_playing
    assert {c.slot for c in world.client.of(Subscribe)} == {"a", "b", "c", "d"}


def test_without_a_recovery_file_the_run_begins_again(world):
    world.client.sent.clear()
    world.client.kill()
    world.until(lambda: any("restarted" in n.title for n in world.notes))
    world.settle()
    assert world.client.of(Configure)[0].resume == ""


def test_an_unknown_model_is_refused_in_a_sentence(qtbot, tmp_path, engine):
    wanted = RunConfig(model="perceptron", data="rings")
    made = World(qtbot, tmp_path, engine, False, lambda c: requested(c, wanted, []))
    with qtbot.waitSignal(made.session.start_refused, timeout=20_000) as caught:
        made.session.start()
    assert "perceptron" in caught.args[0]
    assert "rectified_flow" in caught.args[0]
    made.close()


def test_settings_of_a_command_line_find_their_group(world):
    catalogue = world.session.catalogue
    wanted = RunConfig(model="vae", data="rings")
    pairs = ["learning_rate=5e-4", "width=32", "noise=0.05", "training.batch_size=9"]
    config = requested(catalogue, wanted, pairs)
    assert config.training["learning_rate"] == 5e-4
    assert config.training["batch_size"] == 9
    assert config.model_settings["width"] == 32
    assert config.data_settings["noise"] == 0.05
    assert restarts_at_once(world.run.config, config)
    with pytest.raises(BadRequest, match="'colour'"):
        requested(catalogue, wanted, ["colour=red"])


def test_play_before_there_is_a_run_is_not_forgotten(qtbot, tmp_path, engine):
    made = World(qtbot, tmp_path, engine, with_window=False)
    made.session.toggle()
    made.start()
    made.until(lambda: made.run.is_playing)
    made.close()
