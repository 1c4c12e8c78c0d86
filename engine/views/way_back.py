"""Where a data point comes from: its path from noise, or through a flow's layers."""

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.models.base import Process
from engine.models.fitted import Fitted
from engine.sampling.ode import heun

#: Heun steps between data and noise.
STEPS = 24


@dataclass(frozen=True)
class WayBack:
    """Frames ``x`` (K, n, 2) in data units at rising ``times`` (K,), noise first."""

    times: Tensor
    x: Tensor


def path_back(fitted: Fitted, x: Tensor) -> WayBack:
    """The paths that end at points x (n, 2), data units.

    A process carries them back along its probability-flow ODE; a flow encodes them and
    keeps what each layer makes of the code, frame k of L at t = k / L.
    """
    if isinstance(fitted.model, Process):
        return _by_ode(fitted, fitted.model, x)
    frames = fitted.layers(fitted.encode(x).mean)
    return WayBack(torch.linspace(0, 1, len(frames)), frames)


def _by_ode(fitted: Fitted, model: Process, x: Tensor) -> WayBack:
    seen: list[Tensor] = []

    def velocity(x_t: Tensor, t: Tensor) -> Tensor:
        fitted.tick()
        return fitted.velocity(x_t, float(t)).double()

    times = model.path.times(STEPS, "uniform")[::-1]
    heun(velocity, x.double(), times, lambda t, x_t: seen.append(x_t))
    return WayBack(torch.tensor(times[::-1]), torch.stack(seen[::-1]).float())
