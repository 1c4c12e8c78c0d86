"""Networks and embeddings."""

import math

import pytest
import torch

from engine.nets.embeddings import (
    TIME_LABELS,
    Waves,
    frequency_ladder,
    time_frequencies,
)
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


@pytest.mark.parametrize("kind", ["sinusoidal", "learned"])
def test_the_ladder_of_time_ends_where_it_is_set(kind: str) -> None:
    found = time_frequencies(kind, 4, 8.0)
    torch.testing.assert_close(found, torch.tensor([1.0, 2.0, 4.0, 8.0]))


def test_random_waves_of_time_hardly_exceed_the_finest() -> None:
    torch.manual_seed(0)
    found = time_frequencies("fourier", 100_000, 30.0)
    assert found.std().item() == pytest.approx(6.0, rel=0.02)
    assert found.mean().item() == pytest.approx(0.0, abs=0.1)
    assert len(time_frequencies("plain", 8, 30.0)) == 0


def test_learned_waves_begin_as_sinusoids_and_have_their_slopes() -> None:
    """d sin(w t) / dw = t cos(w t); the coordinates' own frequencies stay."""
    settings = {"width": 16, "waves": 3, "time_features": 8}
    fields = []
    for kind in ("sinusoidal", "learned"):
        torch.manual_seed(3)
        config = FieldConfig(time_embedding=kind, **settings)
        fields.append(TimeField(2, config, zero_last=False))
    x, t = torch.randn(5, 2), torch.rand(5)
    torch.testing.assert_close(fields[0](x, t), fields[1](x, t))
    waves = fields[1].features
    start = frequency_ladder(1.0, 64.0, 4)
    torch.testing.assert_close(waves.learned, torch.cat([start, start]))
    point = torch.cat([x[:1], t[:1, None]], 1)
    out = waves(point)[0, 3:]
    slopes = torch.stack(
        [torch.autograd.grad(v, waves.learned, retain_graph=True)[0] for v in out]
    )
    time, phase = t[0], t[0] * start
    sines, cosines = time * phase.cos(), -time * phase.sin()
    expected = torch.zeros(20, 8)
    # Sines of x, y (three waves each) and t, then cosines of the same.
    expected[6:10, :4], expected[16:20, 4:] = sines.diag(), cosines.diag()
    torch.testing.assert_close(slopes, expected)


@pytest.mark.parametrize("time_embedding", TIME_LABELS)
@pytest.mark.parametrize("waves", [0, 6])
def test_field_takes_one_time_or_one_per_point(time_embedding: str, waves: int) -> None:
    config = FieldConfig(time_embedding=time_embedding, waves=waves, width=16)
    field = TimeField(2, config, zero_last=False)
    timed = 0 if time_embedding == "plain" else config.time_features
    assert field.features.sizes_out == 3 + 4 * waves + timed
    x = torch.randn(6, 2)
    t = torch.tensor(0.3)
    torch.testing.assert_close(field(x, t), field(x, t.expand(6)))
    assert not torch.allclose(field(x, t), field(x, t + 0.2))


def test_field_starts_at_zero_and_survives_a_change_of_precision() -> None:
    field = TimeField(3, FieldConfig())
    assert not field(torch.randn(4, 3), torch.rand(4)).any()
    x, t = torch.randn(4, 3, dtype=torch.float64), torch.rand(4, dtype=torch.float64)
    assert field.double()(x, t).dtype == torch.float64
