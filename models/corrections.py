"""Labels of the corpus that a second reading corrected.

Rows on which a model trained without them disagreed with their label, and as many others as a control, were read again
by the rubric without sight of the label. The table holds digests, never text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

from models.corpus import Row

_TABLE: Final = Path(__file__).with_name("corrections.tsv")
_DIGITS: Final = 16
_UNSURE: Final = "unsure"


@cache
def corrections() -> Mapping[str, str]:
    """The corrected label by digest of the text."""
    lines = _TABLE.read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines if not line.startswith("#"))


def corrected(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows with corrected labels, without those of which nobody can be sure."""
    known = corrections()
    for row in rows:
        label = known.get(digest(row.text), row.label)
        if label != _UNSURE:
            yield row if label == row.label else replace(row, label=label)


def digest(text: str) -> str:
    """How the table names a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
