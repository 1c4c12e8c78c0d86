"""Lines that grew too long, in the usual layout."""

import re

_WIDTH = 88
_ONE_LINE = re.compile(r"^( *)(def \w+\()(.*)(\).*:)$")
#: A statement that ends in a list of plain things.
_LIST_AT_END = re.compile(r"^( *)(.*\()([^()]+)(\)[\])}]*)$")


def fitted(text: str) -> str:
    """Code whose signatures and lists fit their lines; all else stays as it is."""
    lines: list[str] = []
    for line in text.split("\n"):
        is_long = len(line) > _WIDTH and not line.lstrip().startswith("#")
        found = _ONE_LINE.match(line) if is_long else None
        listed = _LIST_AT_END.match(line) if is_long else None
        if found is not None:
            indent = found[1] + "    "
            lines += [f"{found[1]}{found[2]}", *_listed(found[3], indent)]
            lines.append(f"{found[1]}{found[4]}")
        elif listed is not None:
            lines += [
                f"{listed[1]}{listed[2]}",
                *_listed(listed[3], listed[1] + "    "),
            ]
            lines.append(f"{listed[1]}{listed[4]}")
        elif len(line) > _WIDTH and lines and lines[-1].endswith("("):
            indent = " " * (len(line) - len(line.lstrip()))
            lines += _listed(line.strip(), indent)
        else:
            lines.append(line)
    return "\n".join(lines)


def _listed(arguments: str, indent: str) -> list[str]:
    """Arguments on a line of their own, or each on its own."""
    if len(indent) + len(arguments) <= _WIDTH:
        return [indent + arguments]
    return [f"{indent}{part}," for part in _parts(arguments)]


def _parts(arguments: str) -> list[str]:
    """A list split at the commas that stand in no bracket."""
    parts, depth = [""], 0
    for letter in arguments:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]
