"""Titles of notes: each says what the engine did not accept."""

from pathlib import Path

import pytest

from app import refusals
from app.session_config import complete
from engine.protocol import Catalogue, Credit, Pause, Play, Reset, RunConfig, StepOnce

FILE = Path(__file__).parents[1] / "fixtures" / "catalogue.json"
CATALOGUE = Catalogue.model_validate_json(FILE.read_text())
BASE = complete(CATALOGUE, RunConfig(model="vae", data="two_moons"))


def title(before=BASE, **changes):
    after = complete(CATALOGUE, before.model_copy(update=changes))
    return refusals.of_config(CATALOGUE, before, after)


def test_a_setting_is_named_as_its_form_names_it():
    training = BASE.training | {"learning_rate": 0.5}
    assert title(training=training) == "“Learning rate” was not accepted"
    more = BASE.data_settings | {"noise": 0.2}
    assert title(data_settings=more) == "“Noise” was not accepted"
    both = title(training=training, data_settings=more)
    assert both == "These settings were not accepted"


def test_model_data_and_device_are_named():
    assert title(model="glow") == "Glow was not begun on these data"
    assert title(data="rings", data_settings={}) == "Rings was not taken as data"
    assert title(device="cuda") == "The device cuda was not taken"
    assert refusals.of_config(CATALOGUE, None, BASE) == "The run was not begun"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("picture", "The picture was not added"),
        ("points", "The points were not added"),
        ("layer", "The data set was not added"),
        ("scale", "The drawing was not taken as data"),
    ],
)
def test_of_a_drawing_the_last_addition_is_named(kind, expected):
    drawn = complete(CATALOGUE, BASE.model_copy(update={"data": "drawn"}))
    operations = [*drawn.data_settings["operations"], {"do": kind}]
    settings = drawn.data_settings | {"operations": operations}
    assert title(drawn, data_settings=settings) == expected
    # The same where the drawing takes the place of other data, unless it is kept.
    if kind == "points":
        expected = "The run does not learn from the drawing yet"
    assert title(data="drawn", data_settings=settings) == expected


@pytest.mark.parametrize("command", [Play, Pause, Reset, StepOnce])
def test_every_command_of_the_top_bar_has_its_own_title(command):
    titles = {
        refusals.of_command(c(run_id="r")) for c in (Play, Pause, Reset, StepOnce)
    }
    assert len(titles) == 4
    found = refusals.of_command(command(run_id="r"))
    assert found != refusals.of_command(Credit(slot="s"))
