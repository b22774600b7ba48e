"""Hits by sender: what a batch adds to each case, as pure functions of values."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from config.records import Hit
from review.gaps import fills
from review.velocities import latest_velocity, peaks

NUL, NUL_SHOWN = "\x00", "\u2400"


def key_of(hit: Hit) -> tuple[str, str]:
    """Give what makes an SMS the same when it is delivered again: its gateway and its id there."""
    return storable(hit.gateway), storable(hit.id)


def storable(text: str) -> str:
    """Give a text as PostgreSQL can keep it: NUL becomes its picture, broken surrogates a question mark."""
    return text.replace(NUL, NUL_SHOWN).encode("utf-8", "replace").decode()


def first_of_each(hits: Iterable[Hit], known: Collection[tuple[str, str]] = ()) -> list[Hit]:
    """Give the hits that are new, each once and as full as it came, in a fixed order of keys."""
    fresh: dict[tuple[str, str], Hit] = {}
    for hit in hits:
        key = key_of(hit)
        if key not in known and (key not in fresh or fills(hit.text, fresh[key].text)):
            fresh[key] = hit
    return [fresh[key] for key in sorted(fresh)]


def by_sender(hits: Iterable[Hit]) -> Mapping[str, Sequence[Hit]]:
    """Give the hits of each sender, senders in a fixed order."""
    groups: dict[str, list[Hit]] = {}
    for hit in hits:
        groups.setdefault(hit.sender, []).append(hit)
    return dict(sorted(groups.items()))


@dataclass(frozen=True)
class Summary:
    """What a case says about all of its evidence."""

    label: str
    spam: float
    first_seen: datetime
    last_seen: datetime
    count: int
    lowered: bool = False
    velocity: dict[str, Any] | None = None
    volume_exceeded: bool = False
    peaks: dict[str, Any] | None = None

    def extended_by(self, hits: Sequence[Hit], *, guards_lower: bool = True) -> Summary:
        """Give the summary after further evidence; the label is that of the highest score.

        It is lowered while all of its evidence looks like legitimate notices, if the policy says `guards_lower`. The
        velocity is that of the latest hit; a sender that exceeded the volume rule once has done so for good, and its
        `peaks` stay.
        """
        top = max(hits, key=lambda hit: hit.spam)
        higher = self.count == 0 or top.spam > self.spam
        return Summary(
            label=storable(top.label) if higher else self.label,
            spam=top.spam if higher else self.spam,
            first_seen=min([*([self.first_seen] if self.count else []), *(hit.sent_at for hit in hits)]),
            last_seen=max([*([self.last_seen] if self.count else []), *(hit.sent_at for hit in hits)]),
            count=self.count + len(hits),
            lowered=guards_lower and (self.lowered or not self.count) and all(hit.guards for hit in hits),
            velocity=latest_velocity(self.velocity, hits),
            volume_exceeded=self.volume_exceeded or any(hit.velocity and hit.velocity.exceeded for hit in hits),
            peaks=peaks(self.peaks, hits),
        )

    def completed_by(self, hits: Sequence[Hit], *, guards_lower: bool = True) -> Summary:
        """Give the summary after late parts of evidence that it counts already: these hits are that evidence."""
        return replace(self.extended_by(hits, guards_lower=guards_lower), count=self.count)
