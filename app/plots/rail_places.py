"""Where what belongs to a rail stands, and what gives way where room is scarce.

Blocks stack from the top; figures stand at the bottom. First bars, columns and legends
shrink, then the gaps; then a figure stands beside a small pane. What still has no room
is left out, last block first.
"""

from dataclasses import replace

from PySide6.QtCore import QRectF

from app.plots.figures_block import Columns
from app.plots.rail import Block, ColourBar, Figure, Legend, Room
from app.theme import theme

_APART, _LEAST_APART = 10, 4  # px between two blocks
_FIGURES_APART = 4  # px between two figures
_ASIDE = 8  # px between a pane and a figure beside it

Placed = list[tuple[Block | Figure, QRectF]]


def _shortened(blocks: list[Block], missing: float) -> list[Block]:
    """The same blocks; those that can give way by so many pixels."""
    found: list[Block] = []
    for block in blocks:
        if isinstance(block, ColourBar | Columns | Legend):
            less = round(min(max(missing, 0), block.gives))
            missing -= less
            found.append(replace(block, less=less) if less else block)
        else:
            found.append(block)
    return found


def _wanted(blocks: list[Block], figures: list[Figure], apart: float) -> float:
    """Height of blocks and figures with the gaps between them, px."""
    wanted = sum(block.height() + apart for block in blocks)
    wanted += sum(figure.height() + theme.px(_FIGURES_APART) for figure in figures)
    return wanted - (theme.px(_FIGURES_APART) if figures else apart)


def room_beside(blocks: list[Block], figures: list[Figure], rail: QRectF) -> int:
    """Side of a pane in the rail above these, so that all of them are shown, px."""
    title = Room("", 0).height()
    apart = theme.px(_APART)
    return int(rail.height() - _wanted(blocks, figures, apart) - apart - title)


def place(blocks: list[Block], figures: list[Figure], rect: QRectF) -> Placed:
    """Where each block and figure goes, if it has room."""
    aside = _aside(blocks, figures, rect)
    others = figures[1:] if aside else figures
    short = _shortened(
        blocks, _wanted(blocks, others, theme.px(_APART)) - rect.height()
    )
    gap = _gap(short, others, rect.height())
    placed: Placed = []
    y = rect.top()
    for block in short:
        high = block.height()
        if y + high > rect.bottom() + 1:
            break
        placed.append((block, QRectF(rect.left(), y, rect.width(), high)))
        y += high + gap
    foot = rect.bottom()
    for figure in reversed(others):
        high = figure.height()
        if foot - high < y - gap:
            break
        placed.append((figure, QRectF(rect.left(), foot - high, rect.width(), high)))
        foot -= high + theme.px(_FIGURES_APART)
    return placed + aside


def _gap(blocks: list[Block], figures: list[Figure], high: float) -> float:
    """Pixels between two blocks, at most as many as there is room for."""
    least, most = theme.px(_LEAST_APART), theme.px(_APART)
    count = max(len(blocks) - (not figures), 1)
    spare = high - _wanted(blocks, figures, least)
    return min(max(least + spare / count, least), most)


def _aside(blocks: list[Block], figures: list[Figure], rect: QRectF) -> Placed:
    """The first figure beside the pane that stands at the top, if it must go there."""
    room = blocks[0] if blocks else None
    short = _shortened(blocks, rect.height())
    least = _wanted(short, figures, theme.px(_LEAST_APART))
    if not figures or not isinstance(room, Room) or least <= rect.height():
        return []
    left = rect.left() + room.high + theme.px(_ASIDE)
    wide, high = figures[0].narrow_size()
    if left + wide > rect.right() + 1 or high > room.height():
        return []
    top = rect.top() + room.height() - max(high, room.high)
    return [(figures[0], QRectF(left, top, rect.right() - left, high))]
