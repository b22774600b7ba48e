"""Finds the campaign of each hit: near-duplicates over all senders and gateways, one round trip to Redis a batch.

The index is a memory, not a record: a key is the fingerprint of the text that began the campaign, so the same text
begins the same campaign again should Redis forget it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Final

import msgspec
import redis.asyncio
import redis.exceptions

from config.live import CAMPAIGN_KEYS
from config.policy import CampaignPolicy
from config.records import Contact, Hit
from models.contacts import contacts
from models.fingerprint import BAND_BYTES, HASHES, Fingerprint, fingerprints

SCRIPT: Final = Path(__file__).with_suffix(".lua").read_text(encoding="utf-8")
_HOUR, _DAY = 3600, 86400


class CampaignIndexRefusedError(redis.exceptions.ConnectionError):
    """Redis answers and does not do it, out of memory for one: it is waited out like a Redis that is away."""


class CampaignIndex:
    """The campaigns of the last days, shared by all workers on one Redis."""

    def __init__(
        self,
        client: redis.asyncio.Redis,
        policy: CampaignPolicy,
        timed: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._timed = timed
        self._script = client.register_script(SCRIPT)
        self._rules = (
            round(policy.likeness * HASHES),
            round(policy.near * HASHES),
            policy.wordings,
            round(policy.index_days * _DAY),
            round(policy.first_hours * _HOUR),
            round(policy.seen_hours * _HOUR),
            HASHES,
            BAND_BYTES,
        )

    async def mark(self, hits: Sequence[Hit]) -> list[Hit]:
        """Give the hits with their campaigns and contacts; the same hit gets the same campaign when it comes again.

        Raises:
            redis.exceptions.RedisError: Redis is away, or refuses.
        """
        if not hits:
            return []
        normalised = [hit.normalised for hit in hits]
        with self._timed():
            prints = fingerprints(normalised)
            advertised = contacts(normalised, [hit.text for hit in hits])
        campaigns = await self._find(prints)
        return [
            msgspec.structs.replace(
                hit, campaign=campaign.hex(), contacts=[Contact(kind, value) for kind, value in found]
            )
            for hit, campaign, found in zip(hits, campaigns, advertised, strict=True)
        ]

    async def _find(self, texts: Sequence[Fingerprint]) -> list[bytes]:
        packed = [b"".join(text) for text in texts]
        try:
            return list(await self._script(keys=[CAMPAIGN_KEYS], args=[*self._rules, *packed]))
        except redis.exceptions.ResponseError as error:
            raise CampaignIndexRefusedError(str(error)) from error
