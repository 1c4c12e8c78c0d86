"""What can be swept follows from the schemas, and values are read as people write."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from app.session_config import complete
from app.sweep_values import (
    Sweepable,
    heading,
    read_values,
    suggested,
    sweepables,
    written,
)
from engine.protocol import Catalogue, RunConfig

FIXTURE = Path(__file__).parents[1] / "fixtures" / "catalogue.json"
CATALOGUE = Catalogue.model_validate_json(FIXTURE.read_text())
MODELS = [model.name for model in CATALOGUE.models]


def offered(model="vae", data="two_moons", classes=2):
    config = complete(CATALOGUE, RunConfig(model=model, data=data))
    return {s.key: s for s in sweepables(CATALOGUE, config, classes)}


def number(current, kind="number", **schema):
    schema = {"title": "Width", "type": kind, **schema}
    return Sweepable("m.width", "model_settings", "width", schema, current)


def test_every_group_is_offered_and_the_seed_but_not_the_steps():
    found = offered("rectified_flow")
    groups = {s.group for s in found.values()}
    assert groups == {
        "model_settings",
        "training",
        "sampler_settings",
        "data_settings",
        "seed",
    }
    assert "training.steps" not in found
    assert heading(found["training.learning_rate"]) == "Training"
    assert heading(found["seed"]) == ""


@pytest.mark.parametrize("model", MODELS)
def test_suggestions_are_allowed_different_and_can_be_read_back(model):
    for setting in offered(model).values():
        values = suggested(setting)
        assert values, setting.key
        assert len(set(values)) == len(values)
        assert len(values) > 1 or len(setting.choices) == 1, setting.key
        assert read_values(setting, written(setting, values)) == values, setting.key


def test_a_log_setting_is_swept_by_ratio_round_its_value():
    values = suggested(offered()["training.learning_rate"])
    ratios = [b / a for a, b in pairwise(values)]
    assert max(ratios) / min(ratios) < 1.2
    assert offered()["training.learning_rate"].current in values
    width = offered()["model_settings.width"]
    assert suggested(width) == [width.current * f for f in (0.25, 0.5, 1, 2)]


def test_near_a_limit_values_go_on_at_the_other_side():
    """A VAE's decoder noise was swept over 0.02, 0.025, 0.1 and 0.4."""
    noise = offered("vae")["model_settings.sigma_x"]
    assert (noise.current, noise.schema["minimum"]) == (0.1, 0.02)
    assert suggested(noise) == [0.025, 0.05, 0.1, 0.2]
    high = replace(noise, current=noise.schema["maximum"])
    assert suggested(high) == [0.12, 0.25, 0.5, 1.0]
    low = replace(noise, current=0.02)
    assert suggested(low) == [0.02, 0.04, 0.08, 0.16]


def test_all_choices_both_states_of_a_switch_and_four_seeds():
    found = offered()
    optimiser = found["training.optimizer"]
    assert suggested(optimiser) == ["adam", "adamw", "sgd", "rmsprop"]
    assert suggested(found["data_settings.standardise"]) == [False, True]
    assert suggested(found["seed"]) == [0, 1, 2, 3]
    assert written(found["data_settings.standardise"], [True]) == "on"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1e-3 0.01; 4", [1e-3, 0.01, 4]),
        ("1e−3, 2e−3", [1e-3, 2e-3]),
        ("1,000  2,000", [1000, 2000]),
        ("  1/4   1/4 ", [0.25]),
    ],
)
def test_numbers_as_people_write_them(text, values):
    assert read_values(number(1.0, minimum=0, maximum=5000), text) == values


@pytest.mark.parametrize(
    ("setting", "text", "words"),
    [
        (number(1.0), "1 two", "“two” is no number"),
        (number(1.0, minimum=0, maximum=1), "0.5 3", "takes 0 to 1, not 3"),
        (number(8, "integer", minimum=1, maximum=9), "2.5", "whole numbers"),
        (number(1.0), "  ", "at least one value"),
        (number(1.0), " ".join(map(str, range(37))), "At most 36"),
        (number("a", "string", enum=["a", "b"]), "a, c", "“c” is none of: a, b"),
    ],
)
def test_bad_values_give_one_sentence(setting, text, words):
    with pytest.raises(ValueError, match=r"[.]$") as caught:
        read_values(setting, text)
    assert words in str(caught.value)


def test_a_setting_without_effect_says_which_others_stand_in_its_way():
    found = offered("gan")
    assert found["model_settings.gradient_penalty"].needs == {"model_settings.loss"}
    assert found["model_settings.loss"].needs == frozenset()
    assert found["training.momentum"].needs == {"training.optimizer"}
    assert found["training.beta1"].needs == frozenset()
