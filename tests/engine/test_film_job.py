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
