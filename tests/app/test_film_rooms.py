"""Axes of a film stand still: one scale over all its pictures."""

import numpy as np
import pytest

from app import figures, films
from app.films import FilmWriter
from app.plots.catalogue import make_plot
from app.plots.preview import FRAMES

#: Views whose axes follow what is drawn, and by which fact.
FOLLOWING = {
    "codes": "limits_z",
    "latent": "limits_prior",
    "posterior": "limits_z",
    "styles": "limits_w",
    "layers": "home",
    "trajectories": "home",
}


def grown(view):
    """Two pictures of a view: the second needs twice the room of the first."""
    meta, arrays = FRAMES[view]()
    meta = {"limits_prior": meta.get("limits_z"), **meta}
    name = FOLLOWING[view]
    wide = [2 * float(v) for v in meta[name]]
    return [(meta, arrays), (meta | {name: wide}, arrays)]


@pytest.fixture
def filmed(qtbot, tmp_path, monkeypatch):
    """Films of a plot, and which limits each picture had."""
    monkeypatch.setattr(films, "FRAMES", 4)
    seen, paint = [], figures.picture

    def picture(plot, *rest, **named):
        twin = plot.twin()
        seen.append([pane.limits for pane in twin.paper.panes])
        twin.deleteLater()
        return paint(plot, *rest, **named)

    monkeypatch.setattr(figures, "picture", picture)

    def film(plot, pictures):
        seen.clear()

        def show(share):
            plot.show_frame(*pictures[round(share * (len(pictures) - 1))])

        path = tmp_path / "film.webp"
        writer = FilmWriter(plot, show, path, pictures=pictures)
        with qtbot.waitSignal(writer.finished, timeout=20_000) as done:
            writer.start()
        assert done.args == [str(path), ""]
        assert path.is_file()
        return seen

    return film


@pytest.mark.parametrize("view", FOLLOWING)
def test_axes_of_places_stand_still_over_a_film(qtbot, filmed, view):
    plot, pictures = make_plot(view), grown(view)
    qtbot.addWidget(plot)
    plot.resize(420, 320)
    own = []
    for picture in pictures:
        plot.show_frame(*picture)
        own.append([pane.home for pane in plot.paper.panes])
    assert own[0] != own[1], "this test needs axes that move"
    limits = filmed(plot, pictures)
    assert all(each == limits[0] for each in limits)
    for held, *homes in zip(limits[0], *own, strict=True):
        x_0, x_1, y_0, y_1 = np.transpose(homes)
        assert held == pytest.approx((x_0.min(), x_1.max(), y_0.min(), y_1.max()))
    plot.show_frame(*pictures[0])
    assert [pane.limits for pane in plot.paper.panes] == own[0], "and go on after it"


def test_curves_grow_over_a_film(qtbot, filmed):
    plot = make_plot("curves")
    qtbot.addWidget(plot)
    plot.resize(420, 320)
    meta, arrays = FRAMES["curves"]()
    short = {name: array[: len(array) // 2] for name, array in arrays.items()}
    limits = filmed(plot, [(meta, short), (meta, arrays)])
    assert limits[0] != limits[-1]


def test_a_film_that_is_left_holds_nothing(qtbot, tmp_path):
    plot, pictures = make_plot("codes"), grown("codes")
    qtbot.addWidget(plot)
    plot.resize(420, 320)
    plot.show_frame(*pictures[0])
    own = [pane.limits for pane in plot.paper.panes]
    writer = FilmWriter(plot, lambda _: None, tmp_path / "a.gif", pictures=pictures)
    writer.start()
    qtbot.waitUntil(lambda: [pane.limits for pane in plot.paper.panes] != own)
    assert writer.cancel()
    assert [pane.limits for pane in plot.paper.panes] == own
