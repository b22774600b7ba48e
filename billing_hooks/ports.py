"""The numbers that subscribers and this room write to each other from, and the short codes of reminders.

A reminder comes from 10086977 followed by its own three digits, 100 to 999; the same three digits are its short code.
They are unique among the open reminders of one subscriber: a text always names its subscriber, so more is not needed.
Digits are handed out in turn, so that an old one comes back only after 900 reminders.
Item numbers of a 0000 list end at 99, so a number is either an item or a code, never both.
"""

from __future__ import annotations

from collections.abc import Container

SERVICE_PORT = "10086"
DESK_PORT = "10086977"
FIRST_CODE, LAST_CODE = 100, 999
CODES = LAST_CODE - FIRST_CODE + 1
LAST_ITEM = FIRST_CODE - 1


def reminder_port(code: int) -> str:
    """Give the port from which the reminder with this code is sent."""
    return f"{DESK_PORT}{code}"


def code_of_port(port: str) -> int | None:
    """Give the code of a reminder's own port; None for every other port."""
    digits = port.removeprefix(DESK_PORT)
    if digits == port or not (digits.isascii() and digits.isdigit()) or len(digits) != len(str(FIRST_CODE)):
        return None
    code = int(digits)
    return code if FIRST_CODE <= code <= LAST_CODE else None


def is_ours(port: str) -> bool:
    """Tell whether texts to this port are for this room: 10086, 10086977 and the ports of reminders."""
    return port in (SERVICE_PORT, DESK_PORT) or code_of_port(port) is not None


def answer_port(port: str) -> str:
    """Give the port an answer comes from: a reminder is answered in its own thread, all else from 10086977."""
    return port if code_of_port(port) is not None else DESK_PORT


def next_code(last: int | None, taken: Container[int | None]) -> int | None:
    """Give the code after the last one handed out, leaving out those of open reminders; None if all are taken."""
    start = FIRST_CODE if last is None else last + 1
    for step in range(CODES):
        code = FIRST_CODE + (start - FIRST_CODE + step) % CODES
        if code not in taken:
            return code
    return None
