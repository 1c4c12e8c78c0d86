"""A trained cell on its way from one process to another, whole.

Weights, averages, optimisers and random states go along, so that the run goes on
step for step as if it had never moved.
"""

from collections.abc import Sequence

import numpy as np

from engine.data.load import Data
from engine.experiment import Experiment
from engine.lab.crew_words import Handed, Reason, Series
from engine.protocol import Arrays, RunConfig
from engine.training.history import History
from engine.training.moments import packed, unpacked
from engine.training.snapshots import put_back

#: Bytes of kept moments that travel; the newest does in any case.
MOST_BYTES = 32 * 2**20


def hand_over(
    cell: int, run: Experiment, reason: Reason = "lent"
) -> tuple[Handed, Arrays]:
    """The state of a run as it stands."""
    run.keep()
    content, moments = packed(run, MOST_BYTES)
    terms = run.history.terms
    curves = [np.stack(series.arrays()) for series in terms.values()]
    message = Handed(
        cell=cell,
        moments=moments,
        series=[
            Series(name=name, player=run.history.players[name], points=len(series))
            for name, series in terms.items()
        ],
        reason=reason,
    )
    joined = np.concatenate(curves, axis=1) if curves else np.empty((3, 0))
    moment_bytes = np.frombuffer(content, dtype=np.uint8)
    return message, {"moments": moment_bytes, "curves": joined}


def take_over(
    message: Handed, arrays: Arrays, config: RunConfig, data: Data
) -> Experiment:
    """The run whose state was handed over.

    Raises:
        KeyError: The state is not that of such a run.
    """
    run = Experiment.from_config(config, data)
    moments = list(unpacked(arrays["moments"].tobytes(), message.moments))
    put_back(run.trainer, moments[-1])
    run.trainer.history = _history(message.series, arrays)
    for moment in moments:
        run.keep_also(moment)
    return run


def _history(series: Sequence[Series], arrays: Arrays) -> History:
    found, begin = History(), 0
    for about in series:
        part = arrays["curves"][:, begin : begin + about.points]
        found.term(about.name, about.player).extend(*part)
        begin += about.points
    return found
