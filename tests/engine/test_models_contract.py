"""One contract for all models: a listed model is a tested model."""

import math

import pytest
import torch

from engine import Experiment, registry
from engine.models.base import (
    Batch,
    Codes,
    Critic,
    Draw,
    Encoder,
    Latent,
    Layers,
    LogDensity,
    Process,
    Samples,
    capabilities,
)
from engine.settings import SettingError
from engine.training.config import TrainingConfig

MODELS = list(registry.MODELS)
BATCH = 64


def build(name: str, dtype: torch.dtype = torch.float32):
    torch.manual_seed(3)
    kind = registry.model(name)
    model = kind(kind.Config(), dim=2, classes=3).to(dtype)
    generator = torch.Generator().manual_seed(0)
    columns = {
        name: torch.randn(256, 2, dtype=dtype, generator=generator)
        for name in ("x", *model.companions())
    }
    columns["labels"] = torch.randint(0, 3, (256,), generator=generator)
    model.initialise(columns, generator)
    return model


def turns_of_all_stages(model) -> list[str]:
    turns: list[str] = []
    for stage in range(model.stages()):
        model.enter_stage(stage)
        turns += [player for player in model.turns() if player not in turns]
    return turns


def batch_for(model, player: str, seed: int = 0) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    noise = {
        k: _draw(d, generator, model.dtype) for k, d in model.noise(player).items()
    }
    x = torch.randn(BATCH, 2, generator=generator).to(model.dtype)
    labels = torch.randint(0, 3, (BATCH,), generator=generator)
    extra = {
        name: torch.randn(BATCH, 2, generator=generator).to(model.dtype)
        for name in model.companions()
    }
    step = torch.zeros((), dtype=model.dtype)
    with torch.no_grad():
        return model.prepare(player, Batch(x, labels, noise, step, extra))


def _draw(draw: Draw, generator: torch.Generator, dtype: torch.dtype) -> torch.Tensor:
    shape = (BATCH, *draw.shape)
    if draw.kind == "normal":
        return torch.randn(shape, generator=generator).to(dtype)
    if draw.kind == "uniform":
        return torch.rand(shape, generator=generator).to(dtype)
    return torch.randint(0, draw.high, shape, generator=generator)


@pytest.mark.parametrize("name", MODELS)
def test_card_and_config(name):
    kind = registry.model(name)
    card = kind.card
    assert all((card.title, card.family, card.paper, card.formula, card.summary))
    assert card.arxiv == "" or card.arxiv.replace(".", "").isdigit()
    config = kind.Config()
    assert kind.Config.model_validate_json(config.model_dump_json()) == config
    for field, schema in kind.Config.model_json_schema()["properties"].items():
        assert schema["title"], field
        assert schema["description"].endswith("."), field
        assert schema["apply"] in ("live", "restart"), field
        assert schema["default"] is not None, field
    TrainingConfig(**kind.training_defaults)


@pytest.mark.parametrize("name", MODELS)
def test_gradients_are_finite_and_reach_each_parameter(name):
    """After a few optimiser steps, since zero-initialised layers block the first."""
    model = build(name)
    reached: set[int] = set()
    for step in range(3):
        for player in turns_of_all_stages(model):
            weights = model.players()[player]
            terms = model.losses(player, batch_for(model, player, step))
            assert terms["loss"].ndim == 0
            assert all(bool(v.isfinite()) for v in terms.values())
            grads = torch.autograd.grad(terms["loss"], weights, allow_unused=True)
            with torch.no_grad():
                for weight, grad in zip(weights, grads, strict=True):
                    if grad is None:
                        continue
                    assert torch.isfinite(grad).all()
                    if grad.abs().sum() > 0:
                        reached.add(id(weight))
                    weight -= 1e-2 * grad
    unreached = [
        n
        for n, p in model.named_parameters()
        if p.requires_grad and id(p) not in reached
    ]
    assert not unreached


@pytest.mark.parametrize("name", MODELS)
def test_the_loss_is_a_pure_function(name):
    model = build(name)
    turns = turns_of_all_stages(model)
    batches = {player: batch_for(model, player) for player in turns}
    state = {k: v.clone() for k, v in model.state_dict().items()}
    for player, batch in batches.items():
        first = model.losses(player, batch)
        torch.manual_seed(99)
        second = model.losses(player, batch)
        assert {k: v.item() for k, v in first.items()} == {
            k: v.item() for k, v in second.items()
        }
    assert all(torch.equal(v, state[k]) for k, v in model.state_dict().items())


@pytest.mark.parametrize("name", MODELS)
def test_every_weight_belongs_to_exactly_one_player(name):
    model = build(name)
    owned = [id(p) for weights in model.players().values() for p in weights]
    assert len(owned) == len(set(owned))
    assert set(owned) == {id(p) for p in model.parameters() if p.requires_grad}
    assert set(turns_of_all_stages(model)) == set(model.players())


