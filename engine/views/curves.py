"""Losses and metrics over training, with marks where a setting was changed."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.data.one_class import class_name
from engine.models.inside import guidance_of
from engine.training.config import TrainingConfig
from engine.training.history import Change, Series
from engine.views.base import Moment, Picture, View, ViewConfig, f32
from engine.views.thinning import min_max_indices, smoothed

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo


class CurvesConfig(ViewConfig):
    """Settings of :class:`CurvesView`: none, all choices are the plot's own."""


@dataclass(frozen=True)
class Quantity:
    """What a person reads beside a curve; ``group`` is the panel it is drawn in."""

    name: str
    title: str
    unit: str = ""
    group: str = "loss"
    kind: str = ""
    guided: bool = False
    player: str = ""


METRICS = {
    q.name: q
    for q in (
        Quantity("nll", "Held-out NLL", "nats/point", "nll"),
        Quantity("energy_distance", "Energy distance", "", "distance"),
        Quantity("sliced_wasserstein", "Sliced Wasserstein", "", "distance"),
        Quantity("modes", "Modes covered", "modes", "modes"),
    )
}
#: Words of loss terms that are not written like other words.
_TERM_WORDS = {"kl": "KL", "elbo": "ELBO", "r1": "R1"}
#: Terms in a panel of their own, the last, with their units: beside the losses they
#: mirror one of them, or have another scale.
_APART = {"elbo": "nats/point", "perplexity": "codes", "accepted": "share"}
#: Values that a person knows by another name than their digits.
CONSTANTS = {math.log(2): "ln 2", 2 * math.log(2): "2 ln 2"}


class CurvesView(View):
    """Every quantity of the history, thinned to what a plot can show."""

    name = "curves"
    title = "Curves"
    description = "Each loss term and metric over steps or seconds."
    Config: ClassVar[type[ViewConfig]] = CurvesConfig
    empty = "Nothing has been trained yet; press play."

    def compute(self, moment: Moment) -> Picture:
        """Arrays q.step, q.seconds, q.value, q.smooth of every quantity q."""
        arrays: dict[str, NDArray[Any]] = {}
        quantities: list[Quantity] = []
        seconds = 0.0
        for quantity, series in _series(moment):
            found = drawn_series(series)
            if not found:
                continue
            quantities.append(quantity)
            seconds = max(seconds, float(found["seconds"][-1]))
            arrays |= {f"{quantity.name}.{k}": v for k, v in found.items()}
        meta = {
            "quantities": [asdict(q) for q in quantities],
            "changes": marked_changes(moment),
            "references": _references(moment, {q.name: q.group for q in quantities}),
            "step": moment.step,
            "seconds": seconds,
        }
        return Picture(arrays, meta)


def marked_changes(moment: Moment) -> list[dict[str, Any]]:
    """What was changed under way, in the words that the form has for it."""
    sampler = moment.fitted.sampler
    configs: list[type[BaseModel]] = [type(moment.fitted.model).Config, TrainingConfig]
    configs += [] if sampler is None else [sampler.Config]
    fields = {
        name: field for config in configs for name, field in config.model_fields.items()
    }
    return [_in_words(c, fields.get(c.name)) for c in _joined(moment.history.changes)]


def _joined(changes: Iterable[Change]) -> list[Change]:
    """Several of one setting between two steps as one: nothing was trained between."""
    found: dict[tuple[int, str], Change] = {}
    for change in changes:
        place = change.step, change.name
        first = found.setdefault(place, change)
        found[place] = replace(change, old=first.old)
    return [change for change in found.values() if change.old != change.new]


def _in_words(change: Change, field: "FieldInfo | None") -> dict[str, Any]:
    extra = field.json_schema_extra if field else None
    labels = extra.get("choices") if isinstance(extra, dict) else None
    found: dict[str, Any] = {"title": (field.title if field else None) or change.name}
    if isinstance(labels, dict):
        found |= {
            side: labels.get(str(value), value)
            for side, value in (("old", change.old), ("new", change.new))
        }
    return vars(change) | found


