"""Forms offer the classes that the data have, and none where they have none."""

import pytest
from window_world import World

from app.session_config import limited, schema_of
from app.sweep_values import suggested, sweepables
from engine.protocol import RunConfig

START = RunConfig(
    model="flow_matching", data="eight_gaussians", model_settings={"conditional": True}
)


@pytest.fixture
def world(qtbot, tmp_path, engine):
    made = World(qtbot, tmp_path, engine, start=lambda _: START)
    made.start()
    yield made
    made.close()


def told(world, classes):
    """The engine says how many classes the data have."""
    ready = world.run.ready.model_copy(update={"classes": classes})
    world.session._on_run_event(world.run, ready)


def test_the_class_drawn_is_bounded_by_those_of_the_data(world):
    form = world.window.model.form
    form.set_folded(False)
    row = form.fields["label"]
    assert row.range_text() == "0 to 8, usual 0"
    row.user_set(20)
    assert "8" in row.box.error
    assert world.run.config.model_settings["label"] == 0
    row.user_set(8)
    world.until(lambda: world.client.configured.model_settings["label"] == 8)
    told(world, 3)
    assert form.fields["label"].range_text() == "0 to 3, usual 0"
    told(world, 0)
    assert form.fields["label"]._reason == "These data have no classes."
    assert form.fields["label"].range_text() == "0 to 0, usual 0"


def test_other_settings_keep_their_rows_when_the_data_change(world):
    form = world.window.model.form
    before = dict(form.fields)
    told(world, 8)
    assert dict(form.fields) == before


def test_a_sweep_proposes_classes_that_there_are(world):
    catalogue = world.session.catalogue
    config = world.run.config

    def offered(classes):
        return {s.key: s for s in sweepables(catalogue, config, classes)}

    values = suggested(offered(3)["model_settings.label"])
    assert max(values) <= 3
    assert "model_settings.label" not in offered(0)
    plain = schema_of(catalogue, config, "training")
    assert limited(plain, 3) is plain
