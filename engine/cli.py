"""The genplay command: trains, evaluates, samples, renders, lists, serves, measures.

Without a subcommand it opens the window. Exit status 0, 2 for bad usage or bad input
(one sentence, nothing written), 1 for a failure. Torch is imported only by the
subcommands that need it.
"""

import argparse
import os
import runpy
import sys
from collections.abc import Sequence

HELP = """\
usage: genplay [window options]            open the window
       genplay FILE.genplay [options]      open the window with a session
       genplay train MODEL --data DATA     train without a window
       genplay evaluate DIR --data DATA    measure a trained model on points
       genplay sample DIR -n N --out FILE  draw points from a trained model
       genplay render DIR --out FOLDER     the views as pictures, without a screen
       genplay script DIR|MODEL            a run as a stand-alone PyTorch script
       genplay list KIND                   models, data, samplers or views
       genplay serve --listen HOST:PORT --keys FOLDER
                                           an engine for other machines
       genplay bench                       speed of this machine, as ratios

"genplay COMMAND --help" explains a command.

window options:
  --model M               start with this model
  --data NAME|FILE.csv    start with these data
  --set key=value         start with this setting (as often as you like); @FILE as
                          value reads JSON, as in --set operations=@drawing.json
  --seed S                seed of data, weights and draws
  --open FILE.genplay     open this session; the file alone says the same
  --theme THEME           dark, light or projector
  --size WxH              size of the window, e.g. 1440x900
  --screenshot FILE.png   train, save a picture of the whole window, and quit
  --steps N               steps to train before the screenshot
  --reset-settings        forget what the window remembers
"""
#: Ending of a session's file.
SESSION = ".genplay"


class UsageError(ValueError):
    """Bad usage or bad input, in one plain sentence."""


