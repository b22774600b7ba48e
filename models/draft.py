"""A text while its disguises are undone: what it is by now, where each character came from, the tricks found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

Place = tuple[int, int]
Edit = tuple[int, int, str, str]
"""A piece `[start, end)`, what it is read as, and the kind of trick (empty: none)."""


class Draft:
    """A text being read: what it is now, where each character came from, the tricks undone.

    `origin` is None as long as nothing was undone; `places` then says where each character came from.
    """

    __slots__ = ("_places", "origin", "text", "tricks")

    def __init__(self, text: str, places: Callable[[], Sequence[int]]) -> None:
        self.text = text
        self._places = places
        self.origin: list[Place] | None = None
        self.tricks: dict[str, int] = {}

    def apply(self, edits: Iterable[Edit]) -> bool:
        """Make these changes, which are in order and do not overlap; say whether there were any."""
        pieces, places, end = [], [], 0
        for start, stop, word, kind in edits:
            origin = self._origin()
            pieces += [self.text[end:start], word]
            places += origin[end:start]
            if len(word) == stop - start:
                places += origin[start:stop]
            else:
                places += [(origin[start][0], origin[stop - 1][1])] * len(word)
            end = stop
            if kind:
                self.tricks[kind] = self.tricks.get(kind, 0) + 1
        if not end:
            return False
        self.text = "".join([*pieces, self.text[end:]])
        self.origin = places + self._origin()[end:]
        return True

    def _origin(self) -> list[Place]:
        if self.origin is None:
            self.origin = [(place, place + 1) for place in self._places()]
        return self.origin
