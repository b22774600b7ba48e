"""Long SMS out of their parts: which text they make together, also when some are missing; pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b

import msgspec

from config.records import GAP, MAX_TEXT, Part, Sms

TOKEN_LENGTH = 16


class HeldPart(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of a part while it waits: what its SMS is made of, and the mark of a line that was fed again."""

    id: str
    sent_at: int
    text: str
    replayed: str = ""


def is_part(sms: Sms) -> bool:
    """Say whether an SMS is one of several parts."""
    return sms.part is not None and sms.part.total > 1


def part_of(sms: Sms) -> Part:
    """Give which part an SMS is; one that stands alone is the only one of its own."""
    return sms.part or Part(ref=0, seq=1, total=1)


def held(sms: Sms, replayed: bytes = b"") -> HeldPart:
    """Give what is kept of a part; `replayed` is the mark of its record, if a person fed the line again."""
    return HeldPart(sms.id, sent_ms(sms), sms.text, replayed.decode("utf-8", "replace"))


def mark_of(parts: Mapping[int, HeldPart]) -> bytes:
    """Give the mark of an SMS of these parts by number: that of its first part that a person fed again, if any."""
    marks = (parts[number].replayed for number in sorted(parts))
    return next((mark.encode() for mark in marks if mark), b"")


def sent_ms(sms: Sms) -> int:
    """Give when an SMS was sent, in epoch milliseconds."""
    sent = sms.sent_at
    return sent if isinstance(sent, int) else int(sent.timestamp() * 1000)


def token_of(sms: Sms) -> str:
    """Give 64 bits, in hexadecimal, that tell a part from every other: only what was fed twice has them twice.

    Time and text are among what they are made of, since a gateway may count its ids anew.
    """
    part = part_of(sms)
    numbers = (part.ref, part.seq, part.total, sent_ms(sms))
    told = (sms.gateway, sms.sender, sms.receiver, sms.id, *map(str, numbers), sms.text)
    return blake2b("\0".join(told).encode("utf-8", "replace"), digest_size=TOKEN_LENGTH // 2).hexdigest()


def join(parts: Mapping[int, HeldPart], total: int, gateway: str, sender: str, receiver: str, named: int = 0) -> Sms:
    """Give the one SMS of these parts by number, 1 to `total`: texts in order, id and time of the first of them.

    Or those of the part numbered `named`, by which it was scored before an earlier one came. Missing parts are a gap in
    the text, several in a row one gap. At least one part is there.
    """
    numbers = sorted(parts)
    text, before = "", 0
    for number in numbers:
        text += (GAP if number > before + 1 else "") + parts[number].text
        before = number
    if before < total:
        text += GAP
    first = parts[named or numbers[0]]
    return Sms(
        id=first.id,
        gateway=gateway,
        sent_at=datetime.fromtimestamp(first.sent_at / 1000, UTC),
        sender=sender,
        receiver=receiver,
        text=text[:MAX_TEXT],
    )
