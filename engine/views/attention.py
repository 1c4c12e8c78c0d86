"""Where the tokens of an autoregressive model look, for every first coordinate."""

from typing import ClassVar

import torch

from engine.models.inside import Attention, axis_name
from engine.settings import knob
from engine.views.base import Moment, Picture, View, ViewConfig, f32, paper
from engine.views.grid import coarser


class AttentionConfig(ViewConfig):
    """Settings of :class:`AttentionView`."""

    places: int = knob(
        64,
        "Places",
        "Values of the first coordinate for which attention is known.",
        ge=8,
        le=256,
        unit="places",
        apply="live",
        scale="log",
        group="Attention",
    )


class AttentionView(View):
    """Shares of attention of each head of each layer, token by token."""

    name = "attention"
    title = "Attention"
    description = "Which earlier token each token looks at, by layer and head."
    Config: ClassVar[type[ViewConfig]] = AttentionConfig
    needs = (("attention",),)
    empty = (
        "This model has no attention: only the autoregressive Transformer reads a "
        "point as a row of tokens."
    )

    def compute(self, moment: Moment) -> Picture:
        """Arrays at (P,) and attention (P, layers x heads, t, t).

        Row i of a matrix says where position i looks; the last coordinate is looked at
        by none, so it is none of the tokens.
        """
        model = moment.fitted.model
        assert isinstance(model, Attention)
        count = coarser(self.config.places, moment.quality, 8)
        x_min, x_max, y_min, y_max = moment.data.limits
        at = torch.linspace(x_min, x_max, count, dtype=torch.float64)
        middle = torch.full_like(at, (y_min + y_max) / 2)
        shares = moment.fitted.attention(torch.stack((at, middle), 1))
        names = model.token_names()
        meta = paper(moment) | {
            "tokens": names,
            # What is guessed at each position: the coordinate behind its token.
            "guesses": [axis_name(index) for index in range(len(names))],
            "layers": shares.shape[1],
            "heads": shares.shape[2],
            "typical": _typical(moment),
        }
        heads = f32(shares.flatten(1, 2))
        return Picture({"at": f32(at), "attention": heads}, meta)


def _typical(moment: Moment) -> float:
    """A first coordinate that is as good as any: the median of the data."""
    return float(moment.data.train.x[:, 0].median())
