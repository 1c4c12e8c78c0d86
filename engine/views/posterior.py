"""Posterior clouds of the data's codes, and all of them together beside the prior."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.metrics.density_kde import KernelDensity, likelihood_factor
from engine.models.base import Codes, Posterior
from engine.settings import knob
from engine.views.base import Moment, Picture, View, ViewConfig, f32, number, paper
from engine.views.grid import (
    cell_area,
    cell_centres,
    coarser,
    fewer,
    in_chunks,
    spread_pick,
)
from engine.views.latent import HALF_SIDE, kl_per_axis, plane_axes, plane_of

#: Points whose clouds make the whole; points drawn; points of an outline.
MIXED, DRAWN, RIM = 1000, 400, 33
#: KL of an axis, nats, below which it tells nothing about the data.
COLLAPSED = 0.01
LOG_2PI = math.log(2 * math.pi)


class PosteriorConfig(ViewConfig):
    """Settings of :class:`PosteriorView`."""

    axis_x: int = knob(
        0,
        "First axis",
        "Latent axis drawn to the right; 0 takes the one that tells most of the data.",
        ge=0,
        le=64,
        apply="live",
        group="Posterior",
    )
    axis_y: int = knob(
        0,
        "Second axis",
        "Latent axis drawn upwards; 0 takes the one that tells most but one.",
        ge=0,
        le=64,
        apply="live",
        group="Posterior",
    )
    clouds: int = knob(
        60, "Clouds", "Points of which the posterior is outlined.",
        ge=0, le=300, unit="points", apply="live", group="Posterior",
    )  # fmt: skip
    resolution: int = knob(
        64,
        "Resolution",
        "Cells along each axis of the density of all codes.",
        ge=32,
        le=128,
        unit="cells",
        apply="live",
        scale="log",
        group="Posterior",
    )


@dataclass(frozen=True)
class _Whole:
    """Log-density (m,) of all codes together at places, and how it is known."""

    log_q: Tensor
    kind: str


class PosteriorView(View):
    """Codes with their clouds, and the density of all codes beside the prior.

    Samples are decoded from the prior: where the whole and the prior differ, samples
    differ from the data.
    """

    name = "posterior"
    title = "Posterior and prior"
    description = "Where the codes of the data lie, beside the prior of the samples."
    Config: ClassVar[type[ViewConfig]] = PosteriorConfig
    needs = (("encoder", "latent"),)
    empty = "This model has no encoder, so points have no codes."
    _half = 0.0  # of the side of a square that holds all of a film

    def prepare(self, moments: Iterable[Moment]) -> None:
        """The axes that tell most at the end, and one square for all."""
        for moment in moments:
            seen = self._seen(moment)
            x, y = (axis + 1 for axis in seen.axes)
            self.config = self.config.model_copy(update={"axis_x": x, "axis_y": y})
            self._half = max(self._half, seen.half)
            moment.tick()

    def compute(self, moment: Moment) -> Picture:
        """Arrays aggregate and ratio (G, G), rims (m, P, 2), codes, kl_per_axis.

        With one latent axis: profile (2, P, 2), the curves of the whole and the prior.
        """
        config, train = self.config, moment.data.train
        rows, seen = _rows(moment), self._seen(moment)
        x, codes, axes = seen.x, seen.codes, seen.axes
        moment.tick()
        dim = codes.mean.shape[1]
        drawn = spread_pick(len(x), DRAWN, moment.seed)
        arrays: dict[str, NDArray[Any]] = {
            "codes": f32(plane_of(codes.mean, axes)[drawn].nan_to_num()),
            "labels": train.labels[rows][drawn].to(torch.int32).numpy(),
        }
        if dim == 1:
            found = self._profile(seen)
        else:
            found = self._map(seen)
            some = spread_pick(len(x), config.clouds, moment.seed)
            rims = self._rims(seen, some)
            arrays["rims"] = rims
            kinds = train.labels[rows][some][: len(rims)]
            arrays["rim_labels"] = kinds.to(torch.int32).numpy()
        if codes.std is not None:
            arrays["kl_per_axis"] = f32(kl_per_axis(codes))
        meta = paper(moment) | self._facts(moment, codes, axes) | found.meta
        return Picture(arrays | found.arrays, meta)

    def _seen(self, moment: Moment) -> "_Seen":
        x = moment.data.train.x[_rows(moment)]
        codes = moment.fitted.encode(x)
        return _Seen(moment, x, codes, self._axes(codes), self._half)

    def _axes(self, codes: Codes) -> tuple[int, int]:
        """The axes to draw, from 0; those left open are the most telling ones."""
        dim = codes.mean.shape[1]
        best = [0, 1]
        if codes.std is not None and dim > 1:
            best = sorted(kl_per_axis(codes).topk(2).indices.tolist())
        wanted = (self.config.axis_x, self.config.axis_y)
        first, second = (w or best[i] + 1 for i, w in enumerate(wanted))
        return plane_axes(first, second, dim)

    def _facts(
        self, moment: Moment, codes: Codes, axes: tuple[int, int]
    ) -> dict[str, Any]:
        model = moment.fitted.model
        facts: dict[str, Any] = {
            "latent_dim": codes.mean.shape[1],
            "axes": [axes[0] + 1, axes[1] + 1],
            "classes": moment.data.classes,
            "class_names": list(moment.data.source.class_names),
            "prior": model.latent_prior,
            "has_clouds": codes.std is not None,
            "is_map": moment.fitted.can("layers"),
            "bent": isinstance(model, Posterior) and not model.gaussian_posterior,
        }
        if codes.std is not None:
            kl = kl_per_axis(codes)
            facts["active"] = [int(i) + 1 for i in (kl >= COLLAPSED).nonzero()[:, 0]]
            facts["collapsed"] = [int(i) + 1 for i in (kl < COLLAPSED).nonzero()[:, 0]]
        return facts

    def _map(self, seen: "_Seen") -> Picture:
        """The plane of two axes; the gap is summed over half as much again each way."""
        half, side = seen.half, coarser(self.config.resolution, seen.moment.quality, 32)
        margin = side // 4
        wide = half * (side + 2 * margin) / side
        limits = (-wide, wide, -wide, wide)
        places = cell_centres(limits, side + 2 * margin)
        log_p = -0.5 * places.square().sum(dim=1) - LOG_2PI
        whole = _aggregate(seen, list(seen.axes), places)
        area = cell_area(limits, side + 2 * margin)
        inner = slice(margin, margin + side)

        def shown(values: Tensor) -> NDArray[np.float32]:
            square = values.reshape(side + 2 * margin, -1)[inner, inner]
            plain = square.nan_to_num(nan=-100.0, neginf=-100.0, posinf=100.0)
            return f32(plain.clamp(-100.0, 100.0))

        arrays = {
            "aggregate": shown(whole.log_q),
            "ratio": shown(whole.log_q - log_p),
        }
        gap = _divergence(whole.log_q, log_p, area)
        meta = {"limits_z": [-half, half, -half, half], "kind": whole.kind}
        return Picture(arrays, meta | {"gap": number(gap)})

    @staticmethod
    def _rims(seen: "_Seen", some: Tensor) -> NDArray[np.float32]:
        """Outlines (m, P, 2): the circle of one spread of the draws, bent by clouds."""
        if seen.codes.std is None:
            return np.zeros((0, RIM, 2), np.float32)
        axes = list(seen.axes)
        angle = torch.linspace(0, 2 * math.pi, RIM)
        circle = torch.zeros(RIM, seen.codes.mean.shape[1])
        circle[:, axes[0]], circle[:, axes[1]] = angle.cos(), angle.sin()
        return f32(_cloud(seen.moment, seen.x[some], circle)[:, :, axes].nan_to_num())

    @staticmethod
    def _profile(seen: "_Seen") -> Picture:
        """The curves over a single latent axis, and the limits that show them."""
        half = seen.half
        z = torch.linspace(-1.5 * half, 1.5 * half, 361, dtype=torch.float64)[:, None]
        whole = _aggregate(seen, [0], z)
        log_p = -0.5 * z[:, 0].square() - 0.5 * LOG_2PI
        gap = _divergence(whole.log_q, log_p, float(z[1, 0] - z[0, 0]))
        inner = z[:, 0].abs() <= half
        q, p = whole.log_q.exp()[inner], log_p.exp()[inner]
        curves = torch.stack([torch.stack((z[inner, 0], y), dim=1) for y in (q, p)])
        limits = [-half, half, 0.0, max(1.15 * float(q.max()), 0.5)]
        meta = {"limits_z": limits, "kind": whole.kind, "gap": number(gap)}
        return Picture({"profile": f32(curves)}, meta)


@dataclass(frozen=True)
class _Seen:
    """Points x (n, 2) in data units, their codes, and the axes that are looked at."""

    moment: Moment
    x: Tensor
    codes: Codes
    axes: tuple[int, int]
    least: float = 0.0

    @property
    def half(self) -> float:
        """Half the side of a square that holds the codes and the prior, at least."""
        farthest = float(plane_of(self.codes.mean, self.axes).abs().max())
        return max(HALF_SIDE, 1.05 * farthest, self.least)


def _rows(moment: Moment) -> Tensor:
    """Which training points are encoded."""
    count = fewer(MIXED, moment.quality, 300)
    return spread_pick(len(moment.data.train.x), count, 0)


def _cloud(moment: Moment, x: Tensor, eps: Tensor) -> Tensor:
    """Codes (n, k, d) of points x in data units for draws eps (k, d)."""
    model = moment.fitted.model
    assert isinstance(model, Posterior)
    like = moment.fitted.model
    inside = moment.data.scaling.standardise(x.double()).to(like.device, like.dtype)
    with torch.no_grad():
        found = model.posterior_codes(inside, eps.to(like.device, like.dtype))
    return found.double().cpu()


def _aggregate(seen: _Seen, axes: list[int], places: Tensor) -> _Whole:
    """Log-density of all codes together, on some axes, at places (m, len(axes))."""
    model, codes, tick = seen.moment.fitted.model, seen.codes, seen.moment.tick
    if isinstance(model, Posterior) and model.gaussian_posterior:
        assert codes.std is not None
        mean, std = codes.mean.double()[:, axes], codes.std.double()[:, axes]
        mixed = in_chunks(lambda z: _normal_mixture(z, mean, std), places, tick, 1024)
        return _Whole(mixed, "exact")
    generator = torch.Generator().manual_seed(0)
    points = codes.mean
    if isinstance(model, Posterior):
        draws = torch.randn(4, points.shape[1], generator=generator)
        points = _cloud(seen.moment, seen.x[: MIXED // 2], draws).flatten(0, 1)
    points = points.double()[:, axes]
    kernel = KernelDensity(points, likelihood_factor(points, generator))
    return _Whole(in_chunks(kernel.log_prob, places, tick, 1024).double(), "estimate")


def _normal_mixture(z: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """Log-density (m,) at z (m, d) of equal parts of normals, (n, d) each."""
    # The square of (z - mean) / std, multiplied out: two products of matrices.
    weight = std.square().reciprocal()
    constant = (mean.square() * weight).sum(dim=1) + 2 * std.log().sum(dim=1)
    square = z.square() @ weight.T - 2 * z @ (mean * weight).T
    log_parts = -0.5 * (square + constant)
    return log_parts.logsumexp(dim=1) - math.log(len(mean)) - 0.5 * z.shape[1] * LOG_2PI


def _divergence(log_q: Tensor, log_p: Tensor, cell: float) -> float:
    """KL from the whole to the prior, nats, as a sum over cells of that size."""
    q = log_q.exp()
    return float(torch.where(q > 0, q * (log_q - log_p), 0.0).sum()) * cell
