"""GAN against the closed forms of two Gaussians that a player has to tell apart."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal

from engine.models.adversarial_losses import LOSSES
from engine.models.base import Batch, capabilities
from engine.models.gan import GAN
from engine.models.gan_config import GANConfig
from engine.training.config import TrainingConfig
from engine.training.trainer import Trainer

LN_2 = math.log(2)
#: The two losses of the first paper.
FIRST = ("non_saturating", "minimax")


def batch_of(x: Tensor, z: Tensor) -> Batch:
    labels = torch.zeros(len(x), dtype=torch.int64)
    chord = torch.full((len(x),), 0.5, dtype=x.dtype)
    return Batch(x, labels, {"z": z, "chord": chord}, torch.tensor(0.0))


def shifted_pair(loss: str = "non_saturating") -> GAN:
    """Linear players in one dimension, with G(z) = z - 1, so that q = N(-1, 1)."""
    config = GANConfig(latent_dim=1, depth=0, loss=loss, r1=False)
    gan = GAN(config, dim=1).double()
    with torch.no_grad():
        gan.generator[-1].weight.fill_(1.0)
        gan.generator[-1].bias.fill_(-1.0)
    return gan


def set_discriminator(gan: GAN, slope: float, intercept: float) -> None:
    with torch.no_grad():
        gan.discriminator[-1].weight.fill_(slope)
        gan.discriminator[-1].bias.fill_(intercept)


def normal_quantiles(n: int) -> Tensor:
    """The mean over these points is an integral against N(0, 1)."""
    levels = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    return Normal(0.0, 1.0).icdf(levels)[:, None]


@pytest.mark.parametrize("loss", FIRST)
def test_value_at_the_best_discriminator_is_two_jsd_minus_ln_4(loss: str) -> None:
    """N(1, 1) against N(-1, 1): D* = sigmoid(2x), V* = -.71263, JSD = .33683."""
    gan, z = shifted_pair(loss), normal_quantiles(200_000)
    set_discriminator(gan, 2.0, 0.0)
    terms = gan.losses("discriminator", batch_of(1 + z, z))
    assert -terms["loss"].item() == pytest.approx(-0.71263, abs=2e-5)
    jsd = (math.log(4) - terms["loss"].item()) / 2
    assert jsd == pytest.approx(0.33683, abs=2e-5)
    terms["loss"].backward()
    assert all(p.grad.abs() < 1e-4 for p in gan.discriminator.parameters())


def test_critic_is_the_probability_of_real() -> None:
    """p / (p + q) by the densities themselves."""
    gan = shifted_pair()
    set_discriminator(gan, 2.0, 0.0)
    x = torch.linspace(-3, 3, 50, dtype=torch.float64)
    p, q = Normal(1.0, 1.0).log_prob(x).exp(), Normal(-1.0, 1.0).log_prob(x).exp()
    torch.testing.assert_close(gan.critic(x[:, None]), p / (p + q), rtol=0, atol=1e-12)


def test_a_linear_discriminator_learns_the_best_one() -> None:
    gan, generator = shifted_pair(), torch.Generator().manual_seed(0)
    z = torch.randn(2, 100_000, 1, generator=generator, dtype=torch.float64)
    batch = batch_of(1 + z[0], z[1])
    optimiser = torch.optim.LBFGS(gan.players()["discriminator"], max_iter=50)

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = gan.losses("discriminator", batch)["loss"]
        loss.backward()
        return loss

    optimiser.step(closure)
    assert gan.discriminator[-1].weight.item() == pytest.approx(2, abs=0.05)
    assert gan.discriminator[-1].bias.item() == pytest.approx(0, abs=0.05)


def unit_normal(mean: float) -> Normal:
    """N(mean, 1) in double precision: a Python float would become a float32."""
    return Normal(torch.tensor(mean, dtype=torch.float64), 1.0)


def kl_minus_two_jsd(theta: float) -> float:
    """KL(q || p) - 2 JSD for p = N(0, 1), q = N(theta, 1), by quadrature."""
    x = torch.linspace(-12, 13, 200_001, dtype=torch.float64)
    log_p, log_q = unit_normal(0).log_prob(x), unit_normal(theta).log_prob(x)
    log_m = torch.logaddexp(log_p, log_q) - LN_2
    p, q = log_p.exp(), log_q.exp()
    integrand = q * (log_q - log_p) - p * (log_p - log_m) - q * (log_q - log_m)
    return float(integrand.sum() * (x[1] - x[0]))


def test_non_saturating_gradient_is_that_of_kl_minus_two_jsd() -> None:
    """p = N(0, 1), q = N(.7, 1), with D held at D*: .38845."""
    shift = 0.7
    z = torch.linspace(-12, 12, 200_001, dtype=torch.float64)
    weight = unit_normal(0).log_prob(z).exp() * (z[1] - z[0])
    theta = torch.tensor(shift, dtype=torch.float64, requires_grad=True)
    x = theta + z
    logit = unit_normal(0).log_prob(x) - unit_normal(shift).log_prob(x)
    (weight * LOSSES["non_saturating"].generator(logit)).sum().backward()
    step = 1e-4
    difference = kl_minus_two_jsd(shift + step) - kl_minus_two_jsd(shift - step)
    assert theta.grad.item() == pytest.approx(difference / (2 * step), abs=1e-6)
    assert theta.grad.item() == pytest.approx(0.38845, abs=1e-5)


@pytest.mark.parametrize(
    ("loss", "expected"), [("minimax", -4.5398e-5), ("non_saturating", -1.0)]
)
def test_the_minimax_gradient_dies_where_the_discriminator_is_sure(
    loss: str, expected: float
) -> None:
    """Factors -D and -(1 - D) at logit -10."""
    logit = torch.tensor(-10.0, dtype=torch.float64, requires_grad=True)
    LOSSES[loss].generator(logit).backward()
    assert logit.grad.item() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("loss", FIRST)
def test_reference_lines_are_the_terms_of_an_undecided_discriminator(loss: str) -> None:
    gan = shifted_pair(loss)
    set_discriminator(gan, 0.0, 0.0)
    z = torch.randn(10, 1, dtype=torch.float64)
    for player in gan.players():
        terms = gan.losses(player, batch_of(z, z))
        assert gan.reference_lines(player) == pytest.approx(
            {name: term.item() for name, term in terms.items()}
        )
    assert gan.reference_lines("discriminator")["loss"] == pytest.approx(2 * LN_2)
    sign = -1 if loss == "minimax" else 1
    assert gan.reference_lines("generator")["loss"] == pytest.approx(sign * LN_2)


def test_each_player_moves_its_own_weights_only() -> None:
    torch.manual_seed(0)
    gan = GAN(GANConfig(width=8))
    batch = batch_of(torch.randn(16, 2), torch.randn(16, 2))
    gan.losses("discriminator", batch)["loss"].backward()
    assert all(p.grad is None for p in gan.generator.parameters())
    assert all(p.grad.any() for p in gan.discriminator.parameters())
    players = gan.players()
    loss = gan.losses("generator", batch)["loss"]
    assert all(g.any() for g in torch.autograd.grad(loss, players["generator"]))
    everyone = {id(p) for player in players.values() for p in player}
    assert everyone == {id(p) for p in gan.parameters()}


def test_turns_follow_the_live_setting() -> None:
    gan = GAN(GANConfig(d_steps=3))
    assert gan.turns() == ("discriminator",) * 3 + ("generator",)
    gan.config = gan.config.model_copy(update={"d_steps": 1})
    assert gan.turns() == ("discriminator", "generator")


def test_samples_are_decoded_noise_and_follow_the_seed() -> None:
    gan = GAN(GANConfig(latent_dim=5, width=8))
    x = gan.sample(20, torch.Generator().manual_seed(4))
    z = torch.randn(20, 5, generator=torch.Generator().manual_seed(4))
    assert x.shape == (20, 2)
    assert torch.equal(x, gan.decode(z))
    assert gan.noise("generator")["z"].shape == (gan.latent_dim,) == (5,)


def test_capabilities() -> None:
    found = capabilities(GAN(GANConfig()))
    assert found == {"samples", "latent", "critic", "adversarial", "styled"}


def ring(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """The ring of SYSTEMS section 0 and its 8 modes."""
    generator = torch.Generator().manual_seed(seed)
    angles = torch.arange(8) * (math.pi / 4)
    modes = 2 * torch.stack((angles.cos(), angles.sin()), 1)
    centre = modes[torch.randint(8, (n,), generator=generator)]
    return centre + 0.15 * torch.randn(n, 2, generator=generator), modes


def energy_distance(x: Tensor, y: Tensor) -> float:
    def within(a: Tensor) -> Tensor:
        return torch.cdist(a, a).sum() / (len(a) * (len(a) - 1))

    return float(2 * torch.cdist(x, y).mean() - within(x) - within(y))


@pytest.mark.slow
@pytest.mark.parametrize("loss", FIRST)
def test_ring_is_covered(loss: str) -> None:
    """SYSTEMS B1 (5): at least 7 of 8 modes and ED < .03 after 2000 steps."""
    torch.manual_seed(0)
    scale = 1.42
    x = ring(20_000, 0)[0] / scale
    gan = GAN(GANConfig(loss=loss, r1=False))
    columns = {"x": x, "labels": torch.zeros(len(x), dtype=torch.int64)}
    config = TrainingConfig(**{**GAN.training_defaults, "steps": 2000})
    trainer = Trainer(gan, columns, config, seed=0)
    trainer.train_for(math.inf, 2000)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        sample = trainer.averaged().sample(4000, generator) * scale
    truth, modes = ring(4000, 1)
    distance, nearest = torch.cdist(sample, modes).min(1)
    share = torch.bincount(nearest[distance < 4 * 0.15], minlength=8) / len(sample)
    assert (share > 1 / 24).sum() >= 7
    assert energy_distance(sample, truth) < 0.03
