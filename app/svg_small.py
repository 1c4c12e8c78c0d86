"""An SVG of Qt without what says nothing: the same picture in a fraction of the bytes.

Qt writes a group with all attributes, fonts included, for each mark and for each change
of a pen, many of them empty. Here empty groups go, and so does what a group inherits
anyway; marks of one look share a group and a shape; places are kept to a hundredth of a
pixel.
"""

import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from itertools import groupby
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

_SVG, _LINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_GROUP, _TEXT = f"{{{_SVG}}}g", f"{{{_SVG}}}text"
_SHAPES = frozenset(
    f"{{{_SVG}}}{tag}" for tag in ("path", "polygon", "polyline", "rect", "ellipse")
)
#: What SVG, or the group that Qt draws everything in, says already.
_SAID = {
    "fill-opacity": "1",
    "stroke-opacity": "1",
    "stroke-linecap": "square",
    "stroke-linejoin": "bevel",
    "vector-effect": "none",
    "fill-rule": "evenodd",
}
_MOVE = re.compile(r"matrix\(1,0,0,1,([^,]+),([^,]+)\)")
_LONG = re.compile(r"-?\d+\.\d{3,}(?![\de])")
_FEW = 3  # marks of one look that are worth a shape of their own

Move = tuple[float, float]


def smaller(svg: str) -> str:
    """The same drawing, written shorter."""
    for prefix, space in (("", _SVG), ("xlink", _LINK)):
        ElementTree.register_namespace(prefix, space)
    root = ElementTree.fromstring(svg)
    whole = root.find(_GROUP)
    if whole is None:
        return svg
    whole[:] = [each for each in whole if each.tag != _GROUP or not _is_empty(each)]
    for outer in whole:
        leaf = _leaf(outer)
        if leaf is not None:
            _drop_what_is_said(leaf)
    names = (f"mark{number}" for number in range(len(whole)))
    whole[:] = [each for run in _runs(whole) for each in _shared(run, names)]
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _is_empty(group: Element) -> bool:
    return all(each.tag == _GROUP and _is_empty(each) for each in group)


def _leaf(outer: Element) -> Element | None:
    """The group that has the pen: the one itself, or the one within a clipping one."""
    if outer.tag != _GROUP:
        return None
    is_clipping = "clip-path" in outer.attrib and len(outer) == 1
    return outer[0] if is_clipping and outer[0].tag == _GROUP else outer


def _drop_what_is_said(leaf: Element) -> None:
    has_text = any(each.tag == _TEXT for each in leaf.iter())
    for each in leaf.iter():
        for name, value in list(each.attrib.items()):
            is_font = name.startswith("font-") and not has_text
            if is_font or _SAID.get(name) == value:
                del each.attrib[name]
    if _move(leaf) is None:
        return  # numbers of what is scaled are no pixels
    for shape in leaf:
        for name in {"d", "points"} & shape.attrib.keys():
            shape.set(name, _LONG.sub(_rounded, shape.attrib[name]))


def _rounded(found: re.Match[str]) -> str:
    return _short(float(found[0]))


def _short(number: float) -> str:
    words = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if words == "-0" else words


def _move(leaf: Element) -> Move | None:
    """Where its shapes are moved to; None if they are turned or scaled too."""
    words = leaf.get("transform")
    if words is None:
        return 0.0, 0.0
    found = _MOVE.fullmatch(words)
    return (float(found[1]), float(found[2])) if found else None


def _look(outer: Element) -> object:
    """What marks share that can stand in one group; else nothing else has it."""
    leaf = _leaf(outer)
    if leaf is None or len(leaf) != 1 or leaf[0].tag not in _SHAPES:
        return id(outer)
    if _move(leaf) is None or "transform" in leaf[0].attrib:
        return id(outer)
    about = {k: v for k, v in leaf.attrib.items() if k != "transform"}
    return outer.get("clip-path"), leaf is outer, tuple(sorted(about.items()))


def _runs(whole: Element) -> Iterator[list[Element]]:
    for _, run in groupby(whole, key=_look):
        yield list(run)


def _shared(run: list[Element], names: Iterator[str]) -> list[Element]:
    """A run of marks in one group; what is drawn later still lies above."""
    if len(run) < _FEW:
        return run
    outer = deepcopy(run[0])
    group = _leaf(outer)
    leaves = [leaf for each in run if (leaf := _leaf(each)) is not None]
    assert group is not None
    group[:] = []
    group.attrib.pop("transform", None)
    kinds = Counter(_kind(leaf[0]) for leaf in leaves)
    known: dict[object, str] = {}
    for leaf in leaves:
        kind, shape = _kind(leaf[0]), leaf[0]
        x, y = map(_short, _move(leaf) or (0.0, 0.0))
        if kinds[kind] < _FEW:
            shape.set("transform", f"translate({x},{y})")
            group.append(shape)
            continue
        if kind not in known:
            known[kind] = next(names)
            shape.set("id", known[kind])
            SubElement(group, f"{{{_SVG}}}defs").append(shape)
        link = {f"{{{_LINK}}}href": f"#{known[kind]}", "x": x, "y": y}
        SubElement(group, f"{{{_SVG}}}use", link)
    return [outer]


def _kind(shape: Element) -> object:
    about = {k: v for k, v in shape.attrib.items() if k != "id"}
    return shape.tag, tuple(sorted(about.items()))
