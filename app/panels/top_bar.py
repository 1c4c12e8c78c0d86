"""The bar at the top: what runs, how it is driven, and where everything else is."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QMenu, QWidget

from app.panels.bar import Bar
from app.panels.logo import Logo
from app.panels.pages import PAGES
from app.panels.recent_menu import add_recent
from app.panels.search_button import SearchButton
from app.panels.speed import Speed
from app.recent_sessions import RecentSessions
from app.session import Session
from app.session_config import data_entry, model_entry
from app.theme import theme
from app.widgets.button import Button, IconButton
from app.widgets.chip import Chip
from app.widgets.label import Label
from app.widgets.menu_title import MenuTitle
from engine.protocol import Status

_NARROW, _TIGHT = 1360, 1200  # px
_MENU = (
    {"branch": "Branch from here", "save_run": "Save run…", "take_away": "Take away…"},
    {"save_session": "Save session…", "open_session": "Open session…"},
)


class TopBar(Bar):
    """Signals are names of actions; the bar itself does nothing.

    Args:
        session: State of the window.
        recent: Sessions that the menu offers again.
        parent: The widget that holds it.
    """

    act_requested = Signal(str)
    run_requested = Signal(str)
    recent_requested = Signal(str)  # path
    recent_cleared = Signal()

    def __init__(
        self, session: Session, recent: RecentSessions, parent: QWidget | None = None
    ) -> None:
        super().__init__(48, "bottom", "bg1", "Run")
        self.setParent(parent)
        self._recent = recent
        self._session = session
        self._device = ("", "")
        self._is_filming = False
        self.data = Label("Generative Playground", colour="text1", size=15, weight=600)
        self.model = Label()
        self.runs = IconButton("caret-down", "Runs and sessions", size=24)
        self.reset = Button("Reset", "arrow-counter-clockwise", kind="quiet")
        self.step = Button("Step", "skip-forward", kind="quiet")
        self.play = Button("Play", "play-fill", kind="primary", hint="Space")
        self.speed = Speed()
        self.device = MenuTitle("")  # where there is a choice
        self.only_device = Chip("starting")
        self.search = SearchButton("Ctrl+Shift+P")
        self.pages = {
            name: IconButton(page.icon, page.title) for name, page in PAGES.items()
        }
        self.projector = IconButton("projector-screen", "Projector (F11)")
        self.look = IconButton("moon", "Light or dark look")
        self.help = IconButton("question", "Keys (F1)")
        self._arrange()
        self._connect()

    def set_look(self, look: str) -> None:
        """Show which look the switch leads to."""
        dark = look == "dark"
        name = "Light look" if dark else "Dark look"
        self.look.set_icon("sun" if dark else "moon", name)

    def set_page(self, name: str) -> None:
        """Mark the page on screen."""
        for page, button in self.pages.items():
            button.setChecked(page == name)

    def set_filming(self, moves: bool) -> None:
        """While a film of the training is on show the button pauses the film."""
        self._is_filming = moves
        self._show_driven()

    def menu_of_runs(self) -> QMenu:
        """A fresh menu of all runs, the ways to more of them, and sessions."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for run in self._session.runs.there:
            action = QAction(f"Run {run.number}, step {run.step:,}", menu)
            action.setCheckable(True)
            action.setChecked(run is self._session.run)
            action.triggered.connect(
                lambda _=False, name=run.id: self.run_requested.emit(name)
            )
            menu.addAction(action)
        for group in _MENU:
            menu.addSeparator()
            for name, title in group.items():
                self._offer(menu, name, title)
        clear = self.recent_cleared.emit
        add_recent(menu, self._recent, self.recent_requested.emit, clear)
        return menu

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A short bar leaves out words that icons and tooltips tell as well."""
        width = self.width() / theme.scale
        self.speed.set_narrow(width < _NARROW)
        self.play.set_shown(word=True, hint=width > _TIGHT)
        for button in (self.reset, self.step):
            button.set_shown(word=width > _TIGHT, hint=False)
        super().resizeEvent(event)

    def _arrange(self) -> None:
        self.play.keep_room_for("Pause")
        self.reset.setToolTip("Back to step 0 and the same initial weights (Ctrl+R)")
        self.step.setToolTip("One training step (.)")
        self.play.setToolTip("Train, or stop after the step in hand (Space)")
        self.device.hide()
        for widget in (self.data, self.model):
            widget.setMinimumWidth(0)
        left: list[QWidget] = [Logo(), self.data, self.model, self.runs]
        left += [self.reset, self.step, self.play, self.speed]
        right: list[QWidget] = [self.device, self.only_device, self.search]
        right += [*self.pages.values(), self.projector, self.look, self.help]
        for part in left:
            self.row.addWidget(part)
        self.row.addStretch(1)
        for part in right:
            self.row.addWidget(part)

    def _connect(self) -> None:
        for button, name in (
            (self.reset, "reset"),
            (self.step, "step"),
            (self.play, "play"),
            (self.search, "palette"),
            (self.projector, "projector"),
            (self.look, "look"),
            (self.help, "keys"),
        ):
            button.clicked.connect(lambda _=False, n=name: self.act_requested.emit(n))
        for name, page in self.pages.items():
            page.setCheckable(True)
            page.clicked.connect(
                lambda _=False, n=name: self.act_requested.emit(f"page_{n}")
            )
        self.runs.clicked.connect(self._open_runs)
        session = self._session
        self.speed.edited.connect(session.set_speed)
        self.device.chosen.connect(session.desk.set_device)
        session.desk.config_changed.connect(lambda _: self._show_names())
        session.runs.run_chosen.connect(self._show_names)
        session.status_changed.connect(self._on_status)
        session.reported.connect(lambda *_: self._show_driven())
        session.run_ready.connect(lambda _: self._show_playing(False))
        session.engine_changed.connect(self._on_engine)

    def _offer(self, menu: QMenu, name: str, title: str) -> None:
        action = menu.addAction(title)
        action.triggered.connect(lambda _=False: self.act_requested.emit(name))

    def _open_runs(self) -> None:
        self.menu_of_runs().popup(self.runs.mapToGlobal(self.runs.rect().bottomLeft()))

    def _show_names(self) -> None:
        run, catalogue = self._session.run, self._session.catalogue
        if run is None or catalogue is None:
            return
        data = data_entry(catalogue, run.config.data).title
        path = str(run.config.data_settings.get("file", ""))
        self.data.setText(path.replace("\\", "/").rpartition("/")[2] or data)
        model = model_entry(catalogue, run.config.model)
        self.model.setText(f"{model.title}, run {run.number}")
        self.model.set_short(f"{model.short}, run {run.number}")
        self.speed.set_speed(run.speed)

    def _on_status(self, status: Status) -> None:
        self._show_driven()
        self._show_device(status.device)

    def _show_driven(self) -> None:
        """The button speaks for all runs that it drives."""
        trains = any(run.is_playing for run in self._session.runs.driven)
        self._show_playing(trains or self._is_filming)

    def _show_device(self, device: str) -> None:
        """The device that trains; a menu where there is a choice."""
        welcome, run = self._session.welcome, self._session.run
        if welcome is None or run is None or self._device == (device, run.id):
            return
        self._device = (device, run.id)
        name = welcome.device_name if device != "cpu" else ""
        words = f"{device} {name}".strip()
        choices = {d: d for d in welcome.devices}
        if len(choices) > 1:
            choices = {"auto": "automatic"} | choices
        self.device.set_choices(choices, run.config.device)
        self.device.setText(words)
        self.only_device.set_chip(words, "plain")
        self.device.setVisible(len(choices) > 1)
        self.only_device.setVisible(len(choices) == 1)
        self.device.setAccessibleName(f"Device: {words}")

    def _show_playing(self, playing: bool) -> None:
        if playing == (self.play.text() == "Pause"):
            return
        self.play.setText("Pause" if playing else "Play")
        self.play.set_icon("pause-fill" if playing else "play-fill")
        self.play.setAccessibleName("Pause" if playing else "Play")

    def _on_engine(self, state: str, text: str) -> None:
        del text
        if state in ("dead", "failed", "stuck"):
            self._show_playing(False)
