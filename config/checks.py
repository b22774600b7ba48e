"""What a well-formed SMS may still have wrong: the rules of a live line, and of one that somebody repaired."""

from __future__ import annotations

import re
from datetime import datetime

from config.errors import BadRecordError
from config.records import EARLIEST, LATEST, Sms
from config.topics import GATEWAY_TOPICS, GATEWAYS

CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
"""Control characters that no SMS alphabet carries; tab, line feed, form feed and carriage return are in use."""


def check_sms(sms: Sms) -> None:
    """Refuse an unknown gateway, an impossible time or part, and control characters in the text.

    Raises:
        BadRecordError: with the reason.
    """
    if sms.gateway not in GATEWAYS:
        raise BadRecordError("unknown_gateway", f"{sms.gateway!r} is none of {', '.join(GATEWAYS)}")
    if isinstance(sms.sent_at, datetime):
        check_moment("sent_at", sms.sent_at)
    if sms.part is not None and sms.part.seq > sms.part.total:
        raise BadRecordError("invalid_field", f"part {sms.part.seq} of {sms.part.total}")
    check_text(sms.text)


def check_gateway(sms: Sms, topic: str) -> None:
    """Refuse an SMS that names another gateway than the one that the topic is for: its counts would be wrong.

    Raises:
        BadRecordError: with both gateways.
    """
    if GATEWAY_TOPICS.get(sms.gateway) != topic:
        raise BadRecordError("wrong_gateway", f"the line says {sms.gateway!r}, it came through {topic}")


def check_text(text: str) -> None:
    """Refuse control characters.

    Raises:
        BadRecordError: with the first one and its place.
    """
    found = CONTROL.search(text)
    if found:
        raise BadRecordError("control_character", f"U+{ord(found[0]):04X} at {found.start()}")


def check_moment(field: str, moment: datetime) -> None:
    """Refuse a time before the year 2000 or after 2099: a clock was wrong.

    Raises:
        BadRecordError: with the field.
    """
    if not EARLIEST <= moment < LATEST:
        raise BadRecordError("invalid_field", f"{field} {moment.isoformat()} is not between 2000 and 2100")
