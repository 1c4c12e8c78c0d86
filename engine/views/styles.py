r"""The mapping network of a style generator: noise z, and the styles w made of it.

.. math:: w = f(z), \quad w' = \bar w + \psi \, (w - \bar w)

A style has more numbers than a screen has axes, so it is shown in the plane in which
styles spread most: their first two principal axes, found without truncation, so that
truncation is seen to shrink the cloud. Karras, Laine, Aila 2018, 1812.04948.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.models.base import Latent
from engine.models.inside import ByClass, Styled, Styles
from engine.settings import knob
from engine.views.base import (
    Moment,
    Picture,
    View,
    ViewConfig,
    f32,
    number,
    paper,
    seed_knob,
)
from engine.views.cycle import sectors
from engine.views.grid import spread_pick
from engine.views.latent import plane_of
from engine.views.trajectories import BACKDROP

#: Draws that the principal plane is found from.
DRAWS = 2000
#: Circles of the disc in standard deviations, its spokes, and points on each.
RINGS, SPOKES, CORNERS = (0.5, 1.0, 1.5, 2.0, 2.5), 16, 65
HALF_SIDE = 3.2
#: Share of the styles that the frame holds on each side, and room about them.
SEEN, MARGIN = 0.998, 1.1


class StylesConfig(ViewConfig):
    """Settings of :class:`StylesView`."""

    points: int = knob(
        400,
        "Points",
        "Draws of noise whose styles are shown.",
        ge=50,
        le=2000,
        unit="points",
        apply="live",
        scale="log",
        group="Style space",
    )
    seed: int = seed_knob("Style space")


@dataclass(frozen=True)
class _Plane:
    """A plane through ``origin`` (d,) along ``axes`` (d, 2); its share of spread."""

    origin: Tensor
    axes: Tensor
    share: float

    def of(self, w: Tensor) -> Tensor:
        """Places (n, 2) of styles w (n, d)."""
        return (w.double() - self.origin) @ self.axes


class StylesView(View):
    """Noise, the styles that the mapping network makes of it, and their points."""

    name = "styles"
    title = "Style space"
    description = "Noise beside what the mapping network makes of it: styles."
    Config: ClassVar[type[ViewConfig]] = StylesConfig
    needs = (("styled", "latent"),)
    empty = "This model has no styles; a GAN with mapping layers has."

    def compute(self, moment: Moment) -> Picture:
        """Arrays z, x, w, w_free (n, 2) with sectors (n,), and lines of each."""
        model = moment.fitted.model
        assert isinstance(model, Styled)
        assert isinstance(model, Latent)
        generator = moment.fitted.generator(moment.seed + int(self.config.seed))
        dim = model.latent_dim
        kind = next(moment.fitted.model.parameters())
        z = torch.randn(DRAWS, dim, generator=generator, device=kind.device).to(kind)
        lines = disc(dim).to(kind)
        moment.tick()
        shown, train = z[: int(self.config.points)], moment.data.train.x
        flat = lines.reshape(-1, dim)
        arrays = {
            "z": f32(plane_of(shown, (0, 1))),
            "z_lines": f32(plane_of(flat, (0, 1)).reshape(*lines.shape[:2], 2)),
            "x": f32(moment.fitted.decode(shown).nan_to_num()),
            "x_lines": f32(
                moment.fitted.decode(flat).nan_to_num().reshape(*lines.shape[:2], 2)
            ),
            "sectors": _sectors(shown),
            "data": f32(train[spread_pick(len(train), BACKDROP, moment.seed)]),
        }
        moment.tick()
        meta = paper(moment) | {"latent_dim": dim, "half_side": HALF_SIDE}
        meta["class"] = _class_name(moment)
        with torch.no_grad():
            drawn, on_lines = model.styles(z), model.styles(flat)
        if drawn is None or on_lines is None:
            return Picture(arrays, meta | {"has_styles": False})
        more, facts = _in_plane(drawn, on_lines, len(shown), lines.shape[:2])
        facts["psi"] = float(moment.fitted.model.config.truncation)
        return Picture(arrays | more, meta | facts)


def _class_name(moment: Moment) -> str:
    """Of which class styles and points are, where a generator is told one."""
    model, source = moment.fitted.model, moment.data.source
    if not isinstance(model, ByClass) or moment.data.classes < 2:
        return ""
    label = model.shown_label() or 0
    names = source.class_names
    return names[label] if label < len(names) else str(label + 1)


def disc(dim: int) -> Tensor:
    """Rings and spokes (m, P, dim) of a disc in the plane of the first two axes.

    With a single axis both lie on it.
    """
    turn = torch.linspace(0, 2 * torch.pi, CORNERS, dtype=torch.float64)
    unit = torch.stack([turn.cos(), turn.sin()], 1)
    rings = torch.stack([r * unit for r in RINGS])
    along = torch.linspace(0, RINGS[-1], CORNERS, dtype=torch.float64)
    angle = torch.arange(SPOKES, dtype=torch.float64) * (2 * torch.pi / SPOKES)
    way = torch.stack([angle.cos(), angle.sin()], 1)
    spokes = along[None, :, None] * way[:, None]
    plane = torch.cat([rings, spokes])
    found = plane.new_zeros(*plane.shape[:2], dim)
    found[..., : min(dim, 2)] = plane[..., : min(dim, 2)]
    return found


def _sectors(z: Tensor) -> NDArray[Any]:
    """In which of eight sectors of its first two axes each noise (n, d) lies."""
    flat = plane_of(z.double().cpu(), (0, 1))
    return sectors(flat, torch.zeros(2)).to(torch.int32).numpy()


def principal_plane(w: Tensor, mean: Tensor) -> _Plane:
    """The plane through the mean in which styles w (n, d) spread most.

    Styles of one or two numbers are shown as they are.
    """
    w, mean = w.double(), mean.double()
    dim = w.shape[1]
    if dim <= 2:
        return _Plane(torch.zeros_like(mean), torch.eye(dim, 2).to(w), 1.0)
    _, sizes, axes = torch.linalg.svd(w - w.mean(0), full_matrices=False)
    first = axes[:2].T
    # An axis may point either way: the largest number decides, or frames would flip.
    first = first * first.gather(0, first.abs().argmax(0)[None]).sign()
    power = sizes.square()
    share = float(power[:2].sum() / power.sum().clamp(min=1e-30))
    return _Plane(mean, first, share)


def _in_plane(
    drawn: Styles, on_lines: Styles, count: int, shape: torch.Size
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Arrays of w and facts about it."""
    plane = principal_plane(drawn.w.cpu(), drawn.mean.cpu())
    free, shown = plane.of(drawn.w.cpu()), plane.of(drawn.shown.cpu())
    lines = plane.of(on_lines.shown.cpu()).reshape(*shape, 2)
    middle = plane.of(drawn.mean.cpu()[None])
    arrays = {
        "w_free": f32(free[:count]),
        "w": f32(shown[:count]),
        "w_lines": f32(lines),
        "w_mean": f32(middle),
    }
    away = (drawn.shown - drawn.mean).double().norm(dim=1).mean()
    meta = {
        "has_styles": True,
        "style_dim": drawn.w.shape[1],
        "share": number(plane.share),
        "spread": number(away),
        "limits_w": _frame(torch.cat([free, shown, middle])),
    }
    return arrays, meta


def _frame(places: Tensor) -> list[float]:
    """A square round nearly all places (n, 2): a few far ones would make it empty."""
    ends = torch.tensor([1 - SEEN, SEEN], dtype=places.dtype)
    low, high = places.quantile(ends, dim=0)
    side = MARGIN * float((high - low).max().clamp(min=1e-6)) / 2
    x, y = ((low + high) / 2).tolist()
    return [x - side, x + side, y - side, y + side]
