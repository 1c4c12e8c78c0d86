"""Masks: what is cut, in which order, and who reaches whom by autograd."""

import numpy as np
import pytest
import torch
from flow_world import jacobians, points, shaken
from views_world import Identity, moment

from engine import registry
from engine.nets.coupling import NetShape
from engine.nets.masked import MaskedNet
from engine.views.masks import MasksConfig, MasksView


def made(name="made", dim=2, **settings):
    torch.manual_seed(0)
    kind = registry.model(name)
    return shaken(kind(kind.Config(**{"width": 12, **settings}), dim))


def picture(model, **settings):
    return MasksView(MasksConfig(**settings)).compute(moment(model))


@pytest.mark.parametrize("order", [[0, 1], [1, 0], [2, 0, 3, 1]])
@pytest.mark.parametrize("waves", [0, 2])
def test_reach_is_where_the_jacobian_is_not_zero(order, waves):
    dim = len(order)
    torch.manual_seed(0)
    net = MaskedNet(order, 2, NetShape(9, 2, "tanh", waves)).double()
    with torch.no_grad():
        for weight in net.parameters():
            weight += 0.3 * torch.randn_like(weight)
    slopes = jacobians(lambda v: net(v).flatten(1), points(20, dim))
    slopes = slopes.view(20, dim, 2, dim).abs().sum(dim=(0, 2))
    assert torch.equal(net.reach() > 0, slopes > 0)


def test_ways_are_counted():
    """One hidden layer of 5 in 2D: 5 units, 2 numbers, 1 + 2 * 3 features."""
    net = MaskedNet([1, 0], 2, NetShape(5, 1, "relu", 3))
    assert net.reach().tolist() == [[0.0, 5 * 2 * 7], [0.0, 0.0]]


def test_units_are_sorted_into_stairs():
    found = picture(made(dim=4, order="reversed"))
    assert found.meta["order"] == ["x4", "x3", "y", "x"]
    for index in range(3):
        kept = found.arrays[f"kept.{index}"]
        assert kept.shape == found.arrays[f"weight.{index}"].shape
        # A later row sees at least as much, and what it sees stands at the left.
        assert (np.diff(kept, axis=0) >= 0).all()
        assert (np.diff(kept, axis=1) <= 0).all()
        assert 0 < kept.mean() < 1
    reach = found.arrays["reach"]
    assert np.array_equal(reach > 0, np.tri(4, k=-1) > 0)


def test_weights_keep_their_places_beside_the_mask():
    """Cut weights do not count: with them at zero the network is the same."""
    model = made(dim=3)
    before = picture(model)
    with torch.no_grad():
        for linear in model.net.linears():
            linear.weight *= linear.mask
    after = picture(model)
    for index in range(3):
        kept = before.arrays[f"kept.{index}"].astype(bool)
        weights = before.arrays[f"weight.{index}"], after.arrays[f"weight.{index}"]
        assert np.array_equal(weights[0][kept], weights[1][kept])
        assert (weights[1][~kept] == 0).all()


def test_names_and_sizes_of_the_stretches():
    found = picture(made(conditionals="mixture", components=4, waves=3))
    groups = found.meta["groups"]
    assert groups[0] == {"columns": [["x", 7]], "rows": []}
    assert groups[-1] == {"columns": [], "rows": [["x", 12], ["y", 12]]}
    assert found.meta["titles"] == [
        "input → h1",
        "h1 → h2",
        "h2 → output",
    ]
    kept = [found.arrays[f"kept.{k}"] for k in range(3)]
    total = sum(k.size for k in kept)
    assert found.meta["cut"] == pytest.approx(1 - sum(k.sum() for k in kept) / total)


def test_digits_are_inputs_of_their_own():
    found = picture(made(conditionals="bernoulli", digits=3, order="reversed"))
    assert found.meta["order"] == ["y1", "y2", "y3", "x1", "x2", "x3"]
    assert found.arrays["reach"].shape == (6, 6)
    assert found.meta["groups"][0]["columns"] == [
        [name, 1] for name in ["y1", "y2", "y3", "x1", "x2"]
    ]


@pytest.mark.parametrize("name", ["maf", "iaf"])
def test_networks_of_a_flow_are_counted_from_the_data(name):
    model = made(name, layers=3, order="alternating")
    seen = [picture(model, layer=k) for k in (1, 2, 3, 9)]
    assert [p.meta["layer"] for p in seen] == [1, 2, 3, 3]
    assert {p.meta["layers"] for p in seen} == {3}
    flow = model.flow if name == "maf" else model.flow[::-1]
    for found, layer in zip(seen, flow, strict=False):
        names = [("x", "y")[i] for i in layer.net.order]
        assert found.meta["order"] == names
        weight = layer.net.linears()[0].weight.detach().abs().sum()
        assert found.arrays["weight.0"].sum() != 0
        assert np.abs(found.arrays["weight.0"]).sum() == pytest.approx(float(weight))


def test_others_have_no_masks():
    assert not MasksView.can_show(moment(Identity()).fitted.capabilities)
