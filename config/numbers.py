"""One way to write a subscriber's number: systems write the same one with and without the country's code; pure."""

from __future__ import annotations

import re
from typing import Final

ABROAD: Final = re.compile(r"(?:\+|00)?86(1[0-9]{10})")
"""A mobile number of mainland China with its country code."""


def level(number: str) -> str:
    """Give a number without the country code of China: +86, 0086 or 86; any other number as it is."""
    found = ABROAD.fullmatch(number)
    return found[1] if found else number
