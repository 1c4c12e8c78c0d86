"""Points for a drawing, read from pasted text or from a table."""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from engine.data.load import load_data
from engine.data.operations import MAX_CLASSES
from engine.data.pasted import MAX_TEXT, PastedPoints, points_in
from engine.lab.base import Job, JobSettings, News
from engine.views.grid import spread_pick

#: Points that one operation of a drawing takes over; of more, a part is taken.
MOST = 20_000
_FILL = 0.8  # of the canvas


class ReadPointsSettings(JobSettings):
    """Either ``text``, or a file with its columns as in the data set ``csv``."""

    text: str = Field("", max_length=MAX_TEXT)
    file: str = ""
    x_column: str = ""
    y_column: str = ""
    label_column: str = ""
    #: What can be drawn on: x from, to, y from, y to.
    canvas: tuple[float, float, float, float] = (-4.0, 4.0, -4.0, 4.0)
    #: Stretch each axis so that all points lie on the canvas.
    fit: bool = False


class ReadPoints(Job):
    """Tells points ``x`` (n, 2) and ``labels`` (n,) from 1, empty if there are none.

    Its result has the number of points ``found``, of lines ``dropped``, and of points
    told that lie ``outside`` the canvas.
    """

    name: ClassVar[str] = "read_points"
    Config: ClassVar[type[JobSettings]] = ReadPointsSettings

    def work(self) -> Iterator[News]:
        """One piece of news.

        Raises:
            DataError: There are no points to be found.
        """
        found = self._table() if self.settings.file else points_in(self.settings.text)
        some = spread_pick(len(found.x), MOST, seed=0).numpy()
        labels = found.labels[some] if len(found.labels) else found.labels
        canvas = np.array(self.settings.canvas).reshape(2, 2)
        x = fitted(found.x[some], canvas) if self.settings.fit else found.x[some]
        inside = ((x >= canvas[:, 0]) & (x <= canvas[:, 1])).all(axis=1)
        outside = int((~inside).sum())
        yield News(
            1.0,
            {"found": len(found.x), "dropped": found.dropped, "outside": outside},
            {"x": x, "labels": labels.astype(np.int32)},
        )

    def _table(self) -> PastedPoints:
        settings = self.settings.model_dump(exclude={"text", "canvas", "fit"})
        data = load_data("csv", settings, seed=0)
        x = torch.cat([data.train.x, data.heldout.x]).numpy()
        labels = torch.cat([data.train.labels, data.heldout.labels]).numpy()
        classes = labels % MAX_CLASSES + 1 if data.classes else labels[:0]
        return PastedPoints(x, classes, 0)


def fitted(x: NDArray[np.float64], canvas: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points (n, 2) moved and stretched, each axis by itself, into a canvas.

    They fill the middle 80 % of it; an axis without any spread only moves.

    Args:
        x: Points in their own units.
        canvas: From and to (2, 2) along each axis.
    """
    low, high = x.min(axis=0), x.max(axis=0)
    room = _FILL * (canvas[:, 1] - canvas[:, 0])
    factor = np.divide(room, high - low, out=np.ones(2), where=high > low)
    moved: NDArray[np.float64] = canvas.mean(axis=1) + (x - (low + high) / 2) * factor
    return moved
