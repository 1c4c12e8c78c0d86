"""Mapping, mixing and truncation of the style generator against their formulas."""

import math

import pytest
import torch

from engine.models.base import Batch
from engine.models.gan import GAN
from engine.models.gan_config import GANConfig
from engine.nets.style import ModulatedLinear, SlowLinear, StyleGenerator
from engine.training.config import TrainingConfig
from engine.training.trainer import Trainer


def style_gan(**settings: object) -> GAN:
    torch.manual_seed(0)
    return GAN(GANConfig(**{"mapping_depth": 3, "width": 32, **settings}))


def batch_for(gan: GAN, n: int = 64, seed: int = 0) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    noise = {}
    for name, draw in gan.noise("discriminator").items():
        shape = (n, *draw.shape)
        if draw.kind == "integer":
            noise[name] = torch.randint(draw.high, shape, generator=generator)
        elif draw.kind == "uniform":
            noise[name] = torch.rand(shape, generator=generator)
        else:
            noise[name] = torch.randn(shape, generator=generator)
    labels = torch.zeros(n, dtype=torch.int64)
    x = torch.randn(n, 2, generator=generator)
    return Batch(x, labels, noise, torch.tensor(0.0))


def test_no_truncation_changes_nothing_and_full_truncation_leaves_one_point() -> None:
    """SYSTEMS B5 (2)."""
    gan = style_gan(truncation=1.0)
    net = gan.generator
    assert isinstance(net, StyleGenerator)
    net.mean.normal_()
    z = torch.randn(200, 2)
    w = net.mapping(z)
    assert torch.equal(gan.decode(z), net.pure(w))
    gan.config = gan.config.model_copy(update={"truncation": 0.0})
    found = gan.decode(z)
    torch.testing.assert_close(found, net.pure(net.mean.expand_as(w)))
    assert (found - found[0]).abs().max() < 1e-6


def test_truncation_shrinks_the_styles_towards_their_mean() -> None:
    net = style_gan().generator
    net.mean.normal_()
    w = net.mapping(torch.randn(50, 2))
    expected = net.mean + 0.3 * (w - net.mean)
    torch.testing.assert_close(net.truncated(w, 0.3), expected)


def test_training_never_truncates() -> None:
    gan, cut = style_gan(), style_gan(truncation=0.2)
    batch = batch_for(gan)
    for player in gan.players():
        a, b = gan.losses(player, batch), cut.losses(player, batch)
        assert a["loss"].item() == b["loss"].item()
    assert not torch.equal(gan.decode(batch.x), cut.decode(batch.x))


def test_crossover_at_either_end_is_a_pure_sample() -> None:
    """SYSTEMS B5 (3), bitwise."""
    net = style_gan().generator
    w_1, w_2 = torch.randn(2, 40, 16)
    first = torch.zeros(40, dtype=torch.int64)
    assert torch.equal(net.synthesis(w_1, w_2, first), net.pure(w_2))
    assert torch.equal(net.synthesis(w_1, w_2, first + len(net.layers)), net.pure(w_1))
    mixed = net.synthesis(w_1, w_2, first + 1)
    assert not torch.equal(mixed, net.pure(w_1))
    assert not torch.equal(mixed, net.pure(w_2))


def test_mixing_is_for_its_share_of_the_fakes() -> None:
    gan = style_gan(mixing=0.4)
    batch = batch_for(gan, 400)
    with torch.no_grad():
        fakes, pure = gan.fakes(batch), gan.decode(batch.noise["z"])
    alone = (fakes - pure).abs().amax(1) < 1e-6
    assert torch.equal(alone, batch.noise["mix"] >= 0.4)
    crossover = 1 + batch.noise["crossover"]
    assert crossover.min() == 1
    assert crossover.max() == len(gan.generator.layers) - 1


