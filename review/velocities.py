"""How fast a sender sent, as evidence and cases keep it: each hit's own figures, the latest, and the proof of the rule.

A velocity is kept as a dict of `config.records.Velocity`, with `at`, when the hit was scored, and `sent_at`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from config.records import Hit

Kept = dict[str, Any]
SPANS: Final = ("hour", "day")


def kept_velocity(hit: Hit) -> Kept | None:
    """Give the velocity of a hit as it is kept, if it has one."""
    if hit.velocity is None:
        return None
    shown: Kept = msgspec.to_builtins(hit.velocity)
    return {"at": _moment(hit.scored_at), "sent_at": _moment(hit.sent_at), **shown}


def latest_velocity(before: Kept | None, hits: Iterable[Hit]) -> Kept | None:
    """Give the velocity of the hit that was scored last; that of before if it is later."""
    return max([*([before] if before else []), *_kept(hits)], key=lambda one: str(one["at"]), default=None)


def peaks(before: dict[str, Kept] | None, hits: Iterable[Hit]) -> dict[str, Kept] | None:
    """Give the velocities that exceeded the volume rule of the `hour` and of the `day` by the highest figure.

    None of either span if nothing exceeded that rule yet.
    """
    highest = dict(before or {})
    for one in _kept(hits):
        for span in SPANS:
            if _over(one, span) and (span not in highest or one[span] > highest[span][span]):
                highest[span] = one
    return highest or None


def _kept(hits: Iterable[Hit]) -> list[Kept]:
    return [kept for hit in hits if (kept := kept_velocity(hit))]


def _over(one: Kept, span: str) -> bool:
    """Say whether it was this figure that exceeded the rule; without limits it may have been either."""
    limit = one[f"per_{span}"]
    return bool(one["exceeded"]) and (one[span] > limit if limit else not any(one[f"per_{each}"] for each in SPANS))


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
