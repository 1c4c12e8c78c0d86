"""No control without effect: every field of every config changes the run.

A run's fingerprint is its losses, its samples and its densities after a few steps. Each
field is changed alone, in a setting in which it is said to matter (``shown_if``).
"""

import math

import pytest
import torch

from engine import Experiment, registry
from engine.data.base import DataError
from engine.settings import SettingError
from engine.training.config import TrainingConfig
from engine.training.trainer import Diverged

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

DATA = "two_moons"
TRAINING = {"batch_size": 24, "steps": 6}
#: What else must be set for a field to matter so early, by model and field.
NEEDS: dict[tuple[str, str], dict[str, object]] = {
    ("rectified_flow", "reflow_pairs"): {"reflow_rounds": 1},
    ("rectified_flow", "reflow_steps"): {"reflow_rounds": 1},
    ("flow_matching", "coupling_batch"): {
        "coupling": "optimal",
        "training": {"batch_size": 128},
    },
    ("ddpm", "scale_betas"): {"T": 600},
    ("ddpm", "zero_snr"): {"target": "v"},
    ("vqvae", "restart_below"): {"gamma": 0.0},
    **{
        (name, "slope"): {"spread": 2.0}
        for name in registry.MODELS
        if "slope" in registry.model(name).Config.model_fields
    },
    **{
        (model, field): {"conditional": True, "label": 1, "guidance": 3.0}
        for model in ("flow_matching", "ddpm", "score_sde", "edm")
        for field in ("guide_from", "guide_to")
    },
    **{
        ("oracle", field): {"label": 1, "guidance": 3.0}
        for field in ("density_solver", "density_steps", "density_trace")
    },
}


def fingerprint(model: str, **groups) -> list[float]:
    """Numbers that any change of the run would move."""
    run = Experiment(
        model,
        groups.get("data", DATA),
        model_settings=groups.get("model_settings", {}),
        data_settings={"points": 300, **groups.get("data_settings", {})},
        training={**TRAINING, **groups.get("training", {})},
        sampler=groups.get("sampler", ""),
        sampler_settings=groups.get("sampler_settings", {}),
        seed=1,
    )
    try:
        run.train(groups.get("train", 6))
    except Diverged:
        return [math.inf]
    numbers = [float(v) for v in run.latest_losses().values()]
    numbers += run.sample(24, seed=3).flatten().tolist()
    if run.fitted().can("log_density"):
        numbers += run.log_prob(run.data.heldout.x[:6]).tolist()
    if run.fitted().can("critic"):
        numbers += run.fitted().critic(run.data.heldout.x[:6]).tolist()
    return numbers


def differ(a: list[float], b: list[float]) -> bool:
    if len(a) != len(b):
        return True
    return any(
        not math.isclose(x, y, rel_tol=1e-7, abs_tol=1e-9)
        for x, y in zip(a, b, strict=True)
        if not (math.isnan(x) and math.isnan(y))
    )


