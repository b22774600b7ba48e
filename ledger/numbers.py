"""How a subscriber's number is shown: masked, unless revealing it was asked for and audited."""

from __future__ import annotations

SHOWN_HEAD, SHOWN_TAIL = 3, 4


def mask_number(number: str) -> str:
    """Give a number with its middle hidden: 13812345678 -> 138****5678; short ones lose all but their ends.

    Service ports (106…) are numbers of companies, not of people, and stay whole.
    """
    if number.startswith("106") or len(number) <= 5:  # noqa: PLR2004 - 10086 and its like are public
        return number
    if len(number) <= SHOWN_HEAD + SHOWN_TAIL:
        return f"{number[:2]}****{number[-1:]}"
    return f"{number[:SHOWN_HEAD]}****{number[-SHOWN_TAIL:]}"
