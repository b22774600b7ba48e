"""The records on the wire: what each topic carries, typed and validated; unknown fields are ignored.

A Kafka record holds one of them or many, one JSON object a line. Times are RFC 3339 with an offset, UTC when written by
QingXin; money is whole fen (1 yuan = 100 fen).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

PRINTABLE = r"^[^\x00-\x1f\x7f]+(?![\s\S])"
Id = Annotated[str, Meta(min_length=1, max_length=128, pattern=PRINTABLE)]
Number = Annotated[str, Meta(min_length=1, max_length=32, pattern=PRINTABLE)]
Port = Annotated[str, Meta(min_length=2, max_length=21, pattern=r"^[0-9]+(?![\s\S])")]
Fen = Annotated[int, Meta(ge=0, le=100_000_000)]
Moment = Annotated[datetime, Meta(tz=True)]
GatewayCode = Annotated[str, Meta(min_length=1, max_length=32)]
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""Moments outside are faults of a clock; no page or database has to cope with the year 1 or 10000."""
EARLIEST_MS, LATEST_MS = 946_684_800_000, 4_102_444_800_000
MAX_TEXT = 10_000
"""Characters of the longest text that is scored; a long SMS has at most 255 parts of 67, real ones under 20."""
GAP = "〔…〕"
"""What stands in the text of a long SMS for parts that did not come; nothing that people write by themselves."""


class Part(msgspec.Struct, frozen=True):
    """Which part of a long SMS a message is: `seq` of `total` with a common `ref`."""

    ref: Annotated[int, Meta(ge=0, le=65535)]
    seq: Annotated[int, Meta(ge=1, le=255)]
    total: Annotated[int, Meta(ge=1, le=255)]


class Sms(msgspec.Struct, frozen=True):
    """One SMS as a gateway saw it; `sent_at` is RFC 3339 or epoch milliseconds."""

    id: Id
    gateway: GatewayCode
    sent_at: Moment | Annotated[int, Meta(ge=EARLIEST_MS, le=LATEST_MS)]
    sender: Number
    receiver: Number
    text: Annotated[str, Meta(max_length=MAX_TEXT)]
    part: Part | None = None


class Reason(msgspec.Struct, frozen=True):
    """A word that weighed: `weight` is its part of the log-odds of the label.

    `places` are the parts `[start, end)` of the text as sent, in characters (code points), that the word was read from.
    """

    term: str
    weight: float
    places: list[tuple[int, int]] = []


class Velocity(msgspec.Struct, frozen=True):
    """What a sender had sent when a hit was found: SMS this `hour` and `day`, distinct `receivers` this day.

    `same_share` is the share of the day's SMS that are near-identical to its commonest text, an estimate that may be
    some per cent off. `receivers_at_least` says that there may be more receivers than were told apart. `exceeded`:
    the volume rule of the day (`holiday` or not), which allows `per_hour` and `per_day` (0: no limit, or not told).
    `began` is when the hour that was counted began.
    """

    hour: Annotated[int, Meta(ge=0)]
    day: Annotated[int, Meta(ge=0)]
    receivers: Annotated[int, Meta(ge=0)]
    same_share: Annotated[float, Meta(ge=0, le=1)]
    exceeded: bool = False
    holiday: bool = False
    receivers_at_least: bool = False
    began: Moment | None = None
    per_hour: Annotated[int, Meta(ge=0)] = 0
    per_day: Annotated[int, Meta(ge=0)] = 0


class Contact(msgspec.Struct, frozen=True):
    """A way to reach who advertises, in one spelling: digits, an id in lower case, a host (and a short link's path)."""

    kind: Literal["phone", "qq", "wechat", "link"]
    value: Annotated[str, Meta(min_length=1, max_length=128, pattern=PRINTABLE)]


class Replayed(msgspec.Struct, frozen=True):
    """That the line was rejected first, and who fed it again in the place of which dead letter.

    Fields that differ from the line as it came are `changed`; those that nobody could read in it are `unread`.
    """

    letter: Annotated[str, Meta(min_length=1, max_length=32, pattern=PRINTABLE)]
    by: Annotated[str, Meta(min_length=1, max_length=150, pattern=PRINTABLE)]
    changed: list[str] = []
    unread: list[str] = []


