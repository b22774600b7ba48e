"""What hits make of a campaign: pure functions of values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from config.records import Hit
from review.grouping import by_sender, storable

KINDS: Final = ("phone", "qq", "wechat", "link")
"""The kinds of contacts, in the order in which they are shown."""

ContactKey = tuple[str, str]


def by_campaign(hits: Iterable[Hit]) -> Mapping[str, Sequence[Hit]]:
    """Give the hits of each campaign, campaigns in a fixed order; hits that were not looked up are left out."""
    groups: dict[str, list[Hit]] = {}
    for hit in hits:
        if hit.campaign:
            groups.setdefault(storable(hit.campaign), []).append(hit)
    return dict(sorted(groups.items()))


def contacts_of(hits: Iterable[Hit]) -> list[ContactKey]:
    """Give the contacts that some hits advertise, each once, in a fixed order."""
    return sorted({(contact.kind, storable(contact.value)) for hit in hits for contact in hit.contacts})


@dataclass(frozen=True)
class Summary:
    """What a campaign says about all of its messages; `gateways` counts them by gateway."""

    first_seen: datetime
    last_seen: datetime
    text: str = ""
    label: str = ""
    spam: float = 0
    size: int = 0
    gateways: Mapping[str, int] = field(default_factory=dict)

    def extended_by(self, hits: Sequence[Hit]) -> Summary:
        """Give the summary after further messages; the one with the highest score speaks for all."""
        top = max(hits, key=lambda hit: hit.spam)
        higher = self.size == 0 or top.spam > self.spam
        moments = [hit.sent_at for hit in hits]
        return Summary(
            first_seen=min([*moments, *([self.first_seen] if self.size else [])]),
            last_seen=max([*moments, *([self.last_seen] if self.size else [])]),
            text=storable(top.text) if higher else self.text,
            label=storable(top.label) if higher else self.label,
            spam=top.spam if higher else self.spam,
            size=self.size + len(hits),
            gateways=Counter(self.gateways) + Counter(storable(hit.gateway) for hit in hits),
        )


@dataclass(frozen=True)
class Share:
    """What one sender adds to a campaign."""

    messages: int
    last_seen: datetime


def shares(hits: Sequence[Hit]) -> Mapping[str, Share]:
    """Give each sender's share of some messages, senders in a fixed order."""
    return {sender: Share(len(found), max(hit.sent_at for hit in found)) for sender, found in by_sender(hits).items()}