def test_demodulated_rows_have_unit_length() -> None:
    """SYSTEMS B5 (4): the weights that a style leaves, read off by the Jacobian."""
    torch.manual_seed(0)
    layer = ModulatedLinear(4, 12, 7, demodulate=True).double()
    w = 3 * torch.randn(1, 4, dtype=torch.float64)
    h = torch.randn(1, 12, dtype=torch.float64)
    weight = torch.autograd.functional.jacobian(lambda h: layer(h, w), h)[0, :, 0]
    torch.testing.assert_close(weight.norm(dim=1), torch.ones(7, dtype=torch.float64))
    styled = layer.weight * layer.affine(w)
    cosine = torch.cosine_similarity(weight, styled, dim=1)
    torch.testing.assert_close(cosine, torch.ones(7, dtype=torch.float64))
    plain = ModulatedLinear(4, 12, 7, demodulate=False).double()
    weight = torch.autograd.functional.jacobian(lambda h: plain(h, w), h)[0, :, 0]
    expected = plain.weight * plain.affine(w) / math.sqrt(12)
    torch.testing.assert_close(weight, expected)


@pytest.mark.parametrize("rate", [1.0, 0.01])
def test_the_mapping_learns_at_its_own_rate(rate: float) -> None:
    """One Adam step of size eta moves what a layer computes by rate x eta a weight."""
    torch.manual_seed(0)
    layer = SlowLinear(2, 5, rate).double()
    x = torch.eye(2, dtype=torch.float64)
    before = layer(x).detach()
    optimiser = torch.optim.Adam(layer.parameters(), lr=1e-3)
    layer(x).sum().backward()
    optimiser.step()
    # Weight (scale sqrt(2 / 2) = 1) and bias each move by 1e-3 x rate.
    moved = (before - layer(x).detach()) / (2e-3 * rate)
    torch.testing.assert_close(moved, torch.ones_like(moved), atol=1e-4, rtol=0)


def test_fresh_mappings_are_alike_at_any_rate() -> None:
    spread = [
        style_gan(mapping_rate=rate).generator.mapping(torch.randn(2000, 2)).std()
        for rate in (1.0, 0.01)
    ]
    torch.testing.assert_close(spread[0], spread[1], rtol=0.1, atol=0)


def test_the_mean_style_is_followed() -> None:
    gan = style_gan(mean_decay=0.9)
    columns = {"x": torch.randn(10, 2), "labels": torch.zeros(10, dtype=torch.int64)}
    gan.initialise(columns, torch.Generator().manual_seed(0))
    w = gan.generator.mapping(torch.randn(20_000, 2))
    torch.testing.assert_close(gan.generator.mean, w.mean(0), atol=0.05, rtol=0)
    gan.generator.mean.fill_(5.0)
    batch = batch_for(gan)
    with torch.no_grad():
        gan.prepare("generator", batch)
        expected = 0.9 * 5 + 0.1 * gan.generator.mapping(batch.noise["z"]).mean(0)
    torch.testing.assert_close(gan.generator.mean, expected)
    spread = gan.losses("generator", batch)["style_spread"]
    w = gan.generator.mapping(batch.noise["z"])
    torch.testing.assert_close(spread, (w - expected).norm(dim=1).mean())


def test_normalised_noise_of_two_axes_lies_on_a_circle() -> None:
    z = torch.randn(100, 2)
    labels = torch.zeros(100, dtype=torch.int64)
    found = style_gan(normalise_z=True).inputs(z, labels)
    torch.testing.assert_close(found.norm(dim=1), torch.full((100,), math.sqrt(2)))
    assert torch.equal(style_gan().inputs(z, labels), z)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_ring_is_covered_by_styles() -> None:
    torch.manual_seed(0)
    gan = GAN(GANConfig(mapping_depth=4, r1=True, mixing=0.0))
    generator = torch.Generator().manual_seed(0)
    angles = torch.arange(8) * (math.pi / 4)
    modes = 1.41 * torch.stack((angles.cos(), angles.sin()), 1)
    x = modes[torch.randint(8, (20_000,), generator=generator)]
    x = x + 0.106 * torch.randn(x.shape, generator=generator)
    columns = {"x": x, "labels": torch.zeros(len(x), dtype=torch.int64)}
    config = TrainingConfig(**{**GAN.training_defaults, "steps": 1500})
    trainer = Trainer(gan, columns, config, seed=0)
    trainer.train_for(math.inf, 1500)
    with torch.no_grad():
        sample = trainer.averaged().sample(4000, generator)
    distance, nearest = torch.cdist(sample, modes).min(1)
    share = torch.bincount(nearest[distance < 0.42], minlength=8) / len(sample)
    assert (share > 1 / 24).sum() == 8
