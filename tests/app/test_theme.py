"""The tokens keep the contrast they promise, and everything recolours together."""

import sys
from dataclasses import fields

import numpy as np
import pytest
from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetricsF, QPalette
from PySide6.QtWidgets import QApplication

import app.theme
from app.palette import CLASS_SYMBOLS, LOOKS, Colours, mix
from app.theme import Theme, theme


def luminance(colour: QColor) -> float:
    """Relative luminance of WCAG 2.2."""
    channels = np.array(colour.getRgbF()[:3])
    linear = np.where(
        channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
    )
    return float(linear @ (0.2126, 0.7152, 0.0722))


def contrast(first: QColor, second: QColor) -> float:
    """Contrast ratio of WCAG 2.2, 1 ... 21."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


# The ratios that LOOK prints, the worst over bg0 to bg3.
@pytest.mark.parametrize(
    ("token", "ratios"),
    [
        ("text1", (11.9, 15.0, 17.2)),
        ("text2", (7.1, 7.3, 12.8)),
        ("text3", (4.6, 5.0, 8.5)),
        ("accent", (6.9, 4.9, 6.4)),
        ("warn", (5.0, 5.1, 5.0)),
    ],
)
def test_text_keeps_its_contrast(token, ratios):
    for look, ratio in zip(("dark", "light", "projector"), ratios, strict=True):
        c = LOOKS[look]
        worst = min(
            contrast(getattr(c, token), bg) for bg in (c.bg0, c.bg1, c.bg2, c.bg3)
        )
        assert worst == pytest.approx(ratio, abs=0.06), look


@pytest.mark.parametrize(
    ("token", "ratios"),
    [
        ("data", (7.4, 5.2, 6.5)),
        ("samples", (8.6, 2.3, 2.3)),
        ("latent", (6.4, 3.1, 3.1)),
        ("halo", (1.0, 9.4, 9.4)),
    ],
)
def test_marks_keep_their_contrast_to_the_paper(token, ratios):
    for look, ratio in zip(("dark", "light", "projector"), ratios, strict=True):
        c = LOOKS[look]
        assert contrast(getattr(c, token), c.well) == pytest.approx(ratio, abs=0.06)


@pytest.mark.parametrize(("look", "least"), [("dark", 3.8), ("light", 3.06)])
def test_ten_classes_are_seen_on_the_paper_and_have_a_shape_each(look, least):
    c = LOOKS[look]
    assert len(c.classes) == len(c.symbols) == len(set(CLASS_SYMBOLS)) == 10
    assert len({colour.name() for colour in c.classes}) == 10
    assert min(contrast(colour, c.well) for colour in c.classes) >= least - 0.01


def test_outlines_with_meaning_are_seen():
    for c in LOOKS.values():
        assert min(contrast(c.strong, bg) for bg in (c.bg0, c.bg1, c.bg2)) >= 3
        assert contrast(c.on_accent, c.accent) >= 4.5
        assert contrast(c.on_accent, c.accent_hover) >= 4.5


def test_every_token_of_every_look_is_a_colour():
    for look, c in LOOKS.items():
        for field in fields(Colours):
            value = getattr(c, field.name)
            colours = value if isinstance(value, tuple) else (value,)
            if field.name != "is_dark":
                assert all(colour.isValid() for colour in colours), (look, field.name)


def test_mix_goes_from_first_to_second():
    black, white = QColor("#000000"), QColor("#FFFFFF")
    assert mix(black, white, 0) == black
    assert mix(black, white, 1) == white
    assert mix(black, white, 0.2).red() == 51


def test_a_new_look_is_told_once_and_recolours_the_palette(qtbot):
    with qtbot.waitSignal(theme.changed, timeout=500):
        theme.set_look("light")
    assert theme.c is LOOKS["light"]
    window = QApplication.palette().color(QPalette.ColorRole.Window)
    assert window == LOOKS["light"].bg1
    with qtbot.assertNotEmitted(theme.changed):
        theme.set_look("light")


def test_an_unknown_look_names_the_known_ones():
    with pytest.raises(ValueError, match="dark, light, projector"):
        theme.set_look("sepia")


def test_sizes_grow_in_the_projector_and_with_the_text():
    assert theme.px(10) == 10
    theme.set_look("projector")
    assert (theme.px(10), theme.font(10).pixelSize()) == (16, 16)
    theme.set_text_scale(9.0)
    assert theme.text_scale == 2.0
    assert (theme.px(10), theme.font(10).pixelSize()) == (32, 32)
    assert (theme.px(0.01), theme.px(0)) == (1, 0)


def test_less_motion_means_none():
    assert theme.duration(120) == 0
    theme.set_less_motion(False)
    assert theme.duration(120) == 120
    theme.set_less_motion(True)


def test_figures_have_one_width_and_weights_differ():
    light, heavy = (QFontMetricsF(theme.font(13, weight)) for weight in (400, 600))
    assert light.horizontalAdvance("1111") == light.horizontalAdvance("8888")
    assert QFontInfo(theme.font(13)).family() == "Inter"
    assert heavy.horizontalAdvance("Density") > light.horizontalAdvance("Density")


def test_without_inter_a_system_font_serves(monkeypatch):
    monkeypatch.setitem(sys.modules, "fontpkg_inter", None)
    missing = app.theme._load_inter.__wrapped__()
    assert missing is False
    monkeypatch.setattr(app.theme, "_load_inter", lambda: missing)
    font = Theme().font(13, 600)
    assert font.families()[-1] == "DejaVu Sans"
    assert font.weight() == 600
    assert QFontMetricsF(font).horizontalAdvance("Density") > 20


@pytest.mark.parametrize("look", list(LOOKS))
def test_low_density_is_the_paper_and_brightness_runs_one_way(look):
    theme.set_look(look)
    lut = theme.density_lut()
    assert (lut.shape, lut.dtype) == ((256, 4), np.uint8)
    assert tuple(lut[0]) == theme.c.well.getRgb()
    assert (lut[:, 3] == 255).all()
    brightness = np.array([luminance(QColor(*map(int, row))) for row in lut])
    rising = np.diff(brightness if theme.c.is_dark else -brightness)
    assert rising.min() > -0.004  # uint8 rounding, and the paper's own shade
    assert abs(brightness[-1] - brightness[0]) > 0.7


@pytest.mark.parametrize("look", list(LOOKS))
def test_zero_difference_is_neutral_and_signs_differ(look):
    theme.set_look(look)
    lut = theme.signed_lut().astype(int)
    assert np.ptp(lut[128, :3]) < 6
    assert lut[0, 2] - lut[0, 0] > 100  # blue below zero
    assert lut[-1, 0] - lut[-1, 2] > 100  # yellow above


def test_icons_carry_the_colour_asked_for():
    image = theme.pixmap("play-fill", 16, "#F0763A").toImage()
    middle = image.pixelColor(8, 8)
    assert (middle.red(), middle.green(), middle.blue()) == (0xF0, 0x76, 0x3A)
    assert not theme.icon("camera").isNull()


def test_qt_does_not_lose_references_to_none(qapp):
    """PySide6 6.12.0 on Python 3.11 lost one per void call, and then aborted."""

    def lost():
        before = sys.getrefcount(None)
        for _ in range(200):
            qapp.processEvents()
        return before - sys.getrefcount(None)

    # What other tests have left may go in one of them, with its own references.
    assert min(lost() for _ in range(3)) < 20


#: Linear light as each kind of sight has it: full, protan, deutan, tritan.
#: Machado, Oliveira, Fernandes 2009, "A Physiologically-based Model for Simulation of
#: Color Vision Deficiency", IEEE TVCG 15, severity 1.
SIGHTS = (
    ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.01182, 0.04294, 0.968881),
    ),
    (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.3039),
    ),
)
#: Ottosson 2020, "A perceptual color space for image processing".
TO_CONES = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
TO_LAB = (
    (0.2104542553, 0.793617785, -0.0040720468),
    (1.9779984951, -2.428592205, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.808675766),
)


def oklab(colours: tuple[QColor, ...], sight) -> np.ndarray:
    """Colours (n, 3) in OKLab, as a kind of sight has them."""
    channels = np.array([colour.getRgbF()[:3] for colour in colours])
    linear = np.where(
        channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
    )
    seen = np.clip(linear @ np.transpose(sight), 0, 1)
    return np.cbrt(seen @ np.transpose(TO_CONES)) @ np.transpose(TO_LAB)


@pytest.mark.parametrize("look", ["dark", "light", "projector"])
@pytest.mark.parametrize("sight", SIGHTS, ids=["full", "protan", "deutan", "tritan"])
def test_classes_differ_for_every_kind_of_sight(look, sight):
    """The first eight as LOOK promises, all ten more than Okabe and Ito's (0.08)."""
    lab = oklab(LOOKS[look].classes, sight)
    away = np.linalg.norm(lab[:, None] - lab[None], axis=-1) + np.eye(len(lab))
    assert away[:8, :8].min() >= 0.13
    assert away.min() >= 0.085


@pytest.mark.parametrize("weight", [400, 600])
def test_the_letter_between_two_figures_stays_a_letter(weight):
    """Inter would draw the x of a file's name as a sign of multiplication."""
    metrics = QFontMetricsF(theme.font(13, weight))
    apart = sum(metrics.horizontalAdvance(each) for each in "0x0")
    assert metrics.horizontalAdvance("0x0") == pytest.approx(apart, abs=0.3)
    assert theme.font(13, weight).featureValue(QFont.Tag("calt")) == 0
