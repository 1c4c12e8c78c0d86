"""The colours of the three looks: dark, light and projector.

Each token has one meaning everywhere. Contrast was chosen against all backgrounds at
once; see the names of the fields for what each is for. Nothing here changes at run
time: widgets read the current set from :data:`app.theme.theme`.
"""

from dataclasses import dataclass

from PySide6.QtGui import QColor

# The shape that goes with each class colour, as pyqtgraph names it, so that colour
# never stands alone.
CLASS_SYMBOLS = ("o", "s", "t1", "d", "+", "x", "star", "p", "t", "t2")


def mix(first: QColor, second: QColor, share: float) -> QColor:
    """The colour ``share`` of the way from ``first`` (0) to ``second`` (1)."""
    pairs = (
        (first.red(), second.red()),
        (first.green(), second.green()),
        (first.blue(), second.blue()),
    )
    return QColor(*(round(a + (b - a) * share) for a, b in pairs))


@dataclass(frozen=True)
class Colours:
    """All colours of one look.

    ``well`` is the paper of plots; ``bg0`` to ``bg4`` rise from the window to what is
    hovered; ``text1`` to ``text4`` fall from titles to what is never to be read.
    ``path`` holds four grades by time; ``halo`` rims samples on the paper.
    """

    is_dark: bool
    well: QColor
    bg0: QColor
    bg1: QColor
    bg2: QColor
    bg3: QColor
    bg4: QColor
    edge: QColor
    strong: QColor
    text1: QColor
    text2: QColor
    text3: QColor
    text4: QColor
    accent: QColor
    on_accent: QColor
    accent_bg: QColor
    warn: QColor
    warn_bg: QColor
    grid: QColor
    data: QColor
    samples: QColor
    latent: QColor
    path: tuple[QColor, QColor, QColor, QColor]
    path_to_come: QColor
    warning: QColor
    halo: QColor
    data_text: QColor
    samples_text: QColor
    latent_text: QColor
    classes: tuple[QColor, ...]

    @property
    def symbols(self) -> tuple[str, ...]:
        """The pyqtgraph symbol of each class."""
        return CLASS_SYMBOLS

    @property
    def path_text(self) -> QColor:
        """Colour of words about paths already travelled."""
        return self.text1

    @property
    def to_come_text(self) -> QColor:
        """Colour of words about paths still to come."""
        return self.text3

    @property
    def accent_hover(self) -> QColor:
        """The accent under the pointer: a little further from the background."""
        towards = QColor("#FFFFFF") if self.is_dark else QColor("#000000")
        return mix(self.accent, towards, 0.16)

    @property
    def knob(self) -> QColor:
        """Fill of a slider's knob: light on dark, the accent itself on light."""
        return QColor("#F4F6F8") if self.is_dark else self.accent

    @property
    def runs(self) -> tuple[QColor, QColor, QColor, QColor]:
        """Colours of the runs A, B, C and D in a comparison."""
        return self.classes[3], self.classes[5], self.classes[7], self.classes[1]


def _row(codes: str) -> tuple[QColor, ...]:
    return tuple(QColor(f"#{code}") for code in codes.split())


def _path(codes: str) -> tuple[QColor, QColor, QColor, QColor]:
    first, second, third, last = _row(codes)
    return first, second, third, last


_SURFACES = (
    *("well", "bg0", "bg1", "bg2", "bg3", "bg4", "edge", "strong"),
    *("text1", "text2", "text3", "text4"),
    *("accent", "on_accent", "accent_bg", "warn", "warn_bg", "grid"),
)
_ROLES = (
    *("data", "samples", "latent", "path_to_come", "warning", "halo"),
    *("data_text", "samples_text", "latent_text"),
)


def _look(surfaces: str, roles: str, path: str, classes: str, is_dark: bool) -> Colours:
    named = dict(zip(_SURFACES, _row(surfaces), strict=True))
    named |= dict(zip(_ROLES, _row(roles), strict=True))
    return Colours(is_dark=is_dark, path=_path(path), classes=_row(classes), **named)


# The first eight classes of a look were searched for the largest smallest distance
# under normal, protan, deutan and tritan sight (OKLab): at least 0.13 in each. Two
# more, for the ten digits, were searched beside them: at least 0.089.
_CLASSES_DARK = "4B66E2 F38E26 2AC6A2 C68CF9 CC3526 F8EA21 937790 A5F5FB E1B4F0 87E187"
_CLASSES_LIGHT = "3F56D1 F3680F 27A08E A87EEC BA2013 6D0601 734A6F 42008E 8769A5 2D0FC3"
_PATH_LIGHT = "A3AAB0 7C848B 4B5258 000000"

LOOKS: dict[str, Colours] = {
    "dark": _look(
        "0B0D10 101216 16191E 1C2026 262B33 323943 2A3038 69727E "
        "E9EBEE B1B7C0 8B939E 5C646F 4CC9A7 06211A 173A33 F0763A 3A2117 1D2228",
        "4FA8E0 E69F00 CC79A7 4A525D F0763A 0B0D10 6DB8E8 E69F00 DA93BA",
        "6C7582 959EAA C5CBD3 FFFFFF",
        _CLASSES_DARK,
        is_dark=True,
    ),
    "light": _look(
        "FFFFFF F1F3F2 F8F9F8 FFFFFF E9ECEB DCE0DF DDE1E0 7F8886 "
        "16181B 454C54 5D656D 9AA1A5 00735A FFFFFF DCF0EA A84300 FBE9DF EDEFEE",
        "0072B2 E69F00 CC79A7 C9CED2 D55E00 5E4100 0067A3 8F5A00 9C3F75",
        _PATH_LIGHT,
        _CLASSES_LIGHT,
        is_dark=False,
    ),
    "projector": _look(
        "FFFFFF FFFFFF FFFFFF FFFFFF E6E9E8 D3D8D6 5B6361 3A403F "
        "000000 1F2427 3A4146 6A7276 005E49 FFFFFF DCF0EA A84300 FBE9DF E3E6E5",
        "0062A0 E69F00 CC79A7 C9CED2 D55E00 5E4100 0067A3 8F5A00 9C3F75",
        _PATH_LIGHT,
        _CLASSES_LIGHT,
        is_dark=False,
    ),
}
