r"""A network whose output i depends on the inputs before i only (MADE).

A hidden unit of degree m sees inputs up to the m-th in the order, and the output of
the d-th sees hidden units of degree below d. So one pass gives the parameters of every
conditional :math:`p(x_i | x_{<i})`. Germain et al. 2015, 1502.03509, section 4.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.nets.coupling import NetShape, TaperedWaves, spread_hinges
from engine.nets.mlp import ACTIVATIONS


class MaskedLinear(nn.Linear):
    """A linear layer of which some connections are cut.

    Args:
        seen: Degree of each input.
        degrees: Degree of each output.
        strict: Whether an output sees lower degrees only, not its own.
    """

    mask: Tensor

    def __init__(self, seen: Tensor, degrees: Tensor, *, strict: bool) -> None:
        super().__init__(len(seen), len(degrees))
        self.seen, self.degrees = seen.tolist(), degrees.tolist()
        lower, own = seen[None, :], degrees[:, None]
        mask = lower < own if strict else lower <= own
        self.register_buffer("mask", mask.float())
        # In two dimensions all hidden degrees are 1, and nothing is cut.
        self.full = bool(mask.all())

    def forward(self, x: Tensor) -> Tensor:
        """Values (n, outputs) of inputs (n, inputs)."""
        weight = self.weight if self.full else self.weight * self.mask
        return F.linear(x, weight, self.bias)


class MaskedNet(nn.Module):
    """Numbers (n, dim, per) for each coordinate, from those before it in the order.

    The first coordinate gets constants. The last layer starts at zero.

    Args:
        order: The coordinates, first to last.
        per: Numbers for each coordinate.
        shape: Hidden layers and waves.
    """

    def __init__(self, order: Sequence[int], per: int, shape: NetShape) -> None:
        super().__init__()
        self.order = tuple(order)
        self.per = per
        last = len(self.order) - 1
        if last < 1:
            raise ValueError("An autoregressive model needs at least two columns.")
        # The last coordinate is seen by none, so that it need not be looked at.
        self.seen = list(self.order[:last])
        waves = TaperedWaves([shape.ladder()] * last, shape.taper)
        own = torch.arange(1, last + 1)
        each = own.repeat_interleave(shape.waves)
        degrees = torch.cat((own, each, each))
        layers: list[nn.Module] = [waves] if shape.waves else []
        hidden = 1 + torch.arange(shape.width) % last
        for _ in range(shape.depth):
            layers.append(MaskedLinear(degrees, hidden, strict=False))
            layers.append(ACTIVATIONS[shape.activation]())
            degrees = hidden
        place = torch.empty(last + 1, dtype=torch.int64)
        place[list(self.order)] = torch.arange(1, last + 2)
        self.last = MaskedLinear(degrees, place.repeat_interleave(per), strict=True)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)
        self.net = nn.Sequential(*layers, self.last)
        spread_hinges(self.linears()[0], last, shape)

    def forward(self, x: Tensor) -> Tensor:
        """Numbers (n, dim, per) at points x (n, dim)."""
        # A slice of one column is a view; a list of columns copies.
        known = x[:, self.seen[0], None] if len(self.seen) == 1 else x[:, self.seen]
        out: Tensor = self.net(known)
        return out.view(len(x), len(self.order), self.per)

    def linears(self) -> list[MaskedLinear]:
        """The layers with their masks, first to last."""
        return [part for part in self.net if isinstance(part, MaskedLinear)]

    def reach(self) -> Tensor:
        """Ways (dim, dim) from coordinate j to the numbers of coordinate i, counted.

        A wave of a coordinate is a way of its own. The product of the masks: zero means
        that nothing of j can reach i.
        """
        dim = len(self.order)
        first, *others = self.linears()
        ways = first.mask.double()
        for layer in others:
            ways = layer.mask.double() @ ways
        found = ways.new_zeros(dim, dim)
        sources = torch.tensor([self.order[d - 1] for d in first.seen])
        targets = torch.tensor([self.order[d - 1] for d in self.last.degrees])
        inner = ways.new_zeros(len(targets), dim).index_add(1, sources, ways)
        return found.index_add(0, targets, inner)


class AffineAutoregressive(nn.Module):
    r"""u_i = (v_i - mu_i) exp(-alpha_i), with mu and alpha from the v before v_i.

    ``bound`` limits alpha to ± that.
    """

    def __init__(self, order: Sequence[int], shape: NetShape, bound: float) -> None:
        super().__init__()
        self.net = MaskedNet(order, 2, shape)
        self.bound = bound

    def shift_and_log_scale(self, v: Tensor) -> tuple[Tensor, Tensor]:
        """The papers' mu and alpha, each (n, dim)."""
        mu, raw = self.net(v).unbind(dim=2)
        return mu, self.bound * torch.tanh(raw / self.bound)

    def forward(self, v: Tensor) -> tuple[Tensor, Tensor]:
        """Values u and alpha, (n, dim) each; one pass.

        The log-determinant of du/dv is minus the sum of alpha.
        """
        mu, alpha = self.shift_and_log_scale(v)
        return (v - mu) * torch.exp(-alpha), alpha

    def inverse(self, u: Tensor) -> tuple[Tensor, Tensor]:
        """Values v and the same alpha, (n, dim) each; as many passes as columns."""
        columns = list(torch.zeros_like(u).unbind(dim=1))
        alpha = u
        for i in self.net.order:
            mu, alpha = self.shift_and_log_scale(torch.stack(columns, dim=1))
            columns[i] = u[:, i] * alpha[:, i].exp() + mu[:, i]
        return torch.stack(columns, dim=1), alpha
