"""What is refused is called as the form calls it, with the typed key in quotes."""

import pytest

from engine import Experiment
from engine.data.base import DataError
from engine.settings import SettingError, Settings, checked, knob


class Plain(Settings):
    """A field of each kind."""

    width: int = knob(4, "Width", "Units.", ge=2, le=8)
    rate: float = knob(0.1, "Learning rate", "Step.", ge=0.001, le=1)
    bare: int = 0


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"width": 1}, "Width ('width') of VAE is 1: it must be at least 2."),
        ({"width": 9}, "Width ('width') of VAE is 9: it must be at most 8."),
        ({"rate": 7.5}, "Learning rate ('rate') of VAE is 7.5: it must be at most 1."),
        ({"bare": "x"}, "Setting 'bare' of VAE is 'x': it must be a valid integer, "),
        ({"rate": float("nan")}, "('rate') of VAE is nan: it must be a finite number."),
        ({"widht": 1}, "VAE has no setting 'widht'; its settings are: width, rate, "),
    ],
)
def test_a_refusal_names_and_says_what_would_be_right(values, words):
    with pytest.raises(SettingError) as caught:
        checked(Plain, values, "VAE")
    assert words in str(caught.value)
    assert "nput should" not in str(caught.value)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"model": "vqvae", "model_settings": {"x": 1}}, "VQ-VAE has no setting 'x'"),
        ({"model_settings": {"width": 0}}, "('width') of VAE is 0"),
        ({"training": {"steps": 0}}, "Steps ('steps') of the training is 0"),
        ({"training": {"colour": 0}}, "The training has no setting 'colour'"),
        ({"sampler": "heun"}, "VAE draws samples in one go"),
        (
            {"model": "ddpm", "sampler": "ddim", "sampler_settings": {"eta": 9}},
            "('eta') of DDIM is 9",
        ),
    ],
)
def test_a_run_is_refused_by_the_names_on_the_screen(asked, words):
    settings = {"model": "vae", "data": "two_moons", **asked}
    with pytest.raises(SettingError) as caught:
        Experiment(settings.pop("model"), settings.pop("data"), **settings)
    assert words in str(caught.value)


def test_data_are_refused_by_their_name_on_the_screen():
    with pytest.raises(DataError, match=r"^Two moons has no setting 'nose'"):
        Experiment("vae", "two_moons", data_settings={"nose": 1})
    with pytest.raises(DataError, match=r"^Noise \('noise'\) of Two moons is -1: it"):
        Experiment("vae", "two_moons", data_settings={"noise": -1})
