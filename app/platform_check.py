"""Can a window be opened here? Asked before Qt is, since Qt would abort the process.

Without a display, or with a library of its X11 plug-in missing, Qt ends the program
with a message that blames the wrong package. This looks first, on Linux only.
"""

import ctypes
import os
import re
import sys
from importlib.util import find_spec
from pathlib import Path

_WITHOUT = "`genplay train` needs neither a display nor these libraries."

# Debian package of each library that Qt loads; where none is listed the library's own
# name tells enough.
PACKAGES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb.so.1": "libxcb1",
}
_ALL = (
    "libgl1 libegl1 libxkbcommon0 libdbus-1-3 libfontconfig1 libglib2.0-0 "
    "libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libxcb-xkb1 "
    "libxkbcommon-x11-0"
)


def problem() -> str:
    """What keeps a window from opening, in one sentence; empty if nothing does."""
    if not sys.platform.startswith("linux"):
        return ""
    missing = missing_library()
    if missing:
        package = PACKAGES.get(missing, missing)
        return (
            f"The window needs the system library {missing}, which is missing: install "
            f"{package} (on Debian: apt install {_ALL}); {_WITHOUT}"
        )
    if os.environ.get("QT_QPA_PLATFORM") or os.environ.get("WAYLAND_DISPLAY"):
        return ""
    if not os.environ.get("DISPLAY"):
        return (
            "There is no display to open a window on: neither DISPLAY nor "
            "WAYLAND_DISPLAY is set (on Debian without a screen: apt install xvfb "
            f"xauth, then xvfb-run genplay); {_WITHOUT}"
        )
    if not display_answers():
        return (
            f"The display {os.environ['DISPLAY']} does not answer: set DISPLAY to one "
            "that runs (on Debian without a screen: apt install xvfb xauth, then "
            f"xvfb-run genplay); {_WITHOUT}"
        )
    return ""


def missing_library() -> str:
    """Name of a system library that Qt lacks here; empty if all are there."""
    try:
        import PySide6.QtSvg
        import PySide6.QtWidgets  # noqa: F401
    except ImportError as error:
        return _library_in(str(error)) or str(error)
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    wants_x11 = platform.startswith("xcb") or (
        not platform and not os.environ.get("WAYLAND_DISPLAY")
    )
    return _missing_of_x11() if wants_x11 and os.environ.get("DISPLAY") else ""


def _missing_of_x11() -> str:
    package = find_spec("PySide6")
    if package is None or package.origin is None:
        return ""
    plugin = Path(package.origin).parent / "Qt/plugins/platforms/libqxcb.so"
    if not plugin.exists():  # a Qt of the system, which has its own packages
        return ""
    try:
        ctypes.CDLL(str(plugin))
    except OSError as error:
        return _library_in(str(error))
    return ""


def _library_in(message: str) -> str:
    found = re.search(r"(lib[\w.+-]+\.so[.\d]*)", message)
    return found.group(1) if found else ""


def display_answers() -> bool:
    """Whether the X server of DISPLAY lets us in, asked without Qt."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True  # let Qt find its own way
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    works = bool(xcb.xcb_connection_has_error(connection) == 0)
    xcb.xcb_disconnect(connection)
    return works
