"""Where waves and Gaussians begin is what the settings say."""

import pytest
import torch

from engine import registry
from engine.nets.embeddings import Waves


def built(name, **settings):
    torch.manual_seed(0)
    model = registry.model(name)
    return model(model.Config(**settings), 2)


def frequencies_of(model):
    waves = next(module for module in model.modules() if isinstance(module, Waves))
    return waves.frequencies()


@pytest.mark.parametrize(
    "name", ["rectified_flow", "realnvp", "maf", "made", "rnade", "energy_based"]
)
def test_waves_rise_from_the_coarsest_to_the_finest(name):
    model = built(name, waves=5, low_frequency=0.2, top_frequency=20.0)
    row = frequencies_of(model)[0]
    row = row[row > 0]
    assert row[0].item() == pytest.approx(0.2)
    assert row.max().item() == pytest.approx(20.0)
    factors = row[1:5] / row[:4]
    assert torch.allclose(factors, factors[:1].expand(4), rtol=1e-4)


def test_time_waves_rise_from_their_own_coarsest():
    model = built("ddpm", time_low=0.1, time_frequency=40.0, time_features=8)
    row = frequencies_of(model)[-1]
    row = row[row > 0]
    assert (row.min().item(), row.max().item()) == pytest.approx((0.1, 40.0))


@pytest.mark.parametrize("name", ["made", "rnade"])
def test_conditionals_begin_as_wide_as_asked(name):
    # Before training a model with reach R is the one with reach 1, seen R times larger.
    points = torch.linspace(-0.9, 0.9, 40).reshape(20, 2)
    still = {"waves": 0, "floor" if name == "rnade" else "smallest": 0.001}
    narrow, wide = (built(name, reach=reach, **still) for reach in (1.0, 3.0))
    noise = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for model in (narrow, wide):
            for last in [*model.modules()]:
                if isinstance(last, torch.nn.Linear) and last.out_features % 3 == 0:
                    last.weight.zero_()
        a = narrow.log_prob(points, noise)
        b = wide.log_prob(3 * points, noise)
    assert torch.allclose(a, b + 2 * torch.tensor(3.0).log(), atol=0.05)
