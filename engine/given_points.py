"""Points of a published comparison in place of those a data set draws itself.

Two programs can only be compared on the same points: 20,000 draws of one seed may hold
a mode 5 % too often, which then counts against whoever learned from them.
"""

from dataclasses import replace
from pathlib import Path

import torch

from engine.data.base import DataError, Points
from engine.data.load import Data, load_data, scaling_of


def given_points(data: Data, folder: Path) -> Data:
    """Data that learn from one file of a folder and are judged by another.

    Args:
        data: A data set with its known density, which stays.
        folder: Holds NAME_train.csv and NAME_heldout.csv, two columns each.

    Raises:
        DataError: A file is missing or is no table of points.
    """
    train = _all_rows(folder / f"{data.name}_train.csv")
    heldout = _all_rows(folder / f"{data.name}_heldout.csv")
    scaling, _notes = scaling_of(train.x, data.source)
    return replace(data, train=train, heldout=heldout, scaling=scaling, classes=0)


def _all_rows(path: Path) -> Points:
    if not path.is_file():
        raise DataError(
            f"There is no file {path.name} in {path.parent}; the points to learn from "
            "and to judge by are read from NAME_train.csv and NAME_heldout.csv."
        )
    found = load_data(str(path), {}, seed=0)
    x = torch.cat([found.train.x, found.heldout.x])
    return Points(x, torch.zeros(len(x), dtype=torch.int64))
