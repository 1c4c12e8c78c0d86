"""Phosphor icons, drawn from the font that comes with qtawesome.

Importing qtawesome and its first icon cost 0.3 s, since it loads every font it has;
the one font that is needed here takes some 10 ms. The window opens that much sooner.
"""

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPainter, QPixmap

_GLYPH_SHARE = 0.875  # of the height, so that round glyphs are not cut
_SIZES = (16, 24, 32, 48)


@cache
def _phosphor() -> tuple[str, dict[str, str]]:
    """Family of the icon font, and the code point of each name in hex.

    Raises:
        FileNotFoundError: If qtawesome is not installed as expected.
    """
    spec = find_spec("qtawesome")
    fonts = Path(spec.origin or "").parent / "fonts" if spec else Path()
    files = sorted(fonts.glob("phosphor-*.ttf"))
    charmaps = sorted(fonts.glob("phosphor-charmap-*.json"))
    if not files or not charmaps:
        raise FileNotFoundError(f"No Phosphor font in {fonts}: reinstall qtawesome.")
    number = QFontDatabase.addApplicationFontFromData(files[-1].read_bytes())
    family = QFontDatabase.applicationFontFamilies(number)[0]
    return family, json.loads(charmaps[-1].read_text("utf-8"))


@cache
def icon_pixmap(name: str, size: int, colour: str, ratio: float) -> QPixmap:
    """An icon as pixels, cached by all that it depends on.

    Args:
        name: Phosphor name, e.g. ``"play-fill"``.
        size: Edge in pixels of the layout.
        colour: Like ``#RRGGBB``.
        ratio: Pixels of the device in one pixel of the layout.

    Raises:
        KeyError: If Phosphor has no such icon.
    """
    family, codes = _phosphor()
    glyph = chr(int(codes[name], 16))
    pixmap = QPixmap(round(size * ratio), round(size * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    font = QFont(family)
    font.setPixelSize(max(round(size * _GLYPH_SHARE), 1))
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    painter = QPainter(pixmap)
    painter.setFont(font)
    painter.setPen(QColor(colour))
    painter.drawText(QRectF(0, 0, size, size), Qt.AlignmentFlag.AlignCenter, glyph)
    painter.end()
    return pixmap


@cache
def icon(name: str, colour: str) -> QIcon:
    """An icon for actions and menus, sharp up to 48 px."""
    made = QIcon()
    for size in _SIZES:
        made.addPixmap(icon_pixmap(name, size, colour, 1.0))
    return made
