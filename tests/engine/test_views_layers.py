"""Layer by layer: words, areas by three ways, and what a plot needs."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor
from views_world import Identity, Warp, moment

from engine import registry
from engine.models.base import Layers
from engine.models.inside import LayerNames
from engine.nets.areas import log_areas
from engine.views.cells import corners, image_areas
from engine.views.grid import cell_centres
from engine.views.layers import GRID, LayersConfig, LayersView
from engine.views.room import ROOMS

LAYERED = [
    n
    for n in registry.MODELS
    if isinstance(registry.model(n)(registry.model(n).Config()), Layers)
]
#: A finer solver and more waves in no model; settings that give every kind of layer.
VARIANTS = [(name, {}) for name in LAYERED] + [
    ("nice", {"prior": "logistic"}),
    ("nice", {"scaling": False}),
    ("glow", {"mixing": "permutation"}),
    ("glow", {"mixing": "none"}),
    ("maf", {"batch_norm": True}),
    ("made", {"order": "reversed"}),
    ("distilled_flow", {"teacher": "made"}),
    ("cnf", {"solver": "rk4", "steps": 10}),
]
VARIANT_NAMES = [f"{name}-{'-'.join(map(str, s.values()))}" for name, s in VARIANTS]


def shaken(name: str, **settings: object):
    torch.manual_seed(0)
    kind = registry.model(name)
    model = kind(kind.Config(**settings)).double().eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight += 0.03 * torch.randn_like(weight)
    return model


def areas_of(model, z: Tensor) -> tuple[Tensor, Tensor]:
    """Points and log-areas in standardised units, as the view asks for them."""
    fitted = moment(model).fitted
    fitted.scaling = type(fitted.scaling)(torch.zeros(2), torch.ones(2))
    return fitted.layer_areas(z)


@pytest.mark.parametrize(("name", "settings"), VARIANTS, ids=VARIANT_NAMES)
def test_every_layer_has_a_name(name, settings):
    model = shaken(name, **settings)
    assert isinstance(model, LayerNames)
    names = model.layer_names()
    assert len(names) == len(model.layers(torch.zeros(2, 2).double())) - 1
    assert all(names)


#: The bends of CycleGAN have corners; the closed form below covers the code.
SMOOTH = [(n, s) for n, s in VARIANTS if n != "cyclegan"]


@pytest.mark.parametrize(("name", "settings"), SMOOTH)
def test_areas_agree_with_finite_differences_after_each_layer(name, settings):
    model = shaken(name, **settings)
    z = 0.7 * torch.randn(12, 2, generator=torch.Generator().manual_seed(3)).double()
    _, found = areas_of(model, z)
    h = 1e-5
    with torch.no_grad():
        right, left, up, down = (
            torch.stack(model.layers(z + h * torch.tensor(step).double()))
            for step in ([1, 0], [-1, 0], [0, 1], [0, -1])
        )
    a, b = (right - left) / (2 * h), (up - down) / (2 * h)
    cross = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    torch.testing.assert_close(found, cross.abs().log().float(), rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("name", [n for n in LAYERED if n != "cyclegan"])
def test_the_last_area_is_what_the_density_loses(name):
    """ln p(x) = ln N(z) - ln |det dx/dz|, by the model's own log-density."""
    model = shaken(name)
    z = 0.7 * torch.randn(40, 2, generator=torch.Generator().manual_seed(3)).double()
    x, log_area = areas_of(model, z)
    assert log_area[-1].abs().mean() > 0.01 or name == "nice"
    with torch.no_grad():
        log_p = model.log_prob(x[-1].double(), torch.Generator().manual_seed(0))
    base = -0.5 * z.square().sum(1) - math.log(2 * math.pi)
    torch.testing.assert_close(
        (base - log_p).float(), log_area[-1], rtol=1e-3, atol=3e-3
    )


