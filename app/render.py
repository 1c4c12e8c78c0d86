"""The views of a saved run as figures, without a screen: ``genplay render``."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from app.platform_check import missing_library
from app.plots.catalogue import PLOTS
from app.session_config import can_feed, model_entry
from engine.client import Client, EngineError
from engine.protocol import (
    Arrays,
    Catalogue,
    Frame,
    Open,
    Subscribe,
    Unsubscribe,
    Welcome,
)

_RUN = "render"
_PATIENCE = 300.0  # s for one view at full quality


class RenderError(Exception):
    """What went wrong, in a sentence, and the exit status it deserves."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


class Renderer:
    """Asks an engine for full pictures of one saved run.

    The client's thread files what arrives; the main thread waits for it.
    """

    def __init__(self, client: Client | None = None) -> None:
        self.catalogue: Catalogue | None = None
        self._frames: dict[str, tuple[Frame, Arrays]] = {}
        self._client = client or Client()
        self._client.on_event = self._on_event

    def start(self) -> None:
        """Start the engine and wait for its catalogue.

        Raises:
            RenderError: The engine does not come up.
        """
        self._client.start()
        until = monotonic() + _PATIENCE
        while self.catalogue is None:
            if self._client.state == "failed" or monotonic() > until:
                raise RenderError("The engine could not be started.", 1)
            _rest()

    def stop(self) -> None:
        """End the engine."""
        self._client.stop()

    def open(self, folder: Path) -> dict[str, Any]:
        """Read a run directory; its configuration.

        Raises:
            RenderError: The folder holds no run that can be read.
        """
        command = Open(run_id=_RUN, folder=str(folder.resolve()))
        ack, _ = self._client.request(command, timeout=_PATIENCE)
        if ack.error:
            raise RenderError(ack.error, 2)
        config = ack.result.get("config", ack.result)
        return dict(config)

    def feedable(self, model: str) -> dict[str, str]:
        """Title of each view that the model can feed and a plot can draw."""
        if self.catalogue is None:
            return {}
        entry = model_entry(self.catalogue, model)
        views = self.catalogue.views
        return {
            v.name: v.title for v in views if v.name in PLOTS and can_feed(v, entry)
        }

    def frame(self, view: str) -> tuple[Frame, Arrays]:
        """A view at full quality.

        Raises:
            RenderError: The engine refuses it or takes too long.
        """
        command = Subscribe(run_id=_RUN, slot=view, view=view)
        ack, _ = self._client.request(command, timeout=_PATIENCE)
        if ack.error:
            raise RenderError(ack.error, 2)
        self._client.credit(view)
        until = monotonic() + _PATIENCE
        while view not in self._frames:
            if self._client.state in ("dead", "failed") or monotonic() > until:
                raise RenderError(f"The engine sent no picture of {view}.", 1)
            _rest()
        self._client.send(Unsubscribe(slot=view))
        return self._frames[view]

    def _on_event(self, event: object, arrays: Arrays) -> None:
        if isinstance(event, Welcome):
            self.catalogue = event.catalogue
        elif isinstance(event, Frame):
            if event.full:
                self._frames[event.slot] = (event, arrays)
            else:
                self._client.credit(event.slot)


def _rest() -> None:
    from time import sleep

    sleep(0.02)


def render(options: argparse.Namespace, renderer: Renderer) -> list[Path]:
    """Write a figure of each wanted view; their paths.

    Raises:
        RenderError: Bad input, or a failure.
    """
    from PySide6.QtWidgets import QApplication

    from app import figures
    from app.plots.catalogue import make_plot
    from app.theme import theme

    app = QApplication.instance() or QApplication(["genplay"])
    if isinstance(app, QApplication):
        theme.set_look(options.theme)
        theme.apply(app)
    renderer.start()
    config = renderer.open(options.folder)
    views = wanted_views(options.view, renderer.feedable(str(config["model"])))
    options.out.mkdir(parents=True, exist_ok=True)
    written = []
    for view in views:
        frame, arrays = renderer.frame(view)
        plot = make_plot(view)
        plot.show_frame(frame.meta, arrays)
        path = options.out / f"{view}.{options.format}"
        figures.export(plot, path, settings={"run": config, "step": frame.step})
        plot.deleteLater()
        written.append(path)
    return written


def wanted_views(asked: Sequence[str] | None, feedable: dict[str, str]) -> list[str]:
    """The views asked for, or all that can be shown.

    Raises:
        RenderError: One of them cannot be shown for this run.
    """
    for name in asked or ():
        if name not in feedable:
            known = ", ".join(feedable)
            text = f"This run has no view {name!r}; choose among: {known}."
            raise RenderError(text, 2)
    return list(asked or feedable)


def parser() -> argparse.ArgumentParser:
    """The command line of ``genplay render``."""
    made = argparse.ArgumentParser(
        prog="genplay render", description="Write the views of a saved run as figures."
    )
    made.add_argument("folder", type=Path, metavar="DIR", help="a saved run")
    made.add_argument("--view", action="append", metavar="NAME")
    made.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    made.add_argument("--format", choices=("png", "svg", "pdf"), default="png")
    looks = ("dark", "light", "projector")
    made.add_argument("--theme", choices=looks, default="light")
    return made


def main(
    arguments: Sequence[str] | None = None, renderer: Renderer | None = None
) -> int:
    """Write the figures; the exit status."""
    options = parser().parse_args(arguments)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if not (options.folder / "run.json").is_file():
        sys.stderr.write(f"{options.folder} is not a saved run: it has no run.json.\n")
        return 2
    missing = missing_library()
    if missing:
        sys.stderr.write(f"Figures need the system library {missing}.\n")
        return 1
    renderer = renderer or Renderer()
    try:
        for path in render(options, renderer):
            sys.stdout.write(f"{path}\n")
    except RenderError as error:
        sys.stderr.write(f"{error}\n")
        return error.status
    except (EngineError, OSError) as error:
        sys.stderr.write(f"The figures were not written: {error}\n")
        return 1
    finally:
        renderer.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
