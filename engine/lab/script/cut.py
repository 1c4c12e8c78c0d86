"""Pieces of the engine's own source, fit for a script: comments and layout stay."""

import ast
import re
from collections.abc import Callable, Iterator

from engine.lab.script.module import Definition, Module, ModuleName
from engine.lab.script.scope import references

#: Name of a definition in the script, None if it is not there.
Naming = Callable[[Definition], str | None]
Edit = tuple[int, int, str]

#: Modules whose docstrings go on about what a script has no need of.
MACHINERY = {
    "engine.data.base",
    "engine.data.toy",
    "engine.models.base",
    "engine.sampling.base",
    "engine.training.draws",
}
#: A summary of one line that is still so short that its quotes fit behind it.
_ROOM = 77
_ROLE = re.compile(r":(?:class|meth|func|mod|data|attr):`~?([^`]*)`", re.DOTALL)
_MARKS = re.compile(r"  # (?:type: ignore|fmt: skip|noqa)[^\n]*")
_SPELLED = re.compile(r"\s+")


def cut(module: Module, node: ast.stmt, naming: Naming) -> str:
    """A statement with the comments that belong to it, under the script's names."""
    return _Cut(module, node, naming).text()


def expression(module: Module, node: ast.expr, naming: Naming) -> str:
    """An expression, e.g. a decorator, under the script's names."""
    return _Cut(module, node, naming).text()


def docstring(module: Module, node: ast.ClassDef) -> str:
    """The docstring of a class as it stands in the source, without an indent."""
    first = node.body[0]
    assert isinstance(first, ast.Expr)
    text = module.source[module.start(first) : module.end(first)].decode()
    summary, gap, _ = text.partition("\n\n")
    if module.name in MACHINERY and gap and len(summary) <= _ROOM:
        text = f'{summary}"""'
    return plain(text)


def _summary(module: Module, node: ast.FunctionDef) -> Iterator[Edit]:
    """Only the first paragraph of a docstring stays."""
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        begin, end = module.start(first), module.end(first)
        rest = module.source.find(b"\n\n", begin, end)
        if 0 <= rest <= begin + _ROOM:
            yield rest, end - 3, ""


