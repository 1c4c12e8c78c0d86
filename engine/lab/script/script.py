"""A run as one file of Python that needs torch and numpy alone.

The engine's own definitions are cut out of its source, as few as will do, in the order
in which they build on each other; settings become the run's values, and a plain loop
takes the place of the trainer.
"""

import ast
import builtins
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from engine.data.load import Data
from engine.lab.script import cut, reach
from engine.lab.script.data_text import data_text
from engine.lab.script.layout import fitted
from engine.lab.script.main_text import main_module
from engine.lab.script.module import (
    Definition,
    External,
    Library,
    Module,
    definition_of,
)
from engine.lab.script.reach import Reach
from engine.lab.script.reduce import reduced
from engine.lab.script.run import Run
from engine.lab.script.scope import references
from engine.lab.script.settings_text import settings_class
from engine.protocol import RunConfig

_MAIN = "main"
_DATACLASS = External("dataclasses", "dataclass", "dataclass")


def _no_tick() -> None:
    """Nothing to obey meanwhile."""


@dataclass(frozen=True)
class Script:
    """``text`` of the script, and ``files`` that must lie beside it, by name."""

    text: str
    files: dict[str, str]


def script_of(
    config: RunConfig, data: Data | None = None, tick: Callable[[], None] = _no_tick
) -> Script:
    """The run of a configuration as a script.

    Args:
        config: The run; missing settings take their defaults.
        data: Its data, where they are loaded already.
        tick: Called between pieces of the work, which takes half a second.

    Raises:
        SettingError: A setting is unknown or outside its limits.
        UnknownNameError: No such model, data set or sampler.
        DataError: The data cannot be read.
    """
    run = Run.of(config, data)
    made = data_text(run)
    library = Library()
    library[_MAIN] = Module(_MAIN, main_module(run, made).encode())
    found = reduced(run, library, tick)
    return Script(_Writer(run, library, found, tick).text(), made.files)


