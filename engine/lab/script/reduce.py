"""The engine as far as one run can reach into it, its settings being what they are."""

from collections.abc import Callable
from functools import partial

from engine.lab.script.facts import Facts
from engine.lab.script.fold import folded
from engine.lab.script.module import Library, Module
from engine.lab.script.reach import Reach
from engine.lab.script.run import Run
from engine.lab.script.unread import without_unread

#: What one round takes out may let the next one take out more.
_ROUNDS = 4


def reduced(run: Run, library: Library, tick: Callable[[], None]) -> Reach:
    """Take dead branches out of the modules of a library; what is reached then.

    Args:
        run: Its settings say which branches are dead.
        library: With the script's own module under ``"main"``; its modules of the
            engine change in place.
        tick: Called between pieces of the work.
    """
    others = {type(data.config) for data in run.companions.values()}
    values = {type(s): s for s in run.settings if type(s) not in others}
    reach = Reach(library, library["main"], tick, asks=False)
    for _ in range(_ROUNDS):
        facts = Facts(library, reach, values)
        changed = False
        for name in {d.module for d in (*reach.definitions, *reach.members)}:
            tick()
            if not name.startswith("engine."):
                continue
            module = library[name]
            source = folded(module, partial(facts.known_in, module))
            if source != module.source:
                source = without_unread(Module(name, source))
                library[name] = Module(name, source)
                changed = True
        if not changed:
            break
        reach = Reach(library, library["main"], tick, asks=False)
    return Reach(library, library["main"], tick)
