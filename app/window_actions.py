"""What the window can do: the words, the keys and whom they call."""

from typing import TYPE_CHECKING

from app.actions import Act, Actions
from app.panels.pages import EXPLORE, PAGES
from app.session_slots import SLOTS
from app.take_away import WAYS

if TYPE_CHECKING:
    from app.window import Window


def actions_of(window: "Window") -> Actions:
    """All actions of a window; undo and redo speak of what they would change."""
    actions = Actions(
        window,
        [
            *_run(window),
            *_view(window),
            *_take_away(window),
            *_pages(window),
            *_window(window),
        ],
    )
    group = window.session.runs.undo_group
    undo = group.createUndoAction(window, "Undo")
    redo = group.createRedoAction(window, "Redo")
    actions.adopt(window, "undo", "Settings", undo, "Ctrl+Z")
    actions.adopt(window, "redo", "Settings", redo, "Ctrl+Shift+Z", "Ctrl+Y")
    return actions


def _run(window: "Window") -> list[Act]:
    session, files = window.session, window.files
    return [
        Act("play", "Play or pause", "Run", window.play_or_pause, ("Space",)),
        Act("step", "One training step", "Run", session.step_once, (".",), True),
        Act("reset", "Reset the run", "Run", session.reset, ("Ctrl+R",)),
        Act("new_seed", "New seed", "Run", session.new_seed),
        Act("restart", "Restart with the waiting settings", "Run", window.restart),
        Act("live", "Return to live", "Run", window.return_live),
        Act("branch", "Branch from here", "Run", session.runs.branch),
        Act("redraw", "Draw samples again", "Run", session.draw_again, ("N",), True),
        Act("save_run", "Save run…", "Run", files.save_run, ("Ctrl+S",)),
        Act("replay", "Replay the training", "Run", window.timeline.film.toggle, _F5),
        Act("save_session", "Save session…", "Run", files.save_session, _SAVE),
        Act("open_session", "Open session…", "Run", files.ask_session, _OPEN),
        Act("open_csv", "Open CSV…", "Data", files.ask_table, ("Ctrl+O",)),
        Act("model", "Choose a model…", "Model", window.open_picker, ("Ctrl+K",)),
    ]


def _view(window: "Window") -> list[Act]:
    wall, files = window.wall, window.files
    plots = [
        Act(
            f"plot_{index + 1}",
            f"Go to plot {index + 1}",
            "Plots",
            lambda i=index: wall.focus(i),  # type: ignore[misc]
            (f"Ctrl+{index + 1}",),
        )
        for index in range(len(SLOTS))
    ]
    return [
        Act("reset_view", "Reset the view", "Plots", window.reset_view, ("R",)),
        Act("maximise", "Maximise the plot", "Plots", wall.toggle_maximised, ("M",)),
        *plots,
        Act(
            "view_settings",
            "Settings of the plot…",
            "Plots",
            lambda: wall.current().open_settings(),
            ("Ctrl+,",),
        ),
        Act("export", "Save figure…", "Plots", window.export_figure, ("Ctrl+E",)),
        Act("training_film", "Save training film…", "Plots", files.save_training_film),
        Act(
            "path_film",
            "Save film of points on their way…",
            "Plots",
            files.save_path_film,
        ),
        Act("copy", "Copy figure", "Plots", window.copy_figure, ("Ctrl+Shift+C",)),
        Act(
            "figure_size",
            "Save figure at any size…",
            "Plots",
            lambda: window.figure_saver.ask(window.figures_now()),
        ),
    ]


def _take_away(window: "Window") -> list[Act]:
    take = window.take_away.take
    return [
        Act(
            "take_away",
            "Take away…",
            "Take away",
            window.open_take_away,
            ("Ctrl+Shift+E",),
        ),
        *(
            Act(
                way.action,
                way.title,
                "Take away",
                lambda w=way: take(w),  # type: ignore[misc]
            )
            for way in WAYS
        ),
    ]


def _pages(window: "Window") -> list[Act]:
    pages = window.pages
    explore = Act(
        "page_explore", "Explore one run", "Pages", lambda: pages.show_page(EXPLORE)
    )
    return [
        explore,
        Act(
            "duplicate",
            "Compare with a copy of this run",
            "Pages",
            window.duplicate_run,
            ("Ctrl+D",),
        ),
        *(
            Act(
                f"page_{name}",
                page.title,
                "Pages",
                lambda n=name: pages.toggle_page(n),  # type: ignore[misc]
                page.keys,
            )
            for name, page in PAGES.items()
        ),
    ]


def _window(window: "Window") -> list[Act]:
    size = window.change_text_size
    return [
        Act("palette", "Search actions", "Window", window.open_palette, _PALETTE),
        Act("projector", "Projector mode", "Window", window.toggle_projector, ("F11",)),
        Act("look", "Light or dark look", "Window", window.toggle_look),
        Act("motion", "Less motion", "Window", window.toggle_motion),
        Act("larger", "Larger text", "Window", lambda: size(0.1), _LARGER, True),
        Act("smaller", "Smaller text", "Window", lambda: size(-0.1), ("Ctrl+-",), True),
        Act("normal", "Normal text size", "Window", lambda: size(0.0), ("Ctrl+0",)),
        Act("keys", "Keys", "Window", window.show_keys, ("F1",)),
        Act("quit", "Quit", "Window", window.close, ("Ctrl+Q",)),
    ]


#: What any page can do that has figures.
FIGURES = ("export", "copy", "figure_size")
_PALETTE = ("Ctrl+Shift+P",)
_F5 = ("F5",)
_LARGER = ("Ctrl++", "Ctrl+=")
_SAVE, _OPEN = ("Ctrl+Shift+S",), ("Ctrl+Shift+O",)
