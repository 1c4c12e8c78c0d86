"""Network evaluations: counted as the papers count them, and told with pictures."""

import pytest
import torch
from torch import nn
from views_world import Identity, moment

from engine import registry
from engine.models.counting import Count, counted
from engine.views.density import DensityConfig, DensityView
from engine.views.samples import SamplesConfig, SamplesView
from engine.views.trajectories import TrajectoriesConfig, TrajectoriesView


def model_of(name: str, **settings: object):
    torch.manual_seed(0)
    kind = registry.model(name)
    return kind(kind.Config(**settings)).double().eval()


@pytest.mark.parametrize(
    ("name", "settings", "sample", "density"),
    [
        ("realnvp", {"couplings": 5}, 5, 5),
        ("nice", {"couplings": 3}, 3, 3),
        ("glow", {"flow_steps": 4}, 4, 4),
        ("spline_flow", {"couplings": 2}, 2, 2),
        # SYSTEMS C5 (1), C6 (1): one pass one way, a pass for each coordinate back.
        ("made", {}, 2, 1),
        ("maf", {"layers": 3}, 6, 3),
        ("iaf", {"layers": 3}, 3, 6),
        ("rnade", {"depth": 1}, 2, 2),
        ("rnade", {"depth": 3}, 2, 2),
        ("autoregressive", {"layers": 2}, 2, 1),
        ("cnf", {"solver": "heun", "steps": 7}, 14, 14),
        ("gan", {}, 1, None),
    ],
)
def test_evaluations_of_a_sample_and_of_a_density(name, settings, sample, density):
    model, generator = model_of(name, **settings), torch.Generator().manual_seed(0)
    with torch.no_grad(), counted(model) as count:
        x = model.sample(30, generator)
    assert count.calls == sample
    if density is not None:
        with torch.no_grad(), counted(model) as count:
            model.log_prob(x, generator)
        assert count.calls == density


class Nested(nn.Module):
    """A network in a network, which fails if told to."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 2)))

    def forward(self, x, fail=False):
        if fail:
            raise ValueError("as told")
        return self.inner(x)


def test_a_network_inside_another_counts_with_it_even_after_a_failure():
    model = nn.Module()
    model.net = Nested()
    with counted(model) as count:
        model.net(torch.zeros(1, 2))
        with pytest.raises(ValueError, match="as told"):
            model.net(torch.zeros(1, 2), fail=True)
        model.net(torch.zeros(1, 2))
    assert count.calls == 3
    model.net(torch.zeros(1, 2))
    assert count.calls == 3
    assert not any(part._forward_hooks for part in model.modules())


def test_each_batch():
    assert Count(12).of_each(3) == 4
    assert Count(0).of_each(3) is None


def test_pictures_tell_what_a_point_costs():
    run = moment(model_of("maf", layers=3))
    samples = SamplesView(SamplesConfig(samples=5000)).compute(run)
    assert samples.meta["evaluations"] == 6  # in two batches
    density = DensityView(DensityConfig(resolution=96)).compute(run)
    assert density.meta["evaluations"] == 3  # in three
    ways = TrajectoriesView(TrajectoriesConfig(points=300)).compute(run)
    assert ways.meta["evaluations"] == 6


def test_what_asks_no_network_tells_nothing():
    run = moment(Identity())
    assert SamplesView(SamplesConfig()).compute(run).meta["evaluations"] is None
    assert DensityView(DensityConfig()).compute(run).meta["evaluations"] is None
