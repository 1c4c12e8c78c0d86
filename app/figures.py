"""Figures out of plots: PNG, SVG, PDF and the clipboard.

A figure is laid out anew in a hidden twin of the plot, at the wanted size; pyqtgraph's
own exporters scale lines and symbols wrongly. Lines and text stay vectors in SVG and
PDF, maps are embedded as pictures.
"""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pyqtgraph as pg
from PySide6.QtCore import (
    QBuffer,
    QByteArray,
    QIODevice,
    QMarginsF,
    QRect,
    QRectF,
    QSize,
    QSizeF,
)
from PySide6.QtGui import (
    QGuiApplication,
    QImage,
    QImageWriter,
    QPageSize,
    QPainter,
    QPdfWriter,
)
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QLayout

from app.plots.base import PlotView
from app.plots.line_item import LineItem
from app.plots.marks import Marks
from app.theme import theme
from app.widgets.paint import RIGHT, draw_text, text_width

_EDGE, _HEAD = 10, 34  # px round a figure, and for its title
_LEAST_CAPTION = 60  # px; in less room a caption says nothing
_GROUND = "well"
FORMATS = (".png", ".svg", ".pdf")
#: What a PDF says about itself: its title, and the settings of what it shows.
_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{about}</rdf:li></rdf:Alt>
</dc:description></rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


def export(
    plot: PlotView,
    path: Path,
    scale: float = 2.0,
    *,
    size: tuple[int, int] | None = None,
    caption: str = "",
    settings: Mapping[str, Any] | None = None,
) -> Path:
    """Write the plot as PNG, SVG or PDF, by the ending of ``path``; all or nothing.

    Args:
        plot: What to draw, as the person sees it.
        path: Where to; an existing file is replaced only by a complete new one.
        scale: Pixels of a PNG per pixel on the screen.
        size: Width and height in pixels of the screen; the plot's own if None.
        caption: Words at the upper right, e.g. model, data and step.
        settings: Facts to keep in the file beside those of the plot; JSON-able.

    Raises:
        ValueError: If the ending is none of these three, or nothing is shown.
        OSError: If the file cannot be written.
    """
    ending = path.suffix.lower()
    if ending not in FORMATS:
        raise ValueError(f"No figure format {ending!r}: use .png, .svg or .pdf.")
    about = json.dumps(_facts(plot, settings or {}), sort_keys=True)
    if ending == ".png":
        image = picture(plot, scale, size=size, caption=caption)
        image.setText("Title", plot.title)
        image.setText("Settings", about)
        content = _in_memory(lambda buffer: QImageWriter(buffer, b"png").write(image))
    else:
        write = _write_svg if ending == ".svg" else _write_pdf
        with theme.plain_figures():  # so that their text can be found and copied
            sheet = _Sheet(plot, size, caption)
            content = _in_memory(lambda buffer: write(sheet, buffer, about))
    _replace(path, content)
    return path


