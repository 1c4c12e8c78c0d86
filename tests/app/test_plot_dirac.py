"""The plot of the Dirac-GAN: paths, endings in words, a start that is dragged."""

import numpy as np
import pytest

from app.plots import preview
from app.plots.catalogue import make_plot


@pytest.fixture
def plot(qtbot):
    made = make_plot("dirac")
    qtbot.addWidget(made)
    made.resize(460, 360)
    made.show()
    made.show_frame(*preview.FRAMES["dirac"]())
    return made


def test_both_paths_are_drawn_with_their_endings(plot):
    for name, lines in plot.paths.items():
        x, y = lines.getData()
        np.testing.assert_allclose(np.stack([x, y], 1), plot.arrays[name], rtol=1e-6)
    _, paths, facts, _ = plot.square._blocks
    assert paths.rows == (
        ("at once", "spirals out"),
        ("last turn", "× 1.13"),
        ("in turn", "converges"),
        ("last turn", "× 0.73"),
    )
    assert dict(facts.rows)["eigenvalues"] == "−0.05 ± 0.50i"
    assert "at once the path spirals out, in turn it converges." in plot.describe()


def test_what_there_is_not_is_not_told(plot):
    meta, arrays = preview.FRAMES["dirac"]()
    none = {"together": None, "in_turn": 1.0016}
    facts = {"eigenvalue": None, "r1": 0.0, "penalty": 0.1, "turns": 5}
    plot.show_frame(meta | facts | {"per_turn": none}, arrays)
    _, paths, found, _ = plot.square._blocks
    assert paths.rows[-1] == ("last turn", "× 1.0016")
    assert len(paths.rows) == 3
    said = dict(found.rows)
    assert (said["penalty λ"], said["critic steps"]) == ("0.10", "5")
    assert "eigenvalues" not in said
    assert "R1 γ" not in said


def test_the_start_is_dragged_and_stays_near(qtbot, plot):
    drag = plot.square.pane.grab_at(1.4, 0.0)
    with qtbot.waitSignal(plot.settings_edited) as caught:
        drag(-0.5, 9.0, False)
    assert caught.args == [{"theta": -0.5, "psi": 2.0}]
    assert plot.handle.points.tolist() == [[-0.5, 2.0]]
    assert plot.view_state()["psi"] == 2.0
    assert plot.square.pane.grab_at(1.4, 0.0) is None  # it is elsewhere now


def test_longer_steps_are_asked_for(qtbot, plot):
    with qtbot.waitSignal(plot.settings_edited) as caught:
        plot.switch.user_choose("100")
    assert caught.args == [{"factor": 100}]
