"""Sessions that were saved or opened lately, newest first, to be offered again."""

import os
from pathlib import Path

from app import preferences as prefs

MOST = 8


class RecentSessions:
    """A short list of files; every window on this machine adds to the same one.

    Args:
        preferences: They hold the list where there is no file.

    Attributes:
        file: The preferences on disk, from which the list is read each time and into
            which it is written at once: another window, or a crash, loses nothing.
    """

    def __init__(self, preferences: prefs.Preferences) -> None:
        self._preferences = preferences
        self.file: Path | None = None

    @property
    def paths(self) -> list[str]:
        """Whole paths, newest first."""
        if self.file is not None:
            self._preferences.recent = prefs.load(self.file).recent
        return self._preferences.recent[:MOST]

    def add(self, path: str) -> None:
        """Put a file first, wherever it stood before."""
        whole = os.path.abspath(path)
        self._keep([whole, *(p for p in self.paths if not _is_same(p, whole))][:MOST])

    def remove(self, path: str) -> None:
        """Leave out a file."""
        self._keep([p for p in self.paths if not _is_same(p, path)])

    def clear(self) -> None:
        """Leave out all."""
        self._keep([])

    def named(self) -> dict[str, tuple[str, str]]:
        """Name and folder of each path, as short as still tells them apart."""
        paths = self.paths
        return {
            path: (Path(path).name, _folder(path, [p for p in paths if p != path]))
            for path in paths
        }

    def _keep(self, paths: list[str]) -> None:
        self._preferences.recent = paths
        if self.file is not None:
            kept = prefs.load(self.file)
            kept.recent = paths
            prefs.save(self.file, kept)


def short_folder(folder: Path) -> str:
    """A whole folder with ``~`` for the person's own."""
    home = Path.home()
    inside = folder.is_relative_to(home) and home != Path(home.anchor)
    return str(Path("~", folder.relative_to(home))) if inside else str(folder)


def _is_same(one: str, other: str) -> bool:
    return os.path.normcase(one) == os.path.normcase(other)


def _folder(path: str, others: list[str]) -> str:
    """The end of a folder, as long as it must be among files of the same name."""
    parts = Path(path).parent.parts
    same = [Path(p).parent.parts for p in others if Path(p).name == Path(path).name]
    for length in range(1, len(parts)):
        tail = parts[-length:]
        if all(other[-length:] != tail for other in same):
            cut, whole = str(Path("…", *tail)), short_folder(Path(*parts))
            return min(whole, cut, key=len)
    return short_folder(Path(*parts))
