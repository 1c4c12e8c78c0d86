"""Two panes side by side under one line of keys."""

from app.plots.pane import Pane
from app.plots.pane_row import PaneRow


class TwoPanes(PaneRow):
    """A left pane and a right one."""

    @property
    def left(self) -> Pane:
        """The first pane."""
        return self.panes[0]

    @property
    def right(self) -> Pane:
        """The second pane."""
        return self.panes[1]
