"""Three real tables at hand without a network, on their two principal components.

scikit-learn ships them; it is imported when a table is first drawn, as it takes long.
"""

from typing import Any, ClassVar

import torch
from torch import Generator, Tensor

from engine.data.base import DataConfig, DataSet, Points
from engine.data.table import HeldOutConfig, shuffled_split


class ProjectedConfig(HeldOutConfig):
    """Settings of :class:`ProjectedTable`."""


class ProjectedTable(DataSet):
    """A table seen along the two directions in which it varies most."""

    Config: ClassVar[type[DataConfig]] = ProjectedConfig
    #: Function of ``sklearn.datasets``.
    loader: ClassVar[str]
    #: Columns with different units are brought to standard deviation 1 first.
    same_units: ClassVar[bool] = True
    #: Cells are divided by this.
    unit: ClassVar[float] = 1.0
    config: Any

    def split(self, generator: Generator) -> tuple[Points, Points]:
        """All rows of the table, projected, a share of them held out."""
        from sklearn import datasets

        table = getattr(datasets, self.loader)()
        rows = torch.tensor(table.data, dtype=torch.float64) / self.unit
        labels = torch.tensor(table.target, dtype=torch.int64)
        self.class_names = tuple(
            str(name).replace("_", " ") for name in table.target_names
        )
        if not self.same_units:
            rows = rows / rows.std(0)
        x, share = principal_components(rows)
        self.columns = ("component 1", "component 2")
        self.notes = (
            f"Two principal components of {rows.shape[1]} columns; they hold "
            f"{100 * share:.0f} % of the variance.",
        )
        return shuffled_split(x, labels, self.config.held_out, generator)


def principal_components(rows: Tensor) -> tuple[Tensor, float]:
    """Rows (n, d) on their two main axes (n, 2), and the share of variance there.

    The sign of an axis, which is arbitrary, is chosen so that its largest entry is
    positive: the same picture on every machine.
    """
    centred = rows - rows.mean(0)
    _, singular, axes = torch.linalg.svd(centred, full_matrices=False)
    axes = axes[:2]
    largest = axes.gather(1, axes.abs().argmax(1, keepdim=True))
    variance = singular.square()
    return centred @ (axes * largest.sign()).T, float(
        variance[:2].sum() / variance.sum()
    )


class Iris(ProjectedTable):
    """Fisher's irises: 150 flowers, 4 lengths in cm, 3 species."""

    name: ClassVar[str] = "iris"
    title: ClassVar[str] = "Iris"
    description: ClassVar[str] = (
        "150 flowers of three species, four lengths each, on two principal components."
    )
    loader: ClassVar[str] = "load_iris"


class Wine(ProjectedTable):
    """178 wines, 13 chemical measurements, 3 growers."""

    name: ClassVar[str] = "wine"
    title: ClassVar[str] = "Wine"
    description: ClassVar[str] = (
        "178 wines of three growers, 13 measurements each, on two principal components."
    )
    loader: ClassVar[str] = "load_wine"
    same_units: ClassVar[bool] = False


class Digits(ProjectedTable):
    """1,797 handwritten digits of 8 x 8 pixels, 10 classes; pixels from 0 to 1."""

    name: ClassVar[str] = "digits"
    title: ClassVar[str] = "Digits"
    description: ClassVar[str] = (
        "1,797 handwritten digits of 8 by 8 pixels, on two principal components."
    )
    loader: ClassVar[str] = "load_digits"
    unit: ClassVar[float] = 16.0
