"""The endless traffic of the gateways, the same for the same seed, and the broken lines among it."""

from __future__ import annotations

import random
from datetime import datetime

from config.records import Sms, encode
from config.topics import GATEWAYS
from demo.traffic.disguise import disguise
from demo.traffic.people import CITIZENS, People
from demo.traffic.slots import fill
from demo.traffic.templates import Group, ham_groups

SPAM_SHARE = 0.08
REPORT_SHARE = 0.003
"""Share of SMS that forward spam to the reporting number; they are never scored."""
REPORTING_NUMBER = "10086999"


class Traffic:
    """Makes SMS; `seed` chooses the people and, without a `run_seed`, the texts.

    `run` stands in every id, so that two runs never share one.
    """

    def __init__(
        self,
        seed: int,
        run: str,
        *,
        run_seed: int | None = None,
        spam_share: float = SPAM_SHARE,
        reports: bool = True,
        citizens: int = CITIZENS,
    ) -> None:
        self._rng = random.Random(seed)  # noqa: S311 - believable, not secret
        self._run = run
        self._made = 0
        self._spam_share = spam_share
        self._reports = reports
        self.people = People(self._rng, tuple(GATEWAYS), citizens)
        if run_seed is not None:
            self._rng.seed(run_seed)
        self._ham = ham_groups()
        self._ham_weights = [group.weight for group in self._ham]

    def sms(self, now: datetime) -> Sms:
        """Make the next SMS of any gateway."""
        draw = self._rng.random()
        if self._reports and draw < REPORT_SHARE:
            spammer = self.people.a_spammer()
            text = f"{spammer.number}*{self._text(spammer.group)}"
            return self._sms(now, "smsc", self.people.receiver(), REPORTING_NUMBER, text)
        if draw < self._spam_share:
            spammer = self.people.a_spammer()
            text = self._text(spammer.group)
            return self._sms(now, spammer.gateway, spammer.number, self.people.receiver(), text)
        group = self._rng.choices(self._ham, self._ham_weights)[0]
        gateway = self._rng.choice(tuple(GATEWAYS))
        return self._sms(now, gateway, self.people.sender_of(group), self.people.receiver(), self._text(group))

    def spam_from(self, number: str, group: Group, gateway: str, now: datetime) -> Sms:
        """Make an SMS of a group from this number through this gateway."""
        return self._sms(now, gateway, number, self.people.receiver(), self._text(group))

    def broken_line(self, now: datetime) -> bytes:
        """Make a line that no reader can take: not JSON, a field missing, ill-typed, or not UTF-8."""
        good = encode(self.sms(now))
        return self._rng.choice(BREAKS)(good)

    def _text(self, group: Group) -> str:
        text = fill(self._rng.choice(group.texts), self._rng)
        return disguise(text, self._rng) if self._rng.random() < group.disguise else text

    def _sms(self, now: datetime, gateway: str, sender: str, receiver: str, text: str) -> Sms:
        self._made += 1
        return Sms(
            id=f"{self._run}-{self._made}", gateway=gateway, sent_at=now, sender=sender, receiver=receiver, text=text
        )


def not_json(line: bytes) -> bytes:
    """Cut a line off, as a gateway does that dies while writing."""
    return line[: len(line) // 2]


def without_sender(line: bytes) -> bytes:
    """Take the sender away."""
    return line.replace(b'"sender":', b'"from":', 1)


def ill_typed(line: bytes) -> bytes:
    """Give the moment as a word."""
    return line.replace(b'"sent_at":"', b'"sent_at":"on ', 1)


def not_utf8(line: bytes) -> bytes:
    """Write the text in the encoding of thirty years ago."""
    return line.replace(b'"text":"', b'"text":"' + "您好".encode("gbk"), 1)


BREAKS = (not_json, without_sender, ill_typed, not_utf8)
