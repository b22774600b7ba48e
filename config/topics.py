"""Every Kafka topic: what travels on it, its key, and the only process that may write to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Writer = Literal["gateway", "scoring", "relay", "operator network", "boss", "any worker"]


@dataclass(frozen=True)
class Topic:
    """A topic by name; `key` says what orders its records, `value` which record it holds."""

    name: str
    key: str
    value: str
    writer: Writer
    retention_days: int


GATEWAYS = {
    "smsc": "短信中心",
    "ismg": "短信网关",
    "interconnect": "互联互通网关",
    "monternet": "梦网网关",
}
"""Codes of the gateways and their names."""

GATEWAY_TOPICS = {code: f"sms.{code}" for code in GATEWAYS}
"""The topic of each gateway, by its code."""

SMS_HITS = "sms.hits"
SMS_SAMPLES = "sms.samples"
SMS_REJECTED = "sms.rejected"
SMS_MO = "sms.mo"
SMS_MT = "sms.mt"
SMS_RECEIPTS = "sms.receipts"
BOSS_EVENTS = "boss.events"
BOSS_ORDERS = "boss.orders"
BOSS_ACKS = "boss.acks"
ENFORCEMENT_ORDERS = "enforcement.orders"
ENFORCEMENT_ACKS = "enforcement.acks"

TOPICS: tuple[Topic, ...] = (
    *(Topic(name, "sender", "Sms", "gateway", 3) for name in GATEWAY_TOPICS.values()),
    Topic(SMS_HITS, "sender", "Hit", "scoring", 7),
    Topic(SMS_SAMPLES, "sender", "Sample", "scoring", 7),
    Topic(SMS_REJECTED, "source topic", "DeadLetter", "any worker", 30),
    Topic(SMS_MO, "msisdn", "ServiceText", "operator network", 7),
    Topic(SMS_MT, "msisdn", "OutboundText", "relay", 7),
    Topic(SMS_RECEIPTS, "msisdn", "DeliveryReceipt", "operator network", 7),
    Topic(BOSS_EVENTS, "msisdn", "BossEvent", "boss", 7),
    Topic(BOSS_ORDERS, "msisdn", "BossOrder", "relay", 7),
    Topic(BOSS_ACKS, "msisdn", "BossAck", "boss", 7),
    Topic(ENFORCEMENT_ORDERS, "target", "SignedOrder", "relay", 30),
    Topic(ENFORCEMENT_ACKS, "target", "EnforcementAck", "operator network", 30),
)

BY_NAME = {topic.name: topic for topic in TOPICS}

REPLAYED_TOPICS = frozenset(GATEWAY_TOPICS.values())
"""Topics of the gateways, to which the relay may feed a dead letter again that a person repaired; never any other."""

REPLAYED_HEADER = "qingxin-replayed"
"""Header of the Kafka record of such a line, with a `Replayed` as JSON; the line itself stays as it was repaired."""
