"""Modules of the engine as text, as a tree, and what their names mean."""

import ast
import importlib
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

#: Functions of other packages that a script has to bring along itself.
SUBSTITUTES = {
    ("scipy.optimize", "linear_sum_assignment"): "engine.lab.script.assignment",
}


@dataclass(frozen=True, order=True)
class Definition:
    """A function, class or value at the top of a module."""

    module: str
    name: str

    @property
    def live(self) -> Any:
        """The object itself."""
        return getattr(importlib.import_module(self.module), self.name)


@dataclass(frozen=True, order=True)
class External:
    """A name from outside the engine; ``name`` is empty for a whole module.

    ``alias`` is what the code calls it.
    """

    module: str
    name: str
    alias: str


@dataclass(frozen=True)
class ModuleName:
    """A name that stands for a whole module of the engine."""

    module: str


Meaning = Definition | External | ModuleName


class Module:
    """Source and meaning of one module. Offsets count bytes, as those of a tree do."""

    def __init__(self, name: str, source: bytes) -> None:
        self.name = name
        self.source = source
        self.tree = ast.parse(source)
        self._lines = [0]
        for line in source.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self.statements = {n: s for s in self.tree.body for n in _defined(s)}
        self.meanings: dict[str, Meaning] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                self.meanings.update(_imported(node))
        self.meanings |= {n: Definition(name, n) for n in self.statements}

    @property
    def needs(self) -> list[str]:
        """Modules of the engine that must come before this one."""
        # What stands under "if TYPE_CHECKING" is not needed to run.
        body = [s for s in self.tree.body if not isinstance(s, ast.If)]
        nodes = [n for statement in body for n in ast.walk(statement)]
        imports = [n for n in nodes if isinstance(n, ast.ImportFrom)]
        found = [m for node in imports for _, m in _imported(node)]
        return [m.module for m in found if not isinstance(m, External)]

    def offset(self, line: int, column: int) -> int:
        """Place in the source of a position in the tree."""
        return self._lines[line - 1] + column

    def start(self, node: ast.expr | ast.stmt | ast.arg) -> int:
        """Where a node begins in the source."""
        return self.offset(node.lineno, node.col_offset)

    def end(self, node: ast.expr | ast.stmt | ast.arg) -> int:
        """Where a node ends in the source."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.offset(node.end_lineno, node.end_col_offset)

    def line(self, number: int) -> str:
        """A line of the source, from 1; empty beyond its end."""
        if not 0 < number < len(self._lines):
            return ""
        return self.source[self._lines[number - 1] : self._lines[number]].decode()

    def summary(self) -> str:
        """The first sentence of its docstring."""
        text = (ast.get_docstring(self.tree) or self.name).split("\n\n")[0]
        return " ".join(text.split())


class Library(dict[str, Module]):
    """Modules by name; those of the engine are read when first asked for."""

    def __missing__(self, name: str) -> Module:
        path = importlib.import_module(name).__file__
        assert path is not None
        self[name] = Module(name, Path(path).read_bytes())
        return self[name]

    def node(self, definition: Definition) -> ast.stmt:
        """The statement of a definition."""
        return self[definition.module].statements[definition.name]

    def members(self, owner: Definition) -> dict[str, ast.stmt]:
        """What the body of a class defines, by name."""
        node = self.node(owner)
        assert isinstance(node, ast.ClassDef)
        return {n: s for s in node.body for n in _defined(s)}


def definition_of(thing: Any) -> Definition:
    """Where a class or function of the engine is defined."""
    return Definition(thing.__module__, thing.__qualname__)


def _defined(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        yield statement.name
    elif isinstance(statement, ast.AnnAssign):
        if isinstance(statement.target, ast.Name):
            yield statement.target.id
    elif isinstance(statement, ast.Assign):
        for target in statement.targets:
            if isinstance(target, ast.Name):
                yield target.id


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, Meaning]]:
    for alias in node.names:
        known = alias.asname or alias.name
        if isinstance(node, ast.Import):
            yield known, External(alias.name, "", known)
            continue
        assert node.module is not None
        own = SUBSTITUTES.get((node.module, alias.name))
        if own:
            yield known, Definition(own, alias.name)
        elif node.module.partition(".")[0] != "engine":
            yield known, External(node.module, alias.name, known)
        elif _is_module(node.module, alias.name):
            yield known, ModuleName(f"{node.module}.{alias.name}")
        else:
            yield known, Definition(node.module, alias.name)


@cache
def _is_module(package: str, name: str) -> bool:
    """Whether a name of a package is a module in it."""
    if not hasattr(importlib.import_module(package), "__path__"):
        return False
    return importlib.util.find_spec(f"{package}.{name}") is not None
