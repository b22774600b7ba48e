"""Which hits are another gateway's copy of an SMS that is evidence already: it counts once; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from config.records import Hit
from review.gaps import completes, lacks_parts
from review.grouping import key_of, storable

DIGEST_BYTES = 16

Way = tuple[str, str]
"""Sender and receiver."""


@dataclass(slots=True)
class Original:
    """An SMS that is evidence, or will be: `key` is its gateway and id, `gateways` those at which it was seen."""

    key: tuple[str, str]
    sent_at: datetime
    gateways: set[str] = field(default_factory=set)
    text: str = ""


@dataclass(frozen=True, slots=True)
class Sorted:
    """Hits that are evidence of their own, and copies with the key of the evidence that they belong to.

    `fuller` are those of the copies that fill gaps in the text of the evidence, by its key.
    """

    originals: Sequence[Hit]
    copies: Sequence[tuple[Hit, tuple[str, str]]]
    fuller: dict[tuple[str, str], Hit] = field(default_factory=dict)


def content_of(hit: Hit) -> str:
    """Give a digest of what two gateways see alike: sender, receiver and text."""
    whole = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for part in (hit.sender, hit.receiver, hit.text):
        coded = storable(part).encode()
        whole.update(len(coded).to_bytes(8, "big") + coded)
    return whole.hexdigest()


def way_of(hit: Hit) -> Way:
    """Give sender and receiver of a hit, as they are kept."""
    return storable(hit.sender), storable(hit.receiver)


def sort_out(
    hits: Iterable[Hit],
    known: Mapping[str, Sequence[Original]],
    within: timedelta,
    on_way: Mapping[Way, Sequence[Original]] | None = None,
) -> Sorted:
    """Tell new evidence from copies: same sender, receiver and text, near in time, at a gateway not yet noted.

    Two of the same gateway are two SMS. A copy belongs to the nearest in time. A long SMS that lacks parts at one
    gateway is a copy of the whole one at another, whichever came first. Hits are new and each there once.

    Args:
        hits: of any senders.
        known: evidence by its content.
        within: how far apart in time two copies may be; 0 takes every hit for an SMS of its own.
        on_way: evidence by sender and receiver, with texts: that which lacks parts, and all for hits that do.
    """
    there = {content: list(found) for content, found in known.items()}
    all_on_way = {way: list(found) for way, found in (on_way or {}).items()}
    partial = {way: [one for one in found if lacks_parts(one.text)] for way, found in all_on_way.items()}
    originals, copies, fuller = [], [], {}
    for hit in sorted(hits, key=_fullest_first):
        gateway, _ = key = key_of(hit)
        same, way, lacking = there.setdefault(content_of(hit), []), way_of(hit), lacks_parts(hit.text)
        near = _near(same, hit, within)
        if not near:
            others = (all_on_way if lacking else partial).get(way, ())
            near = [one for one in _near(others, hit, within) if _is_one(one.text, hit.text)]
        if near:
            original = min(near, key=lambda one: (abs(one.sent_at - hit.sent_at), one.key))
            original.gateways.add(gateway)
            copies.append((hit, original.key))
            if completes(hit.text, original.text):
                fuller[original.key] = hit
                original.text = hit.text
                same.append(original)
        else:
            original = Original(key, hit.sent_at, {gateway}, hit.text)
            same.append(original)
            all_on_way.setdefault(way, []).append(original)
            if lacking:
                partial.setdefault(way, []).append(original)
            originals.append(hit)
    return Sorted(originals, copies, fuller)


def _fullest_first(hit: Hit) -> tuple[bool, int, datetime, tuple[str, str]]:
    lacking = lacks_parts(hit.text)
    return lacking, -len(hit.text) if lacking else 0, hit.sent_at, key_of(hit)


def _is_one(text: str, other: str) -> bool:
    return completes(text, other) or completes(other, text)


def _near(originals: Sequence[Original], hit: Hit, within: timedelta) -> list[Original]:
    near = [one for one in originals if within and abs(one.sent_at - hit.sent_at) <= within]
    return [one for one in near if key_of(hit)[0] not in one.gateways]
