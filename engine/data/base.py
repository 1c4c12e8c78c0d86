"""What a data set is: points to learn from, points held out, and what is known of p.

Points are float64 CPU tensors in data units; the trainer converts and standardises.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from torch import Generator, Tensor

from engine.settings import Settings, knob

#: What a plot shows: x from, x to, y from, y to, in data units.
Limits = tuple[float, float, float, float]


class DataError(ValueError):
    """Unusable data; the message is one sentence: what, where, what to do."""


class TooFewPointsError(DataError):
    """Too few points to learn from; a person is about to make more."""


class DataConfig(Settings):
    """Settings shared by all data sets."""

    standardise: bool = knob(
        True,
        "Standardise",
        "Train on coordinates with mean 0 and standard deviation 1; plots stay in "
        "data units.",
        group="Scaling",
    )


class ToyConfig(DataConfig):
    """Settings shared by toy densities."""

    points: int = knob(
        20_000,
        "Points",
        "Number of training points.",
        ge=100,
        le=200_000,
        unit="points",
        scale="log",
        group="Data",
    )


@dataclass(frozen=True)
class Points:
    """Points ``x`` (n, 2) in data units and their classes ``labels`` (n,) int64."""

    x: Tensor
    labels: Tensor


@dataclass(frozen=True)
class Modes:
    """Known modes of a density: ``centres`` (k, 2) and their ``std``, data units."""

    centres: Tensor
    std: float


@dataclass(frozen=True)
class Mixture:
    """A density as isotropic Gaussians of one ``std``, in data units.

    ``centres`` (k, 2) with ``weights`` (k,) that sum to 1 and classes ``labels`` (k,).
    """

    centres: Tensor
    weights: Tensor
    labels: Tensor
    std: float

    def of_class(self, label: int) -> "Mixture":
        """The Gaussians of one class, their weights adding up to 1."""
        rows = self.labels == label
        weights = self.weights[rows]
        return Mixture(
            self.centres[rows], weights / weights.sum(), self.labels[rows], self.std
        )


@dataclass(frozen=True)
class Scaling:
    """Standardisation x -> (x - mean) / std, with ``mean`` and ``std`` (2,)."""

    mean: Tensor
    std: Tensor

    def standardise(self, x: Tensor) -> Tensor:
        """Data units to training coordinates, (n, 2)."""
        return (x - self.mean.to(x)) / self.std.to(x)

    def restore(self, x: Tensor) -> Tensor:
        """Training coordinates to data units, (n, 2)."""
        return x * self.std.to(x) + self.mean.to(x)

    @property
    def log_det(self) -> float:
        """Ln |d standardised / d data|: added to a log-density to get data units."""
        return -float(self.std.log().sum())


class DataSet(ABC):
    """A source of points. A subclass is one toy density, or one kind of table."""

    name: ClassVar[str]
    title: ClassVar[str]
    description: ClassVar[str]
    Config: ClassVar[type[DataConfig]]

    def __init__(self, config: DataConfig) -> None:
        self.config = config
        #: Things a person should know, e.g. "12 rows with missing cells left out".
        self.notes: tuple[str, ...] = ()
        self.columns: tuple[str, str] = ("x", "y")
        self.class_names: tuple[str, ...] = ()
        #: Classes as data sets of their own, as :mod:`engine.data.one_class` needs.
        self.parts: dict[int, DataSet] = {}

    @property
    def display_title(self) -> str:
        """Title of this very data set; a table shows the name of its file."""
        return self.title

    @abstractmethod
    def split(self, generator: Generator) -> tuple[Points, Points]:
        """Training points and held-out points, drawn with the generator."""

    def limits(self, x: Tensor) -> Limits | None:
        """What every plot shows of all points x (n, 2), where a source says so."""
        del x
        return None

    def log_prob(self, x: Tensor) -> Tensor | None:
        """Exact log-density (n,) in nats at x (n, 2), or None where unknown."""
        del x
        return None

    def entropy(self) -> float | None:
        """Entropy in nats by quadrature or closed form, or None where unknown."""
        return None

    def class_log_prob(self, x: Tensor, label: int) -> Tensor | None:
        """Exact log-density (n,) of one class at x (n, 2), or None where unknown."""
        del x, label
        return None

    def class_entropy(self, label: int) -> float | None:
        """Entropy of one class in nats, or None where unknown."""
        del label
        return None

    def modes(self) -> Modes | None:
        """The modes, where the density is a mixture of equal Gaussians."""
        return None

    def mixture(self) -> Mixture | None:
        """The density as a mixture of Gaussians, where it is one (or as good as)."""
        return None