class _Parser(argparse.ArgumentParser):
    """A parser that answers a mistake with one sentence."""

    def error(self, message: str) -> None:  # type: ignore[override]
        """Leave with status 2."""
        self.exit(2, f"{self.prog}: {message}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and arguments[0] in ("-h", "--help"):
        sys.stdout.write(HELP)
        return 0
    if arguments and arguments[0].lower().endswith(SESSION):
        arguments.insert(0, "--open")  # as a desktop opens a file
    if not arguments or arguments[0].startswith("-"):
        return _window("app", arguments)
    if arguments[0] == "bench" and "--leaks" in arguments:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        arguments.remove("--leaks")
        return _window("app.bench_leaks", arguments[1:])
    options = _parser().parse_args(arguments)
    if options.command == "render":
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        return _window("app.render", arguments[1:])
    from engine import commands

    return commands.run(options)


def _window(module: str, arguments: list[str]) -> int:
    """Run a module of the window in this process.

    By name, so that the engine does not depend on the window.
    """
    sys.argv = ["genplay", *arguments]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as done:
        if done.code is None or isinstance(done.code, int):
            return done.code or 0
        sys.stderr.write(f"{done.code}\n")
        return 1
    return 0


def _parser() -> _Parser:
    parser = _Parser(prog="genplay", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    for add in (_train, _evaluate, _sample, _render, _script, _list, _serve, _bench):
        add(commands)
    return parser


# The type of what add_subparsers returns has no public name.
_Commands = argparse._SubParsersAction


def _train(commands: "_Commands[_Parser]") -> None:
    parser = commands.add_parser("train", help="train without a window")
    parser.add_argument("model", nargs="?", default="", metavar="MODEL")
    parser.add_argument(
        "--config", metavar="FILE.json", help="a run as JSON, instead of all below"
    )
    _add_run(parser)
    parser.add_argument("--out", metavar="DIR", help="folder for the trained run")
    parser.add_argument("--json", action="store_true", help="the result as JSON")


def _script(commands: "_Commands[_Parser]") -> None:
    parser = commands.add_parser("script", help="a run as a stand-alone script")
    parser.add_argument("model", metavar="DIR|MODEL")
    _add_run(parser)
    parser.add_argument("--out", metavar="FILE.py", help="where to, if not to stdout")


def _add_run(parser: argparse.ArgumentParser) -> None:
    """What says which run is meant, beside its model."""
    parser.add_argument("--data", metavar="NAME|FILE.csv")
    parser.add_argument("--columns", metavar="X,Y", help="two columns of a CSV file")
    parser.add_argument("--steps", type=_count, metavar="N")
    parser.add_argument("--seed", type=_seed, default=0, metavar="S")
    _add_set(parser)
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda", "mps"), default="auto"
    )


def _evaluate(commands: "_Commands[_Parser]") -> None:
    parser = commands.add_parser("evaluate", help="measure a trained model on points")
    parser.add_argument("folder", metavar="DIR")
    parser.add_argument("--data", required=True, metavar="FILE.csv|NAME")
    parser.add_argument("--columns", metavar="X,Y", help="two columns of a CSV file")
    parser.add_argument("--json", action="store_true", help="the result as JSON")


def _sample(commands: "_Commands[_Parser]") -> None:
    parser = commands.add_parser("sample", help="draw points from a trained model")
    parser.add_argument("folder", metavar="DIR")
    parser.add_argument("-n", type=_count, required=True, metavar="N", dest="points")
    parser.add_argument("--out", required=True, metavar="FILE.csv")
    parser.add_argument("--sampler", default="", metavar="NAME")
    parser.add_argument("--steps", type=_count, metavar="N", help="steps of sampling")
    parser.add_argument("--seed", type=_seed, default=0, metavar="S")


def _render(commands: "_Commands[_Parser]") -> None:
    parser = commands.add_parser("render", help="the views as pictures")
    parser.add_argument("folder", metavar="DIR")
    parser.add_argument("--view", action="append", metavar="NAME")
    parser.add_argument("--out", required=True, metavar="FOLDER")
    parser.add_argument("--format", choices=("png", "svg", "pdf"), default="png")
    parser.add_argument(
        "--theme", choices=("dark", "light", "projector"), default="light"
    )


def _list(commands: "_Commands[_Parser]") -> None:
    parser = commands.add_parser("list", help="what there is")
    parser.add_argument("kind", choices=("models", "data", "samplers", "views"))
    parser.add_argument("--json", action="store_true", help="with all settings")


def _serve(commands: "_Commands[_Parser]") -> None:
    parser = commands.add_parser("serve", help="an engine for other machines")
    parser.add_argument("--listen", required=True, metavar="HOST:PORT")
    parser.add_argument("--keys", required=True, metavar="FOLDER")


def _bench(commands: "_Commands[_Parser]") -> None:
    parser = commands.add_parser("bench", help="speed of this machine, as ratios")
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    parser.add_argument(
        "--no-window", action="store_true", help="leave out what needs Qt"
    )
    parser.add_argument(
        "--quality",
        action="store_true",
        help="instead of speed, what each model learns with its defaults (hours)",
    )
    parser.add_argument(
        "--leaks",
        action="store_true",
        help="instead of speed, what the window gains by opening, closing and training "
        '("genplay bench --leaks --help")',
    )
    parser.add_argument(
        "--model", action="append", default=[], metavar="M", help="with --quality: only"
    )
    parser.add_argument(
        "--data", action="append", default=[], metavar="D", help="with --quality: only"
    )
    parser.add_argument(
        "--points",
        metavar="FOLDER",
        help="with --quality: learn from its D_train.csv, judge by D_heldout.csv",
    )


def _add_set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="key=value",
        dest="settings",
        help="a setting of the model, the training, the data or the sampler; "
        "where two share a name, write e.g. sampler.steps=20; @FILE as value reads "
        "JSON, as in --data drawn --set operations=@drawing.json",
    )


def _count(text: str) -> int:
    value = _integer(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 up")
    return value


def _seed(text: str) -> int:
    value = _integer(text)
    if not 0 <= value < 2**31:
        raise argparse.ArgumentTypeError(f"{text} is not a seed from 0 to 2147483647")
    return value


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


if __name__ == "__main__":
    sys.exit(main())
