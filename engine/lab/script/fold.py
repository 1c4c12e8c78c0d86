"""Takes out of a module what a run's settings never let happen."""

import ast
import re
from collections.abc import Callable, Iterator

from engine.lab.script.cut import first_line
from engine.lab.script.known import Known, Unknown
from engine.lab.script.module import Module

#: What is known inside a method of a class, or inside a function (class "").
KnownIn = Callable[[str, ast.FunctionDef], Known]
_EMPTY_LINES = re.compile(r"\n{4,}")


def folded(module: Module, known_in: KnownIn) -> bytes:
    """The source of a module without branches that are never taken."""
    fold = _Fold(module)
    for statement in module.tree.body:
        if isinstance(statement, ast.FunctionDef):
            fold.function(statement, known_in("", statement))
        elif isinstance(statement, ast.ClassDef):
            for member in statement.body:
                if isinstance(member, ast.FunctionDef):
                    fold.function(member, known_in(statement.name, member))
    return fold.source()


class _Fold:
    """Gathers what goes: spans of bytes, and lines that move to the left."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._edits: list[tuple[int, int, bytes]] = []
        self._shift: dict[int, int] = {}
        self._known = Known({}, frozenset())

    def source(self) -> bytes:
        """The source as it is afterwards."""
        for line, columns in self._shift.items():
            begin = self._module.offset(line, 0)
            if self._module.line(line).strip():
                self._edits.append((begin, begin + columns, b""))
        pieces, place = [], 0
        for begin, end, new in sorted(self._edits):
            if begin >= place:
                pieces += [self._module.source[place:begin], new]
                place = end
            elif end > place:
                place = end
        pieces.append(self._module.source[place:])
        return _EMPTY_LINES.sub("\n\n\n", b"".join(pieces).decode()).encode()

    def function(self, node: ast.FunctionDef, known: Known) -> None:
        """Fold one function, with what is known inside."""
        self._known = known
        _add_locals(node, known)
        self._suite(node.body)

    def _suite(self, suite: list[ast.stmt]) -> None:
        for place, statement in enumerate(suite):
            if isinstance(statement, ast.If):
                ends = self._branches(statement, alone=len(suite) == 1)
                if ends and place + 1 < len(suite):
                    rest = suite[place + 1 :]
                    self._cut_lines(
                        (statement.end_lineno or 0) + 1, rest[-1].end_lineno or 0
                    )
                    return
                continue
            for name in ("body", "orelse", "finalbody"):
                inner = getattr(statement, name, None)
                if isinstance(inner, list):
                    self._suite(inner)
            self._expressions(statement)

    def _expressions(self, statement: ast.stmt) -> None:
        """Choices inside the expressions of a statement."""
        for part in _own_expressions(statement):
            if isinstance(part, ast.IfExp):
                self._choice(part)

    def _choice(self, node: ast.IfExp) -> None:
        truth = self._known.truth(node.test)
        if truth is None:
            return
        taken = node.body if truth else node.orelse
        start, end = self._module.start(node), self._module.end(node)
        self._edits.append((start, self._module.start(taken), b""))
        self._edits.append((self._module.end(taken), end, b""))

    # Statements

    def _branches(self, node: ast.If, alone: bool) -> bool:
        """Fold a chain of branches; True if what follows is never reached."""
        chain, last = _chain(node)
        truths = [self._known.truth(branch.test) for branch in chain]
        if all(truth is None for truth in truths):
            for branch in chain:
                self._suite(branch.body)
            self._suite(last)
            return False
        live = [b for b, truth in zip(chain, truths, strict=True) if truth is not False]
        if not live and not last:
            if not alone:
                self._cut_lines(first_line(self._module, node), node.end_lineno or 0)
            return False
        first = live[0] if live else None
        if first is None:
            return self._keep_only(node, last)
        if truths[chain.index(first)]:
            return self._keep_only(node, first.body)
        self._thin(node, chain, truths, last)
        return False

    def _keep_only(self, node: ast.If, body: list[ast.stmt]) -> bool:
        """Put one branch in the place of the whole chain."""
        begin = first_line(self._module, body[0])
        end = body[-1].end_lineno or 0
        self._cut_lines(node.lineno, begin - 1)
        self._cut_lines(end + 1, node.end_lineno or 0)
        columns = body[0].col_offset - node.col_offset
        for line in range(begin, end + 1):
            self._shift[line] = self._shift.get(line, 0) + columns
        self._suite(body)
        return isinstance(body[-1], ast.Return | ast.Raise)

    def _thin(
        self,
        node: ast.If,
        chain: list[ast.If],
        truths: list[bool | None],
        last: list[ast.stmt],
    ) -> None:
        """Take branches out of a chain of which some stay open."""
        is_first = True
        for branch, truth in zip(chain, truths, strict=True):
            body_end = branch.body[-1].end_lineno or 0
            if truth is False:
                self._cut_lines(branch.lineno, body_end)
                continue
            begin = self._module.start(branch)
            word = self._module.source[begin : begin + 4]
            if truth:
                header = self._module.end(branch.test)
                self._edits.append((begin, header, b"else"))
                self._suite(branch.body)
                self._cut_lines(body_end + 1, node.end_lineno or 0)
                return
            if is_first and word == b"elif":
                self._edits.append((begin, begin + 4, b"if"))
            is_first = False
            self._suite(branch.body)
        self._suite(last)

    def _cut_lines(self, first: int, last: int) -> None:
        if last >= first:
            begin = self._module.offset(first, 0)
            self._edits.append((begin, self._module.offset(last + 1, 0), b""))


def _chain(node: ast.If) -> tuple[list[ast.If], list[ast.stmt]]:
    """The branches of ``if`` and ``elif``, and the body of ``else``."""
    chain = [node]
    while len(chain[-1].orelse) == 1:
        (inner,) = chain[-1].orelse
        if not isinstance(inner, ast.If) or inner.col_offset != node.col_offset:
            break
        chain.append(inner)
    return chain, chain[-1].orelse


def _own_expressions(statement: ast.stmt) -> Iterator[ast.AST]:
    """Expressions of a statement, without those of statements inside it."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        part = waiting.pop()
        yield part
        waiting += [
            c for c in ast.iter_child_nodes(part) if not isinstance(c, ast.stmt)
        ]


def _add_locals(node: ast.FunctionDef, known: Known) -> None:
    """Local names that are bound once, to something known."""
    bound: dict[str, int] = {}
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            bound[part.id] = bound.get(part.id, 0) + 1
        elif isinstance(part, ast.arg):
            bound[part.arg] = bound.get(part.arg, 0) + 1
    for statement in node.body:
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            continue
        for target, value in _pairs(statement.targets[0], statement.value):
            if isinstance(target, ast.Name) and bound[target.id] == 1:
                try:
                    known.values[target.id] = known.value(value)
                except Unknown:
                    continue


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return list(zip(target.elts, value.elts, strict=False))
    return [(target, value)]
