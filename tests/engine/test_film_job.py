"""The film of a training: the pictures of all kept moments, in order."""

import numpy as np
import pytest

from engine import Experiment
from engine.lab.film import Film, FilmSettings
from engine.settings import SettingError


def test_each_moment_has_its_picture_for_each_place():
    run = Experiment("vae", "two_moons", model_settings={"width": 16})
    run.train(95)
    assert run.snapshots[-1] == 91
    reels = [
        {"slot": "a", "view": "samples", "settings": {"samples": 200}},
        {"slot": "b", "view": "latent"},
    ]
    wish = FilmSettings.model_validate({"reels": reels})
    news = list(Film(wish, {"r": run}, "r", lambda: None).work())
    told = [(n.result["step"], n.result["slot"]) for n in news]
    assert told == [(s, slot) for s in run.snapshots for slot in ("a", "b")]
    assert run.snapshots[-1] == 95  # it ends at the present
    assert {n.result["end"] for n in news} == {95}
    assert news[-1].share == 1.0
    middle = news[2 * 5]
    same = run.picture("samples", {"samples": 200}, middle.result["step"], 0.375)
    np.testing.assert_array_equal(middle.arrays["samples"], same.arrays["samples"])
    assert middle.result["meta"] == same.meta


def test_a_view_that_the_model_cannot_feed_is_refused():
    run = Experiment("vae", "two_moons", model_settings={"width": 16})
    wish = FilmSettings.model_validate({"reels": [{"slot": "a", "view": "duel"}]})
    with pytest.raises(SettingError):
        next(Film(wish, {"r": run}, "r", lambda: None).work())


@pytest.mark.parametrize(
    ("model", "view", "width"),
    [("vqvae", "codes", {}), ("vae", "posterior", {"latent_dim": 4})],
)
def test_maps_of_codes_have_the_same_limits_and_axes_in_a_whole_film(
    model, view, width
):
    """Cells covered a stamp in the middle of axes that stand still."""
    run = Experiment(model, "two_moons", model_settings=width | {"width": 16})
    run.train(60)
    wish = FilmSettings.model_validate({"reels": [{"slot": "a", "view": view}]})
    news = list(Film(wish, {"r": run}, "r", lambda: None).work())
    shared = {(*n.result["meta"]["limits_z"], *n.result["meta"]["axes"]) for n in news}
    assert len(shared) == 1
    x_0, x_1, y_0, y_1, *axes = shared.pop()
    own = [run.picture(view, {}, step, 0.375).meta for step in run.snapshots]
    assert [x_0, y_0] == pytest.approx(np.min([m["limits_z"] for m in own], 0)[::2])
    assert [x_1, y_1] == pytest.approx(np.max([m["limits_z"] for m in own], 0)[1::2])
    assert axes == own[-1]["axes"]