def _series(moment: Moment) -> list[tuple[Quantity, Series]]:
    """Loss terms first, the metrics in their usual order, then terms set apart.

    A term that is titled ``side: word`` belongs to the panel of that side.
    """
    history, words = moment.history, moment.fitted.model.term_titles
    found: list[tuple[Quantity, Series]] = []
    last: list[tuple[Quantity, Series]] = []
    for name, series in history.terms.items():
        player, apart = history.players.get(name, ""), name in _APART
        quantity = Quantity(f"loss.{name}", term_title(name, words), player=player)
        side, part, _ = quantity.title.partition(": ")
        if apart:
            unit = {"unit": _APART[name], "group": name}
            quantity = Quantity(**asdict(quantity) | unit)
        elif part:  # one panel for the terms of each side of a game
            quantity = Quantity(**asdict(quantity) | {"group": side})
        (last if apart or part else found).append((quantity, series))
    for name in sorted(history.metrics, key=[*METRICS, *history.metrics].index):
        title = name.replace("_", " ").capitalize()
        quantity = METRICS.get(name, Quantity(name, title, group=name))
        if name == "nll":
            guided = guidance_of(moment.fitted.model) is not None
            known = {"kind": history.density_kind, "guided": guided}
            quantity = Quantity(**asdict(quantity) | known)
        found.append((quantity, history.metrics[name]))
    return found + last


def term_title(name: str, words: Mapping[str, str]) -> str:
    """``Discriminator on data`` for ``discriminator.real``, as the model names it."""
    player, _, term = name.rpartition(".")
    written = " ".join(part for part in (player, words.get(term, term)) if part)
    plain = [_TERM_WORDS.get(w, w) for w in written.replace("_", " ").split()]
    return " ".join([plain[0][:1].upper() + plain[0][1:], *plain[1:]])


def drawn_series(series: Series) -> dict[str, NDArray[Any]]:
    """The four arrays of a curve without points that are no numbers; {} if empty."""
    step, seconds, value = series.arrays()
    finite = np.isfinite(value)
    if not finite.all():
        step, seconds, value = step[finite], seconds[finite], value[finite]
    if not len(value):
        return {}
    kept = min_max_indices(value)
    return {
        "step": step[kept],
        "seconds": seconds[kept],
        "value": f32(value[kept]),
        "smooth": f32(smoothed(value, kept)),
    }


def _references(moment: Moment, groups: Mapping[str, str]) -> list[dict[str, Any]]:
    """Dashed lines: entropy of the data, known optima of loss terms, all modes.

    ``groups`` says in which panel each quantity is.
    """
    judged, model = moment.judged, moment.fitted.model
    source = judged.source
    shown = set(groups.values())
    found: list[tuple[str, float, str]] = []
    if "nll" in shown and (entropy := source.entropy()) is not None:
        of = class_name(judged) or "the data"
        found.append(("nll", entropy, f"entropy of {of}"))
    chance = moment.history.sliced_chance
    if "distance" in shown and chance is not None:
        found.append(("distance", chance, "sliced, data to data"))
    several = len(model.players()) > 1
    optima = {
        (groups[name], v)
        for player in model.players()
        for term, v in model.reference_lines(player).items()
        if (name := f"loss.{player}.{term}" if several else f"loss.{term}") in groups
    }
    found += [(group, v, _label(v)) for group, v in sorted(optima)]
    if "modes" in shown and (modes := source.modes()) is not None:
        found.append(("modes", float(len(modes.centres)), "all modes"))
    return [{"group": g, "value": float(v), "label": label} for g, v, label in found]


def _label(value: float) -> str:
    close = (name for known, name in CONSTANTS.items() if math.isclose(value, known))
    return next(close, f"{value:.3g}".replace("-", "−"))
