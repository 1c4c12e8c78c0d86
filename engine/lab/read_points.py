"""Points for a drawing, read from pasted text or from a table."""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import torch
from pydantic import Field

from engine.data.load import load_data
from engine.data.operations import MAX_CLASSES
from engine.data.pasted import MAX_TEXT, PastedPoints, points_in
from engine.lab.base import Job, JobSettings, News
from engine.views.grid import spread_pick

#: Points that one operation of a drawing takes over; of more, a part is taken.
MOST = 20_000


class ReadPointsSettings(JobSettings):
    """Either ``text``, or a file with its columns as in the data set ``csv``."""

    text: str = Field("", max_length=MAX_TEXT)
    file: str = ""
    x_column: str = ""
    y_column: str = ""
    label_column: str = ""


class ReadPoints(Job):
    """Tells points ``x`` (n, 2) and ``labels`` (n,) from 1, empty if there are none.

    Its result has the number of points ``found`` and of lines ``dropped``.
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
        yield News(
            1.0,
            {"found": len(found.x), "dropped": found.dropped},
            {"x": found.x[some], "labels": labels.astype(np.int32)},
        )

    def _table(self) -> PastedPoints:
        settings = self.settings.model_dump(exclude={"text"})
        data = load_data("csv", settings, seed=0)
        x = torch.cat([data.train.x, data.heldout.x]).numpy()
        labels = torch.cat([data.train.labels, data.heldout.labels]).numpy()
        classes = labels % MAX_CLASSES + 1 if data.classes else labels[:0]
        return PastedPoints(x, classes, 0)
