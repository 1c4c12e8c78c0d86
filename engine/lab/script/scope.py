"""Which names of a piece of code mean something outside it.

A name is global where no function round it binds it. Annotations are told apart, since
they are never evaluated in a script.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@dataclass(frozen=True)
class Reference:
    """A global name; ``node`` is where it stands."""

    node: ast.Name
    is_annotation: bool

    @property
    def name(self) -> str:
        """The name itself."""
        return self.node.id


def references(node: ast.AST) -> list[Reference]:
    """All global names in a piece of code, in the order of the text."""
    return list(_Walk().visit(node, frozenset(), False))


def annotations(node: ast.AST) -> Iterator[ast.expr]:
    """Every annotation in a piece of code."""
    for part in ast.walk(node):
        if isinstance(part, ast.arg) and part.annotation:
            yield part.annotation
        elif isinstance(part, ast.FunctionDef) and part.returns:
            yield part.returns
        elif isinstance(part, ast.AnnAssign):
            yield part.annotation


class _Walk:
    """Walks through code with the set of names that are bound on the way."""

    def visit(
        self, node: ast.AST, bound: frozenset[str], annotated: bool
    ) -> Iterator[Reference]:
        if isinstance(node, ast.Name):
            if node.id not in bound and isinstance(node.ctx, ast.Load):
                yield Reference(node, annotated)
        elif isinstance(node, _FUNCTIONS):
            yield from self._function(node, bound, annotated)
        elif isinstance(node, _COMPREHENSIONS):
            inner = bound | _stored(node)
            yield from self._children(node, inner, annotated)
        elif isinstance(node, ast.AnnAssign):
            yield from self.visit(node.annotation, bound, True)
            for part in (node.target, node.value):
                if part is not None:
                    yield from self.visit(part, bound, annotated)
        else:
            yield from self._children(node, bound, annotated)

    def _children(
        self, node: ast.AST, bound: frozenset[str], annotated: bool
    ) -> Iterator[Reference]:
        for child in ast.iter_child_nodes(node):
            yield from self.visit(child, bound, annotated)

    def _function(
        self, node: _FUNCTIONS, bound: frozenset[str], annotated: bool
    ) -> Iterator[Reference]:
        given = node.args
        for default in (*given.defaults, *given.kw_defaults):
            if default is not None:
                yield from self.visit(default, bound, annotated)
        for argument in _arguments(given):
            if argument.annotation is not None:
                yield from self.visit(argument.annotation, bound, True)
        names = frozenset(a.arg for a in _arguments(given))
        if isinstance(node, ast.Lambda):
            yield from self.visit(node.body, bound | names, annotated)
            return
        for decorator in node.decorator_list:
            yield from self.visit(decorator, bound, annotated)
        if node.returns is not None:
            yield from self.visit(node.returns, bound, True)
        inside = bound | names | frozenset().union(*map(_stored, node.body))
        for statement in node.body:
            yield from self.visit(statement, inside, annotated)


def _arguments(given: ast.arguments) -> list[ast.arg]:
    rest = [a for a in (given.vararg, given.kwarg) if a is not None]
    return [*given.posonlyargs, *given.args, *given.kwonlyargs, *rest]


def _stored(node: ast.AST) -> frozenset[str]:
    """Names that a statement of a function binds in that function."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return frozenset((node.name,))
    if isinstance(node, ast.Lambda):
        return frozenset()
    if isinstance(node, ast.Name):
        store = isinstance(node.ctx, ast.Store)
        return frozenset((node.id,)) if store else frozenset()
    if isinstance(node, ast.ImportFrom | ast.Import):
        # What a function imports, a script imports at its top.
        return frozenset()
    return frozenset().union(*map(_stored, ast.iter_child_nodes(node)))
