"""Pictures to grey maps: both directions, transparency, size, hostile files."""

import base64
import struct
import zlib

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage

from app.pictures import PictureError, is_picture, read_picture


def saved(tmp_path, image, name="picture.png"):
    file = tmp_path / name
    assert image.save(str(file))
    return str(file)


def plain(width, height, colour=Qt.GlobalColor.white):
    image = QImage(width, height, QImage.Format.Format_ARGB32)
    image.fill(colour)
    return image


def halved(image, upper, lower):
    """One brightness everywhere is no picture."""
    for y in range(image.height()):
        for x in range(image.width()):
            image.setPixelColor(x, y, upper if 2 * y < image.height() else lower)
    return image


def cells(picture):
    return np.frombuffer(picture.cells, np.uint8).reshape(picture.height, picture.width)


def test_rows_start_at_the_top_and_are_not_padded(tmp_path):
    image = plain(5, 3)
    image.setPixelColor(4, 0, Qt.GlobalColor.black)
    image.setPixelColor(0, 2, QColor(100, 100, 100))
    found = read_picture(saved(tmp_path, image))
    expected = np.full((3, 5), 255)
    expected[0, 4], expected[2, 0] = 0, 100
    assert (cells(found) == expected).all()
    assert base64.b64decode(found.text) == found.cells


def test_what_is_transparent_is_white(tmp_path):
    image = plain(2, 1, Qt.GlobalColor.transparent)
    image.setPixelColor(1, 0, QColor(0, 0, 0, 128))
    found = cells(read_picture(saved(tmp_path, image)))
    assert found[0, 0] == 255
    assert found[0, 1] == pytest.approx(127, abs=2)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1000, 500), (128, 64)), ((30, 900), (4, 128)), ((9, 9), (9, 9))],
)
def test_a_large_picture_is_shrunk_and_keeps_its_shape(tmp_path, size, expected):
    image = plain(*size)
    halved(image, QColor(0, 0, 0), QColor(4, 4, 4))
    found = read_picture(saved(tmp_path, image))
    assert (found.width, found.height) == expected
    assert cells(found).max() < 5


def test_a_jpeg_is_read_whatever_its_name(tmp_path):
    file = saved(
        tmp_path,
        halved(plain(300, 300), QColor(40, 40, 40), QColor(60, 60, 60)),
        "x.jpg",
    )
    found = read_picture(file)
    assert cells(found).mean() == pytest.approx(50, abs=3)
    assert is_picture(file)
    assert is_picture("A.PNG")
    assert not is_picture("table.csv")


def bomb(tmp_path, width, height):
    """A PNG that says it is huge."""

    def chunk(kind, body):
        check = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    file = tmp_path / "bomb.png"
    parts = [chunk(b"IHDR", head), chunk(b"IDAT", body), chunk(b"IEND", b"")]
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    return str(file)


def test_a_picture_bomb_is_refused_unread(tmp_path):
    with pytest.raises(PictureError, match="too large"):
        read_picture(bomb(tmp_path, 60_000, 60_000))


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n", bytes(5000)])
def test_no_picture_is_one_sentence(tmp_path, content):
    file = tmp_path / "bad.png"
    file.write_bytes(content)
    with pytest.raises(PictureError, match=r"bad\.png is not a readable picture"):
        read_picture(str(file))


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(PictureError):
        read_picture(str(tmp_path / "none.png"))


@pytest.mark.parametrize("size", [(1, 1), (300, 40)])
def test_a_picture_of_one_brightness_is_refused_here(tmp_path, size):
    with pytest.raises(PictureError, match="same brightness everywhere"):
        read_picture(saved(tmp_path, plain(*size)))
