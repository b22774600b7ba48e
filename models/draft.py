"""A text while its disguises are undone: what it is by now, where each character came from, the tricks found."""

from __future__ import annotations

from collections.abc import Iterable

Place = tuple[int, int]
Edit = tuple[int, int, str, str]
"""A piece `[start, end)`, what it is read as, and the kind of trick (empty: none)."""


class Draft:
    """A text being read: what it is now, where each character came from (if that is asked), the tricks undone."""

    __slots__ = ("origin", "text", "tricks")

    def __init__(self, text: str, origin: list[Place] | None = None) -> None:
        self.text = text
        self.origin = origin
        self.tricks: dict[str, int] = {}

    def apply(self, edits: Iterable[Edit]) -> bool:
        """Make these changes, which are in order and do not overlap; say whether there were any."""
        pieces, places, end = [], [], 0
        for start, stop, word, kind in edits:
            pieces += [self.text[end:start], word]
            if self.origin is not None:
                places += self.origin[end:start]
                if len(word) == stop - start:
                    places += self.origin[start:stop]
                else:
                    places += [(self.origin[start][0], self.origin[stop - 1][1])] * len(word)
            end = stop
            if kind:
                self.tricks[kind] = self.tricks.get(kind, 0) + 1
        if not end:
            return False
        self.text = "".join([*pieces, self.text[end:]])
        if self.origin is not None:
            self.origin = places + self.origin[end:]
        return True
