"""Opens the window: ``python -m app``, or ``genplay`` without a subcommand."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from app.platform_check import problem

_LOOKS = ("dark", "light", "projector")


def parser() -> argparse.ArgumentParser:
    """The command line of the window; part of the program's stable contract."""
    made = argparse.ArgumentParser(
        prog="genplay", description="Open the window of Generative Playground."
    )
    made.add_argument("--model", default="rectified_flow", help="name of a model")
    made.add_argument(
        "--data", default="eight_gaussians", help="name of a data set, or a CSV file"
    )
    made.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="any setting of the model, data, training or sampler; may be repeated",
    )
    made.add_argument("--seed", type=int, default=0, help="start of all random numbers")
    made.add_argument("--theme", choices=_LOOKS, help="look of the window")
    made.add_argument(
        "--size", type=_size, metavar="WxH", help="size of the window, px"
    )
    made.add_argument(
        "--open", type=Path, metavar="FILE.genplay", help="a session to open"
    )
    made.add_argument("--screenshot", type=Path, metavar="FILE.png")
    made.add_argument("--steps", type=int, default=0, help="steps before a screenshot")
    made.add_argument(
        "--reset-settings", action="store_true", help="forget look, size and views"
    )
    return made


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit() and int(width) and int(height)):
        raise argparse.ArgumentTypeError(f"{text!r} is not WxH, e.g. 1440x900")
    return int(width), int(height)


def main(arguments: Sequence[str] | None = None) -> int:
    """Open the window and run until it is closed; the exit status."""
    made = parser()
    options = made.parse_args(arguments)
    if options.seed < 0 or options.seed > 2**31 - 1:
        made.error("--seed must lie between 0 and 2147483647")
    if options.steps < 0:
        made.error("--steps must not be negative")
    has_display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if options.screenshot and not has_display:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    trouble = problem()
    if trouble:
        sys.stderr.write(f"{trouble}\n")
        return 1
    logging.basicConfig(level=logging.WARNING)
    from app.application import run  # Qt only after the check: it would abort

    return run(options)


if __name__ == "__main__":
    sys.exit(main())
