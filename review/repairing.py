"""A rejected line as a person repairs it, and whether a repaired one would pass; the rules of a live line; pure."""

from __future__ import annotations

import msgspec

from config.checks import check_sms
from config.decoding import decode_line
from config.errors import BadRecordError
from config.records import Sms, encode
from config.topics import REPLAYED_TOPICS

LONGEST_LINE = 64 * 1024
"""Bytes of the longest line that is fed again: as much as a dead letter keeps, so that a refusal is recognised."""
DECODER = msgspec.json.Decoder(Sms)


def can_be_fed(topic: str) -> bool:
    """Say whether lines of a topic may be fed again: those of the gateways alone."""
    return topic in REPLAYED_TOPICS


def suggestion(raw: bytes) -> tuple[str, str]:
    """Give a line as text to begin the repair with, and the encoding it was read in; `?` if none fits.

    A gateway that does not send UTF-8 sends GB 18030 as a rule; a byte that neither knows is shown as U+FFFD.
    """
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace"), "?"


def read_repaired(raw: bytes) -> tuple[Sms, bytes]:
    """Give a repaired line as an SMS, and the one line that is fed for it: as it was written, if that was on one line.

    Raises:
        BadRecordError: scoring would reject it, for this reason.
    """
    line = raw.strip()
    sms = decode_line(line, DECODER)
    check_sms(sms)
    if b"\n" in line:
        line = encode(sms)
    if len(line) > LONGEST_LINE:
        raise BadRecordError("line_too_long", f"{len(line)} bytes, at most {LONGEST_LINE} are fed again")
    return sms, line