def first_line(module: Module, node: ast.stmt) -> int:
    """Line at which a statement begins with its decorators and comments."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    line = min([node.lineno, *(d.lineno for d in decorators)])
    while module.line(line - 1).lstrip().startswith("#"):
        line -= 1
    return line


def plain(text: str) -> str:
    """Text without the roles and marks that mean something to our tools alone."""
    return _MARKS.sub("", _ROLE.sub(_plain, text))


def _plain(role: re.Match[str]) -> str:
    target = _SPELLED.sub("", role[1])
    # A name that was broken over two lines goes to the second.
    return "\n" * ("\n" in role[1]) + target.rpartition(".")[2]


class _Cut:
    """One piece, and the edits that it needs."""

    def __init__(
        self, module: Module, node: ast.stmt | ast.expr, naming: Naming
    ) -> None:
        self._module = module
        self._node = node
        self._naming = naming
        # The tree of this Python has wrong places for what stands inside f-strings.
        self._unplaced = {
            id(inner)
            for part in ast.walk(node)
            if isinstance(part, ast.JoinedStr)
            for inner in ast.walk(part)
        }
        self._globals = {id(r.node) for r in references(node)}

    def text(self) -> str:
        module, node = self._module, self._node
        begin = module.start(node)
        if isinstance(node, ast.stmt):
            begin = module.offset(first_line(module, node), 0)
        pieces, place = [], begin
        for first, last, new in sorted(self._edits()):
            # What lies inside an annotation that goes away has gone with it.
            if first >= place:
                pieces += [module.source[place:first].decode(), new]
                place = last
        pieces.append(module.source[place : module.end(node)].decode())
        return plain("".join(pieces))

    def _edits(self) -> Iterator[Edit]:
        for part in ast.walk(self._node):
            if id(part) in self._unplaced:
                continue
            if isinstance(part, ast.FunctionDef):
                yield from self._signature(part)
            elif isinstance(part, ast.AnnAssign):
                yield from self._assignment(part)
            elif isinstance(part, ast.Attribute):
                yield from self._attribute(part)
            elif isinstance(part, ast.Name) and id(part) in self._globals:
                yield from self._name(part)
            elif isinstance(part, ast.ImportFrom):
                yield self._import(part)
            if isinstance(part, ast.FunctionDef) and self._module.name in MACHINERY:
                yield from _summary(self._module, part)

    def _name(self, node: ast.Name) -> Iterator[Edit]:
        meaning = self._module.meanings.get(node.id)
        if isinstance(meaning, Definition):
            name = self._naming(meaning)
            if name and name != node.id:
                yield self._module.start(node), self._module.end(node), name

    def _attribute(self, node: ast.Attribute) -> Iterator[Edit]:
        owner = node.value
        if not isinstance(owner, ast.Name) or id(owner) not in self._globals:
            return
        meaning = self._module.meanings.get(owner.id)
        span = self._module.start(node), self._module.end(node)
        if isinstance(meaning, ModuleName):
            name = self._naming(Definition(meaning.module, node.attr))
            assert name is not None
            yield *span, name
        elif isinstance(meaning, Definition) and node.attr == "model_fields":
            yield *span, str(tuple(meaning.live.model_fields)).replace("'", '"')

    def _signature(self, node: ast.FunctionDef) -> Iterator[Edit]:
        given, module = node.args, self._module
        named = [*given.posonlyargs, *given.args]
        defaults = [None] * (len(named) - len(given.defaults)) + [*given.defaults]
        pairs = [*zip(named, defaults, strict=True)]
        pairs += [*zip(given.kwonlyargs, given.kw_defaults, strict=True)]
        pairs += [(a, None) for a in (given.vararg, given.kwarg) if a is not None]
        for argument, default in pairs:
            if argument.annotation is None:
                continue
            name_end = module.start(argument) + len(argument.arg.encode())
            if not self._is_known(argument.annotation):
                if default is None:
                    yield name_end, module.end(argument.annotation), ""
                else:
                    yield name_end, module.start(default), "="
            else:
                yield from self._unquoted(argument.annotation)
        if node.returns is not None and not self._is_known(node.returns):
            arrow = module.source.rfind(b" ->", 0, module.start(node.returns))
            yield arrow, module.end(node.returns), ""
        elif node.returns is not None:
            yield from self._unquoted(node.returns)

    def _assignment(self, node: ast.AnnAssign) -> Iterator[Edit]:
        if self._is_known(node.annotation):
            yield from self._unquoted(node.annotation)
        elif node.value is not None:
            begin, end = self._module.end(node.target), self._module.start(node.value)
            yield begin, end, " = "
        else:
            span = node.annotation
            yield self._module.start(span), self._module.end(span), "object"

    def _unquoted(self, annotation: ast.expr) -> Iterator[Edit]:
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            text = annotation.value
            yield self._module.start(annotation), self._module.end(annotation), text

    def _is_known(self, annotation: ast.expr) -> bool:
        """Whether the script has all that an annotation names."""
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            return self._is_known(ast.parse(annotation.value, mode="eval").body)
        for part in ast.walk(annotation):
            meaning = isinstance(part, ast.Name) and self._module.meanings.get(part.id)
            if isinstance(meaning, ModuleName):
                return False
            if isinstance(meaning, Definition) and self._naming(meaning) is None:
                return False
        return True

    def _import(self, node: ast.ImportFrom) -> Edit:
        """An import inside a function, with its comment and the empty line after it."""
        module = self._module
        last = node.end_lineno or node.lineno
        last += not module.line(last + 1).strip()
        begin = module.offset(first_line(module, node), 0)
        return begin, module.offset(last + 1, 0), ""