def picture(
    plot: PlotView,
    scale: float = 2.0,
    *,
    size: tuple[int, int] | None = None,
    caption: str = "",
) -> QImage:
    """The plot as an image with ``scale`` pixels per pixel on the screen.

    Raises:
        ValueError: If nothing is shown.
    """
    sheet = _Sheet(plot, size, caption)
    image = QImage(sheet.size * scale, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    image.setDotsPerMeterX(round(scale * 96 / 0.0254))
    image.setDotsPerMeterY(round(scale * 96 / 0.0254))
    sheet.paint_on(image)
    return image


def copy_to_clipboard(plot: PlotView, scale: float = 2.0, *, caption: str = "") -> None:
    """Put the plot on the clipboard as an image."""
    QGuiApplication.clipboard().setImage(picture(plot, scale, caption=caption))


class _Sheet:
    """A hidden twin of a plot with a title, ready to be painted on any device."""

    def __init__(
        self, plot: PlotView, size: tuple[int, int] | None, caption: str
    ) -> None:
        if not plot.has_frame:
            raise ValueError(f"{plot.title} shows nothing yet: play the run first.")
        self.title, self._caption = plot.title, caption
        self._chips = ", ".join(chip.text for chip in plot.chips())
        self._twin = plot.twin()
        paper = self._twin.paper
        paper.ground = _GROUND
        wanted = QSize(*size) if size else _own_size(plot)
        self.size = wanted
        edge, head = theme.px(_EDGE), theme.px(_HEAD)
        room = QSize(wanted.width() - 2 * edge, wanted.height() - head - edge)
        self._place = QRect(edge // 2, head, room.width(), room.height())
        # What a plot says while it is empty must not keep a figure from being small.
        layout = self._twin.layout()
        if layout is not None:
            layout.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self._twin.setMinimumSize(1, 1)
        self._twin.resize(room)
        # A widget that was never shown gets its size, and its layout, when grabbed.
        self._twin.grab(QRect(0, 0, 1, 1))
        paper.scene().prepareForPaint()
        for item in paper.scene().items():
            if isinstance(item, Marks | LineItem):
                item.draw_as_vectors()
            elif isinstance(item, pg.PlotCurveItem):
                item.setExportMode(True, {"antialias": True})

    def paint_on(self, device: "QImage | QSvgGenerator | QPdfWriter") -> None:
        """Paint title and plot."""
        painter = QPainter(device)
        try:
            self._paint(painter)
        finally:
            painter.end()
            self._twin.deleteLater()

    def _paint(self, painter: QPainter) -> None:
        c, px = theme.c, theme.px
        whole = QRectF(0, 0, self.size.width(), self.size.height())
        painter.setFont(theme.font(13))  # an SVG names it, whether it is used or not
        painter.fillRect(whole, getattr(c, _GROUND))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = QRectF(px(_EDGE) + px(4), px(6), whole.width() - 2 * px(14), px(22))
        draw_text(painter, line, self.title, c.text1, 13, 600)
        line.setLeft(line.left() + text_width(self.title, 13, 600) + px(8))
        draw_text(painter, line, self._chips, c.text3, 12)
        if self._chips:
            line.setLeft(line.left() + text_width(self._chips, 12) + px(12))
        if line.width() > px(_LEAST_CAPTION):
            draw_text(painter, line, self._caption, c.text2, 12, align=RIGHT)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        source = QRect(0, 0, self._place.width(), self._place.height())
        self._twin.paper.render(painter, QRectF(self._place), source)


def _own_size(plot: PlotView) -> QSize:
    shown = plot.size() if plot.isVisible() else QSize(*plot.figure_size) * theme.scale
    return shown + QSize(theme.px(2 * _EDGE), theme.px(_HEAD + _EDGE))


def _facts(plot: PlotView, settings: Mapping[str, Any]) -> dict[str, Any]:
    plain = {
        key: value
        for key, value in plot.meta.items()
        if isinstance(value, str | int | float | bool)
    }
    return {
        "view": plot.view,
        "state": plot.view_state(),
        "facts": plain,
        **settings,
    }


def _write_svg(sheet: _Sheet, buffer: QBuffer, about: str) -> None:
    generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
    generator.setOutputDevice(buffer)
    generator.setResolution(96)
    generator.setSize(sheet.size)
    generator.setViewBox(QRect(0, 0, sheet.size.width(), sheet.size.height()))
    generator.setTitle(sheet.title)
    generator.setDescription(about)
    sheet.paint_on(generator)


def _write_pdf(sheet: _Sheet, buffer: QBuffer, about: str) -> None:
    writer = QPdfWriter(buffer)
    points = QSizeF(sheet.size) * 72 / 96
    writer.setPageSize(QPageSize(points, QPageSize.Unit.Point))
    writer.setPageMargins(QMarginsF())
    writer.setResolution(96)
    writer.setTitle(sheet.title)
    packet = _XMP.format(title=escape(sheet.title), about=escape(about))
    writer.setDocumentXmpMetadata(packet.encode())
    sheet.paint_on(writer)


def _in_memory(write: Callable[[QBuffer], object]) -> bytes:
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    write(buffer)
    buffer.close()
    return bytes(content.data())


def _replace(path: Path, content: bytes) -> None:
    """Write beside the file, sync, then rename over it."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
