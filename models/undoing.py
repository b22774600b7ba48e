"""The second layer of reading: words put together again from their disguises, one text at a time.

A text is looked at again until nothing more is found, so reading what was read changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from models.characters import BREAK
from models.draft import Draft, Edit
from models.insertions import inserted_signs
from models.misspellings import sounds_alike, written_forms
from models.numerals import digit_chains, digits, foreign_letters, letter_zeros, roman_figures
from models.suspicion import CHAINS, FORMS, LETTERS, NUMBERS, SIGNS, SOUNDS, suspects

_MAX_ROUNDS: Final = 16
STEPS: Final[tuple[tuple[Callable[[str], list[Edit]], int], ...]] = (
    (foreign_letters, LETTERS),
    (digits, NUMBERS),
    (roman_figures, NUMBERS),
    (letter_zeros, NUMBERS),
    (digit_chains, CHAINS),
    (written_forms, FORMS),
    (inserted_signs, SIGNS),
    (sounds_alike, SOUNDS),
)


def undo(drafts: Mapping[int, Draft], suspicions: Mapping[int, int]) -> None:
    """Undo what the drafts of a batch, by their numbers, are suspected of, and what that brings to light.

    Any text is fine, and the cost is linear in its length: a text that is still not settled after some rounds is left.
    """
    for _ in range(_MAX_ROUNDS):
        changed = [drafts[row] for row, suspicion in suspicions.items() if _try(drafts[row], suspicion)]
        if not changed:
            return
        joined = "\n".join([*(draft.text for draft in changed), ""])
        codes = np.frombuffer(joined.encode("utf-32-le"), np.uint32)
        drafts, suspicions = dict(enumerate(changed)), suspects(codes, np.flatnonzero(codes == BREAK), joined)


def _try(draft: Draft, suspicion: int) -> bool:
    """Take the steps that these suspicions call for; say whether any found something."""
    return sum(draft.apply(step(draft.text)) for step, reason in STEPS if reason & suspicion) > 0
