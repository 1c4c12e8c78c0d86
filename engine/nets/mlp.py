"""The multilayer perceptron that most models of this package are built from."""

from typing import Literal

from torch import Tensor, nn

Activation = Literal["silu", "gelu", "tanh", "softplus", "relu", "elu"]

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "silu": nn.SiLU,
    "gelu": nn.GELU,
    "tanh": nn.Tanh,
    "softplus": nn.Softplus,
    "relu": nn.ReLU,
    "elu": nn.ELU,
}

ACTIVATION_LABELS: dict[str, str] = {
    "silu": "SiLU",
    "gelu": "GELU",
    "tanh": "tanh",
    "softplus": "softplus",
    "relu": "ReLU",
    "elu": "ELU",
}


class Residual(nn.Module):
    """Adds what a layer computes to what it was given: x + layer(x)."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as ``x``."""
        return x + self.layer(x)  # type: ignore[no-any-return]


class MLP(nn.Sequential):
    """``depth`` hidden layers of ``width`` units, then a linear layer.

    Args:
        sizes_in: Numbers per point going in.
        sizes_out: Numbers per point coming out.
        width: Units per hidden layer.
        depth: Hidden layers, at least 0; with 0 the network is one linear map.
        activation: One of :data:`ACTIVATIONS`.
        zero_last: Start with the output zero everywhere, so that training begins from
            the simplest function instead of a random one.
        residual: Let each hidden layer after the first add to its input.
    """

    def __init__(
        self,
        sizes_in: int,
        sizes_out: int,
        width: int,
        depth: int,
        activation: str = "silu",
        zero_last: bool = False,
        *,
        residual: bool = False,
    ) -> None:
        act = ACTIVATIONS[activation]
        layers: list[nn.Module] = []
        for index in range(depth):
            size = sizes_in if index == 0 else width
            if residual and index > 0:
                layers.append(Residual(nn.Sequential(nn.Linear(width, width), act())))
            else:
                layers += [nn.Linear(size, width), act()]
        last = nn.Linear(width if depth else sizes_in, sizes_out)
        if zero_last:
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)
        super().__init__(*layers, last)
