"""What is known of an expression before a script runs: the run's settings decide it."""

import ast
from collections.abc import Callable, Mapping
from typing import Any

from engine.settings import Settings


class Unknown(Exception):
    """The value depends on more than settings."""


class Known:
    """Values of names and attributes, by their text in the source.

    Args:
        values: For instance ``"self.config"`` to settings, ``"width"`` to a number.
        absent: Names of classes of which there is no object.
    """

    def __init__(self, values: Mapping[str, Any], absent: frozenset[str]) -> None:
        self.values = dict(values)
        self.absent = absent

    def truth(self, node: ast.expr) -> bool | None:
        """Whether an expression counts as true; None if that is not known."""
        try:
            return bool(self.value(node))
        except Unknown:
            return None

    def value(self, node: ast.expr) -> Any:
        """What an expression comes to.

        Raises:
            Unknown: It takes more than settings to tell.
        """
        name = ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""
        if name in self.values:
            return self.values[name]
        reader = {
            ast.Constant: self._constant,
            ast.Attribute: self._attribute,
            ast.Compare: self._compare,
            ast.BoolOp: self._joined,
            ast.UnaryOp: self._negated,
            ast.IfExp: self._chosen,
            ast.Call: self._called,
            ast.Tuple: self._several,
        }.get(type(node))
        if reader is None:
            raise Unknown
        return reader(node)

    def _constant(self, node: Any) -> Any:
        return node.value

    def _attribute(self, node: Any) -> Any:
        owner = self.value(node.value)
        if not isinstance(owner, Settings) or node.attr not in type(owner).model_fields:
            raise Unknown
        return getattr(owner, node.attr)

    def _compare(self, node: Any) -> bool:
        if len(node.ops) != 1:
            raise Unknown
        left, right = self.value(node.left), self.value(node.comparators[0])
        compare: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
            ast.Eq: lambda a, b: a == b,
            ast.NotEq: lambda a, b: a != b,
            ast.Is: lambda a, b: a is b,
            ast.IsNot: lambda a, b: a is not b,
            ast.In: lambda a, b: a in b,
            ast.NotIn: lambda a, b: a not in b,
            ast.Lt: lambda a, b: a < b,
            ast.LtE: lambda a, b: a <= b,
            ast.Gt: lambda a, b: a > b,
            ast.GtE: lambda a, b: a >= b,
        }
        return bool(compare[type(node.ops[0])](left, right))

    def _joined(self, node: Any) -> bool:
        """``and`` and ``or``: one part may decide whatever the others are."""
        decides = isinstance(node.op, ast.Or)
        truths = [self.truth(part) for part in node.values]
        if decides in truths:
            return decides
        if None in truths:
            raise Unknown
        return not decides

    def _negated(self, node: Any) -> Any:
        if isinstance(node.op, ast.Not):
            return not self.value(node.operand)
        if isinstance(node.op, ast.USub):
            return -self.value(node.operand)
        raise Unknown

    def _chosen(self, node: Any) -> Any:
        return self.value(node.body if self.value(node.test) else node.orelse)

    def _called(self, node: Any) -> Any:
        plain = {"bool": bool, "int": int, "float": float}
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in plain and len(node.args) == 1 and not node.keywords:
            return plain[name](self.value(node.args[0]))
        if name == "isinstance" and ast.unparse(node.args[1]) in self.absent:
            return False
        raise Unknown

    def _several(self, node: Any) -> tuple[Any, ...]:
        return tuple(self.value(part) for part in node.elts)
