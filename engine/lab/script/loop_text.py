"""The training loop of a script: the trainer's arithmetic without its machinery."""

from engine.lab.script.run import Run
from engine.training.config import TrainingConfig

_RATE = '''\
def rate(step: int, length: int) -> float:
    """Learning rate of a step, from 0, among ``length`` steps."""
'''
_OPTIMISER = '''\
def make_optimiser(weights: list[nn.Parameter]) -> torch.optim.Optimizer:
    """The rule that turns gradients into steps."""
    return {call}
'''
_TURN = '''\
def turn(
    model: {model},
    player: str,
    optimiser: torch.optim.Optimizer,
    batch: Batch,
) -> dict[str, Tensor]:
    """Gradient and step of one player; returns its loss terms."""
{body}
'''
_BATCH = '''\
def batch_of(
    columns: dict[str, Tensor], index: Tensor, noise: dict[str, Tensor], step: int
) -> Batch:
    """Rows of the table and the noise that goes with them."""
    rows = {name: column[index] for name, column in columns.items()}
    now = torch.tensor(float(step), device=DEVICE)
    return Batch(rows.pop("x"), rows.pop("labels"), noise, now, rows)
'''
_FOLLOW = '''\
@torch.no_grad()
def follow(average: nn.Module, model: nn.Module, step: int) -> None:
    """Move the averaged weights a little towards the present ones."""
    # A young average forgets faster, else the first weights weigh for ever.
    decay = min(EMA, (1 + step) / (10 + step))
    for mean, weight in zip(average.parameters(), model.parameters(), strict=True):
        mean.lerp_(weight, 1 - decay)
    for mine, theirs in zip(average.buffers(), model.buffers(), strict=True):
        mine.copy_(theirs)
'''
_LOOK_AHEAD = '''\
@torch.no_grad()
def look_ahead(slow: list[Tensor], model: nn.Module, step: int) -> None:
    """Every few steps let slow weights follow, and go on from them."""
    if step % LOOKAHEAD_STEPS:
        return
    for behind, weight in zip(slow, model.parameters(), strict=True):
        behind.lerp_(weight, LOOKAHEAD_SHARE)
        weight.copy_(behind)
'''


def imports(run: Run) -> list[str]:
    """Imports of the loop, the engine's among them."""
    return [
        "import copy",
        "from torch import Tensor, nn",
        "from engine.models.base import Batch",
        "from engine.training.draws import Draws, block_length",
        *(["import math"] if run.parts.training.schedule == "cosine" else []),
    ]


def functions(run: Run) -> list[str]:
    """All functions of the training, in reading order."""
    training = run.parts.training
    found = [_rate(training), _OPTIMISER.format(call=_optimiser(run)), _BATCH]
    found.append(_TURN.format(model=run.parts.model.__name__, body=_turn(run)))
    if training.ema:
        found.append(_FOLLOW)
    if training.lookahead:
        found.append(_LOOK_AHEAD)
    return [*found, _train(run)]


def _rate(training: TrainingConfig) -> str:
    lines = [_RATE]
    factor = "LEARNING_RATE"
    if training.schedule == "cosine":
        lines.append(
            "    factor = 0.5 * (1 + math.cos(math.pi * min(1.0, step / length)))\n"
        )
        factor = "LEARNING_RATE * factor"
    else:
        lines.append("    del length\n")
        if not training.warmup:
            lines.append("    del step\n")
    if training.warmup:
        start = "factor *= " if training.schedule == "cosine" else "factor = "
        lines.append(f"    {start}min(1.0, (step + 1) / {training.warmup})\n")
        factor = "LEARNING_RATE * factor"
    return "".join([*lines, f"    return {factor}\n"])


def _optimiser(run: Run) -> str:
    training = run.parts.training
    kind, rest = training.optimizer, "fused=True"
    name = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD", "rmsprop": "RMSprop"}[kind]
    if kind == "rmsprop":
        rest = f"alpha={training.rho!r}, foreach=True"
    elif kind == "sgd":
        rest += f", momentum={training.momentum!r}"
    else:
        rest += f", betas={(training.beta1, training.beta2)!r}"
    if kind == "adamw":
        rest += f", weight_decay={training.weight_decay!r}"
    call = f"torch.optim.{name}(weights, lr=LEARNING_RATE, {rest})"
    if len(call) + 11 > 88:
        return f"torch.optim.{name}(\n        weights, lr=LEARNING_RATE, {rest}\n    )"
    return call


