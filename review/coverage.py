"""Whether a gateway is well: never fed, silent longer than its own rhythm, or with another share of hits; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from math import sqrt

from config.policy import CoveragePolicy
from review.hit_share import Comparison, Share, compare
from review.rhythm import AROUND, DAY, rhythm_of

REMEMBERED_AT_MOST = DAY
"""Minutes of quiet that a rhythm may grant that was remembered, because its traffic is no longer known."""
UNTOLD_HOURS = 24
"""How long an alarm about the share of hits stands when there is too little traffic to tell."""
MAY_BE_CHANCE = 0.05
"""How likely a difference must be by chance for an alarm about the share of hits to end."""
HOUR = 60

Minutes = Mapping[int, Mapping[str, int]]
"""Counts (received, scored, hits, rejected) by the minute since 1970."""


class Kind(StrEnum):
    """What an alarm is about."""

    NEVER_FED = "never_fed"
    SILENT = "silent"
    HIT_SHARE = "hit_share"


class State(StrEnum):
    """What there is to say about a gateway."""

    NEVER_FED = "never_fed"
    SILENT = "silent"
    HIT_SHARE = "hit_share"
    AWAITED = "awaited"
    UNREAD = "unread"
    LEARNING = "learning"
    WELL = "well"


@dataclass(frozen=True)
class Seen:
    """What is known of a gateway.

    Attributes:
        watched_since: when somebody first looked at it.
        last_at: its last SMS, None if there never was one.
        minutes: its traffic.
        remembered: the last tolerance in minutes, for when its traffic was forgotten.
        unread: records of its topic that scoring has not read, None if not known.
        standing: when each of its alarms began.
    """

    watched_since: datetime
    last_at: datetime | None
    minutes: Minutes
    remembered: int | None = None
    unread: int | None = None
    standing: Mapping[Kind, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """What is to be said: the state, and for each alarm that stands or begins its figures.

    `tolerance` is the minutes for which it may be quiet now, None if nobody knows.
    """

    state: State
    alarms: Mapping[Kind, Mapping[str, float]]
    tolerance: int | None = None
    share: Comparison | None = None


def judge(seen: Seen, now: datetime, policy: CoveragePolicy) -> Verdict:
    """Judge a gateway."""
    minute = int(now.timestamp()) // 60
    if seen.last_at is None:
        return _never_fed(seen, now, policy)
    active = sorted(one for one, counts in seen.minutes.items() if counts.get("received"))
    rhythm = rhythm_of(active, minute, policy)
    tolerance = rhythm.tolerance if rhythm else _remembered(seen.remembered, policy)
    quiet = (now - seen.last_at).total_seconds() / 60
    share = hit_share(seen.minutes, minute, policy)
    alarms: dict[Kind, Mapping[str, float]] = {}
    began = seen.standing.get(Kind.SILENT)
    if (quiet > tolerance and not seen.unread) or (began is not None and seen.last_at <= began):
        alarms[Kind.SILENT] = {"quiet_minutes": round(quiet), "tolerance_minutes": tolerance}
    if _share_alarms(share, seen.standing.get(Kind.HIT_SHARE), now, policy):
        alarms[Kind.HIT_SHARE] = _figures(share)
    if alarms:
        state = State(next(iter(alarms)))
    elif quiet > tolerance:
        state = State.UNREAD
    else:
        state = State.WELL if rhythm and not rhythm.learning else State.LEARNING
    return Verdict(state, alarms, tolerance, share)


def hit_share(minutes: Minutes, now: int, policy: CoveragePolicy) -> Comparison | None:
    """Compare the share of hits of the last minutes with the same time on earlier days, or with what is known.

    A gateway with little traffic or few hits shows in an hour only a great change; its window doubles until it would
    show the smallest rise that matters and a fall to nothing, at most to a day.
    """
    found, length = None, policy.share_window_minutes
    while length <= DAY:
        longer = _compare(minutes, now, length, policy)
        found = longer or found
        if longer and (_changed(longer, policy) or longer.would_show(policy.share_ratio, policy.share_by_chance)):
            break
        length = min(2 * length, DAY) if length < DAY else DAY + 1
    return found


def _compare(minutes: Minutes, now: int, length: int, policy: CoveragePolicy) -> Comparison | None:
    start, around = now - length, min(AROUND, (DAY - length) // 2)
    window = _share(minutes, start, now)
    before = [day * DAY for day in range(1, policy.compared_days + 1)]
    days = [_share(minutes, start - ago - around, now - ago + around) for ago in before]
    earliest = min(minutes, default=start)
    return compare(window, days) or compare(window, _hours(minutes, earliest, start))


def _never_fed(seen: Seen, now: datetime, policy: CoveragePolicy) -> Verdict:
    waited = now - seen.watched_since
    if waited < timedelta(minutes=policy.never_fed_minutes):
        return Verdict(State.AWAITED, {})
    return Verdict(State.NEVER_FED, {Kind.NEVER_FED: {"watched_minutes": round(waited.total_seconds() / 60)}})


def _remembered(tolerance: int | None, policy: CoveragePolicy) -> int:
    return max(policy.learning_minutes, min(tolerance or 0, REMEMBERED_AT_MOST))


def _share_alarms(share: Comparison | None, began: datetime | None, now: datetime, policy: CoveragePolicy) -> bool:
    """Say whether the share of hits is an alarm; one that stands ends well within the limits only, not to flap."""
    if began is not None:
        if share is None:
            return now - began < timedelta(hours=UNTOLD_HOURS)
        return share.ratio >= sqrt(policy.share_ratio) and share.chance <= MAY_BE_CHANCE
    return share is not None and _changed(share, policy)


def _changed(share: Comparison, policy: CoveragePolicy) -> bool:
    return share.ratio >= policy.share_ratio and share.chance <= policy.share_by_chance


def _figures(share: Comparison | None) -> Mapping[str, float]:
    if share is None:
        return {}
    return {"share": share.now.value, "usual_share": share.usual.value, "scored": share.now.scored}


def _hours(minutes: Minutes, start: int, end: int) -> Sequence[Share]:
    return [_share(minutes, one, min(one + HOUR, end)) for one in range(start, end, HOUR)]


def _share(minutes: Minutes, start: int, end: int) -> Share:
    """Add up the minutes `[start, end)`."""
    found = [minutes[minute] for minute in range(start, end) if minute in minutes]
    return Share(sum(one.get("hits", 0) for one in found), sum(one.get("scored", 0) for one in found))
