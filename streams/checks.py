"""What a well-formed SMS may still have wrong."""

from __future__ import annotations

import re

from config.errors import BadRecordError
from config.records import ServiceText, Sms
from config.topics import GATEWAYS

CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
"""Control characters that no SMS alphabet carries; tab, line feed, form feed and carriage return are in use."""


def check_sms(sms: Sms) -> None:
    """Refuse an unknown gateway, an impossible part, and control characters in the text.

    Raises:
        BadRecordError: with the reason.
    """
    if sms.gateway not in GATEWAYS:
        raise BadRecordError("unknown_gateway", f"{sms.gateway!r} is none of {', '.join(GATEWAYS)}")
    if sms.part is not None and sms.part.seq > sms.part.total:
        raise BadRecordError("invalid_field", f"part {sms.part.seq} of {sms.part.total}")
    check_text(sms.text)


def check_service_text(text: ServiceText) -> None:
    """Refuse control characters in a subscriber's text.

    Raises:
        BadRecordError: with the reason.
    """
    check_text(text.text)


def check_text(text: str) -> None:
    """Refuse control characters.

    Raises:
        BadRecordError: with the first one and its place.
    """
    found = CONTROL.search(text)
    if found:
        raise BadRecordError("control_character", f"U+{ord(found[0]):04X} at {found.start()}")


def accept(_message: object) -> None:
    """Have nothing to add to the types."""
