"""Which scored SMS become hits: pure, so that it can be read and tested alone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Protocol

from config.records import Hit, Reason, Sms, Velocity
from models.classifier import Verdict
from models.guards import guards
from models.labels import LABELS
from models.text import read

VOLUME = "volume"
"""The label of a hit that its sender's volume made, where the model saw nothing."""
COUNTRY = "86"
WRITTEN_BETWEEN = re.compile(
    r"[\s+().,;#*'\"·\-\x00\u00ad\u2212\u2010-\u2015\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+"
)
"""Signs that people and systems write into a number."""


def is_exempt(sms: Sms, unscored: Sequence[str]) -> bool:
    """Say whether an SMS goes to a reporting or service number, which is never scored.

    A subscriber was cut off for forwarding spam to the reporting port (domain rules, known false positives).
    """
    return _dialled(sms.receiver).startswith(tuple(unscored))


def _dialled(number: str) -> str:
    """Give the digits of a number without its country code and leading zeros; no digits if it holds anything else."""
    if not (number.isascii() and number.isdigit()):
        number = WRITTEN_BETWEEN.sub("", unicodedata.normalize("NFKC", number))
        if not (number.isascii() and number.isdigit()):
            return ""
    return number.lstrip("0").removeprefix(COUNTRY).lstrip("0")


class Counted(Protocol):
    """What is known of the senders of a batch; places count from 0."""

    @property
    def crossed(self) -> Collection[int]:
        """The places of the messages with which a sender crossed the volume rule."""

    def of(self, place: int) -> Velocity:
        """Give what the sender of a message had sent."""


def find_hits(
    messages: Sequence[Sms],
    verdicts: Sequence[Verdict],
    threshold: float,
    model: str,
    at: datetime,
    counted: Counted | None = None,
) -> list[Hit]:
    """Give the hit of each message whose spam probability reaches the threshold, or that crossed the volume rule."""
    crossed = counted.crossed if counted else ()
    return [
        Hit(
            id=sms.id,
            gateway=sms.gateway,
            sent_at=moment(sms.sent_at),
            sender=sms.sender,
            receiver=sms.receiver,
            text=sms.text,
            normalised=verdict.normalised,
            label=verdict.label if verdict.spam >= threshold else VOLUME,
            spam=round(verdict.spam, 6),
            scores={label: round(score, 6) for label, score in zip(LABELS, verdict.probabilities, strict=True)},
            why=[Reason(reason.term, reason.weight, list(reason.places)) for reason in verdict.why],
            model=model,
            scored_at=at,
            guards=list(_guards(sms.text, verdict.normalised)),
            found_by="model" if verdict.spam >= threshold else "volume",
            velocity=counted.of(place) if counted else None,
        )
        for place, (sms, verdict) in enumerate(zip(messages, verdicts, strict=True))
        if verdict.spam >= threshold or place in crossed
    ]


def _guards(text: str, normalised: str) -> tuple[str, ...]:
    """Give the legitimate notices that a hit looks like; a disguised text is none, notices have nothing to hide."""
    found = guards(normalised)
    return () if found and read(text).disguises else found


def moment(sent_at: datetime | int) -> datetime:
    """Give a time stamp (RFC 3339 or epoch milliseconds) as a moment in UTC."""
    if isinstance(sent_at, int):
        return datetime.fromtimestamp(sent_at / 1000, UTC)
    return sent_at.astimezone(UTC)
