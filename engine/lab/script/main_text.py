"""The first and the last lines of a script: its constants, sampling, and main."""

from engine.lab.script import loop_text
from engine.lab.script.data_text import DataText
from engine.lab.script.run import Run, is_formula

#: Points that a script draws in the end; a run draws as many in one call.
SAMPLES = 2000
_SAMPLER_SETTINGS = "SamplerSettings"

_SAVE_LOSSES = '''\
def save_losses(curve: list[dict[str, float]]) -> None:
    """Write losses.csv: one row a step."""
    names = list(dict.fromkeys(name for terms in curve for name in terms))
    with open("losses.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["step", *names], restval="")
        writer.writeheader()
        for number, terms in enumerate(curve, start=1):
            writer.writerow({"step": number, **terms})
'''
_SAMPLE = '''\
@torch.no_grad()
def sample(model: {model}, scaling: Scaling, n: int, seed: int = 0) -> Tensor:
    """Draw points (n, 2) in data units."""
    generator = torch.Generator(device=DEVICE).manual_seed(seed)
{body}
    return scaling.restore(x.double().cpu()).float()
'''


def main_module(run: Run, data: DataText) -> str:
    """The script's own module, which imports what it needs from the engine."""
    functions = [*data.functions]
    if run.is_trained:
        functions += [*loop_text.functions(run), _SAVE_LOSSES]
    functions += [_sample(run), _main(run)]
    lines = [
        *_imports(run, data),
        *_constants(run),
        *functions,
        *data.letters,
    ]
    return "\n\n".join(lines) + "\n"


def _imports(run: Run, data: DataText) -> list[str]:
    model, config = run.parts.model, type(run.parts.model_config)
    lines = {
        "import base64": None,
        "import csv": None,
        "import zlib": None,
        "from types import SimpleNamespace": None,
        "import numpy as np": None,
        "import torch": None,
        "from torch import Tensor": None,
        **dict.fromkeys(data.imports),
        f"from {model.__module__} import {model.__name__}": None,
        f"from {config.__module__} import {config.__name__}": None,
    }
    if run.parts.sampler is not None:
        kind, settings = run.parts.sampler, type(run.parts.sampler_config)
        lines[f"from {kind.__module__} import {kind.__name__}"] = None
        # A model and a sampler may call their settings by one name.
        own = f"{settings.__name__} as {_SAMPLER_SETTINGS}"
        lines[f"from {settings.__module__} import {own}"] = None
    if run.is_trained:
        lines |= dict.fromkeys(loop_text.imports(run))
    return list(lines)


def _constants(run: Run) -> list[str]:
    training = run.parts.training
    lines = [
        f'DEVICE = "{run.device.type}"',
        f"WEIGHTS_SEED = {run.seed('weights')}",
        f"TRAINING_SEED = {run.seed('training')}",
        f"SAMPLES = {SAMPLES}",
    ]
    if not run.is_trained:
        return lines
    lines += [
        f"STEPS = {training.steps}",
        f"BATCH_SIZE = {training.batch_size}",
        f"LEARNING_RATE = {training.learning_rate!r}",
    ]
    if training.ema:
        lines.append(f"EMA = {training.ema!r}")
    if training.lookahead:
        lines += [
            f"LOOKAHEAD_STEPS = {training.lookahead_steps}",
            f"LOOKAHEAD_SHARE = {training.lookahead_share!r}",
        ]
    return lines


def _sample(run: Run) -> str:
    sampler = run.parts.sampler
    if sampler is None:
        body = "    x = model.sample(n, generator)"
    else:
        made = f"{sampler.__name__}({_SAMPLER_SETTINGS}())"
        body = (
            f"    sampler = {made}\n"
            "    x_0 = model.start(n, generator)\n"
            "    x = sampler.run(model, x_0, generator)"
        )
    return _SAMPLE.format(model=run.parts.model.__name__, body=body)


def _main(run: Run) -> str:
    model, config = run.parts.model.__name__, type(run.parts.model_config).__name__
    classes = run.data.classes
    lines = [
        "def main() -> None:",
        '    """Make the data, train, sample."""',
        f"    torch.set_num_threads({run.parts.training.threads or 1})",
        "    x, labels = make_data()",
        "    scaling = measured(x)",
        "    columns = training_table(scaling, x, labels)",
        "    torch.manual_seed(WEIGHTS_SEED)",
        f"    model = {model}({config}(), dim=2, classes={classes}).to(DEVICE)",
    ]
    if run.overrides("meet") and is_formula(run.data):
        kind, settings = type(run.data.source).__name__, type(run.data.config).__name__
        lines += [
            f"    source = {kind}({settings}())",
            "    model.meet(SimpleNamespace(source=source, scaling=scaling))",
        ]
    if run.is_trained:
        lines += [
            "    model, curve = train(model, columns)",
            "    save_losses(curve)",
        ]
    else:
        lines += [
            "    generator = torch.Generator(device=DEVICE)",
            "    model.initialise(columns, generator.manual_seed(TRAINING_SEED))",
        ]
    a, b = (name.replace('"', "'") for name in run.data.columns)
    return "\n".join(
        [
            *lines,
            "    points = sample(model, scaling, SAMPLES).numpy()",
            f'    head = "{a},{b}"',
            '    np.savetxt("samples.csv", points, delimiter=",", header=head, '
            'comments="")',
            '    print(f"{len(points)} points in samples.csv")',
        ]
    )
