"""Guidance: its limits bitwise, its affinity, and what it makes of two normals."""

from typing import Any

import pytest
import torch
from torch import Generator, Tensor

from engine import Experiment, registry
from engine.models.base import Batch, Denoised
from engine.models.flow_matching import FlowMatching, FlowMatchingConfig
from engine.models.inside import guidance_of
from engine.models.oracle import Oracle, OracleConfig
from engine.sampling.base import CountedProcess
from engine.sampling.ode import rk4
from engine.sampling.path import spread

GUIDED = ("flow_matching", "ddpm", "score_sde", "edm")


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def make(name: str, **settings: object) -> Any:
    """A model of three classes with random weights, also in its last layer."""
    kind = registry.model(name)
    torch.manual_seed(5)
    model = kind(kind.Config(conditional=True, **settings), classes=3)
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    return model


def set_live(model: Any, **settings: object) -> None:
    model.config = model.config.model_copy(update=settings)


def states() -> tuple[Tensor, Tensor]:
    x = torch.randn(20, 2, generator=seeded(1))
    return x, torch.linspace(0.1, 0.9, 20)


def plain(model: Any, label: int, x: Tensor, t: Tensor) -> Tensor:
    """Velocity of one class (3: of none) by a network asked once, with no guidance."""
    asked = model.field.guided

    def once(x: Tensor, t: Tensor, *_: object, **__: object) -> Tensor:
        return model.field.of_class(x, t, torch.full((len(x),), label))

    model.field.guided = once
    found = model.velocity(x, t)
    model.field.guided = asked
    return found


@pytest.mark.parametrize("name", GUIDED)
def test_weights_one_and_nought_are_the_plain_models(name: str) -> None:
    model, (x, t) = make(name), states()
    bound, free = plain(model, 1, x, t), plain(model, 3, x, t)
    assert not torch.allclose(bound, free)
    set_live(model, label=2, guidance=1.0)
    assert torch.equal(model.velocity(x, t), bound)
    set_live(model, guidance=0.0)
    assert torch.equal(model.velocity(x, t), free)
    set_live(model, label=0, guidance=3.0)
    assert torch.equal(model.velocity(x, t), free)


@pytest.mark.parametrize("name", GUIDED)
def test_velocity_score_and_noise_are_affine_in_the_weight(name: str) -> None:
    model, (x, t) = make(name, label=2), states()
    found = []
    for w in (0.0, 1.0, 4.0):
        set_live(model, guidance=w)
        pair: Denoised = model.denoised(x, t)
        score = model.score(x, t)
        found.append(torch.cat([pair.x_data, pair.eps, score, model.velocity(x, t)]))
    free, bound, guided = (part.detach().double() for part in found)
    torch.testing.assert_close(
        guided, free + 4 * (bound - free), rtol=1e-3, atol=1e-3 * float(guided.std())
    )


@pytest.mark.parametrize("name", GUIDED)
def test_outside_its_interval_guidance_is_one(name: str) -> None:
    model, (x, t) = make(name, label=2, guidance=1.0), states()
    bound = model.velocity(x, t)
    set_live(model, guidance=3.0)
    guided = model.velocity(x, t)
    set_live(model, guide_from=0.4, guide_to=0.7)
    part = model.velocity(x, t)
    inside = (t >= 0.4) & (t <= 0.7)
    torch.testing.assert_close(part[inside], guided[inside])
    torch.testing.assert_close(part[~inside], bound[~inside], rtol=1e-3, atol=1e-3)
    assert inside.any()
    assert not inside.all()


@pytest.mark.parametrize(("w", "cost"), [(0.0, 1), (1.0, 1), (2.0, 2)])
def test_guidance_costs_a_second_evaluation(w: float, cost: int) -> None:
    process = CountedProcess(make("flow_matching", label=1, guidance=w))
    sampler = registry.sampler("euler")
    x_0 = process.start(4, seeded())
    sampler(sampler.Config(steps=6)).run(process, x_0, seeded())
    assert process.evaluations == 6 * cost


def test_dropped_labels_do_not_reach_the_loss() -> None:
    model = FlowMatching(FlowMatchingConfig(conditional=True), classes=3)
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    noise = {"x_0": torch.randn(6, 2), "t": torch.rand(6)}
    labels = torch.tensor([0, 1, 2, 0, 1, 2])
    step, x = torch.zeros(()), torch.randn(6, 2)

    def loss(drop: float, labels: Tensor) -> float:
        draws = {**noise, "label_drop": torch.full((6,), drop)}
        batch = Batch(x, labels, draws, step)
        return model.losses("model", batch)["loss"].item()

    assert loss(0.05, labels) == loss(0.05, labels.flip(0))
    assert loss(0.5, labels) != loss(0.5, labels.flip(0))


def test_data_without_classes_leave_everything_as_it_is() -> None:
    model = FlowMatching(FlowMatchingConfig(conditional=True, label=2), classes=0)
    assert "label_drop" not in model.noise("model")
    assert not [n for n, _ in model.named_parameters() if "labels" in n]


@pytest.mark.parametrize(
    ("w", "mean", "std"),
    [(1.0, 1.00, 0.50), (2.0, 1.32, 0.36), (4.0, 1.67, 0.29), (8.0, 2.12, 0.25)],
)
def test_guided_normals_move_apart_and_narrow(
    w: float, mean: float, std: float
) -> None:
    """Normals at -1 and 1 with std 1/2: known results of the ODE with exact scores.

    They are those of a variance-preserving diffusion.
    """
    model = Oracle(OracleConfig(sde="vp", label=2, guidance=w), dim=1).double()
    model._know(
        torch.tensor([[-1.0], [1.0]]),
        torch.tensor([0.25]),
        torch.tensor([0.5, 0.5]).log(),
        torch.tensor([0, 1]),
    )
    z = torch.special.ndtri((torch.arange(4000, dtype=torch.float64) + 0.5) / 4000)
    x = rk4(model.velocity, z[:, None], spread(400, "quadratic"))
    assert float(x.mean()) == pytest.approx(mean, abs=0.02)
    assert float(x.std()) == pytest.approx(std, abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["flow_matching", "ddpm", "score_sde"])
def test_a_trained_class_is_drawn_alone(name: str) -> None:
    run = Experiment(
        name, "eight_gaussians", device="cpu",
        model_settings={"conditional": True, "label": 3, "width": 64},
        training={"steps": 1000, "batch_size": 256, "threads": 1},
    )  # fmt: skip
    run.train()
    x = run.sample(500).double()
    modes = run.data.source.modes()
    assert modes is not None
    nearest = torch.cdist(x, modes.centres).argmin(1)
    assert float((nearest == 2).double().mean()) > 0.95


def test_what_is_measured_under_guidance_says_so() -> None:
    made = Experiment(
        "flow_matching",
        "two_moons",
        model_settings={"conditional": True, "label": 1, "guidance": 3.0, "depth": 1},
        training={"steps": 5},
    )
    assert made.measure(20, record=False).guidance == 3
    base = made.config.model_settings
    for changes, weight in (
        ({"guide_from": 0.2, "guide_to": 0.3}, 3),
        ({"guidance": 1.0}, None),
        ({"guidance": 0.0}, None),
        ({"label": 0}, None),
    ):
        made.configure(
            made.config.model_copy(update={"model_settings": base | changes})
        )
        assert guidance_of(made.trainer.model) == weight, changes
