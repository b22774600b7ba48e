"""The recall check (漏检抽查): which of the SMS that were let pass go to reviewers, to measure recall; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from config.records import Sample, Sms
from models.classifier import Verdict
from streams.hits import moment

KEY_BYTES = 32
DIGEST_BYTES = 8


class Drawing:
    """Draws one SMS in `one_in` (0: none): the same ones for the same secret, whoever asks and however often.

    It is keyed so that nobody who can choose ids can choose never to be drawn.
    """

    def __init__(self, one_in: int, secret: str) -> None:
        key = hashlib.blake2b(secret.encode(), digest_size=KEY_BYTES).digest()
        self.one_in = one_in
        self._keyed = hashlib.blake2b(digest_size=DIGEST_BYTES, key=key)
        self._below = 2 ** (8 * DIGEST_BYTES) // one_in if one_in else 0

    def draws(self, gateway: str, sms_id: str) -> bool:
        """Say whether an SMS is drawn."""
        whole = self._keyed.copy()
        whole.update(f"{gateway}\n{sms_id}".encode("utf-8", "surrogatepass"))
        return int.from_bytes(whole.digest(), "big") < self._below


def find_samples(
    messages: Sequence[Sms],
    verdicts: Sequence[Verdict],
    threshold: float,
    model: str,
    at: datetime,
    drawing: Drawing,
) -> list[Sample]:
    """Give a sample of each message below the threshold that is drawn."""
    if not drawing.one_in:
        return []
    return [
        Sample(
            id=sms.id,
            gateway=sms.gateway,
            sent_at=moment(sms.sent_at),
            sender=sms.sender,
            receiver=sms.receiver,
            text=sms.text,
            normalised=verdict.normalised,
            spam=round(verdict.spam, 6),
            scores={label: round(score, 6) for label, score in verdict.scores.items()},
            model=model,
            one_in=drawing.one_in,
            drawn_at=at,
        )
        for sms, verdict in zip(messages, verdicts, strict=True)
        if verdict.spam < threshold and drawing.draws(sms.gateway, sms.id)
    ]