class _Writer:
    """Puts the pieces of one script in order."""

    def __init__(
        self, run: Run, library: Library, found: Reach, tick: Callable[[], None]
    ) -> None:
        self._run = run
        self._library = library
        self._tick = tick
        self._reach = found
        self._values = {definition_of(type(s)): s for s in run.settings}
        self._names = self._named()

    def _named(self) -> dict[Definition, str]:
        """A name for each definition, its own where no other has it."""
        names: dict[Definition, str] = {}
        for definition in self._ordered():
            name = definition.name
            if name in names.values():
                name += "_" + definition.module.rpartition(".")[2]
            names[definition] = name
        return names

    def _name(self, definition: Definition) -> str | None:
        if definition in self._names:
            return self._names[definition]
        heir = self._reach.settings_of(definition)
        return self._names.get(heir) if heir is not None else None

    def _ordered(self) -> list[Definition]:
        """Every definition of the script, each behind those that it builds on."""
        wanted = {*self._reach.definitions, *self._reach.members}
        wanted = {d for d in wanted if not self._is_base_of_settings(d)}
        order: list[str] = []
        self._visit(_MAIN, order, set())
        found = []
        for module in order:
            for name in self._library[module].statements:
                if Definition(module, name) in wanted:
                    found.append(Definition(module, name))
        return found

    def _is_base_of_settings(self, definition: Definition) -> bool:
        """Base classes of settings are merged into the classes that are made."""
        is_settings = self._reach.is_settings(definition)
        return is_settings and definition not in self._reach.definitions

    def _visit(self, module: str, order: list[str], seen: set[str]) -> None:
        if module in seen:
            return
        seen.add(module)
        for needed in self._library[module].needs:
            self._visit(needed, order, seen)
        order.append(module)

    # The text

    def text(self) -> str:
        """The whole script."""
        ordered = self._ordered()
        own = [d for d in ordered if d.module == _MAIN]
        first = [d for d in own if self._is_constant(d)]
        last = [d for d in own if self._is_letters(d)]
        settings = [d for d in ordered if self._reach.is_settings(d)]
        engine = [d for d in ordered if d.module != _MAIN and d not in settings]
        start, *functions = [d for d in own if d not in first and d not in last]
        body = [
            "\n".join([_section("The run"), "", *map(self._piece, first)]),
            *(self._piece(d) for d in settings),
            *self._engine(engine),
            "\n".join([_section("Data, training, samples"), self._piece(start)]),
            *(self._piece(d) for d in functions),
            *(self._piece(d) for d in last),
            'if __name__ == "__main__":\n    main()\n',
        ]
        text = fitted("\n\n\n".join(body))
        head = f"{self._head()}\n\nfrom __future__ import annotations\n\n"
        return f"{head}{self._imports(text)}\n\n{text}"

    def _is_constant(self, definition: Definition) -> bool:
        node = self._library.node(definition)
        return isinstance(node, ast.Assign) and not self._is_letters(definition)

    def _is_letters(self, definition: Definition) -> bool:
        return definition.module == _MAIN and definition.name.startswith("POINTS_")

    def _engine(self, definitions: Iterable[Definition]) -> list[str]:
        """Pieces of the engine, a headline before those of each module."""
        pieces: list[str] = []
        module, was_value = "", False
        for definition in definitions:
            head = ""
            node = self._library.node(definition)
            is_value = isinstance(node, ast.Assign | ast.AnnAssign)
            if definition.module != module:
                module = definition.module
                head = _section(self._library[module].summary()) + "\n"
                head += "\n" * is_value
            text = head + self._piece(definition)
            if is_value and was_value and not head:
                pieces[-1] += f"\n{text}"
            else:
                pieces.append(text)
            was_value = is_value
        return pieces

    def _piece(self, definition: Definition) -> str:
        self._tick()
        module, node = (
            self._library[definition.module],
            self._library.node(definition),
        )
        if not isinstance(node, ast.ClassDef):
            return self._renamed(definition, cut.cut(module, node, self._name))
        if self._reach.is_settings(definition):
            return self._settings_class(definition)
        return self._class(definition, module, node)

    def _renamed(self, definition: Definition, text: str) -> str:
        name = self._names[definition]
        if name == definition.name:
            return text
        return re.sub(rf"\b{definition.name}\b", name, text, count=1)

    def _settings_class(self, definition: Definition) -> str:
        values = self._values.get(definition) or definition.live()
        methods = [
            text
            for kind in reach.ancestors(definition.live)
            for text in self._members(definition_of(kind))
        ]
        summary = (definition.live.__doc__ or "Settings.").split("\n")[0]
        return settings_class(
            self._names[definition],
            re.sub(r":\w+:`([^`]*)`", r"\1", summary),
            values,
            self._reach.names,
            methods,
        )

    def _class(self, definition: Definition, module: Module, node: ast.ClassDef) -> str:
        lines = [
            f"@{cut.expression(module, d, self._name)}" for d in node.decorator_list
        ]
        bases = ", ".join(self._bases(definition.live, module, node))
        head = f"({bases})" if bases else ""
        lines.append(f"class {self._names[definition]}{head}:")
        lines.append(f"    {cut.docstring(module, node)}")
        values = self._class_values(definition)
        parts = ["\n".join(lines), *(["\n".join(values)] if values else [])]
        return "\n\n".join([*parts, *self._members(definition)])

    def _class_values(self, definition: Definition) -> list[str]:
        """Fields of a dataclass, and values of a class that are asked for."""
        module = self._library[definition.module]
        taken = self._reach.members.get(definition, set())
        found = []
        for name, statement in self._library.members(definition).items():
            if isinstance(statement, ast.FunctionDef):
                continue
            if name in taken:
                found.append(cut.cut(module, statement, self._name))
        return found

    def _members(self, definition: Definition) -> list[str]:
        """The methods of a class that are reached, as source."""
        module = self._library[definition.module]
        taken = self._reach.members.get(definition, set())
        return [
            cut.cut(module, statement, self._name)
            for name, statement in self._library.members(definition).items()
            if name in taken and isinstance(statement, ast.FunctionDef)
        ]

    def _bases(self, kind: type, module: Module, node: ast.ClassDef) -> list[str]:
        """Base classes that the script has; an empty one gives way to its own bases."""
        found: list[str] = []
        for base, written in zip(kind.__bases__, node.bases, strict=False):
            if base.__module__.startswith("engine."):
                definition = definition_of(base)
                name = self._name(definition)
                if name is not None:
                    found.append(name)
                else:
                    inner = self._library[definition.module]
                    deeper = self._library.node(definition)
                    assert isinstance(deeper, ast.ClassDef)
                    found += self._bases(base, inner, deeper)
            elif base.__module__ not in ("abc", "typing", "builtins"):
                found.append(cut.expression(module, written, self._name))
            elif base is tuple:
                found.append("NamedTuple")
        return list(dict.fromkeys(found))

    # The head

    def _head(self) -> str:
        card = self._run.parts.model.card
        where = f", https://arxiv.org/abs/{card.arxiv}" if card.arxiv else ""
        about = self._library[self._run.parts.model.__module__]
        told = cut.plain(ast.get_docstring(about.tree) or "")
        lines = [
            f'r"""{card.title} on {self._run.data.title}: one run as a script.',
            "",
            "Made by Generative Playground; needs torch and numpy alone. It makes the "
            "data,",
            "trains, prints the losses, and writes losses.csv and samples.csv.",
            "",
            f"Model: {card.paper}{where}.",
            "",
            told,
            '"""',
        ]
        return "\n".join(lines)

    def _imports(self, text: str) -> str:
        """Import lines for every name of the text that is defined elsewhere."""
        tree = ast.parse(text)
        used = {r.name for r in references(tree)}
        known = {_DATACLASS.alias: _DATACLASS} | self._externals()
        own = {*self._names.values(), *dir(builtins), "__name__"}
        missing = used - own - set(known)
        if missing:
            raise LookupError(f"A script would lack: {', '.join(sorted(missing))}.")
        return _import_lines({known[name] for name in used - own})

    def _externals(self) -> dict[str, External]:
        modules = {d.module for d in self._names} | {
            definition_of(kind).module
            for d in self._reach.classes
            if d.module != _MAIN
            for kind in reach.ancestors(d.live)
        }
        return {
            name: meaning
            for module in sorted(modules)
            for name, meaning in self._library[module].meanings.items()
            if isinstance(meaning, External)
        }


def _section(title: str) -> str:
    lines = [title.rstrip(".")]
    if len(title) > 84:
        lines = [
            title[:84].rpartition(" ")[0],
            title[len(title[:84].rpartition(" ")[0]) + 1 :].rstrip("."),
        ]
    return "\n".join(f"# {line}" for line in lines)


def _import_lines(names: set[External]) -> str:
    """Import statements, the standard library's first."""
    groups: list[str] = []
    for standard in (True, False):
        chosen = [n for n in sorted(names) if _is_standard(n) is standard]
        plain = [n for n in chosen if not n.name]
        lines = [
            f"import {n.module}" + (f" as {n.alias}" if n.alias != n.module else "")
            for n in plain
        ]
        for module in sorted({n.module for n in chosen if n.name}):
            parts = [n for n in chosen if n.module == module and n.name]
            listed = ", ".join(
                n.name if n.name == n.alias else f"{n.name} as {n.alias}" for n in parts
            )
            lines.append(f"from {module} import {listed}")
        if lines:
            groups.append("\n".join(lines))
    return "\n\n".join(groups)


def _is_standard(name: External) -> bool:
    return name.module.partition(".")[0] in sys.stdlib_module_names