def _turn(run: Run) -> str:
    lines = []
    if run.overrides("pair"):
        lines += [
            "if model.couples(player):",
            "    for name, draw in model.pair(player, batch).items():",
            "        batch.noise[name].copy_(draw)",
        ]
    if run.overrides("prepare"):
        lines += ["with torch.no_grad():", "    batch = model.prepare(player, batch)"]
    lines += [
        "terms = model.losses(player, batch)",
        'weights = optimiser.param_groups[0]["params"]',
        'torch.autograd.backward(terms["loss"], inputs=weights)',
    ]
    if run.parts.training.clip:
        clip = run.parts.training.clip
        lines.append(f"torch.nn.utils.clip_grad_norm_(weights, {clip!r})")
    lines += [
        "optimiser.step()",
        "optimiser.zero_grad(set_to_none=True)",
        "return {name: value.detach() for name, value in terms.items()}",
    ]
    return "\n".join(f"    {line}" for line in lines)


def _train(run: Run) -> str:
    """One loop over the steps, inside one over the stages where there are several."""
    model, staged = run.parts.model.__name__, run.model.stages() > 1
    several = len(run.model.players()) > 1
    lines = [
        "def train(",
        f"    model: {model}, columns: dict[str, Tensor]",
        f") -> tuple[{model}, list[dict[str, float]]]:",
        '    """Train; returns the model to sample from and the losses by step."""',
        "    generator = torch.Generator(device=DEVICE).manual_seed(TRAINING_SEED)",
    ]
    if run.overrides("initialise"):
        lines.append("    model.initialise(columns, generator)")
    ema = bool(run.parts.training.ema)
    shown = "average" if ema else "model"
    if ema:
        lines.append("    average = copy.deepcopy(model)")
    if run.parts.training.lookahead:
        lines.append("    slow = [w.detach().clone() for w in model.parameters()]")
    lines.append("    curve: list[dict[str, float]] = []")
    indent = "    "
    if staged:
        lines += _stage(run, shown)
        indent += "    "
    lines += [indent + line for line in _steps(run, staged, several)]
    return "\n".join([*lines, f"    return {shown}, curve"])


def _stage(run: Run, shown: str) -> list[str]:
    """Head of the loop over stages."""
    both = "(model, average)" if shown == "average" else "(model,)"
    lines = [
        f"    stages = {run.model.stages()}",
        "    length = max(1, STEPS // stages)",
        "    first_columns = columns",
        "    for stage in range(stages):",
        "        if stage:",
        f"            columns = {shown}.stage_columns(stage, first_columns, generator)",
    ]
    if run.overrides("enter_stage"):
        lines += [
            f"            for learner in {both}:",
            "                learner.enter_stage(stage)",
        ]
    return [
        *lines,
        "        begin = stage * length",
        "        end = STEPS if stage == stages - 1 else begin + length",
    ]


def _steps(run: Run, staged: bool, several: bool) -> list[str]:
    begin, end, length = ("begin", "end", "length") if staged else ("0", "STEPS", "")
    factor = " * model.rate_factor(player)" if run.overrides("rate_factor") else ""
    place = "step - begin" if staged else "step"
    span = f"{begin}, {end}" if staged else end
    name = 'f"{player}.{name}"' if several else "name"
    lines = [
        "turns = model.turns()",
        "players = model.players().items()",
        "optimisers = {name: make_optimiser(weights) for name, weights in players}",
        "specs = [model.noise(player) for player in turns]",
        "# Randomness is drawn for many steps at once.",
        "block = block_length(specs, BATCH_SIZE)",
        'rows = len(columns["x"])',
        "device = torch.device(DEVICE)",
        "draws = [Draws(spec, rows, BATCH_SIZE, block, device) for spec in specs]",
        f"for step in range({span}):",
        "    terms: dict[str, float] = {}",
        "    for player, draw in zip(turns, draws, strict=True):",
        "        optimiser = optimisers[player]",
        "        for group in optimiser.param_groups:",
        f'            group["lr"] = rate({place}, {length or "STEPS"}){factor}',
        f"        index, noise = draw.at(({place}) % block)",
        "        batch = batch_of(columns, index, noise, step)",
        "        found = turn(model, player, optimiser, batch)",
        f"        terms |= {{{name}: float(found[name]) for name in found}}",
    ]
    lines = [line.replace("(step) %", "step %") for line in lines]
    refill = [
        f"    if ({place}) % block == 0:".replace("(step) %", "step %"),
        "        for draw in draws:",
        "            draw.refill(generator)",
    ]
    at = lines.index("    terms: dict[str, float] = {}")
    lines[at:at] = refill
    if run.parts.training.ema:
        lines.append("    follow(average, model, step)")
    if run.parts.training.lookahead:
        lines.append("    look_ahead(slow, model, step + 1)")
    return [
        *lines,
        "    curve.append(terms)",
        "    if (step + 1) % max(1, STEPS // 20) == 0:",
        '        words = [f"{name} {value:.4f}" for name, value in terms.items()]',
        '        print(f"step {step + 1:6}", *words, sep="  ")',
    ]