@pytest.mark.parametrize("name", MODELS)
def test_same_seed_same_samples(name):
    run = Experiment(name, "two_moons", seed=4)
    a, b, c = run.sample(50, 1), run.sample(50, 1), run.sample(50, 2)
    assert a.shape == (50, 2)
    assert torch.isfinite(a).all()
    assert torch.equal(a, b)
    assert not torch.equal(a, c)


@pytest.mark.parametrize("name", MODELS)
def test_log_density_in_data_units_matches_its_samples(name):
    """The Jacobian of the scaling: the same model, twice as wide, loses 2 ln 2 nats."""
    run = Experiment(name, "two_moons", seed=4)
    if not isinstance(run.trainer.model, LogDensity):
        pytest.skip("no density")
    assert run.trainer.model.density_kind in ("exact", "bound", "estimate")
    fitted = run.fitted()
    x = run.data.heldout.x[:20]
    near = fitted.log_prob(x, 0)
    fitted.scaling = type(fitted.scaling)(fitted.scaling.mean, 2 * fitted.scaling.std)
    wide = fitted.log_prob(fitted.scaling.mean + 2 * (x - fitted.scaling.mean), 0)
    torch.testing.assert_close(wide, near - 2 * math.log(2), atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", MODELS)
def test_capabilities_keep_their_word(name):
    model = build(name)
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(7, 2, generator=generator)
    assert capabilities(model) & {"samples", "process"}
    if isinstance(model, Samples):
        assert model.sample(5, generator).shape == (5, 2)
    if isinstance(model, LogDensity):
        assert model.log_prob(x, generator).shape == (7,)
        assert model.log_prob(x, generator, 0.25).shape == (7,)
    if isinstance(model, Latent):
        z = torch.randn(7, model.latent_dim, generator=generator)
        assert model.decode(z).shape == (7, 2)
    if isinstance(model, Encoder):
        codes = model.encode(x)
        assert isinstance(codes, Codes)
        assert codes.mean.shape == (7, model.latent_dim)
    if isinstance(model, Critic):
        assert model.critic(x).shape == (7,)
    if isinstance(model, Layers):
        steps = model.layers(x)
        assert torch.equal(steps[0], x)
        assert all(s.shape == (7, 2) for s in steps)
    if isinstance(model, Process):
        _check_process(model, x, generator)


def _check_process(model, x: torch.Tensor, generator: torch.Generator) -> None:
    assert type(model).default_sampler in registry.SAMPLERS
    assert model.start(5, generator).shape == (5, 2)
    for t in (torch.tensor(0.3), torch.full((7,), 0.3)):
        found = model.denoised(x, t)
        alpha, sigma = (
            f(torch.tensor(0.3)) for f in (model.path.alpha, model.path.sigma)
        )
        torch.testing.assert_close(
            alpha * found.x_data + sigma * found.eps, x, atol=1e-4, rtol=1e-4
        )
        torch.testing.assert_close(
            model.score(x, t), -found.eps / sigma, atol=1e-3, rtol=1e-3
        )
        assert model.velocity(x, t).shape == (7, 2)


@pytest.mark.parametrize("name", MODELS)
def test_a_saved_model_samples_the_same(name, tmp_path):
    run = Experiment(name, "eight_gaussians", seed=2, training={"batch_size": 32})
    run.train(12)
    run.save(tmp_path / "run", samples=20)
    again = Experiment.load(tmp_path / "run")
    assert torch.equal(again.sample(40, 3), run.sample(40, 3))
    assert again.config == run.config
    run.train(5)
    again.train(5)
    assert torch.equal(again.sample(40, 3), run.sample(40, 3))


@pytest.mark.parametrize("name", MODELS)
def test_live_settings_apply_without_losing_anything(name):
    """Every live field can change in mid-training; weights stay, the run goes on."""
    run = Experiment(name, "two_moons", training={"batch_size": 32})
    run.train(3)
    kind = registry.model(name)
    for field, schema in kind.Config.model_json_schema()["properties"].items():
        if schema["apply"] != "live":
            continue
        value = other_value(schema, run.config.model_settings[field])
        settings = {**run.config.model_settings, field: value}
        config = run.config.model_copy(update={"model_settings": settings})
        before = {k: v.clone() for k, v in run.trainer.model.state_dict().items()}
        try:
            changes = run.configure(config)
        except SettingError:  # two settings that exclude each other
            continue
        assert [c.name for c in changes] == [field]
        after = run.trainer.model.state_dict()
        assert all(torch.equal(before[k], after[k]) for k in before)
        run.train(2)
    assert run.step >= 3


def other_value(schema: dict, value: object) -> object:
    """A valid value that is not the present one."""
    if schema.get("enum"):
        return next(v for v in schema["enum"] if v != value)
    if schema["type"] == "boolean":
        return not value
    low, high = schema.get("minimum", 0), schema.get("maximum", 1e6)
    if schema["type"] == "integer":
        return value + 1 if value < high else value - 1
    return (value + high) / 2 if value < high else (value + low) / 2
