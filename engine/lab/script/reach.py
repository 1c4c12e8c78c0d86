"""What a script needs of the engine: from its last lines back to all they call.

Rapid type analysis (Bacon & Sweeney 1996): a method is needed if its name is called
anywhere and a class that the code makes or names would answer with it.
"""

import ast
from collections.abc import Callable, Iterator
from typing import Any

from engine.lab.script.module import Definition, External, Library, Module, ModuleName
from engine.lab.script.scope import references
from engine.settings import Settings

#: What Python and torch call without its name in the text.
CALLED_UNSEEN = {"forward"}


class Reach:
    """Definitions, and members of classes, that the code of one module reaches.

    Args:
        library: All modules.
        root: The module whose definitions are all wanted.
        tick: Called between pieces of the work.
        asks: Whether to ask for the class of an object is to need that class.

    Attributes:
        definitions: Functions, values, and classes that are made or asked for.
        members: Class to the names of its members that are reached.
        names: Every attribute that is read somewhere.
    """

    def __init__(
        self,
        library: Library,
        root: Module,
        tick: Callable[[], None],
        asks: bool = True,
    ) -> None:
        self.library = library
        self._asks = asks
        self._tick = tick
        self.definitions: set[Definition] = set()
        self.members: dict[Definition, set[str]] = {}
        self.names: set[str] = set()
        self._supers: set[tuple[Definition, str]] = set()
        self._waiting: list[Definition] = []
        for name in root.statements:
            self._reach(Definition(root.name, name))
        self._settle()

    @property
    def classes(self) -> list[Definition]:
        """Classes of the engine that the code makes or asks for."""
        return sorted(d for d in self.definitions if self._is_class(d))

    def is_settings(self, definition: Definition) -> bool:
        """Whether it is a class of settings, which a script has as plain values."""
        return self._is_class(definition) and issubclass(definition.live, Settings)

    def settings_of(self, definition: Definition) -> Definition | None:
        """The one reached class that stands for a base class of settings."""
        if definition in self.definitions or not self.is_settings(definition):
            return definition
        heirs = [
            c
            for c in self.classes
            if self.is_settings(c) and issubclass(c.live, definition.live)
        ]
        return heirs[0] if len(heirs) == 1 else None

    def _is_class(self, definition: Definition) -> bool:
        return isinstance(self.library.node(definition), ast.ClassDef)

    def _settle(self) -> None:
        """Follow what is waiting, then look which members that has called up."""
        size = -1
        while size != self._size():
            size = self._size()
            while self._waiting:
                self._tick()
                self._follow(self._waiting.pop())
            for owner in self.classes:
                self._tick()
                if owner.module.startswith("engine."):
                    self._answer(owner)

    def _size(self) -> int:
        members = sum(map(len, self.members.values()))
        return len(self.definitions) + members + len(self._supers) + len(self.names)

    def _reach(self, definition: Definition) -> None:
        if definition not in self.definitions:
            self.definitions.add(definition)
            self._waiting.append(definition)

    def _follow(self, definition: Definition) -> None:
        node, module = self.library.node(definition), self.library[definition.module]
        if isinstance(node, ast.ClassDef):
            for decorator in node.decorator_list:
                self._scan(decorator, module)
        else:
            self._scan(node, module)

    def _scan(self, node: ast.AST, module: Module) -> None:
        asked = set() if self._asks else _asked_for(node)
        for found in references(node):
            if found.node in asked:
                continue
            meaning = module.meanings.get(found.name)
            if isinstance(meaning, Definition) and (
                not found.is_annotation or self._is_alias(meaning)
            ):
                self._reach(meaning)
        for part in ast.walk(node):
            if isinstance(part, ast.Attribute):
                self._scan_attribute(part, module)

    def _is_alias(self, meaning: Definition) -> bool:
        return isinstance(self.library.node(meaning), ast.Assign)

    def _scan_attribute(self, node: ast.Attribute, module: Module) -> None:
        owner = node.value
        meaning = module.meanings.get(owner.id) if isinstance(owner, ast.Name) else None
        if isinstance(meaning, ModuleName):
            self._reach(Definition(meaning.module, node.attr))
        elif isinstance(meaning, External) and not meaning.name:
            return
        elif node.attr == "model_fields" and isinstance(meaning, Definition):
            self.names.update(meaning.live.model_fields)
        else:
            self.names.add(node.attr)

    def _answer(self, owner: Definition) -> None:
        """Members with which objects of a class answer to the names that are called."""
        line = list(ancestors(owner.live))
        for place, kind in enumerate(line):
            at = Definition(kind.__module__, kind.__qualname__)
            for name, node in self.library.members(at).items():
                first = not any(name in vars(k) for k in line[:place])
                wanted = first and self._is_called(name, node)
                wanted |= is_record(kind) and isinstance(node, ast.AnnAssign)
                if wanted or self._by_super(line[:place], name):
                    self._take(at, name, node)

    def _is_called(self, name: str, node: ast.stmt) -> bool:
        if isinstance(node, ast.AnnAssign) and node.value is None:
            return False
        unseen = name in CALLED_UNSEEN or name.startswith("__")
        return (unseen or name in self.names) and not is_abstract(node)

    def _by_super(self, above: list[Any], name: str) -> bool:
        """Whether the nearest class above with that member calls ``super()`` in it."""
        nearest = next((k for k in reversed(above) if name in vars(k)), None)
        if nearest is None:
            return False
        return (Definition(nearest.__module__, nearest.__qualname__), name) in (
            self._supers
        )

    def _take(self, owner: Definition, name: str, node: ast.stmt) -> None:
        taken = self.members.setdefault(owner, set())
        if name in taken or is_field(node, owner):
            return
        taken.add(name)
        self._scan(node, self.library[owner.module])
        self._supers.update((owner, called) for called in _super_calls(node))


def ancestors(kind: type[Any]) -> Iterator[type[Any]]:
    """The classes of the engine from which a class inherits, itself first."""
    bases = {Settings, *Settings.__mro__}
    for ancestor in kind.__mro__:
        if ancestor.__module__.startswith("engine.") and ancestor not in bases:
            yield ancestor


def is_field(node: ast.stmt, owner: Definition) -> bool:
    """Whether a statement is a field of a class of settings."""
    return isinstance(node, ast.AnnAssign) and issubclass(owner.live, Settings)


def is_record(kind: type[Any]) -> bool:
    """Whether a class is made of its fields: a dataclass or a named tuple."""
    return "__dataclass_fields__" in vars(kind) or "_fields" in vars(kind)


def is_abstract(node: ast.stmt) -> bool:
    """Whether a method has no body of its own."""
    if not isinstance(node, ast.FunctionDef):
        return False
    return any(
        isinstance(d, ast.Name) and d.id == "abstractmethod"
        for d in node.decorator_list
    )


def _asked_for(node: ast.AST) -> set[ast.expr]:
    """What stands as the class in ``isinstance(object, class)``."""
    return {
        part.args[1]
        for part in ast.walk(node)
        if isinstance(part, ast.Call)
        and isinstance(part.func, ast.Name)
        and part.func.id == "isinstance"
    }


def _super_calls(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if (
            isinstance(part, ast.Attribute)
            and isinstance(part.value, ast.Call)
            and isinstance(part.value.func, ast.Name)
            and part.value.func.id == "super"
        ):
            yield part.attr
