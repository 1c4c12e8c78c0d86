"""Data and samples."""

import numpy as np
from views_world import Identity, NormalFlow, moment, normal_data

from engine.views.samples import SamplesConfig, SamplesView


def picture(model, data=None, seed=0, quality=1.0, **settings):
    view = SamplesView(SamplesConfig(**settings))
    return view.compute(moment(model, data, seed=seed, quality=quality))


def test_labels_belong_to_their_points():
    found = picture(Identity(), samples=100)
    assert found.arrays["data"].shape == (2000, 2)
    right = found.arrays["data"][:, 0] > 3
    assert (found.arrays["data_labels"] == right).all()
    assert found.meta["n_data"] == 3000
    assert found.meta["class_names"] == ["left", "right"]


def test_number_of_samples_and_their_units():
    found = picture(NormalFlow(), samples=10_000)
    samples = found.arrays["samples"]
    assert samples.shape == (10_000, 2)
    np.testing.assert_allclose(samples.mean(0), [3, -1], atol=0.08)
    np.testing.assert_allclose(samples.std(0), [2, 0.4], rtol=0.04)


def test_few_data_are_all_shown():
    found = picture(Identity(), normal_data(points=30))
    assert found.arrays["data"].shape == (30, 2)


def test_seed_and_quality():
    first, again, other = (picture(Identity(), seed=s) for s in (0, 0, 1))
    for name, array in first.arrays.items():
        assert np.array_equal(array, again.arrays[name])
    assert not np.array_equal(first.arrays["samples"], other.arrays["samples"])
    assert picture(Identity(), quality=0.5).meta["n_samples"] == 1000
    assert picture(Identity(), quality=0.01, samples=100).meta["n_samples"] == 100
