"""The main window: wires and owns, computes nothing."""

from functools import partial

from PySide6.QtCore import QEvent, QPoint, QSize, Qt
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app import tab_order
from app.closing import may_close, may_replace
from app.panels.data_panel import DataPanel
from app.panels.figure_maker import FigureMaker
from app.panels.figure_saver import FigureSaver
from app.panels.finder import Finder
from app.panels.key_sheet import KeySheet
from app.panels.model_panel import ModelPanel
from app.panels.pages import EXPLORE, PAGES, Pages, release_focus
from app.panels.plot_wall import PlotWall
from app.panels.projector import ProjectorFoot, ProjectorTop, shown_slots
from app.panels.status_bar import StatusBar
from app.panels.timeline_bar import TimelineBar
from app.panels.top_bar import TopBar
from app.preferences import Preferences
from app.recent_sessions import RecentSessions
from app.search import Search
from app.session import Session
from app.session_notes import Notice
from app.session_preset import PresetStarter
from app.session_slots import SLOTS
from app.take_away import TakeAway
from app.theme import theme
from app.widgets.paint import painting
from app.widgets.toast import ToastStack
from app.window_actions import FIGURES, actions_of
from app.window_files import WindowFiles

_NARROW = 1360  # px; below it the side panels are smaller
_PROJECTED = ("compare", "samplers", "sweep")  # pages that the projector shows as well


