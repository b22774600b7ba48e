"""The simulated handsets: every text is delivered; some subscribers reply to a reminder, some ask 0000 and cancel."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from billing_hooks.ports import DESK_PORT, SERVICE_PORT, code_of_port
from config.records import DeliveryReceipt, OutboundText, ServiceText, encode
from config.topics import SMS_MO, SMS_MT, SMS_RECEIPTS
from demo.wire import Writer

ASK_SECONDS = 25.0
"""Seconds between two subscribers who ask 0000, on average."""
REPLY_SHARE = 0.25
"""Share of reminders that are answered with a cancellation."""
REPLIES = ("T", "TD", "退订", "ＴＤ", "退订，谢谢")
ASKS = ("0000", "00000", "００００")
KEPT_TEXTS = 2000


class Handsets:
    """Receives `sms.mt`; with `lively` subscribers also write of their own accord."""

    name = "handsets"
    topics = (SMS_MT,)

    def __init__(self, run: str, seed: int, subscribers: Sequence[str], *, lively: bool) -> None:
        self.lively = lively
        self.received: deque[OutboundText] = deque(maxlen=KEPT_TEXTS)
        self._run = run
        self._rng = random.Random(seed)  # noqa: S311 - believable, not secret
        self._subscribers = list(subscribers)
        self._known: list[str] = []
        self._sent = 0
        self._next: datetime | None = None
        self._due: list[tuple[datetime, str, str, str]] = []
        self._asked: set[str] = set()

    def take(self, topic: str, line: bytes, now: datetime, writer: Writer) -> None:  # noqa: ARG002 - one topic
        """Receive a text, confirm it, and perhaps think of a reply."""
        text = msgspec.json.decode(line, type=OutboundText)
        self.received.append(text)
        receipt = DeliveryReceipt(
            id=f"receipt-{text.id}"[:128], text_id=text.id, msisdn=text.msisdn, at=now, status="delivered"
        )
        writer.send(SMS_RECEIPTS, text.msisdn, encode(receipt))
        if self.lively:
            self._think(text, now)

    def act(self, now: datetime, writer: Writer) -> None:
        """Send the replies that are due; let somebody ask 0000 now and then."""
        due = [reply for reply in self._due if reply[0] <= now]
        self._due = [reply for reply in self._due if reply[0] > now]
        for _, msisdn, port, words in due:
            self.write(msisdn, port, words, now, writer)
        if not self.lively:
            return
        if self._next is None:
            self._next = now + timedelta(seconds=15)
        if now >= self._next:
            self._next = now + timedelta(seconds=self._rng.expovariate(1 / ASK_SECONDS))
            msisdn = self._rng.choice(self._known or self._subscribers)
            self._asked.add(msisdn)
            self.write(msisdn, SERVICE_PORT, self._rng.choice(ASKS), now, writer)

    def write(self, msisdn: str, port: str, words: str, now: datetime, writer: Writer) -> None:
        """Send a text from a subscriber to a service number."""
        self._sent += 1
        text = ServiceText(id=f"{self._run}-mo-{self._sent}", sent_at=now, msisdn=msisdn, port=port, text=words)
        writer.send(SMS_MO, msisdn, encode(text))

    def _think(self, text: OutboundText, now: datetime) -> None:
        """Decide whether the subscriber replies, and when."""
        if text.msisdn not in self._known:
            self._known.append(text.msisdn)
        later = now + timedelta(seconds=self._rng.uniform(2, 8))
        if code_of_port(text.port) is not None:
            if self._rng.random() < REPLY_SHARE:
                self._due.append((later, text.msisdn, text.port, self._rng.choice(REPLIES)))
        elif text.port == DESK_PORT and text.msisdn in self._asked:
            self._asked.discard(text.msisdn)
            self._due.append((later, text.msisdn, SERVICE_PORT, "1"))
