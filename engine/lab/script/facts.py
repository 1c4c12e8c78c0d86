"""What the settings of a run make certain, for each function of the engine."""

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from engine.lab.script.known import Known, Unknown
from engine.lab.script.module import Definition, Library, Module, definition_of
from engine.lab.script.reach import Reach, ancestors
from engine.settings import Settings

_PLAIN = (bool, int, float, str, type(None))


class Facts:
    """Certainties about the code that a script reaches.

    Args:
        library: All modules.
        reach: What is reached; more than in the end, which is safe.
        values: The settings that have one value each in the whole script.
    """

    def __init__(
        self, library: Library, reach: Reach, values: Mapping[type[Settings], Settings]
    ) -> None:
        self._library = library
        self._reach = reach
        self._values = values
        self._classes = [d for d in reach.classes if d.module.startswith("engine.")]
        self._stored = _stored_elsewhere(library)
        self._attributes: dict[Definition, dict[str, Any]] = {}

    def known_in(self, module: Module, owner: str, node: ast.FunctionDef) -> Known:
        """What is known inside a method of ``owner``, or a function if it is empty."""
        values = self._of_arguments(module, node)
        if owner:
            values |= self._of_self(Definition(module.name, owner))
        return Known(values, self._absent(module))

    def _absent(self, module: Module) -> frozenset[str]:
        """Classes that a module knows and of which no object is ever made."""
        made = {a for d in self._classes for a in ancestors(d.live)}
        return frozenset(
            name
            for name, meaning in module.meanings.items()
            if isinstance(meaning, Definition)
            and isinstance(self._statement(meaning), ast.ClassDef)
            and meaning.live not in made
            and not issubclass(meaning.live, Settings)
        )

    def _statement(self, definition: Definition) -> ast.stmt | None:
        return self._library[definition.module].statements.get(definition.name)

    def _of_arguments(self, module: Module, node: ast.FunctionDef) -> dict[str, Any]:
        found = {}
        for argument in (*node.args.args, *node.args.kwonlyargs):
            annotation = argument.annotation
            if not isinstance(annotation, ast.Name):
                continue
            meaning = module.meanings.get(annotation.id)
            if isinstance(meaning, Definition) and (value := self._settings(meaning)):
                found[argument.arg] = value
        return found

    def _settings(self, definition: Definition) -> Settings | None:
        """The one value that settings of a class, or of an heir of it, have."""
        if not isinstance(self._statement(definition), ast.ClassDef):
            return None
        if not issubclass(definition.live, Settings):
            return None
        heirs = {d.live for d in self._classes if issubclass(d.live, definition.live)}
        (heir,) = heirs if len(heirs) == 1 else (None,)
        return self._values.get(heir) if heir is not None else None

    def _of_self(self, owner: Definition) -> dict[str, Any]:
        """What ``self`` holds, whichever class it is of."""
        if owner.live in self._values:
            return {"self": self._values[owner.live]}
        heirs = [d for d in self._classes if owner.live in ancestors(d.live)]
        each = [self._of_class(heir) for heir in heirs]
        if not each:
            return {}
        return {
            name: value
            for name, value in each[0].items()
            if all(name in o and o[name] is value for o in each[1:])
        }

    def _of_class(self, heir: Definition) -> dict[str, Any]:
        if heir not in self._attributes:
            found: dict[str, Any] = {}
            config: Any = getattr(heir.live, "Config", None)
            if config in self._values:
                found["self.config"] = self._values[config]
            self._attributes[heir] = found | self._kept(heir, found)
        return self._attributes[heir]

    def _kept(self, heir: Definition, known: dict[str, Any]) -> dict[str, Any]:
        """Attributes that are set once, in ``__init__``, to something known."""
        settings: dict[str, list[Any]] = {}
        for kind in ancestors(heir.live):
            at = definition_of(kind)
            module = self._library[at.module]
            for member in self._library.members(at).values():
                if not isinstance(member, ast.FunctionDef):
                    continue
                inside = Known(known | self._of_arguments(module, member), frozenset())
                for name, value in _set_on_self(member):
                    settings.setdefault(name, []).append(
                        _plain(inside, value) if member.name == "__init__" else Unknown
                    )
        return {
            f"self.{name}": values[0]
            for name, values in settings.items()
            if len(values) == 1 and values[0] is not Unknown
            if name not in self._stored and not hasattr(heir.live, name)
        }


def _plain(known: Known, node: ast.expr | None) -> Any:
    """A plain value, else :class:`Unknown` itself."""
    try:
        value = known.value(node) if node is not None else Unknown
    except Unknown:
        return Unknown
    return value if isinstance(value, _PLAIN) else Unknown


def _set_on_self(node: ast.FunctionDef) -> Iterator[tuple[str, ast.expr | None]]:
    """Every attribute of ``self`` that a method sets, with its value if it is plain."""
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store):
            if not isinstance(part.value, ast.Name) or part.value.id != "self":
                continue
            yield part.attr, _value_of(node, part)


def _value_of(node: ast.FunctionDef, target: ast.Attribute) -> ast.expr | None:
    for part in ast.walk(node):
        if isinstance(part, ast.Assign) and part.targets == [target]:
            return part.value
        if isinstance(part, ast.AnnAssign) and part.target is target:
            return part.value
    return None


def _stored_elsewhere(library: Library) -> set[str]:
    """Attributes that somebody sets on another object than ``self``."""
    return {
        part.attr
        for module in library.values()
        for part in ast.walk(module.tree)
        if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store)
        if not isinstance(part.value, ast.Name) or part.value.id != "self"
    }