class Hit(msgspec.Struct, frozen=True):
    """An SMS that the classifier holds for spam, on its way to human reviewers; `spam` is 1 - P(ham).

    `guards` names the kinds of legitimate notice that it looks like; they lower its priority and hide nothing. The one
    with which a sender crossed the line of the volume rule is a hit too, `found_by` its volume, whatever its `spam`.
    `campaign` is the key of the near-duplicates that it belongs to (empty: not looked up); `contacts` are advertised.
    `replayed` is set when the line came from a person who fed it again, not from the gateway.
    """

    id: Id
    gateway: GatewayCode
    sent_at: Moment
    sender: Number
    receiver: Number
    text: str
    normalised: str
    label: str
    spam: float
    scores: dict[str, float]
    why: list[Reason]
    model: str
    scored_at: Moment
    guards: list[str] = []
    found_by: Literal["model", "volume"] = "model"
    velocity: Velocity | None = None
    campaign: Annotated[str, Meta(max_length=32)] = ""
    contacts: list[Contact] = []
    replayed: Replayed | None = None


class Sample(msgspec.Struct, frozen=True):
    """An SMS that the classifier let pass, drawn at random for the recall check: one in `one_in` is."""

    id: Id
    gateway: GatewayCode
    sent_at: Moment
    sender: Number
    receiver: Number
    text: str
    normalised: str
    spam: float
    scores: dict[str, float]
    model: str
    one_in: Annotated[int, Meta(ge=1, le=1_000_000_000)]
    drawn_at: Moment


class DeadLetter(msgspec.Struct, frozen=True):
    """What could not be processed, where it came from, and why; `raw` is base64 of at most 64 KiB of the line."""

    topic: str
    partition: int
    offset: int
    line: int
    reason: str
    detail: str
    raw: str
    raw_bytes: int
    at: Moment


class ServiceText(msgspec.Struct, frozen=True):
    """A text from a subscriber to one of the operator's service numbers."""

    id: Id
    sent_at: Moment
    msisdn: Number
    port: Port
    text: Annotated[str, Meta(max_length=MAX_TEXT)]


class OutboundText(msgspec.Struct, frozen=True):
    """A text to a subscriber; `port` is the number it comes from and that a reply goes to."""

    id: Id
    at: Moment
    msisdn: Number
    port: Port
    text: str


class DeliveryReceipt(msgspec.Struct, frozen=True):
    """What became of an `OutboundText`."""

    id: Id
    text_id: Id
    msisdn: Number
    at: Moment
    status: Literal["delivered", "failed"]
    reason: str = ""


class SubscriptionOrdered(msgspec.Struct, frozen=True, tag_field="type", tag="SubscriptionOrdered"):
    """BOSS announces an order; `trial_until` is set for a free trial."""

    id: Id
    at: Moment
    msisdn: Number
    subscription: Id
    service: Id
    price_fen: Fen
    first_charge_at: Moment
    trial_until: Moment | None = None


class ChargeDue(msgspec.Struct, frozen=True, tag_field="type", tag="ChargeDue"):
    """BOSS announces that a subscription will be charged at `charge_at` for `cycle` (such as 2026-11)."""

    id: Id
    at: Moment
    msisdn: Number
    subscription: Id
    service: Id
    cycle: Annotated[str, Meta(min_length=1, max_length=32)]
    amount_fen: Fen
    charge_at: Moment


BossEvent = SubscriptionOrdered | ChargeDue


class BossOrder(msgspec.Struct, frozen=True):
    """An order to BOSS about one subscription; `cycle` is empty when it is about every later one."""

    id: Id
    at: Moment
    kind: Literal["CancelSubscription", "WaiveCharge", "ExcludeFromSettlement"]
    msisdn: Number
    subscription: Id
    service: Id
    provider: str
    cycle: str = ""
    reason: str = ""


class BossAck(msgspec.Struct, frozen=True):
    """BOSS's answer to a `BossOrder`; `effective_at` says when a cancellation takes effect."""

    id: Id
    order: Id
    msisdn: Number
    at: Moment
    status: Literal["done", "failed"]
    effective_at: Moment | None = None
    reason: str = ""


class EnforcementOrder(msgspec.Struct, frozen=True):
    """What two people decided: stop the service of `target`. Exists only as the child of an approved decision."""

    id: Id
    at: Moment
    kind: Literal["stop_service"]
    target: Number
    case: Id
    category: str
    decision: Id
    reviewer: Id
    reviewed_at: Moment
    approver: Id
    approved_at: Moment


class SignedOrder(msgspec.Struct, frozen=True):
    """An `EnforcementOrder` (the exact JSON text that was signed) with its Ed25519 signature in base64."""

    id: Id
    target: Number
    order: str
    signature: str


class EnforcementAck(msgspec.Struct, frozen=True):
    """What the network did with an order."""

    id: Id
    order: Id
    target: Number
    at: Moment
    status: Literal["done", "failed", "refused"]
    reason: str = ""


def encode(record: msgspec.Struct) -> bytes:
    """Give a record as one line of JSON without the line end."""
    return msgspec.json.encode(record)
