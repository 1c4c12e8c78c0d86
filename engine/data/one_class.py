"""One class of data with several: what a model is judged by that draws it alone."""

from dataclasses import replace
from typing import ClassVar

from torch import Generator, Tensor

from engine.data.base import DataConfig, DataSet, Mixture, Modes, Points
from engine.data.load import Data

#: Held-out points without which nothing can be said of a class.
FEWEST = 2


class OneClass(DataSet):
    """The points of one class of another data set, and their density where known."""

    name: ClassVar[str] = "one_class"
    title: ClassVar[str] = "One class"
    description: ClassVar[str] = "The points of one class."
    Config: ClassVar[type[DataConfig]] = DataConfig

    def __init__(self, whole: DataSet, label: int) -> None:
        super().__init__(whole.config)
        self.whole = whole
        self.label = label
        self.columns = whole.columns
        self.class_names = whole.class_names
        self._entropy: tuple[float | None] | None = None

    @property
    def class_name(self) -> str:
        """Word for the class."""
        return self.class_names[self.label]

    def split(self, generator: Generator) -> tuple[Points, Points]:
        """Those of the whole that are of the class."""
        train, held_out = self.whole.split(generator)
        return _of(train, self.label), _of(held_out, self.label)

    def log_prob(self, x: Tensor) -> Tensor | None:
        """Exact log-density (n,) of the class in nats, or None where unknown."""
        return self.whole.class_log_prob(x, self.label)

    def entropy(self) -> float | None:
        """Entropy of the class in nats, computed once, or None where unknown."""
        if self._entropy is None:
            self._entropy = (self.whole.class_entropy(self.label),)
        return self._entropy[0]

    def modes(self) -> Modes | None:
        """Of data whose classes are their modes, the one of this class."""
        modes = self.whole.modes()
        if modes is None or len(modes.centres) != len(self.class_names):
            return None
        return Modes(modes.centres[self.label : self.label + 1], modes.std)

    def mixture(self) -> Mixture | None:
        """The Gaussians of the class, their weights adding up to 1."""
        whole = self.whole.mixture()
        return None if whole is None else whole.of_class(self.label)


def one_class(data: Data, label: int | None) -> Data:
    """The points of one class, in the scaling and limits of all.

    The data themselves where ``label`` is None, or where next to no point of the class
    is held out.
    """
    if label is None or not label < len(data.source.class_names):
        return data
    train, heldout = _of(data.train, label), _of(data.heldout, label)
    if len(heldout.x) < FEWEST or not len(train.x):
        return data
    source = data.source.parts.setdefault(label, OneClass(data.source, label))
    return replace(data, source=source, train=train, heldout=heldout)


def class_name(data: Data) -> str:
    """Word for the class that data are of; empty for whole data."""
    return data.source.class_name if isinstance(data.source, OneClass) else ""


def _of(points: Points, label: int) -> Points:
    rows = points.labels == label
    return Points(points.x[rows], points.labels[rows])
