"""The formula of the model card follows the settings that decide it."""

from pathlib import Path

import pytest

from app.session_config import formula_of, model_entry
from app.widgets.maths import MathsLabel, first_line, formula_svg
from engine.protocol.catalogue import Catalogue

FIXTURE = Path(__file__).parents[1] / "fixtures" / "catalogue.json"


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue.model_validate_json(FIXTURE.read_text())


@pytest.mark.parametrize(
    ("loss", "generator"),
    [
        ("non_saturating", r"\min_G \; -E \ln D(G(z))"),
        ("minimax", r"\min_G \; E \ln (1 - D(G(z)))"),
        ("least_squares", r"\min_G \; E \, (D(G(z)) - 1)^2"),
        ("wasserstein", r"\min_G \; -E \, D(G(z))"),
    ],
)
def test_the_game_decides_what_the_generator_minimises(catalogue, loss, generator):
    entry = model_entry(catalogue, "gan")
    found = formula_of(entry, {"loss": loss, "r1": False})
    assert first_line(found) == generator
    assert (r"\lambda" in found) is (loss == "wasserstein")
    assert r"\gamma" not in found


def test_a_switch_adds_its_term_and_is_known_by_its_default(catalogue):
    entry = model_entry(catalogue, "gan")
    assert entry.settings["properties"]["r1"]["default"] is True
    assert formula_of(entry, {}) == formula_of(entry, {"r1": True})
    plain = formula_of(entry, {"r1": False})
    assert formula_of(entry, {}).startswith(plain)
    assert r"\gamma" in formula_of(entry, {})[len(plain) :]


def test_score_matching_and_the_conditional_gan_have_their_own(catalogue):
    score = model_entry(catalogue, "score_matching")
    words = [
        formula_of(score, {"objective": name})
        for name in ("denoising", "implicit", "sliced")
    ]
    assert r"\epsilon" in words[0]
    assert r"\nabla \cdot" in words[1]
    assert r"v^\top" in words[2]
    assert "D(G(z, y), y)" in formula_of(model_entry(catalogue, "conditional_gan"), {})


def test_every_formula_of_every_model_can_be_set(catalogue):
    for entry in catalogue.models:
        terms = "".join(entry.formula_terms.values())
        for formula in (entry.formula, *entry.formulas.values()):
            assert formula_svg(formula + terms, "#000000", 15.0), entry.name


def test_lines_stand_below_each_other(qtbot):
    one, two = MathsLabel("a = b"), MathsLabel(r"a = b \\ c = d")
    for label in (one, two):
        qtbot.addWidget(label)
    assert two.sizeHint().height() > 1.6 * one.sizeHint().height()
    assert two.sizeHint().width() < 2 * one.sizeHint().width()