def others(schema: dict, value: object) -> list[object]:
    """Valid values that are not the present one, the likeliest to matter first."""
    if schema.get("enum"):
        return [v for v in schema["enum"] if v != value]
    if schema["type"] == "boolean":
        return [not value]
    low, high = schema.get("minimum", 0), schema.get("maximum", 1e6)
    low, high = schema.get("slider") or (low, high)
    if schema["type"] == "integer":
        near = [value * 2 + 1, value // 2, value + 1, value - 1, low, high]
        return [v for v in dict.fromkeys(near) if low <= v <= high and v != value]
    return [v for v in (0.7 * low + 0.3 * high, low, high) if v != value]


def wanted_by(schema: dict) -> dict[str, object]:
    """Other fields' values for which this field is said to have an effect."""
    return {name: values[0] for name, values in schema.get("shown_if", {}).items()}


def fields_of(model: str) -> list[str]:
    return list(registry.model(model).Config.model_json_schema()["properties"])


CASES = [(m, f) for m in registry.MODELS for f in fields_of(m)]


@pytest.mark.parametrize(("model", "field"), CASES, ids=lambda v: str(v))
def test_every_model_setting_changes_the_run(model, field):
    properties = registry.model(model).Config.model_json_schema()["properties"]
    schema = properties[field]
    context = {**wanted_by(schema), **NEEDS.get((model, field), {})}
    extra = {k: context.pop(k) for k in ("data", "training", "train") if k in context}
    base = {
        name: {**registry.model(model).Config().model_dump(), **context}[name]
        for name in properties
    }
    before = fingerprint(model, model_settings=context, **extra)
    for value in others(schema, base[field]):
        try:
            settings = {**context, field: value}
            after = fingerprint(model, model_settings=settings, **extra)
        except (SettingError, DataError):  # impossible beside the others
            continue
        if differ(before, after):
            return
    pytest.fail(f"{field} of {model} has no effect")


TRAINING_NEEDS: dict[str, dict[str, object]] = {
    "steps": {"schedule": "cosine"},
    "clip": {"clip": 0.0},
}


@pytest.mark.parametrize("field", list(TrainingConfig.model_fields))
def test_every_training_setting_changes_the_run(field):
    if field == "threads":
        torch.set_num_threads(1)
        run = Experiment(
            "realnvp", DATA, training={**TRAINING, "threads": 2}, device="cpu"
        )
        run.train(1)
        used = torch.get_num_threads()
        torch.set_num_threads(1)
        assert used == 2
        return
    schema = TrainingConfig.model_json_schema()["properties"][field]
    context = {"ema": 0.5, **wanted_by(schema), **TRAINING_NEEDS.get(field, {})}
    model = "realnvp"
    before = fingerprint(model, training=context)
    own = {**registry.model(model).training_defaults, **TRAINING, **context}
    value = TrainingConfig(**own).model_dump()[field]
    changed = [
        fingerprint(model, training={**context, field: v})
        for v in others(schema, value)[:2]
    ]
    assert any(differ(before, after) for after in changed)


def sampler_cases() -> list[tuple[str, str]]:
    return [
        (s, f)
        for s in registry.SAMPLERS
        for f in registry.sampler(s).Config.model_json_schema()["properties"]
    ]


@pytest.mark.parametrize(("sampler", "field"), sampler_cases(), ids=lambda v: str(v))
def test_every_sampler_setting_changes_the_samples(sampler, field):
    schema = registry.sampler(sampler).Config.model_json_schema()["properties"][field]
    context = wanted_by(schema)
    for model in ("rectified_flow", "ddpm", "score_sde", "score_matching", "edm"):
        if model not in registry.MODELS:
            continue
        try:
            before = fingerprint(
                model, sampler=sampler, sampler_settings=context, train=1
            )
        except (SettingError, ValueError):
            continue
        value = registry.sampler(sampler).Config(**context).model_dump()[field]
        for other in others(schema, value):
            try:
                settings = {**context, field: other}
                after = fingerprint(
                    model, sampler=sampler, sampler_settings=settings, train=1
                )
            except (SettingError, ValueError):
                continue
            if differ(before, after):
                return
    pytest.fail(f"{field} of {sampler} has no effect")


def data_cases() -> list[tuple[str, str]]:
    return [
        (d, f)
        for d in registry.DATA
        if d != "csv"
        for f, field in registry.data_set(d)
        .Config.model_json_schema()["properties"]
        .items()
        if field.get("type") != "array"  # a drawing and its canvas: test_drawing
    ]


@pytest.mark.parametrize(("data", "field"), data_cases(), ids=lambda v: str(v))
def test_every_data_setting_changes_the_data(data, field):
    schema = registry.data_set(data).Config.model_json_schema()["properties"][field]
    context = wanted_by(schema)
    value = registry.data_set(data).Config(**context).model_dump()[field]

    def points(**settings) -> list[float]:
        run = Experiment("realnvp", data, data_settings={**context, **settings})
        columns = run.trainer.columns["x"]
        return [float(len(columns)), *columns[:50].flatten().tolist()]

    before = points()
    assert any(differ(before, points(**{field: v})) for v in others(schema, value)[:2])
