"""What waits until a session is in its file."""

from collections.abc import Callable


class Saving:
    """Files that are being written, and what is to be done once they are.

    Attributes:
        under_way: Files that the engine is writing now.
    """

    def __init__(self) -> None:
        self.under_way = 0
        self._then: Callable[[], object] | None = None

    @property
    def is_awaited(self) -> bool:
        """Whether something is to be done once the files are written."""
        return self._then is not None

    def begin(self) -> None:
        """One more file."""
        self.under_way += 1

    def then(self, do: Callable[[], object]) -> None:
        """Do this once all is written; never, if one of the files is not."""
        self._then = do if self.under_way else None

    def end(self, is_written: bool) -> None:
        """One of the files is written, or could not be."""
        self.under_way = max(self.under_way - 1, 0)
        if not is_written:
            self._then = None
        elif not self.under_way and self._then is not None:
            do, self._then = self._then, None
            do()

    def give_up(self) -> bool:
        """Nothing will be written any more; whether something was to be."""
        was_under_way, self.under_way, self._then = bool(self.under_way), 0, None
        return was_under_way
