"""Long SMS out of their parts: which text they make together, also when some are missing; pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from zlib import crc32

import msgspec

from config.records import MAX_TEXT, Part, Sms

GAP = "…"
"""What stands in a text for parts that did not come."""


class HeldPart(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of a part while it waits: what its SMS is made of."""

    id: str
    sent_at: int
    text: str


def is_part(sms: Sms) -> bool:
    """Say whether an SMS is one of several parts."""
    return sms.part is not None and sms.part.total > 1


def part_of(sms: Sms) -> Part:
    """Give which part an SMS is; one that stands alone is the only one of its own."""
    return sms.part or Part(ref=0, seq=1, total=1)


def held(sms: Sms) -> HeldPart:
    """Give what is kept of a part."""
    sent = sms.sent_at
    return HeldPart(sms.id, sent if isinstance(sent, int) else int(sent.timestamp() * 1000), sms.text)


def check_sum(sms: Sms) -> int:
    """Give 32 bits of the text of a part, to know a copy of it from another SMS's."""
    return crc32(sms.text.encode("utf-8", "replace"))


def join(parts: Mapping[int, HeldPart], total: int, gateway: str, sender: str, receiver: str) -> Sms:
    """Give the one SMS of these parts by number, 1 to `total`: id and time of the first of them, texts in order.

    Missing parts are a gap in the text, several in a row one gap. At least one part is there.
    """
    numbers = sorted(parts)
    text, before = "", 0
    for number in numbers:
        text += (GAP if number > before + 1 else "") + parts[number].text
        before = number
    if before < total:
        text += GAP
    first = parts[numbers[0]]
    return Sms(
        id=first.id,
        gateway=gateway,
        sent_at=datetime.fromtimestamp(first.sent_at / 1000, UTC),
        sender=sender,
        receiver=receiver,
        text=text[:MAX_TEXT],
    )
