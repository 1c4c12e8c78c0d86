"""Conditional GAN: what a class does, against closed forms and trained rings."""

import math

import pytest
import torch
from torch import Tensor

from engine.models.base import Batch, capabilities
from engine.models.conditional_gan import ConditionalGAN, ConditionalGANConfig
from engine.models.gan import GAN
from engine.models.gan_config import GANConfig
from engine.training.config import TrainingConfig
from engine.training.trainer import Trainer

F64 = torch.float64
CONDITIONS = ["concat", "projection"]


def build(classes: int = 3, **settings: object) -> ConditionalGAN:
    torch.manual_seed(0)
    config = ConditionalGANConfig(**{"width": 16, "r1": False, **settings})
    return ConditionalGAN(config, classes=classes)


def batch_of(x: Tensor, labels: Tensor, z: Tensor) -> Batch:
    chord = torch.full((len(x),), 0.5, dtype=x.dtype)
    return Batch(x, labels, {"z": z, "chord": chord}, torch.tensor(0.0))


@pytest.mark.parametrize("loss", ["non_saturating", "wasserstein", "hinge"])
def test_with_one_class_it_is_a_gan(loss: str) -> None:
    """SYSTEMS B3 (3): a constant embedding is a shift of the first layers' biases."""
    game = {"width": 16, "loss": loss, "r1": True}
    conditional = build(classes=4, **game).double()
    plain = GAN(GANConfig(**{"r1": False, **game})).double()
    label = 2
    pairs = (
        (conditional.generator, plain.generator, conditional.generator_labels),
        (
            conditional.discriminator,
            plain.discriminator,
            conditional.discriminator_labels,
        ),
    )
    with torch.no_grad():
        for theirs, ours, table in pairs:
            for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
                if a.shape == b.shape:
                    a.copy_(b)
            ours[0].weight.copy_(theirs[0].weight[:, :2])
            shift = theirs[0].weight[:, 2:] @ table.weight[label]
            ours[0].bias.copy_(theirs[0].bias + shift)
    x, z = torch.randn(2, 30, 2, dtype=F64)
    labels = torch.full((30,), label)
    for player in plain.players():
        expected = plain.losses(player, batch_of(x, labels * 0, z))
        found = conditional.losses(player, batch_of(x, labels, z))
        assert {k: v.item() for k, v in found.items()} == pytest.approx(
            {k: v.item() for k, v in expected.items()}, abs=1e-12
        )


def test_projection_learns_the_best_discriminator_of_each_class() -> None:
    """p(x | y) = N(m, 1), q(x | y) = N(-m, 1): log-odds 2 m x, m = .5, 1, -.7."""
    means = torch.tensor([0.5, 1.0, -0.7], dtype=F64)
    config = ConditionalGANConfig(
        latent_dim=1, depth=0, embedding=1, condition="projection", r1=False
    )
    gan = ConditionalGAN(config, dim=1, classes=3).double()
    with torch.no_grad():  # G(z, y) = z - m_y
        gan.generator[-1].weight.fill_(1.0)
        gan.generator[-1].bias.zero_()
        gan.generator_labels.weight.copy_(-means[:, None])
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(2, 150_000, 1, dtype=F64, generator=generator)
    labels = torch.arange(150_000) % 3
    batch = batch_of(noise[0] + means[labels, None], labels, noise[1])
    optimiser = torch.optim.LBFGS(gan.players()["discriminator"], max_iter=80)

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = gan.losses("discriminator", batch)["loss"]
        loss.backward()
        return loss

    optimiser.step(closure)
    ones = torch.ones(1, 1, dtype=F64)
    for label, mean in enumerate(means.tolist()):
        value = gan.values(ones, torch.tensor([label])) - gan.values(
            0 * ones, torch.tensor([label])
        )
        assert value.item() == pytest.approx(2 * mean, abs=0.05)
        assert gan.values(0 * ones, torch.tensor([label])).item() == pytest.approx(
            0, abs=0.05
        )


@pytest.mark.parametrize("condition", CONDITIONS)
def test_both_players_see_the_class(condition: str) -> None:
    gan = build(condition=condition)
    x = torch.randn(6, 2)
    zero, one = torch.zeros(6, dtype=torch.int64), torch.ones(6, dtype=torch.int64)
    assert not torch.allclose(gan.values(x, zero), gan.values(x, one))
    assert not torch.allclose(
        gan.points(gan.inputs(x, zero)), gan.points(gan.inputs(x, one))
    )


def test_spectral_norm_covers_the_projection() -> None:
    """Twenty times the weights of a projection change nothing: they are normalised."""
    gan = build(condition="projection", spectral_norm=True)
    x, labels = torch.randn(30, 2), torch.arange(30) % 3
    before = gan.values(x, labels)
    with torch.no_grad():
        gan.discriminator_labels.weight.mul_(20)
    torch.testing.assert_close(gan.values(x, labels), before)


