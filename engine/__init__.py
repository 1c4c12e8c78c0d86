"""The engine: generative models, data, training, sampling and views, without a window.

``from engine import Experiment`` is the Python API. Importing this package alone loads
neither torch nor Qt, so that the window can use ``engine.protocol`` and
``engine.client``.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.experiment import Experiment as Experiment

__all__ = ["Experiment"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import ``Experiment``, and torch with it, only when somebody asks for it."""
    if name == "Experiment":
        from engine.experiment import Experiment

        return Experiment
    raise AttributeError(f"module 'engine' has no attribute {name!r}")
