"""The catalogue of a hello, and how little must be loaded to write it."""

import subprocess
import sys

import pytest

from engine import registry
from engine.link import catalogue
from engine.protocol import encode


def test_everything_listed_is_described():
    found = catalogue.catalogue()
    assert [m.name for m in found.models] == list(registry.MODELS)
    assert [d.name for d in found.data] == list(registry.DATA)
    assert [s.name for s in found.samplers] == list(registry.SAMPLERS)
    assert [v.name for v in found.views] == list(registry.VIEWS)
    for data in found.data:
        assert len(data.thumbnail) == 2 * len(data.thumbnail_labels), data.name
        assert bool(data.thumbnail) == (data.name != "csv")
    assert len(encode(found)[0]) < 2**20


def test_formulas_belong_to_values_of_a_setting():
    """Each value has a formula of its own, the default that of the card."""
    found = [m for m in catalogue.catalogue().models if m.formulas]
    assert "ddpm" in [m.name for m in found]
    for model in found:
        setting = model.settings["properties"][model.formula_setting]
        others = [value for value in setting["enum"] if value != setting["default"]]
        assert set(model.formulas) <= set(others), model.name
        assert model.formula not in model.formulas.values()
        for switch, term in model.formula_terms.items():
            assert model.settings["properties"][switch]["type"] == "boolean"
            assert term.strip().startswith(r"\\")  # on a line of its own


@pytest.mark.parametrize("name", ["gan", "conditional_gan", "score_matching"])
def test_each_value_of_the_setting_has_its_formula(name):
    (model,) = [m for m in catalogue.catalogue().models if m.name == name]
    setting = model.settings["properties"][model.formula_setting]
    others = {value for value in setting["enum"] if value != setting["default"]}
    assert set(model.formulas) == others
    assert len({model.formula, *model.formulas.values()}) == len(setting["enum"])


@pytest.mark.parametrize("name", ["iris", "wine", "digits"])
def test_shipped_thumbnails_are_those_of_the_data(name):
    points, labels = catalogue.drawn_thumbnail(registry.data_set(name))
    shipped = catalogue.shipped_thumbnails()[name]
    assert shipped["labels"] == labels
    assert shipped["points"] == pytest.approx(points, abs=0.002)


def test_the_catalogue_loads_no_slow_library():
    code = (
        "import sys; from engine.link.catalogue import catalogue; catalogue();"
        "print([m for m in ('sklearn', 'scipy', 'ot') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", sorted(registry.MODELS))
def test_the_first_settings_are_three_that_matter_by_default(name):
    kind = registry.model(name)
    fields = kind.Config.model_json_schema()["properties"]
    default = kind.Config().model_dump()
    assert len(set(kind.Config.first)) in (0, 3)
    for first in kind.Config.first:
        wanted = fields[first]["shown_if"]
        assert all(default[other] in values for other, values in wanted.items())
    assert catalogue.model_entry(kind).settings["first"] == list(kind.Config.first)
