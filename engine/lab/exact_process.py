"""The process that a model should have learned: its own path, with an exact field."""

import torch
from torch import Tensor

from engine.data.load import Data
from engine.models.base import Process
from engine.models.inside import Guided
from engine.models.oracle import Oracle, OracleConfig
from engine.sampling.path import GaussianPath
from engine.sampling.targets import column


class ExactProcess(Oracle):
    """The mixture that a data set is, carried along the path of another model.

    It follows the class that the other model follows, with the same guidance.

    Karras et al. 2022, 2206.00364, appendix B.3, on any Gaussian path.
    """

    def __init__(self, model: Process) -> None:
        super().__init__(OracleConfig())
        self._path = model.path
        self._std = float(model.path.sigma(torch.zeros(())))
        self._like = model if isinstance(model, Guided) else None

    @property
    def path(self) -> GaussianPath:
        """The other model's."""
        return self._path

    def _start_std(self) -> float:
        return self._std

    def mean_centre(self, x: Tensor, t: Tensor) -> Tensor:
        """Where the mixture lies seen from x (n, dim), guided as the other model is.

        A solver asks for all points at one time t (n,).
        """
        known = self._like is not None and self._like.knows_classes
        label = self._like.guided_class() if self._like is not None and known else None
        free = self._mean(x, t, 0)
        if label is None or self._like is None:
            return free
        weight = self._like.guidance_at(float(t.reshape(-1)[0]))
        return free + weight * (self._mean(x, t, label + 1) - free)

    def velocity(self, x: Tensor, t: Tensor) -> Tensor:
        """The probability-flow ODE, (n, dim)."""
        growth = column(self.path.d_alpha(t))
        spread = column(self.path.d_sigma(t))
        if torch.isfinite(growth).all() and torch.isfinite(spread).all():
            guess = self.denoised(x, t)
            flow: Tensor = growth * guess.x_data + spread * guess.eps
            return flow
        rate, noise = (column(c) for c in self.path.reverse_rates(t))
        diffusion: Tensor = rate * x + noise / 2 * self.score(x, t)
        return diffusion


def exact_process(model: Process, data: Data) -> ExactProcess | None:
    """The exact counterpart of a process; None where the data are no known mixture."""
    if data.source.mixture() is None:
        return None
    exact = ExactProcess(model)
    exact.meet(data)
    device = getattr(model, "device", torch.device("cpu"))
    return exact.to(device)
