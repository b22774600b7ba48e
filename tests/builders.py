"""Builders for wire records: every field has a plain value, a test names only what it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from config.records import (
    BossAck,
    BossOrder,
    ChargeDue,
    DeadLetter,
    DeliveryReceipt,
    EnforcementAck,
    EnforcementOrder,
    Hit,
    OutboundText,
    Reason,
    Sample,
    ServiceText,
    Sms,
    SubscriptionOrdered,
)

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
"""Noon in Shanghai: no quiet hours."""
SENDER = "13800000001"
SUBSCRIBER = "13900000002"
_numbers = count(1)


def an_id(kind: str = "id") -> str:
    """Give an id that no other builder call gave."""
    return f"{kind}-{next(_numbers)}"


def an_sms(**changes: Any) -> Sms:
    """A harmless SMS of the SMSC."""
    fields: dict[str, Any] = {
        "id": an_id("sms"), "gateway": "smsc", "sent_at": NOW, "sender": SENDER, "receiver": SUBSCRIBER,
        "text": "晚上一起吃饭吗？",
    }  # fmt: skip
    return Sms(**(fields | changes))


def a_hit(**changes: Any) -> Hit:
    """A hit for gambling."""
    text = changes.get("text", "澳门娱乐城注册送88元，加微信wan8888")
    fields: dict[str, Any] = {
        "id": an_id("sms"), "gateway": "smsc", "sent_at": NOW, "sender": SENDER, "receiver": SUBSCRIBER, "text": text,
        "normalised": text, "label": "gambling", "spam": 0.98, "scores": {"ham": 0.02, "gambling": 0.9, "ad": 0.08},
        "why": [Reason("娱乐城", 2.5)], "model": "test", "scored_at": NOW + timedelta(seconds=1),
    }  # fmt: skip
    return Hit(**(fields | changes))


def a_sample(**changes: Any) -> Sample:
    """A text that was let pass and drawn for the recall check."""
    text = changes.get("text", "周末有空来看看房吗，学区房，价格好谈")
    fields: dict[str, Any] = {
        "id": an_id("sms"), "gateway": "smsc", "sent_at": NOW, "sender": SENDER, "receiver": SUBSCRIBER, "text": text,
        "normalised": text, "spam": 0.31, "scores": {"ham": 0.69, "ad": 0.31}, "model": "test", "one_in": 10_000,
        "drawn_at": NOW + timedelta(seconds=1),
    }  # fmt: skip
    return Sample(**(fields | changes))


def a_subscription_ordered(**changes: Any) -> SubscriptionOrdered:
    """An order whose first charge is in three days."""
    fields: dict[str, Any] = {
        "id": an_id("event"), "at": NOW, "msisdn": SUBSCRIBER, "subscription": an_id("sub"), "service": "story-daily",
        "price_fen": 800, "first_charge_at": NOW + timedelta(days=3),
    }  # fmt: skip
    return SubscriptionOrdered(**(fields | changes))


def a_charge_due(**changes: Any) -> ChargeDue:
    """A charge due in a day."""
    fields: dict[str, Any] = {
        "id": an_id("event"), "at": NOW, "msisdn": SUBSCRIBER, "subscription": an_id("sub"), "service": "story-daily",
        "cycle": "2026-12", "amount_fen": 800, "charge_at": NOW + timedelta(days=1),
    }  # fmt: skip
    return ChargeDue(**(fields | changes))


def a_service_text(**changes: Any) -> ServiceText:
    """A subscriber who sends 0000 to 10086."""
    fields: dict[str, Any] = {
        "id": an_id("mo"), "sent_at": NOW, "msisdn": SUBSCRIBER, "port": "10086", "text": "0000",
    }  # fmt: skip
    return ServiceText(**(fields | changes))


def an_outbound_text(**changes: Any) -> OutboundText:
    """A text from 10086 to a subscriber."""
    fields: dict[str, Any] = {
        "id": an_id("mt"), "at": NOW, "msisdn": SUBSCRIBER, "port": "10086", "text": "您好",
    }  # fmt: skip
    return OutboundText(**(fields | changes))


def a_receipt(**changes: Any) -> DeliveryReceipt:
    """A text was delivered."""
    fields: dict[str, Any] = {
        "id": an_id("receipt"), "text_id": "mt-1", "msisdn": SUBSCRIBER, "at": NOW, "status": "delivered",
    }  # fmt: skip
    return DeliveryReceipt(**(fields | changes))


def a_boss_order(**changes: Any) -> BossOrder:
    """An order to BOSS to cancel a subscription."""
    fields: dict[str, Any] = {
        "id": an_id("order"), "at": NOW, "kind": "CancelSubscription", "msisdn": SUBSCRIBER, "subscription": "sub-1",
        "service": "story-daily", "provider": "sp-1",
    }  # fmt: skip
    return BossOrder(**(fields | changes))


def a_boss_ack(**changes: Any) -> BossAck:
    """BOSS did it."""
    fields: dict[str, Any] = {
        "id": an_id("ack"), "order": "order-1", "msisdn": SUBSCRIBER, "at": NOW, "status": "done",
    }  # fmt: skip
    return BossAck(**(fields | changes))


def an_enforcement_order(**changes: Any) -> EnforcementOrder:
    """An order that two people decided."""
    fields: dict[str, Any] = {
        "id": an_id("order"), "at": NOW, "kind": "stop_service", "target": SENDER, "case": "1", "category": "gambling",
        "decision": "1", "reviewer": "lin", "reviewed_at": NOW - timedelta(hours=1), "approver": "zhao",
        "approved_at": NOW,
    }  # fmt: skip
    return EnforcementOrder(**(fields | changes))


def an_enforcement_ack(**changes: Any) -> EnforcementAck:
    """The network did it."""
    fields: dict[str, Any] = {
        "id": an_id("ack"), "order": "order-1", "target": SENDER, "at": NOW, "status": "done",
    }  # fmt: skip
    return EnforcementAck(**(fields | changes))


def a_dead_letter(**changes: Any) -> DeadLetter:
    """A line that was no JSON."""
    fields: dict[str, Any] = {
        "topic": "sms.smsc", "partition": 0, "offset": 0, "line": 0, "reason": "malformed", "detail": "no JSON",
        "raw": "e3s=", "raw_bytes": 2, "at": NOW,
    }  # fmt: skip
    return DeadLetter(**(fields | changes))