def test_classes_are_drawn_as_often_as_the_data_have_them() -> None:
    gan = build()
    labels = torch.tensor([0] * 70 + [2] * 30)
    columns = {"x": torch.randn(100, 2), "labels": labels}
    gan.initialise(columns, torch.Generator())
    torch.testing.assert_close(gan.shares, torch.tensor([0.7, 0.0, 0.3]))
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():  # points that tell their class
        gan.generator = torch.nn.Linear(10, 2)
        gan.generator.weight.zero_()
        gan.generator.weight[0, 2] = 1.0
        gan.generator.bias.zero_()
        gan.generator_labels.weight[:, 0] = torch.tensor([0.0, 1.0, 2.0])
        x = gan.sample(20_000, generator)[:, 0]
    share = torch.bincount(x.round().long(), minlength=3) / len(x)
    torch.testing.assert_close(share, gan.shares, atol=0.01, rtol=0)


def test_a_shown_class_is_shown_and_blends_into_the_next() -> None:
    gan = build()
    z = torch.randn(9, 2)

    def shown(**settings: object) -> Tensor:
        gan.config = gan.config.model_copy(update=settings)
        return gan.decode(z)

    def of_class(label: int) -> Tensor:
        return gan.points(gan.inputs(z, torch.full((9,), label)))

    torch.testing.assert_close(shown(shown_class=2), of_class(1))
    torch.testing.assert_close(shown(shown_class=2, blend=1.0), of_class(2))
    torch.testing.assert_close(shown(shown_class=3, blend=1.0), of_class(0))
    torch.testing.assert_close(shown(shown_class=5, blend=0.0), of_class(1))
    half = gan.generator_labels.weight[1:3].mean(0).expand(9, -1)
    torch.testing.assert_close(
        shown(shown_class=2, blend=0.5), gan.points(torch.cat((z, half), 1))
    )
    drawn = gan.sample(9, torch.Generator().manual_seed(1))
    z = torch.randn(9, 2, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(drawn, gan.decode(z))


def test_the_verdict_is_that_of_the_class_or_the_mean_over_all() -> None:
    gan = build()
    x = torch.randn(8, 2)
    verdicts = [gan.values(x, torch.full((8,), y)).sigmoid() for y in range(3)]
    torch.testing.assert_close(gan.critic(x), torch.stack(verdicts).mean(0))
    gan.config = gan.config.model_copy(update={"shown_class": 3})
    torch.testing.assert_close(gan.critic(x), verdicts[2])


def test_data_without_classes_are_one_class() -> None:
    gan = build(classes=0)
    assert len(gan.shares) == 1
    assert gan.sample(4, torch.Generator()).shape == (4, 2)
    found = {"samples", "latent", "critic", "adversarial", "styled"}
    assert capabilities(gan) == found


def trained_on_ring(shuffled: bool, **settings: object) -> tuple[Tensor, Tensor]:
    """Label asked for and mode reached of 4000 points, after 1500 steps."""
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    angles = torch.arange(8) * (math.pi / 4)
    modes = 1.41 * torch.stack((angles.cos(), angles.sin()), 1)
    labels = torch.randint(8, (20_000,), generator=generator)
    x = modes[labels] + 0.106 * torch.randn(20_000, 2, generator=generator)
    if shuffled:
        labels = labels[torch.randperm(len(labels), generator=generator)]
    gan = ConditionalGAN(ConditionalGANConfig(**settings), classes=8)
    config = TrainingConfig(**{**ConditionalGAN.training_defaults, "steps": 1500})
    trainer = Trainer(gan, {"x": x, "labels": labels}, config, seed=0)
    trainer.train_for(math.inf, 1500)
    learned = trainer.averaged()
    asked = torch.arange(4000) % 8
    z = torch.randn(4000, learned.latent_dim, generator=generator)
    with torch.no_grad():
        found = learned.points(learned.inputs(z, asked))
    return asked, torch.cdist(found, modes).argmin(1)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_samples_reach_the_mode_of_their_label(condition: str) -> None:
    """SYSTEMS B3 (1): at least nine in ten."""
    asked, reached = trained_on_ring(False, condition=condition)
    assert (asked == reached).float().mean() >= 0.9


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_shuffled_labels_say_nothing() -> None:
    """SYSTEMS B3 (2): mutual information of label and mode under .05 nats."""
    asked, reached = trained_on_ring(True)
    joint = torch.zeros(8, 8).index_put_(
        (asked, reached), torch.ones(len(asked)), accumulate=True
    )
    joint = joint.double() / joint.sum()
    free = joint.sum(1, keepdim=True) * joint.sum(0)
    known = joint > 0
    information = (joint[known] * (joint[known] / free[known]).log()).sum()
    assert (joint.sum(0) > 1 / 24).sum() >= 5
    assert information < 0.05
