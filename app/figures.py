"""Figures out of plots: PNG, SVG, PDF and the clipboard.

A figure is laid out anew in a hidden twin of the plot, at the wanted size; pyqtgraph's
own exporters scale lines and symbols wrongly. Lines and text stay vectors in SVG and
PDF, maps are embedded as pictures.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRect, QSizeF
from PySide6.QtGui import (
    QGuiApplication,
    QImage,
    QImageWriter,
    QPageSize,
    QPainter,
    QPdfWriter,
)
from PySide6.QtSvg import QSvgGenerator

from app.plots.base import PlotView
from app.sheets import Plate, Sheet, all_facts, sheet_of
from app.svg_small import smaller
from app.svg_text import portable
from app.tables import write_whole
from app.theme import theme

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
    plot: PlotView | Plate,
    path: Path,
    scale: float = 2.0,
    *,
    size: tuple[int, int] | None = None,
    caption: str = "",
    title: str = "",
    settings: Mapping[str, Any] | None = None,
) -> Path:
    """Write the plot as PNG, SVG or PDF, by the ending of ``path``; all or nothing.

    Args:
        plot: What to draw, as the person sees it; or several plots as one picture.
        path: Where to; an existing file is replaced only by a complete new one.
        scale: Pixels of a PNG per pixel on the screen.
        size: Width and height in pixels of the screen; the plot's own if None.
        caption: Words at the upper right, e.g. model, data and step.
        title: What stands for the plot's own title; empty for that.
        settings: Facts to keep in the file beside those of the plot; JSON-able.

    Raises:
        ValueError: If the ending is none of these three, or nothing is shown.
        OSError: If the file cannot be written.
    """
    ending = path.suffix.lower()
    if ending not in FORMATS:
        raise ValueError(f"No figure format {ending!r}: use .png, .svg or .pdf.")
    about = json.dumps(all_facts(plot, settings or {}), sort_keys=True)
    if ending == ".png":
        image = picture(plot, scale, size=size, caption=caption, title=title)
        image.setText("Title", title or plot.title)
        image.setText("Settings", about)
        content = _in_memory(lambda buffer: QImageWriter(buffer, b"png").write(image))
    else:
        write = _write_svg if ending == ".svg" else _write_pdf
        with theme.plain_figures():  # so that their text can be found and copied
            sheet = sheet_of(plot, size, caption, title)
            content = _in_memory(lambda buffer: write(sheet, buffer, about))
            if ending == ".svg":
                content = smaller(portable(content.decode())).encode()
    write_whole(path, content)
    return path


def picture(
    plot: PlotView | Plate,
    scale: float = 2.0,
    *,
    size: tuple[int, int] | None = None,
    caption: str = "",
    title: str = "",
) -> QImage:
    """The plot as an image with ``scale`` pixels per pixel on the screen.

    Raises:
        ValueError: If nothing is shown.
    """
    sheet = sheet_of(plot, size, caption, title)
    image = QImage(sheet.size * scale, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    image.setDotsPerMeterX(round(scale * 96 / 0.0254))
    image.setDotsPerMeterY(round(scale * 96 / 0.0254))
    _paint_on(image, sheet)
    return image


def copy_to_clipboard(
    plot: PlotView | Plate, scale: float = 2.0, *, caption: str = "", title: str = ""
) -> None:
    """Put the plot on the clipboard as an image."""
    image = picture(plot, scale, caption=caption, title=title)
    QGuiApplication.clipboard().setImage(image)


def _paint_on(device: "QImage | QSvgGenerator | QPdfWriter", sheet: Sheet) -> None:
    """Paint a sheet; the painter ends even if painting raises."""
    painter = QPainter(device)
    try:
        painter.setFont(theme.font(13))  # an SVG names it, whether it is used or not
        sheet.paint(painter)
    finally:
        painter.end()


def _write_svg(sheet: Sheet, buffer: QBuffer, about: str) -> None:
    generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
    generator.setOutputDevice(buffer)
    generator.setResolution(96)
    generator.setSize(sheet.size)
    generator.setViewBox(QRect(0, 0, sheet.size.width(), sheet.size.height()))
    generator.setTitle(sheet.title)
    generator.setDescription(about)
    _paint_on(generator, sheet)


def _write_pdf(sheet: Sheet, buffer: QBuffer, about: str) -> None:
    writer = QPdfWriter(buffer)
    points = QSizeF(sheet.size) * 72 / 96
    writer.setPageSize(QPageSize(points, QPageSize.Unit.Point))
    writer.setPageMargins(QMarginsF())
    writer.setResolution(96)
    writer.setTitle(sheet.title)
    packet = _XMP.format(title=escape(sheet.title), about=escape(about))
    writer.setDocumentXmpMetadata(packet.encode())
    _paint_on(writer, sheet)


def _in_memory(write: Callable[[QBuffer], object]) -> bytes:
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    write(buffer)
    buffer.close()
    return bytes(content.data())
