"""The one list of plots: the name of a view, and the class that draws it.

Names are strings so that the window opens before pyqtgraph is imported.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.plots.base import PlotView

PLOTS: dict[str, str] = {
    "samples": "app.plots.samples:SamplesPlot",
    "density": "app.plots.density:DensityPlot",
    "latent": "app.plots.latent:LatentPlot",
    "trajectories": "app.plots.trajectories:TrajectoriesPlot",
    "field": "app.plots.field:FieldPlot",
    "curves": "app.plots.curves:CurvesPlot",
    "posterior": "app.plots.posterior:PosteriorPlot",
    "elbo": "app.plots.elbo:ElboPlot",
    "denoise": "app.plots.denoise:DenoisePlot",
    "levels": "app.plots.levels:LevelsPlot",
    "pairing": "app.plots.pairing:PairingPlot",
    "carried": "app.plots.carried:CarriedPlot",
    "duel": "app.plots.duel:DuelPlot",
    "codes": "app.plots.codebook:CodesPlot",
    "chains": "app.plots.chains:ChainsPlot",
    "layers": "app.plots.layers:LayersPlot",
    "conditionals": "app.plots.conditionals:ConditionalsPlot",
    "masks": "app.plots.masks:MasksPlot",
    "attention": "app.plots.attention:AttentionPlot",
    "cycle": "app.plots.cycle:CyclePlot",
    "teacher": "app.plots.teacher:TeacherPlot",
    "styles": "app.plots.styles:StylesPlot",
    "guidance": "app.plots.guidance:GuidancePlot",
    "dirac": "app.plots.dirac:DiracPlot",
}


def plot_class(name: str) -> "type[PlotView]":
    """The class that draws the view ``name``.

    Raises:
        KeyError: If no plot is listed under this name.
    """
    module, _, attribute = PLOTS[name].partition(":")
    found: type[PlotView] = getattr(import_module(module), attribute)
    return found


def make_plot(name: str) -> "PlotView":
    """A new, empty plot for the view ``name``."""
    return plot_class(name)()
