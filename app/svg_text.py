"""Text of an SVG that looks right on a machine without our font.

Text stays text, so that it can be found, copied and edited. Each piece names fonts that
are everywhere and tells its length: another font is stretched to it, and what is set
against a right edge or into a gap stays in its place.
"""

import re
from xml.sax.saxutils import unescape

from PySide6.QtGui import QFont, QFontMetricsF

from app.theme import theme

#: Fonts of like shapes, most like first; one that is wide; what every reader knows.
_ELSEWHERE = ("Helvetica Neue", "Helvetica", "Arial", "Liberation Sans")
_LAST = ("DejaVu Sans", "sans-serif")
_FAMILIES = re.compile(r'font-family="([^"]*)"')
_PIECE = re.compile(r"<text ([^>]*?)\s*>([^<]*)</text>")
_SIZE = re.compile(r'font-size="(\d+)"')
_WEIGHT = re.compile(r'font-weight="(\d+)"')
_QUOTES = {"&quot;": '"', "&apos;": "'"}


def portable(svg: str) -> str:
    """The same drawing with fonts and lengths that hold everywhere."""
    return _FAMILIES.sub(_more_families, _PIECE.sub(_with_length, svg))


def _more_families(found: re.Match[str]) -> str:
    ours = [name for name in found[1].split(",") if name not in _LAST]
    return f'font-family="{",".join((*ours, *_ELSEWHERE, *_LAST))}"'


def _with_length(found: re.Match[str]) -> str:
    about, words = found[1], found[2]
    size, weight = _SIZE.search(about), _WEIGHT.search(about)
    shown = unescape(words, _QUOTES)
    if size is None or weight is None or len(shown.strip()) < 2:
        return found[0]
    wide = _width(shown, int(size[1]), int(weight[1]))
    length = f'textLength="{wide:.2f}" lengthAdjust="spacingAndGlyphs"'
    return f"<text {about} {length}>{words}</text>"


def _width(words: str, pixels: int, weight: int) -> float:
    font: QFont = theme.plain_font(pixels, weight)
    return QFontMetricsF(font).horizontalAdvance(words)
