"""Pictures of kept moments, remembered: scrubbing back costs nothing."""

from collections import OrderedDict
from collections.abc import Hashable

from engine.views.base import Picture


class Album:
    """The pictures that were looked at last, within ``limit`` bytes."""

    def __init__(self, limit: int = 128 * 2**20) -> None:
        self._limit = limit
        self._pictures: OrderedDict[Hashable, Picture] = OrderedDict()
        self._bytes = 0

    def get(self, key: Hashable) -> Picture | None:
        """A remembered picture."""
        if key in self._pictures:
            self._pictures.move_to_end(key)
        return self._pictures.get(key)

    def put(self, key: Hashable, picture: Picture) -> None:
        """Remember a picture; the ones not seen for longest make room."""
        if key in self._pictures:
            self._bytes -= _bytes(self._pictures.pop(key))
        self._pictures[key] = picture
        self._bytes += _bytes(picture)
        while self._bytes > self._limit:
            _, gone = self._pictures.popitem(last=False)
            self._bytes -= _bytes(gone)


def _bytes(picture: Picture) -> int:
    return sum(array.nbytes for array in picture.arrays.values())
