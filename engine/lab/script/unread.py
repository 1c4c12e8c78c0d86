"""Takes out local values that nothing reads any more, once branches are gone."""

import ast
from collections.abc import Iterator

from engine.lab.script.cut import first_line
from engine.lab.script.module import Module

#: Calls that leave no trace, so that they may go with what they make.
_TRACELESS = {"abs", "bool", "float", "int", "len", "max", "min", "str", "tuple"}


def without_unread(module: Module) -> bytes:
    """The source of a module without assignments to local names that nobody reads.

    A value whose making may leave a trace, e.g. in a generator, stays.
    """
    spans = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef):
            read = _read(node)
            spans += [
                (first_line(module, found), found.end_lineno or 0)
                for found in _assignments(node.body)
                if _name(found) not in read and _is_traceless(found.value)
            ]
    lines = module.source.splitlines(keepends=True)
    for first, last in sorted(set(spans), reverse=True):
        del lines[first - 1 : last]
    return b"".join(lines)


def _read(function: ast.FunctionDef) -> set[str]:
    """Names that a function, or one inside it, does more with than bind them."""
    found: set[str] = set()
    for part in ast.walk(function):
        if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Store):
            found.add(part.id)
        elif isinstance(part, ast.AugAssign) and isinstance(part.target, ast.Name):
            found.add(part.target.id)
        elif isinstance(part, ast.Global | ast.Nonlocal):
            found.update(part.names)
    return found


def _assignments(suite: list[ast.stmt]) -> Iterator[ast.Assign | ast.AnnAssign]:
    """Bindings of one name in the body of a function; a suite keeps one statement."""
    for statement in suite:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            continue
        if len(suite) > 1 and _name(statement):
            assert isinstance(statement, ast.Assign | ast.AnnAssign)
            yield statement
        for name in ("body", "orelse", "finalbody"):
            yield from _assignments(getattr(statement, name, []))


def _name(statement: ast.stmt) -> str:
    """The one name that a statement binds to a value; empty if it does not."""
    target: ast.expr | None = None
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        target = statement.target
    return target.id if isinstance(target, ast.Name) else ""


def _is_traceless(value: ast.expr | None) -> bool:
    for part in ast.walk(value or ast.Constant(None)):
        if isinstance(part, ast.NamedExpr):
            return False
        if isinstance(part, ast.Call) and not (
            isinstance(part.func, ast.Name) and part.func.id in _TRACELESS
        ):
            return False
    return True
