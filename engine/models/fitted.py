"""A model behind its scaling: the same capabilities, in data units.

Views, metrics and the command line see a :class:`Fitted`, never the bare model, so that
the Jacobian of the standardisation is applied in exactly one place.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import torch
from torch import Generator, Tensor

from engine.data.base import Scaling
from engine.models.base import (
    Coded,
    Codes,
    Critic,
    Encoder,
    GenerativeModel,
    Latent,
    Layers,
    LogDensity,
    Process,
    Samples,
    Velocity,
    capabilities,
)
from engine.models.inside import (
    Attention,
    ByClass,
    Conditionals,
    LayerAreas,
    Translation,
)
from engine.nets.areas import log_areas
from engine.nets.codebook import nearest
from engine.sampling.base import Sampler, Trace, trace
from engine.sampling.likelihood import divergence

#: Points per call of a network: larger tensors page-fault on every operation.
CHUNK = 4096
#: Half the distance of a difference quotient, in standard deviations of the data:
#: rounding (float32) and curvature cost about as little as each other.
_NUDGE = 3e-3

Tick = Callable[[], None]
Arrows = Literal["velocity", "score", "critic"]


def _no_tick() -> None:
    """Nothing to obey between two chunks."""


class Fitted:
    """Capabilities of a trained model in data units; CPU float32 tensors come out.

    ``tick`` is called between chunks of long work.
    """

    def __init__(
        self,
        model: GenerativeModel,
        scaling: Scaling,
        sampler: Sampler | None,
        tick: Tick = _no_tick,
    ) -> None:
        self.model = model
        self.scaling = scaling
        self.sampler = sampler
        self.tick = tick
        self.capabilities = capabilities(model)

    def can(self, *names: str) -> bool:
        """Whether the model has all these capabilities."""
        return self.capabilities.issuperset(names)

    @staticmethod
    def batches(n: int) -> int:
        """In how many parts n points are worked on."""
        return -(-n // CHUNK)

    def generator(self, seed: int) -> Generator:
        """A random source on the model's device."""
        return torch.Generator(device=self.model.device).manual_seed(seed)

    def sample(self, n: int, seed: int) -> Tensor:
        """Draw points (n, 2) in data units."""
        generator = self.generator(seed)
        chunks: list[Tensor] = []
        with torch.no_grad():
            for start in range(0, n, CHUNK):
                size = min(CHUNK, n - start)
                chunks.append(self._sample(size, generator))
                self.tick()
        return self._out(torch.cat(chunks))

    def _sample(self, n: int, generator: Generator) -> Tensor:
        model = self.model
        if isinstance(model, Process):
            if self.sampler is None:
                raise TypeError("A process is sampled by a sampler, and none is set.")
            x_0 = model.start(n, generator)
            return self.sampler.run(model, x_0, generator, self._on_step)
        assert isinstance(model, Samples)
        return model.sample(n, generator)

    def log_prob(self, x: Tensor, seed: int, effort: float = 1.0) -> Tensor:
        """Log-density (n,) in nats at x (n, 2), both in data units."""
        model = self.model
        assert isinstance(model, LogDensity)
        z = self._in(x)
        parts: list[Tensor] = []
        for start in range(0, len(z), CHUNK):
            # The same seed for each chunk: the same Monte Carlo draws in every cell.
            generator = self.generator(seed)
            with torch.no_grad(), self._ticking():
                part = model.log_prob(z[start : start + CHUNK], generator, effort)
            parts.append(part.detach().float().cpu())
            self.tick()
        return torch.cat(parts) + self.scaling.log_det

    def log_conditionals(self, x: Tensor) -> Tensor:
        """Ln p(x_i | those before it), (n, 2) nats, at x (n, 2), both in data units."""
        model = self.model
        assert isinstance(model, Conditionals)
        z = self._in(x)
        parts: list[Tensor] = []
        for start in range(0, len(z), CHUNK):
            with torch.no_grad(), self._ticking():
                part = model.log_conditionals(z[start : start + CHUNK])
            parts.append(part.float().cpu())
            self.tick()
        return torch.cat(parts) - self.scaling.std.log().float()

    def attention(self, x: Tensor) -> Tensor:
        """Shares (n, layers, heads, t, t) for points (n, 2) in data units."""
        assert isinstance(self.model, Attention)
        with torch.no_grad():
            found = self.model.attention(self._in(x)).float().cpu()
        self.tick()
        return found

    def encode(self, x: Tensor) -> Codes:
        """Latent codes of points in data units; codes have no unit."""
        assert isinstance(self.model, Encoder)
        with torch.no_grad():
            codes = self.model.encode(self._in(x))
        std = None if codes.std is None else codes.std.float().cpu()
        return Codes(codes.mean.float().cpu(), std)

    def code_of(self, x: Tensor) -> Tensor:
        """Index (n,) of the listed code that stands for each point in data units."""
        assert isinstance(self.model, Coded)
        with torch.no_grad():
            encodings = self.model.code_vectors_of(self._in(x))
            return nearest(encodings, self.model.code_vectors()).cpu()

    def decode(self, z: Tensor) -> Tensor:
        """Points (n, 2) in data units from codes."""
        assert isinstance(self.model, Latent)
        with torch.no_grad():
            x = self.model.decode(z.to(self.model.device, self.model.dtype))
        return self._out(x)

    def decode_as(self, z: Tensor, label: int) -> Tensor:
        """Points (n, 2) of one class in data units, from codes."""
        assert isinstance(self.model, ByClass)
        with torch.no_grad():
            x = self.model.decode_as(z.to(self.model.device, self.model.dtype), label)
        return self._out(x)

    def critic(self, x: Tensor) -> Tensor:
        """The critic's verdict (n,) on points in data units."""
        assert isinstance(self.model, Critic)
        with torch.no_grad():
            return self.model.critic(self._in(x)).float().cpu()

    def critic_gradient(self, x: Tensor) -> Tensor:
        """Gradient (n, 2) of the critic's verdict, per data unit."""
        assert isinstance(self.model, Critic)
        z = self._in(x).requires_grad_(True)
        with torch.enable_grad():
            (gradient,) = torch.autograd.grad(self.model.critic(z).sum(), z)
        return gradient.float().cpu() / self.scaling.std.float()

    def other_points(self) -> Tensor:
        """Points (m, 2) of the data set that the model carries to."""
        assert isinstance(self.model, Translation)
        return self._out(self.model.other_points())

    def carry(self, x: Tensor, forward: bool) -> Tensor:
        """Points (n, 2) carried to the other data set, or from it; data units."""
        assert isinstance(self.model, Translation)
        with torch.no_grad():
            return self._out(self.model.carry(self._in(x), forward))

    def layers(self, z: Tensor) -> Tensor:
        """Points after each layer, (layers + 1, n, 2), in data units."""
        assert isinstance(self.model, Layers)
        with torch.no_grad():
            steps = self.model.layers(z.to(self.model.device, self.model.dtype))
        return torch.stack([self._out(x) for x in steps])

    def layer_areas(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """The points of :meth:`layers`, and ln |det J| (layers + 1, n) up to each.

        Start and end are both in data units, so the scaling cancels.
        """
        model = self.model
        assert isinstance(model, Layers)
        z = z.to(model.device, model.dtype)
        if isinstance(model, LayerAreas):
            with torch.no_grad(), self._ticking():
                points, areas = model.layer_areas(z)
        else:
            points, areas = log_areas(model.layers, z, self.tick)
        found = torch.stack([self._out(x) for x in points])
        return found, torch.stack(areas).float().cpu()

    def start(self, n: int, seed: int) -> Tensor:
        """Noise at t = 0 of a process, (n, 2), written in data units."""
        assert isinstance(self.model, Process)
        return self._out(self.model.start(n, self.generator(seed)))

    def trace(self, x_0: Tensor, seed: int) -> Trace:
        """Paths from the starts x_0 (n, 2) to data, all in data units."""
        assert isinstance(self.model, Process)
        assert self.sampler is not None
        with torch.no_grad():
            generator = self.generator(seed)
            start = self._in(x_0)
            found = trace(self.sampler, self.model, start, generator, self._on_step)
        frames = self._out(found.x.flatten(0, 1)).reshape(found.x.shape)
        return Trace(found.times, frames, found.evaluations)

    def velocity(self, x: Tensor, t: float) -> Tensor:
        """dx/dt (n, 2) at x, data units per unit of t."""
        assert isinstance(self.model, Velocity)
        with torch.no_grad():
            v = self.model.velocity(self._in(x), self._time(t))
        return v.float().cpu() * self.scaling.std.float()

    def score(self, x: Tensor, t: float) -> Tensor:
        """Gradient (n, 2) of log p_t at x, per data unit."""
        assert isinstance(self.model, Process)
        with torch.no_grad():
            s = self.model.score(self._in(x), self._time(t))
        return s.float().cpu() / self.scaling.std.float()

    def divergence(self, quantity: Arrows, x: Tensor, t: float) -> Tensor:
        """Divergence (n,) at x (n, 2) of velocity, score or critic's gradient.

        Exact, by autograd, but for kinks of a network; in the unit of the arrows per
        data unit.
        """
        model: Any = self.model
        # Data units, but for the origin: of these coordinates the arrows are functions.
        std = self.scaling.std.to(model.device, model.dtype)

        def arrows(y: Tensor, t: Tensor) -> Tensor:
            if quantity == "velocity":
                return model.velocity(y / std, t) * std  # type: ignore[no-any-return]
            if quantity == "score":
                return model.score(y / std, t) / std  # type: ignore[no-any-return]
            value = model.critic(y / std).sum()
            (slope,) = torch.autograd.grad(value, y, create_graph=True)
            return slope + 0 * y  # a critic of straight pieces has no second slope

        return divergence(arrows, self._in(x) * std, self._time(t))[1].float().cpu()

    def score_of_data(self, x: Tensor, seed: int) -> Tensor:
        """Gradient (n, 2) of log p at x, per data unit.

        A process knows it at t = 1. From a log-density it is a central difference,
        with the same random draws at all four neighbours: some densities have no
        derivative that autograd could find.
        """
        if isinstance(self.model, Process):
            return self.score(x, 1.0)
        step = _NUDGE * torch.diag(self.scaling.std.double())
        ends = torch.cat([x.double() + sign * row for row in step for sign in (1, -1)])
        log_p = self.log_prob(ends, seed).double().reshape(2, 2, len(x))
        slope = (log_p[:, 0] - log_p[:, 1]) / (2 * step.diag()[:, None])
        return slope.T.float()

    def _on_step(self, t: float, x: Tensor) -> None:
        """Between two steps of a sampler the engine may obey commands."""
        del t, x
        self.tick()

    @contextmanager
    def _ticking(self) -> Iterator[None]:
        """Tick at each call of one of the model's networks.

        The density of a flow or a bound takes seconds for one chunk, all of them inside
        the model, which knows nothing of commands.
        """

        def tick(*_: object) -> None:
            self.tick()

        handles = [m.register_forward_pre_hook(tick) for m in self.model.children()]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _time(self, t: float) -> Tensor:
        return torch.tensor(t, device=self.model.device, dtype=self.model.dtype)

    def _in(self, x: Tensor) -> Tensor:
        scaled = self.scaling.standardise(x.detach().double().cpu())
        return scaled.to(self.model.device, self.model.dtype)

    def _out(self, x: Tensor) -> Tensor:
        return self.scaling.restore(x.detach().double().cpu()).float()
