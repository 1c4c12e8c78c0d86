"""What training does at each time: how often it goes there, and what it loses there.

Times are drawn as training draws them, beside the density that they come from (Esser et
al. 2024, 2403.03206, section 3.1). The loss is the one that is minimised, weights and
all, on a batch with the same points and the same noise at every step of a training, so
that the curves of two moments can be compared. Its mean over the draws is the loss of
that batch.
"""

import torch
from torch import Generator, Tensor

from engine.models.base import Batch, GenerativeModel
from engine.models.inside import Visits
from engine.training.draws import Draws
from engine.views.base import Moment

#: Draws of training times, and columns of their histogram.
DRAWS, COLUMNS = 20_000, 40
#: Groups of draws with about the same time, and the fewest draws in one.
GROUPS, FEWEST = 32, 64
#: Pairing costs more than the network does.
PAIRED_DRAWS = 1024


def visits(model: Visits, generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Corners of a histogram of training times, and the density they come from."""
    assert isinstance(model, GenerativeModel)
    noise = _draws(model, 1, DRAWS, generator)[1]
    drawn = model.batch_times(noise).double().cpu()
    counts = torch.histc(drawn, COLUMNS, 0.0, 1.0)
    edges = torch.linspace(0, 1, COLUMNS + 1, dtype=torch.float64)
    heights = counts * COLUMNS / DRAWS
    corners = edges.repeat_interleave(2)[1:-1]
    # At the ends a density may be infinite; half a column inside it is not.
    inside = corners.clamp(0.5 / COLUMNS, 1 - 0.5 / COLUMNS)
    exact = model.visit_density(inside).double().cpu()
    return corners, heights.repeat_interleave(2), exact


def losses_by_time(
    moment: Moment, model: Visits, count: int, generator: Generator
) -> tuple[Tensor, Tensor]:
    """Mean times (k,), rising, and the training loss (k,) of the draws near each."""
    assert isinstance(model, GenerativeModel)
    batch = training_batch(moment, model, count, generator)
    times = model.batch_times(batch.noise)
    found = []
    for rows in groups(times):
        with torch.enable_grad():  # some losses differentiate the network themselves
            loss = model.losses(_player(model), _part(batch, rows))["loss"]
        found.append((times[rows].double().mean().cpu(), loss.detach().double().cpu()))
        moment.tick()
    t, loss = (torch.stack(column) for column in zip(*found, strict=True))
    return t, loss


def training_batch(
    moment: Moment, model: GenerativeModel, count: int, generator: Generator
) -> Batch:
    """A batch as the trainer makes it of the table of the moment."""
    player, table = _player(model), moment.table
    pairs = model.couples(player)
    count = min(count, PAIRED_DRAWS) if pairs else count
    index, noise = _draws(model, len(table["x"]), count, generator)
    rows = {name: column.index_select(0, index) for name, column in table.items()}
    x, labels = rows.pop("x"), rows.pop("labels")
    step = torch.tensor(float(moment.step), device=x.device)
    batch = Batch(x, labels, noise, step, rows)
    if not pairs:
        return batch
    return Batch(x, labels, {**noise, **model.pair(player, batch)}, step, rows)


def _player(model: GenerativeModel) -> str:
    return next(iter(model.players()))


def _draws(
    model: GenerativeModel, rows: int, count: int, generator: Generator
) -> tuple[Tensor, dict[str, Tensor]]:
    draws = Draws(model.noise(_player(model)), rows, count, 1, model.device)
    draws.refill(generator)
    return draws.at(0)


def groups(times: Tensor) -> list[Tensor]:
    """Rows with about the same time, rising, about as many in each.

    Rows with the very same time are never parted, as a model may know few times.
    """
    ordered, order = times.sort()
    count = max(1, min(GROUPS, len(times) // FEWEST))
    first = torch.searchsorted(ordered, ordered)  # the rank of the first like it
    sizes = torch.bincount(first * count // len(times))
    return list(order.split_with_sizes(sizes[sizes > 0].tolist()))


def _part(batch: Batch, rows: Tensor) -> Batch:
    noise = {name: draw.index_select(0, rows) for name, draw in batch.noise.items()}
    extra = {name: column.index_select(0, rows) for name, column in batch.extra.items()}
    x, labels = batch.x.index_select(0, rows), batch.labels.index_select(0, rows)
    return Batch(x, labels, noise, batch.step, extra)
