"""The part of a script that makes its training table."""

import base64
import textwrap
import zlib
from dataclasses import dataclass, field

import numpy as np

from engine.data.load import Data
from engine.lab.script.run import Run, is_formula
from engine.lab.script.settings_text import arguments

#: More points than this travel in a file beside the script.
EMBEDDED_ROWS = 5000

_STANDARD = '''\
def measured(x: Tensor) -> Scaling:
    """Mean and spread of the points (n, 2): training coordinates have 0 and 1."""
    return Scaling(x.mean(0), x.std(0, correction=0))
'''
_CONSTANT = '''\
def measured(x: Tensor) -> Scaling:
    """Mean and spread of the points (n, 2); a constant column is only shifted."""
    std = x.std(0, correction=0)
    return Scaling(x.mean(0), torch.where(std > 1e-12 * x.abs().amax(0), std, 1.0))
'''
_UNSCALED = '''\
def measured(x: Tensor) -> Scaling:
    """Training coordinates are data units here: nothing is shifted or scaled."""
    return Scaling(x.new_zeros(2), x.new_ones(2))
'''
_UNPACKED = '''\
def unpacked(text: str) -> Tensor:
    """Rows x, y, class (n, 3) that were packed into letters."""
    numbers = zlib.decompress(base64.b64decode(text))
    return torch.from_numpy(np.frombuffer(numbers).reshape(-1, 3).copy())
'''
_FORMULA = '''\
def {name}() -> tuple[Tensor, Tensor]:
    """{title}: training points (n, 2) in data units, and their classes (n,)."""
    source = {source}({config}({arguments}))
    points, _ = source.split(torch.Generator().manual_seed({seed}))
    return points.x, points.labels
'''
_PACKED = '''\
def {name}() -> tuple[Tensor, Tensor]:
    """{title}: training points (n, 2) in data units, and their classes (n,)."""
    rows = unpacked({constant})
    return rows[:, :2], rows[:, 2].long()
'''
_FILE = '''\
def {name}() -> tuple[Tensor, Tensor]:
    """{title}: training points (n, 2) in data units, and their classes (n,)."""
    rows = torch.from_numpy(np.loadtxt("{file}", delimiter=",", skiprows=1))
    return rows[:, :2], rows[:, 2].long()
'''
_TABLE = '''\
def training_table(scaling: Scaling, x: Tensor, labels: Tensor) -> dict[str, Tensor]:
    """Columns of the training, in training coordinates."""
    table = {"x": scaling.standardise(x).float(), "labels": labels}
'''
_COMPANION = """\
    other, _ = {name}()
    generator = torch.Generator().manual_seed({seed})
    rows = torch.randint(len(other), (len(x),), generator=generator)
    table["{column}"] = scaling.standardise(other[rows]).float()
"""


@dataclass
class DataText:
    """Imports and functions, letters that hold points, and files to lie beside."""

    imports: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    letters: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)


def data_text(run: Run) -> DataText:
    """How the run's table comes about."""
    text = DataText(["from engine.data.base import Scaling"])
    _add_source(text, "make_data", run.data, run.seed("data"), {})
    for column, data in run.companions.items():
        seed = run.seed(f"companion {column}")
        _add_source(text, f"make_{column}", data, seed, _same_kind(run.data, data))
    text.functions.append(_scaling(run.data))
    table = _TABLE
    for column in run.companions:
        name, seed = f"make_{column}", run.seed(column)
        table += _COMPANION.format(name=name, column=column, seed=seed)
    text.functions.append(
        table + "    return {name: column.to(DEVICE) for name, column in table.items()}"
    )
    return text


def _same_kind(data: Data, other: Data) -> dict[str, object]:
    """Settings in which a companion differs from data of the same class."""
    if type(data.config) is not type(other.config):
        return {}
    mine = data.config.model_dump()
    theirs = other.config.model_dump()
    return {name: value for name, value in theirs.items() if value != mine[name]}


def _scaling(data: Data) -> str:
    if not data.config.standardise:
        return _UNSCALED
    std = data.train.x.std(0, correction=0)
    constant = bool((std <= 1e-12 * data.train.x.abs().amax(0)).any())
    return _CONSTANT if constant else _STANDARD


def _add_source(
    text: DataText, name: str, data: Data, seed: int, changed: dict[str, object]
) -> None:
    facts = {"name": name, "title": data.title, "seed": seed}
    if is_formula(data):
        source, config = type(data.source), type(data.config)
        for kind in (source, config):
            text.imports.append(f"from {kind.__module__} import {kind.__name__}")
        facts |= {"source": source.__name__, "config": config.__name__}
        text.functions.append(_FORMULA.format(arguments=arguments(changed), **facts))
    elif len(data.train.x) > EMBEDDED_ROWS:
        file = f"{name.removeprefix('make_')}.csv"
        text.files[file] = _as_csv(data)
        text.functions.append(_FILE.format(file=file, **facts))
    else:
        constant = f"POINTS_{name.removeprefix('make_').upper()}"
        text.letters.append(f'{constant} = """\\\n{_packed(data)}\n"""')
        text.functions.append(_PACKED.format(constant=constant, **facts))
        if _UNPACKED not in text.functions:
            text.functions.append(_UNPACKED)


def _rows(data: Data) -> np.ndarray:
    points = data.train
    return np.column_stack([points.x.numpy(), points.labels.double().numpy()])


def _packed(data: Data) -> str:
    letters = base64.b64encode(zlib.compress(_rows(data).tobytes(), 9)).decode()
    return "\n".join(textwrap.wrap(letters, 88))


def _as_csv(data: Data) -> str:
    lines = [f"{x!r},{y!r},{int(label)}" for x, y, label in _rows(data).tolist()]
    return "\n".join(["x,y,class", *lines, ""])
