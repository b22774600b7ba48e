"""Which hits are another gateway's copy of an SMS that is evidence already: it counts once; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from config.records import Hit
from review.grouping import key_of, storable

DIGEST_BYTES = 16


@dataclass(slots=True)
class Original:
    """An SMS that is evidence, or will be: `key` is its gateway and id, `gateways` those at which it was seen."""

    key: tuple[str, str]
    sent_at: datetime
    gateways: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Sorted:
    """Hits that are evidence of their own, and copies with the key of the evidence that they belong to."""

    originals: Sequence[Hit]
    copies: Sequence[tuple[Hit, tuple[str, str]]]


def content_of(hit: Hit) -> str:
    """Give a digest of what two gateways see alike: sender, receiver and text."""
    whole = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for part in (hit.sender, hit.receiver, hit.text):
        coded = storable(part).encode()
        whole.update(len(coded).to_bytes(8, "big") + coded)
    return whole.hexdigest()


def sort_out(hits: Iterable[Hit], known: Mapping[str, Sequence[Original]], within: timedelta) -> Sorted:
    """Tell new evidence from copies: same sender, receiver and text, near in time, at a gateway not yet noted.

    Two of the same gateway are two SMS. A copy belongs to the nearest in time. Hits are new and each there once.

    Args:
        hits: of any senders.
        known: evidence by its content.
        within: how far apart in time two copies may be; 0 takes every hit for an SMS of its own.
    """
    there = {content: list(found) for content, found in known.items()}
    originals, copies = [], []
    for hit in sorted(hits, key=lambda one: (one.sent_at, key_of(one))):
        gateway, _ = key = key_of(hit)
        same = there.setdefault(content_of(hit), [])
        near = [one for one in same if within and abs(one.sent_at - hit.sent_at) <= within]
        near = [one for one in near if gateway not in one.gateways]
        if near:
            original = min(near, key=lambda one: (abs(one.sent_at - hit.sent_at), one.key))
            original.gateways.add(gateway)
            copies.append((hit, original.key))
        else:
            same.append(Original(key, hit.sent_at, {gateway}))
            originals.append(hit)
    return Sorted(originals, copies)
