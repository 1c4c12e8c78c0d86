"""Networks and embeddings."""

import math

import pytest
import torch

from engine.nets.embeddings import Waves, frequency_ladder
from engine.nets.mlp import ACTIVATIONS, MLP
from engine.nets.time_field import FieldConfig, TimeField


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("residual", [False, True])
def test_mlp_has_the_asked_shape_and_trains_everywhere(
    activation: str, residual: bool
) -> None:
    net = MLP(3, 5, 16, 4, activation, residual=residual)
    out = net(torch.randn(7, 3))
    assert out.shape == (7, 5)
    out.square().sum().backward()
    linear = [p for p in net.parameters() if p.ndim == 2]
    assert [tuple(p.shape) for p in linear] == [(16, 3)] + [(16, 16)] * 3 + [(5, 16)]
    assert all(float(p.grad.abs().sum()) > 0 for p in net.parameters())


def test_mlp_without_hidden_layers_is_linear() -> None:
    net = MLP(2, 2, 16, 0)
    x, y = torch.randn(2, 4, 2)
    torch.testing.assert_close(net(x) + net(y), net(x + y) + net(torch.zeros(4, 2)))


def test_mlp_starts_at_zero_on_request() -> None:
    net = MLP(2, 3, 16, 2, zero_last=True)
    assert not net(torch.randn(9, 2)).any()


def test_residual_layers_add_to_their_input() -> None:
    net = MLP(2, 4, 4, 3, "relu", residual=True)
    bodies = [m for name, m in net.named_modules() if name.endswith("layer")]
    for body in bodies:
        torch.nn.init.zeros_(body[0].weight)
        torch.nn.init.zeros_(body[0].bias)
    assert len(bodies) == 2
    x = torch.randn(5, 2)
    torch.testing.assert_close(net(x), net[-1](net[0](x).relu()))


def test_waves_are_sines_and_cosines_of_each_input() -> None:
    waves = Waves([torch.tensor([1.0, 2.0]), torch.tensor([3.0])])
    point = torch.tensor([[0.3, -0.7]])
    wanted = [0.3, -0.7]
    phases = (0.3, 0.6, -2.1)
    wanted += [math.sin(p) for p in phases] + [math.cos(p) for p in phases]
    torch.testing.assert_close(waves(point), torch.tensor([wanted]))
    assert waves.sizes_out == 8


def test_frequencies_are_a_geometric_ladder() -> None:
    ladder = frequency_ladder(0.5, 8.0, 5)
    torch.testing.assert_close(ladder, torch.tensor([0.5, 1.0, 2.0, 4.0, 8.0]))


@pytest.mark.parametrize("time_embedding", ["sinusoidal", "fourier", "plain"])
@pytest.mark.parametrize("waves", [0, 6])
def test_field_takes_one_time_or_one_per_point(time_embedding: str, waves: int) -> None:
    config = FieldConfig(time_embedding=time_embedding, waves=waves, width=16)
    field = TimeField(2, config, zero_last=False)
    x = torch.randn(6, 2)
    t = torch.tensor(0.3)
    torch.testing.assert_close(field(x, t), field(x, t.expand(6)))
    assert not torch.allclose(field(x, t), field(x, t + 0.2))


def test_field_starts_at_zero_and_survives_a_change_of_precision() -> None:
    field = TimeField(3, FieldConfig())
    assert not field(torch.randn(4, 3), torch.rand(4)).any()
    x, t = torch.randn(4, 3, dtype=torch.float64), torch.rand(4, dtype=torch.float64)
    assert field.double()(x, t).dtype == torch.float64
