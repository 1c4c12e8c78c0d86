"""What opens on the pages beside the first one, and how it closes."""

from collections.abc import Callable
from typing import Any

from app.bench_opener import Act, Opener, close_dialogs, dialog
from app.panels.pages import EXPLORE, PAGES, Page
from app.widgets.choice import Choice
from app.window import Window

_DAB = (0.0, 0.0)
_BRUSH: dict[str, Any] = {"do": "brush", "density": 20.0, "label": 1}


def page_openers() -> dict[str, Opener]:
    """Everything on the pages, by name."""
    return {**_pages(), **_compared(), **_bench(), **_drawn(), **_swept()}


def _at(name: str) -> Callable[[Window], Any]:
    """Shows a page and gives its widget."""

    def page(window: Window) -> Page:
        window.pages.show_page(name)
        return window.pages.page(name)

    return page


def _leave(window: Window) -> None:
    close_dialogs(window)
    window.pages.show_page(EXPLORE)


def _pages() -> dict[str, Opener]:
    return {
        f"page {name}": Opener(
            lambda w, n=name: w.pages.show_page(n),  # type: ignore[misc]
            lambda w: w.pages.show_page(EXPLORE),
            (f"page_{name}",),
        )
        for name in PAGES
    }


def _compared() -> dict[str, Opener]:
    """What opens where runs are compared."""
    page = _at("compare")

    def column(window: Window) -> Any:
        return next(iter(page(window).columns.values()))

    def toggle_settings(window: Window) -> None:
        page(window).toggle_settings(window.session.run)

    def leave_settings(window: Window) -> None:
        toggle_settings(window)
        _leave(window)

    opened: dict[str, Act] = {
        "models": lambda w: page(w).head.open_picker(),
        "data": lambda w: page(w).head.data.click(),
        "views": lambda w: column(w).left.head.view.click(),
        "plot settings": lambda w: column(w).left.open_settings(),
        "run's camera": lambda w: column(w).camera.click(),
        "curves' camera": lambda w: page(w).race.camera.click(),
        "runs' camera": lambda w: page(w).head.camera.click(),
    }
    return {
        **{f"compared {name}": Opener(act, _leave) for name, act in opened.items()},
        "compared run settings": Opener(toggle_settings, leave_settings),
        "compared second run": Opener(_take_in, _leave_out),
    }


def _take_in(window: Window) -> None:
    """Another run beside the one on show; made once."""
    window.pages.show_page("compare")
    compare, runs = window.session.compare, window.session.runs
    others = [run for run in runs.all.values() if run not in compare.runs]
    if others:
        runs.choose(others[0].id)
    else:
        compare.duplicate()


def _leave_out(window: Window) -> None:
    compare = window.session.compare
    compare.remove(compare.runs[-1])
    window.pages.show_page(EXPLORE)


def _bench() -> dict[str, Opener]:
    """What opens where samplers are compared."""
    page = _at("samplers")

    def camera(which: int) -> Act:
        return lambda w: list(page(w).figures.values())[which].open_menu()

    return {
        "bench chart's camera": Opener(camera(0), _leave),
        "bench paths' camera": Opener(camera(1), _leave),
        "bench values": dialog(lambda w: page(w).switch.showPopup()),
    }


def _drawn() -> dict[str, Opener]:
    """A stroke that is drawn and taken back, and a table that is looked at."""
    page = _at("draw")

    def draw(window: Window) -> None:
        drawing = page(window).drawing
        if not drawing.is_open:
            drawing.begin_copy()
        radius = drawing.lengths(0.05)
        drawing.begin_stroke({**_BRUSH, "radius": radius}, _DAB)
        drawing.move_stroke(tuple(radius))
        drawing.end_stroke()

    def take_back(window: Window) -> None:
        page(window).drawing.undo()

    return {"stroke": Opener(draw, take_back)}


def _swept() -> dict[str, Opener]:
    """The settings on offer, and the card of a run of the wall."""
    page = _at("sweep")

    def choose(window: Window) -> None:
        sweep = page(window).sweep
        if sweep.plan is None:
            sweep.set_steps(1)
            sweep.start()
        sweep.select(0)

    def offer(window: Window) -> None:
        page(window).controls.findChild(Choice).showPopup()

    return {
        "run of the wall": Opener(choose, lambda w: page(w).sweep.select(None)),
        "swept settings": dialog(offer),
    }
