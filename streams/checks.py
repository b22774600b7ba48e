"""What well-formed records of the workers may still have wrong; the rules of an SMS are in `config.checks`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from config.checks import CONTROL, check_gateway, check_moment, check_sms, check_text
from config.records import ServiceText, Sms
from config.topics import GATEWAY_TOPICS

__all__ = ["CONTROL", "check_gateways", "check_moments", "check_service_text", "check_sms", "check_text"]


def check_gateways(messages: Sequence[Sms], topic: str) -> None:
    """Refuse SMS that name another gateway than the one that the topic is for: its counts would be wrong.

    Raises:
        BadRecordError: with both gateways.
    """
    if any(GATEWAY_TOPICS.get(gateway) != topic for gateway in {sms.gateway for sms in messages}):
        for sms in messages:
            check_gateway(sms, topic)


def check_service_text(text: ServiceText) -> None:
    """Refuse control characters in a subscriber's text, and an impossible time.

    Raises:
        BadRecordError: with the reason.
    """
    check_moments(text)
    check_text(text.text)


def check_moments(record: msgspec.Struct) -> None:
    """Refuse a time before the year 2000 or after 2099: a clock was wrong.

    Raises:
        BadRecordError: with the field.
    """
    for field in record.__struct_fields__:
        value = getattr(record, field)
        if isinstance(value, datetime):
            check_moment(field, value)