def test_log_areas_of_a_linear_chain():
    turn = torch.tensor([[0.6, -0.8], [0.8, 0.6]]).double()
    squeeze = torch.tensor([[3.0, 1.0], [0.0, 0.5]]).double()

    def links(z: Tensor) -> list[Tensor]:
        return [z, z @ turn, z @ turn @ squeeze, 0 * z]

    ticks: list[int] = []
    with torch.inference_mode():
        _, found = log_areas(links, torch.zeros(5, 2).double(), lambda: ticks.append(1))
    torch.testing.assert_close(found[0], torch.zeros(5).double())
    torch.testing.assert_close(found[1], torch.zeros(5).double())
    torch.testing.assert_close(found[2], torch.full((5,), math.log(1.5)).double())
    assert (found[3] == -torch.inf).all()
    assert len(ticks) == 4


def test_shears_keep_every_area():
    """SYSTEMS C1: without the last scaling nothing is stretched."""
    _, found = areas_of(shaken("nice", scaling=False), torch.randn(30, 2).double())
    assert found.abs().max() < 1e-6


def picture(model, quality=1.0, **settings):
    return LayersView(LayersConfig(**settings)).compute(moment(model, quality=quality))


def test_cells_lie_where_their_areas_are_measured():
    """The areas of the drawn cells are those that the colours say."""
    found = picture(Warped(), resolution=60)
    area = image_areas(torch.from_numpy(found.arrays["mesh"][1]).double())
    ratio = area / image_areas(torch.from_numpy(found.arrays["mesh"][0]).double())
    np.testing.assert_allclose(ratio.log(), found.arrays["log_area"][1], atol=2e-3)
    assert np.ptp(found.arrays["log_area"][1]) > 0.5  # so that a transpose shows


class Warped(Warp):
    """One layer whose stretching differs along both axes."""

    def __init__(self):
        super().__init__(lambda z: z)

    def layers(self, z):
        x, y = z.unbind(1)
        bent = torch.stack((x + 0.05 * x**2, y * torch.exp(0.2 * x + 0.1 * y)), 1)
        return [z, bent]


def test_frames_and_words_of_a_model_without_names():
    found = picture(Identity(), points=70)
    assert found.arrays["times"].tolist() == [0, 0.5, 1]
    assert found.arrays["x"].shape == (3, 70, 2)
    assert found.meta["layers"] == 2
    assert found.meta["names"] == ["a map of the plane"] * 2
    # Twice as far along both axes, then back again.
    areas = found.arrays["log_area"]
    np.testing.assert_allclose(areas[1], math.log(4), atol=1e-6)
    np.testing.assert_allclose(areas[2], 0, atol=1e-6)
    assert found.meta["span"] == 1.5


def test_points_start_as_the_samples_do_and_seeds_decide_them():
    first, again = picture(Identity()), picture(Identity())
    assert np.array_equal(first.arrays["x"], again.arrays["x"])
    np.testing.assert_allclose(first.arrays["x"][2], first.arrays["x"][0], atol=1e-6)


def test_quality_makes_the_grid_coarser():
    assert picture(Identity()).arrays["log_area"].shape == (3, 30, 30)
    assert picture(Identity(), quality=0.5).arrays["log_area"].shape == (3, 15, 15)
    assert picture(Identity(), resolution=12).arrays["mesh"].shape == (3, 13, 13, 2)


class Burst(Warp):
    """Layers that leave the numbers."""

    def __init__(self):
        super().__init__(lambda z: z)

    def layers(self, z):
        return [z, 8 * z, z / 0.0]


def test_numbers_only_and_room_for_what_leaves_the_limits():
    found = picture(Burst())
    for array in found.arrays.values():
        assert np.isfinite(array).all()
    low, high = found.meta["limits"][:2]
    wide = found.meta["home"][1] - found.meta["home"][0]
    assert wide == pytest.approx(ROOMS[-1] * (high - low))
    calm = picture(Identity())
    assert calm.meta["home"] == pytest.approx(calm.meta["limits"])


def test_grid_and_centres_belong_together():
    """The colour of a cell is taken at its middle."""
    nodes = corners(GRID, 4).reshape(5, 5, 2)
    middle = (nodes[:-1, :-1] + nodes[1:, 1:]) / 2
    torch.testing.assert_close(middle.reshape(-1, 2), cell_centres(GRID, 4))
