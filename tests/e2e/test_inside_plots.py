"""What the engine computes is what the plots draw: views inside models, no process."""

import numpy as np
import pytest

from app.plots.catalogue import make_plot
from engine import Experiment, registry

CASES = [
    ("layers", "nice", {}, {}),
    ("layers", "cnf", {"resolution": 12}, {"solver": "rk4", "steps": 4}),
    ("conditionals", "made", {"resolution": 64}, {"conditionals": "bernoulli"}),
    ("conditionals", "realnvp", {"given": "y"}, {}),
    ("masks", "made", {}, {"conditionals": "bernoulli"}),
    ("masks", "maf", {"layer": 3}, {}),
    ("attention", "autoregressive", {}, {"layers": 1, "heads": 2}),
    ("field", "rectified_flow", {"shape": "lines", "resolution": 12}, {}),
]


@pytest.mark.parametrize(("name", "model", "settings", "model_settings"), CASES)
def test_a_plot_draws_what_its_view_computes(
    qtbot, name, model, settings, model_settings
):
    run = Experiment(
        model,
        "two_moons",
        model_settings=model_settings,
        data_settings={"points": 1000},
    )
    run.train(1)
    view = registry.view(name)
    picture = view(view.Config(**settings)).compute(run.moment(0.5, None, lambda: None))
    plot = make_plot(name)
    qtbot.addWidget(plot)
    plot.resize(450, 330)
    plot.show()
    plot.show_frame(picture.meta, picture.arrays)
    plot.set_time(0.4)
    image = plot.grab().toImage()
    pixels = np.frombuffer(image.constBits(), np.uint8)
    assert len(np.unique(pixels)) > 20
    assert plot.describe().endswith(".")
    for table in plot.tables().values():
        assert np.isfinite(table.rows).all()
        assert table.rows.shape[1] == len(table.columns)
