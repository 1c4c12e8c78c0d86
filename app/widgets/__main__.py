"""``python -m app.widgets`` opens a preview of all components.

``--look light`` chooses a look, ``--save FILE.png`` saves a picture and quits.
"""

import argparse
import sys

from PySide6.QtWidgets import QApplication

from app.palette import LOOKS
from app.theme import theme
from app.widgets.preview import Preview


def main() -> int:
    """Show the preview; the exit status of the program."""
    parser = argparse.ArgumentParser(prog="python -m app.widgets")
    parser.add_argument("--look", choices=list(LOOKS), default="dark")
    parser.add_argument("--save", metavar="FILE.png")
    options = parser.parse_args()
    app = QApplication(sys.argv[:1])
    theme.set_look(options.look)
    theme.apply(app)
    page = Preview()
    page.show()
    if options.save:
        app.processEvents()
        return 0 if page.grab().save(options.save) else 1
    return app.exec()


if __name__ == "__main__":
    sys.exit(main())
