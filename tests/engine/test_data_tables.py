"""Real tables: their classes have names that a person can read."""

import pytest

from engine.data.load import load_data


@pytest.mark.parametrize(
    ("name", "classes"),
    [
        ("iris", ("setosa", "versicolor", "virginica")),
        ("wine", ("class 0", "class 1", "class 2")),
    ],
)
def test_classes_have_plain_names(name, classes):
    assert tuple(load_data(name, {}, seed=0).source.class_names) == classes
