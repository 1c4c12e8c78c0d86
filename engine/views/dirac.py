r"""The game of a run in its smallest form, as a phase portrait that needs no training.

One point theta against one slope psi (:mod:`engine.models.dirac_game`), under the loss,
the penalties and the learning rate of the run. Lines follow the flow of both gradients;
two paths take plain steps, at once and in turn. How a path ends is read from where it
crosses theta = 0 downwards: closer to rest with the last turn, farther, or at the same
place. A gradient penalty, which wants no flat line, leaves at best a cycle.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from engine.models.adversarial_config import AdversarialConfig
from engine.models.adversarial_losses import LOSSES
from engine.models.dirac_game import DiracGame
from engine.settings import knob
from engine.views.base import Moment, Picture, View, ViewConfig, f32, number, paper
from engine.views.frames import thinned
from engine.views.grid import Limits, coarser
from engine.views.streamlines import streamlines

#: Half the side of the portrait, and how far from rest a start may be.
REACH, START = 2.5, 2.0
#: Steps between two ticks, the most steps of a path, and its points that are drawn.
BREATH, MOST, DRAWN = 1000, 40_000, 2000
#: Change of the logarithm of the radius in a turn that counts as none.
SAME, AT_REST = 1e-3, 0.05
_LAST: dict[str, Any] = {}
Ending = Literal[
    "spirals out", "circles", "converges", "nears a cycle", "is on its way"
]


def _coordinate(name: str, meaning: str, symbol: str) -> Any:
    return knob(
        1.0,
        name,
        meaning,
        ge=-START,
        le=START,
        apply="live",
        symbol=symbol,
        group="Dirac-GAN",
    )


class DiracConfig(ViewConfig):
    """Settings of :class:`DiracView`."""

    theta: float = _coordinate("Fake", "Where the fake starts; data are at 0.", "θ")
    psi: float = _coordinate("Slope", "With which slope the critic starts.", "ψ")
    factor: int = knob(
        1,
        "Rate factor",
        "Step length in learning rates of the run.",
        ge=1,
        le=1000,
        apply="live",
        scale="log",
        group="Dirac-GAN",
    )
    length: float = knob(
        40.0,
        "Length",
        "Steps of a path times their length; a turn round the middle takes 6 to 13.",
        ge=5,
        le=500,
        apply="live",
        scale="log",
        group="Dirac-GAN",
    )
    resolution: int = knob(
        14,
        "Lines per side",
        "Seeds of lines along each axis.",
        ge=8,
        le=40,
        apply="live",
        group="Dirac-GAN",
    )


@dataclass(frozen=True)
class End:
    """How a path ends, and the factor on its radius in the last turn, if it turns."""

    word: Ending
    per_turn: float | None


class DiracView(View):
    """Flow, and paths of simultaneous and alternating steps from one start."""

    name = "dirac"
    title = "Dirac-GAN"
    description = "The game of this run between one point and one slope."
    Config: ClassVar[type[ViewConfig]] = DiracConfig
    needs = (("adversarial",),)
    empty = "This model has no opponent: there is no game to take apart."

    def compute(self, moment: Moment) -> Picture:
        """Arrays lines (m, P, 2), together and in_turn (k, 2), as (theta, psi)."""
        settings = moment.fitted.model.config
        assert isinstance(settings, AdversarialConfig)
        game = DiracGame(
            settings.loss, settings.penalties, settings.discriminator_turns
        )
        seeds = coarser(int(self.config.resolution), moment.quality, 10)
        limits = (-REACH, REACH, -REACH, REACH)
        arrays = {"lines": f32(_flow(game, limits, seeds, moment))}
        rate = moment.learning_rate * int(self.config.factor)
        steps = min(math.ceil(float(self.config.length) / rate), MOST)
        ends = {}
        for name in ("together", "in_turn"):
            path = self._path(game, rate, steps, name == "together", moment)
            slack = (rate * (1 if name == "together" else game.turns)) ** 2
            ends[name] = ending(path, slack, game.penalties.gradient > 0)
            arrays[name] = f32(path[thinned(len(path), DRAWN)])
        found = game.eigenvalues()
        meta = paper(moment) | {
            "home": list(limits),
            "loss": LOSSES[game.loss].title,
            "r1": game.penalties.r1,
            "penalty": game.penalties.gradient,
            "turns": game.turns,
            "rate": rate,
            "factor": int(self.config.factor),
            "steps": steps,
            "theta": float(self.config.theta),
            "psi": float(self.config.psi),
            "ends": {name: end.word for name, end in ends.items()},
            "per_turn": {name: end.per_turn for name, end in ends.items()},
            "eigenvalue": None if found is None else [found[0].real, found[0].imag],
            "words": _words(moment),
        }
        return Picture(arrays, meta)

    def _path(
        self, game: DiracGame, rate: float, steps: int, at_once: bool, moment: Moment
    ) -> Tensor:
        """Places (k, 2) of a path, float64."""
        start = float(self.config.theta), float(self.config.psi)
        return torch.tensor(
            _ticking(game.path(start, rate, steps, at_once=at_once), moment),
            dtype=torch.float64,
        )


def _flow(game: DiracGame, limits: Limits, seeds: int, moment: Moment) -> Tensor:
    """Lines of the flow; those of the last game are kept while a start is dragged."""
    if _LAST.get("of") != (game, seeds):
        lines = streamlines(game.field, limits, seeds, moment.tick)
        _LAST.update({"of": (game, seeds), "lines": lines})
    moment.tick()
    kept: Tensor = _LAST["lines"]
    return kept


def _ticking(
    path: Iterable[tuple[float, float]], moment: Moment
) -> list[tuple[float, float]]:
    """The path as a list; commands are heard on the way."""
    found = []
    for index, place in enumerate(path):
        found.append(place)
        if index % BREATH == 0:
            moment.tick()
    return found


def _words(moment: Moment) -> str:
    """What of the run's settings the small game does not know."""
    spectral = bool(moment.fitted.model.config.spectral_norm)
    return "without spectral norm" if spectral else ""


def ending(path: Tensor, slack: float, cyclic: bool = False) -> End:
    """How a path (k, 2) ends.

    Args:
        path: Places (theta, psi) after each step.
        slack: Error of a radius that a finite step alone makes, relative.
        cyclic: Whether rest itself repels, as under a gradient penalty.
    """
    radius = path.norm(dim=1)
    crossed = _crossings(path)
    if len(crossed) < 2:
        gone = float(radius[-1] / radius[0].clamp(min=1e-12))
        if gone < AT_REST:
            return End("converges", None)
        return End("spirals out" if gone > 1 / AT_REST else "is on its way", None)
    changes = crossed.log().diff()
    change = float(changes[-1])
    per_turn = number(math.exp(change))
    if abs(change) <= SAME + slack:
        return End("circles", per_turn)
    if cyclic and len(changes) > 1 and abs(change) < abs(float(changes[-2])):
        return End("nears a cycle", per_turn)
    return End("spirals out" if change > 0 else "converges", per_turn)


def _crossings(path: Tensor) -> Tensor:
    """Sizes of psi (c,) where theta falls through 0, between two steps."""
    theta, psi = path[:, 0], path[:, 1]
    falls = (theta[:-1] > 0) & (theta[1:] <= 0)
    before, after = theta[:-1][falls], theta[1:][falls]
    share = before / (before - after)
    found = torch.lerp(psi[:-1][falls], psi[1:][falls], share).abs()
    return found[found > 1e-9]
