"""The labels of an SMS, in the order of every score array; the rubric that defines them is named in `MODEL_CARD.md`."""

from __future__ import annotations

from typing import Final

HAM: Final = "ham"
LABELS: Final = ("ham", "ad", "fraud", "gambling", "porn", "loan", "forgery", "contraband", "politics")
SPAM: Final = LABELS[1:]
ILLEGAL: Final = LABELS[2:]
