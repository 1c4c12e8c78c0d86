"""A class that the data do not have is refused, and never drawn as another one."""

import pytest

from engine import Experiment, registry
from engine.data.load import load_data
from engine.protocol import RunConfig
from engine.settings import SettingError
from engine.training.class_limits import brought_in, class_settings

KNOWN = {"conditional": True}


@pytest.mark.parametrize(
    ("model", "settings", "words"),
    [
        ("flow_matching", {**KNOWN, "label": 20}, "Class drawn ('label') of Flow"),
        ("oracle", {"label": 9}, "Class drawn ('label') of Exact reference is 9,"),
        ("conditional_gan", {"shown_class": 9}, "Shown class ('shown_class') of"),
    ],
)
def test_a_class_beyond_those_of_the_data_is_refused(model, settings, words):
    """Class 20 of eight drew the eighth, without a word."""
    with pytest.raises(SettingError) as caught:
        Experiment(model, "eight_gaussians", model_settings=settings)
    assert words in str(caught.value)
    assert "the data have 8 classes, so it must be at most 8." in str(caught.value)
    (name,) = settings.keys() - KNOWN.keys()
    Experiment(model, "eight_gaussians", model_settings={**settings, name: 8})


def test_every_setting_that_names_a_class_is_limited():
    kinds = [registry.model(name).Config for name in registry.MODELS]
    found = {n for kind in kinds for n in class_settings(kind)}
    assert found == {"label", "shown_class"}
    for kind in kinds:
        named = {"label", "shown_class"} & kind.model_fields.keys()
        assert set(class_settings(kind)) == named


def test_data_without_classes_leave_no_choice(tmp_path):
    table = tmp_path / "plain.csv"
    table.write_text("x,y\n" + "".join(f"{k},{k % 7}\n" for k in range(60)))
    with pytest.raises(SettingError, match="the data have none, so it must stay 0"):
        Experiment("flow_matching", str(table), model_settings={**KNOWN, "label": 1})
    Experiment("flow_matching", str(table), model_settings=KNOWN)


def test_a_live_change_beyond_them_leaves_the_run_as_it_is():
    run = Experiment("oracle", "rings", model_settings={"label": 2})
    for label, fits in ((4, False), (3, True)):
        settings = run.config.model_settings | {"label": label}
        config = run.config.model_copy(update={"model_settings": settings})
        if fits:
            run.configure(config)
        else:
            with pytest.raises(SettingError, match="at most 3"):
                run.configure(config)
            assert run.config.model_settings["label"] == 2
    assert run.config.model_settings["label"] == 3


def test_for_other_data_a_class_that_is_gone_is_named_anew():
    kind = registry.model("flow_matching").Config
    settings = {**KNOWN, "label": 3, "guidance": 2.0}
    config = RunConfig(model="flow_matching", data="x", model_settings=settings)
    rings, moons = (load_data(name, {}, 0) for name in ("rings", "two_moons"))
    assert brought_in(kind, config, rings) == (config, [])
    lowered, titles = brought_in(kind, config, moons)
    assert lowered.model_settings == settings | {"label": 0}
    assert titles == ["Class drawn"]
