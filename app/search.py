"""Everything found by typing: actions, recent sessions, models, data sets, presets."""

from app.actions import Actions
from app.panels.finder import Entry
from app.panels.pages import EXPLORE, Pages
from app.presets import preset, presets
from app.session import Session
from app.session_preset import PresetStarter
from app.window_files import WindowFiles

_SHORT = 96  # letters of a sentence below an entry
#: Pages that show what a choice does, beside the first one; from others one goes there.
_SHOWN_ON = {"model": ("compare", "draw"), "data": ("compare",), "preset": ()}


class Search:
    """Entries of the palette, and what happens when one is chosen.

    Args:
        actions: The window's actions.
        session: State of the window.
        starter: Begins presets.
        pages: The pages, of which one shows what was chosen.
        files: Opens recent sessions.
    """

    def __init__(
        self,
        actions: Actions,
        session: Session,
        starter: PresetStarter,
        pages: Pages,
        files: WindowFiles,
    ) -> None:
        self._actions = actions
        self._session = session
        self._starter = starter
        self._pages = pages
        self._files = files

    def entries(self) -> list[Entry]:
        """Actions first; models and data sets as far as the engine has told them."""
        return [
            *self._actions.entries(),
            *self._recent(),
            *self._presets(),
            *self._catalogue(),
        ]

    def choose(self, key: str) -> None:
        """Do what an entry stands for."""
        kind, sign, name = key.partition(":")
        if not sign:
            self._actions.trigger(key)
            return
        if kind == "recent":
            files = self._files
            files.open_recent(name) if name else files.clear_recent()
            return
        if self._pages.current_name not in _SHOWN_ON[kind]:
            self._pages.show_page(EXPLORE)
        if kind == "preset":
            self._starter.begin(preset(name))
        elif kind == "model":
            self._session.desk.choose_model(name)
        else:
            self._session.desk.choose_data(name)

    def _recent(self) -> list[Entry]:
        group, named = "Recent sessions", self._files.recent.named()
        found = [
            Entry(f"recent:{path}", f"Open recent: {name}", "", folder, group)
            for path, (name, folder) in named.items()
        ]
        clear = Entry("recent:", "Clear the list of recent sessions", group=group)
        return [*found, clear] if found else []

    def _presets(self) -> list[Entry]:
        if self._session.run is None:
            return []
        return [
            Entry(f"preset:{p.name}", p.title, "", _short(p.sentence), "Presets")
            for p in presets()
        ]

    def _catalogue(self) -> list[Entry]:
        catalogue = self._session.catalogue
        if catalogue is None or self._session.run is None:
            return []
        models = sorted(catalogue.models, key=lambda m: m.title)
        # A table or a drawing is nothing before it has a content: actions lead there.
        data = [d for d in catalogue.data if d.thumbnail]
        return [
            *(
                Entry(f"model:{m.name}", m.title, m.paper, _short(m.summary), "Models")
                for m in models
            ),
            *(
                Entry(f"data:{d.name}", d.title, "", _short(d.description), "Data sets")
                for d in data
            ),
        ]


def _short(text: str) -> str:
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1].rstrip()}…"