class Window(QWidget):
    """Bars, panels and plots of one session.

    Args:
        session: State of the window; the window ends it when it is closed.
        preferences: What is remembered; kept up to date by :meth:`remember`.

    Attributes:
        asks_to_save: Whether it asks before it goes with what no file has.
    """

    def __init__(self, session: Session, preferences: Preferences) -> None:
        super().__init__()
        self.session = session
        self.preferences = preferences
        self.is_projecting = False
        self.asks_to_save = False
        recent = RecentSessions(preferences)
        self.top = TopBar(session, recent)
        self.data = DataPanel(session)
        self.wall = PlotWall(session)
        self.pages = Pages(session, self.wall)
        self.model = ModelPanel(session)
        self.timeline = TimelineBar(session)
        self.status = StatusBar(session)
        self.projector_top = ProjectorTop(session)
        self.projector_foot = ProjectorFoot(session)
        self.palette_list = Finder("Search actions, presets, models and data", self)
        self.toasts = ToastStack(self)
        self.files = WindowFiles(
            session,
            self.wall,
            self.pages,
            self.data,
            self.timeline.film,
            recent,
            self,
        )
        self.files.may_replace = partial(may_replace, self)
        self.take_away = TakeAway(session, self)
        self.figure_saver = FigureSaver(preferences, self)
        self.actions_by_name = actions_of(self)
        self.search = Search(
            self.actions_by_name,
            session,
            PresetStarter(session, self),
            self.pages,
            self.files,
        )
        self.setWindowTitle("Generative Playground")
        self.setAcceptDrops(True)
        self._arrange()
        self._connect()
        self._recall()

    # ---- what actions call

    def restart(self) -> None:
        """Begin again with the settings that wait."""
        run = self.session.run
        if run is not None and run.waiting:
            self.session.desk.restart()
        elif run is not None:
            text = "To begin again from step 0, reset the run."
            self.show_notice(Notice("info", "No setting waits for a restart", text))

    def return_live(self) -> None:
        """Show the living run again."""
        run = self.session.run
        if run is not None and run.at is None:
            self.show_notice(Notice("info", "The newest step is on show already"))
        self.session.runs.return_live()

    def play_or_pause(self) -> None:
        """Train, or stop after the step in hand; a film that is on show comes first."""
        film = self.timeline.film
        if film.is_running:
            film.pause()
        else:
            self.session.toggle()

    def duplicate_run(self) -> None:
        """Compare the run on show with a copy, ready to change one setting."""
        if self.session.run is not None:
            self.pages.show_page("compare")
            self.session.compare.duplicate()

    def open_picker(self) -> None:
        """Offer the models."""
        self.model.open_picker()

    def open_palette(self) -> None:
        """Offer every action, preset, model and data set."""
        size = QSize(theme.px(400), theme.px(420))
        corner = self.top.search.mapToGlobal(QPoint(0, self.top.search.height()))
        corner -= QPoint(size.width() - self.top.search.width(), -4)
        self.palette_list.open_at(corner, size, self.search.entries())

    def show_keys(self) -> None:
        """Show the sheet of keys."""
        KeySheet(self.actions_by_name.entries(), self).open()

    def export_figure(self) -> None:
        """Offer the formats of the current plot's figure."""
        self.figures_now().open_menu()

    def figures_now(self) -> FigureMaker:
        """Figures of the plot that is looked at, on whatever page."""
        return self.pages.figures_now() or self.wall.current().figures

    def open_take_away(self) -> None:
        """The ways to take the run away, below the menu of runs."""
        button = self.top.runs
        place = button.mapToGlobal(button.rect().bottomLeft())
        self.take_away.menu().popup(place)

    def copy_figure(self) -> None:
        """Put the current plot into the clipboard."""
        self.figures_now().copy()

    def reset_view(self) -> None:
        """Back to the home limits of the current plot."""
        plot = self.wall.current().plot
        if plot is not None:
            plot.reset_view()

    def toggle_look(self) -> None:
        """Dark to light and back; the projector keeps its own."""
        if self.is_projecting:
            text = "Leave it with F11 to choose between light and dark."
            title = "The projector has a look of its own"
            self.show_notice(Notice("info", title, text))
            return
        self._set_look("light" if theme.look == "dark" else "dark")

    def toggle_motion(self) -> None:
        """Animations on or off."""
        theme.set_less_motion(not theme.less_motion)
        words = "off" if theme.less_motion else "on"
        self.show_notice(Notice("info", f"Motion is {words}"))

    def change_text_size(self, by: float) -> None:
        """Larger or smaller; 0 for the normal size."""
        theme.set_text_scale(round(theme.text_scale + by, 1) if by else 1.0)

    def toggle_projector(self, full_screen: bool = True) -> None:
        """Two large plots, a formula and a caption, for the whole room."""
        if not self.is_projecting and self.pages.current_name not in _PROJECTED:
            self.pages.show_page(EXPLORE)
        self.is_projecting = not self.is_projecting
        self.setFocus(Qt.FocusReason.OtherFocusReason)  # not to whatever comes next
        for widget in (self.top, self.timeline, self.status):
            widget.setVisible(not self.is_projecting)
        for bar in (self.projector_top, self.projector_foot):
            bar.setVisible(self.is_projecting)
        if self.is_projecting:
            theme.set_look("projector")
            if full_screen:
                self.showFullScreen()
        else:
            theme.set_look(self.preferences.look)
            if self.isFullScreen():
                self.showNormal()
        self._show_sides()
        if self.pages.current_name == EXPLORE:
            self._show_slots()

    def show_notice(self, notice: Notice) -> None:
        """A note in the corner."""
        toast = self.toasts.show_toast(
            notice.severity, notice.title, notice.text, notice.action, notice.do
        )
        toast.about = notice.about

    def remember(self) -> Preferences:
        """Preferences as they are now."""
        kept = self.preferences
        kept.text_scale = theme.text_scale
        kept.less_motion = theme.less_motion
        kept.maximised = self.isMaximized()
        area = self.normalGeometry()
        kept.geometry = [area.x(), area.y(), area.width(), area.height()]
        kept.caption = self.projector_foot.caption.text()
        for name, card in self.wall.cards.items():
            kept.views[name] = card.slot.view
            kept.view_states[name] = card.choices()
        return kept

    # ---- Qt

    def focusNextPrevChild(self, next: bool) -> bool:
        """Tab in the order of the page."""
        page = self.pages.currentWidget() or self.wall
        panels = (self.projector_top, self.top, self.data, page, self.model)
        below = (self.timeline, self.projector_foot)
        target = tab_order.after((*panels, *below), self.focusWidget(), next)
        if target is None:
            return False
        reason = Qt.FocusReason
        target.setFocus(reason.TabFocusReason if next else reason.BacktabFocusReason)
        return True

    def closeEvent(self, event: QCloseEvent) -> None:
        """End the engine; the window is gone at once, the engine within seconds."""
        if not may_close(self):
            event.ignore()
            return
        self.remember()
        self.hide()
        self.session.stop()
        super().closeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Smaller panels in a narrow window."""
        narrow = self.width() < _NARROW * theme.text_scale
        self.data.set_narrow(narrow)
        self.model.set_narrow(narrow)
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """A minimised window asks for no frames."""
        if event.type() == QEvent.Type.WindowStateChange:
            self.session.set_paused(self.isMinimized())
        super().changeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape leaves what fills the window."""
        if event.key() == Qt.Key.Key_Escape and self.is_projecting:
            self.toggle_projector()
        elif event.key() == Qt.Key.Key_Escape and len(self.session.slots.shown) == 1:
            self.session.slots.maximise("")
        elif event.key() == Qt.Key.Key_Escape:
            self.pages.show_page(EXPLORE)
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files may be dropped, though only one at a time is opened."""
        urls = event.mimeData().urls()
        if urls and all(url.isLocalFile() for url in urls):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Look into a table, open a session, draw a picture as points."""
        urls = event.mimeData().urls()
        if not urls:  # where it came from is asked for it only now, and may be gone
            words = "Its program gave no file: drop it again, or open it from here."
            self.show_notice(Notice("warning", "Nothing arrived", words))
            return
        if len(urls) > 1:
            words = f"These are {len(urls)} files: drop the one that you want to open."
            self.show_notice(Notice("info", "One file at a time", words))
            return
        event.acceptProposedAction()
        self.files.take(urls[0].toLocalFile())

    def paintEvent(self, event: QPaintEvent) -> None:
        """The window's ground."""
        with painting(self) as painter:
            painter.fillRect(self.rect(), theme.c.bg0)

    # ---- inside

    def _arrange(self) -> None:
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.data)
        middle.addWidget(self.pages, 1)
        middle.addWidget(self.model)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.projector_top)
        whole.addWidget(self.top)
        whole.addLayout(middle, 1)
        for bar in (self.timeline, self.projector_foot, self.status):
            whole.addWidget(bar)
        self.projector_top.hide()
        self.projector_foot.hide()
        self.setMinimumSize(1100, 640)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setFocus()  # else Qt begins with the first button, the list of runs

    def _connect(self) -> None:
        session, actions = self.session, self.actions_by_name
        session.noted.connect(self.show_notice)
        session.outdated.connect(self.toasts.withdraw)
        session.retitled.connect(self.toasts.retitle)
        self.wall.noted.connect(self.show_notice)
        for place in (self.wall, self.pages):
            place.size_requested.connect(self.figure_saver.ask)
        self.take_away.noted.connect(self.show_notice)
        self.pages.noted.connect(self.show_notice)
        self.files.noted.connect(self.show_notice)
        self.pages.page_changed.connect(self._on_page)
        self.top.act_requested.connect(actions.trigger)
        self.top.run_requested.connect(session.runs.choose)
        self.files.films.advanced.connect(self.timeline.show_drawn)
        film = self.timeline.film
        film.changed.connect(lambda: self.top.set_filming(film.is_moving))
        film.changed.connect(lambda: session.probe.rest(film.is_running))
        self.data.drawing_requested.connect(lambda: self.pages.toggle_page("draw"))
        self.top.recent_requested.connect(self.files.open_recent)
        self.top.recent_cleared.connect(self.files.clear_recent)
        self.palette_list.chosen.connect(
            self.search.choose, Qt.ConnectionType.QueuedConnection
        )
        self.projector_top.left.connect(lambda: self.toggle_projector())
        theme.changed.connect(self.update)

    def _recall(self) -> None:
        kept = self.preferences
        self._set_look(kept.look)
        theme.set_text_scale(kept.text_scale)
        theme.set_less_motion(kept.less_motion)
        self.projector_foot.caption.setText(kept.caption)
        self.files.recall_views(kept.views, kept.view_states)

    def _set_look(self, look: str) -> None:
        self.preferences.look = look
        theme.set_look(look)
        self.top.set_look(look)

    def _on_page(self, name: str) -> None:
        """Other bars and actions go with each page."""
        self._show_sides()
        if name == EXPLORE and self.is_projecting:
            self._show_slots()
        self.top.set_page(name)
        has_figures = self.pages.figures_now() is not None
        for act in self.actions_by_name.acts.values():
            if act.group == "Plots":  # those of the first page
                shown = name == EXPLORE or (has_figures and act.name in FIGURES)
                self.actions_by_name.actions[act.name].setEnabled(shown)

    def _show_sides(self) -> None:
        """Wide pages take the room of the side panels; the projector has none."""
        name = self.pages.current_name
        wide = name != EXPLORE and PAGES[name].is_wide
        for panel in (self.data, self.model):
            if wide or self.is_projecting:
                release_focus(panel)
            panel.setVisible(not wide and not self.is_projecting)

    def _show_slots(self) -> None:
        """Four plots, or the two that the projector has room for."""
        shown = shown_slots(self.session) if self.is_projecting else set(SLOTS)
        self.session.slots.show_only(shown)
