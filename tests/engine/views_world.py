"""A world solved by hand, for the tests of views: normal data and exact models."""

import math
from typing import ClassVar

import torch
from torch import nn

from engine.data.base import DataConfig, DataSet, Points, Scaling
from engine.data.load import Data
from engine.models.base import Card, Codes, Denoised, GenerativeModel, ModelConfig
from engine.models.fitted import Fitted
from engine.sampling.path import LinearPath
from engine.sampling.samplers import Heun
from engine.training.history import History
from engine.views.base import Moment

MEAN = torch.tensor([3.0, -1.0], dtype=torch.float64)
#: The product is not 1: a lost Jacobian must show.
STD = torch.tensor([2.0, 0.4], dtype=torch.float64)
LIMITS = (3 - 10.0, 3 + 10.0, -1 - 10.0, -1 + 10.0)
TRUTH = torch.distributions.Independent(torch.distributions.Normal(MEAN, STD), 1)


class NormalData(DataSet):
    """N(MEAN, diag STD^2), with a log-density that counts how often it is asked."""

    name = "normal"
    title = "Normal"
    description = "A normal density."
    Config = DataConfig

    def __init__(self, known=True):
        super().__init__(DataConfig())
        self.class_names = ("left", "right")
        self.known = known
        self.asked = 0

    def split(self, generator):
        raise NotImplementedError("The tests make their own points.")

    def log_prob(self, x):
        self.asked += len(x)
        return TRUTH.log_prob(x.double()) if self.known else None

    def entropy(self):
        return float(TRUTH.entropy())


def normal_data(points=3000, known=True, scaling=None):
    generator = torch.Generator().manual_seed(1)
    noise = torch.randn(points, 2, generator=generator, dtype=torch.float64)
    x = MEAN + STD * noise
    train = Points(x, (noise[:, 0] > 0).long())
    return Data(
        name="normal",
        title="Normal",
        config=DataConfig(),
        source=NormalData(known),
        train=train,
        heldout=train,
        scaling=scaling or Scaling(MEAN, STD),
        classes=2,
        columns=("x", "y"),
        notes=(),
        limits=LIMITS,
    )


class Exact(GenerativeModel):
    """Base of models without anything to learn."""

    name = "exact"
    card = Card("Exact", "Test", "", "", "", "")
    Config = ModelConfig

    def __init__(self):
        super().__init__(ModelConfig())
        self.anchor = nn.Parameter(torch.zeros((), dtype=torch.float64))


class Identity(Exact):
    """x = z in standardised units: every one-shot capability in closed form."""

    density_kind = "exact"
    density_note = "closed form"
    latent_dim = 2

    def sample(self, n, generator):
        return self.normal((n, 2), generator)

    def log_prob(self, x, generator, effort=1.0):
        return -0.5 * x.square().sum(1) - math.log(2 * math.pi)

    def decode(self, z):
        return z

    def encode(self, x):
        return Codes(x)

    def layers(self, z):
        return [z, 2 * z, z]


class SamplesOnly(Exact):
    """Samples, a latent space and a critic, as a GAN has."""

    latent_dim = 3

    def sample(self, n, generator):
        return self.normal((n, 2), generator)

    def decode(self, z):
        return z[:, :2]

    def critic(self, x):
        return torch.sigmoid(x @ x.new_tensor([1.0, -2.0]))


class Warp(Exact):
    """A decoder that is any given function."""

    latent_dim = 2

    def __init__(self, function):
        super().__init__()
        self.function = function

    def decode(self, z):
        return self.function(z)


class NormalFlow(Exact):
    """Rectified flow from N(0, 1) to N(m, s^2) per axis: the exact velocity.

    SYSTEMS E8 (1): the marginal at t is N(t m, (1 - t)^2 + t^2 s^2).
    """

    default_sampler: ClassVar[str] = "heun"
    density_kind = "exact"
    density_note = "closed form"

    def __init__(self, m=0.0, s=1.0):
        super().__init__()
        self.m, self.s = m, s

    @property
    def path(self):
        return LinearPath()

    def start(self, n, generator):
        return self.normal((n, 2), generator)

    def _variance(self, t):
        return (1 - t) ** 2 + t**2 * self.s**2

    def velocity(self, x, t):
        slope = (t * self.s**2 - (1 - t)) / self._variance(t)
        return self.m + slope * (x - t * self.m)

    def score(self, x, t):
        return -(x - t * self.m) / self._variance(t)

    def denoised(self, x, t):
        v = self.velocity(x, t)
        return Denoised(x + (1 - t) * v, x - t * v)

    def log_prob(self, x, generator, effort=1.0):
        z = (x - self.m) / self.s
        return -0.5 * z.square().sum(1) - math.log(2 * math.pi) - 2 * math.log(self.s)


def moment(model, data=None, *, quality=1.0, seed=0, steps=200, history=None):
    """The model as a finished run on the data; its ticks are counted in ``ticks``."""
    data = data or normal_data()
    sampler = Heun(Heun.Config(steps=steps))
    ticks = []

    def tick():
        ticks.append(1)

    found = Moment(
        fitted=Fitted(model, data.scaling, sampler, tick),
        data=data,
        history=history or History(),
        step=7,
        seed=seed,
        quality=quality,
        tick=tick,
    )
    object.__setattr__(found, "ticks", ticks)
    return found
