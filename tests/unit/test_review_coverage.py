"""A gateway's state and alarms follow from values alone: what was seen of it, and the time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from config.policy import load_policy
from review.coverage import Kind, Seen, State, Verdict, judge

POLICY = load_policy().coverage
NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
MINUTE = int(NOW.timestamp()) // 60
DAY = 1440


def traffic(
    until: int, *, days: int = 8, received: int = 100, share: float = 0.02, changes: Mapping[int, Any] | None = None
) -> dict[int, dict[str, int]]:
    counts = {"received": received, "scored": received, "hits": round(received * share)}
    minutes = dict.fromkeys(range(until - days * DAY, until), counts)
    return minutes | dict(changes or {})


def verdict(minutes: Mapping[int, Mapping[str, int]], quiet: int, **changes: Any) -> Verdict:
    fields: dict[str, Any] = {
        "watched_since": NOW - timedelta(days=9), "last_at": NOW - timedelta(minutes=quiet), "minutes": minutes,
    }  # fmt: skip
    return judge(Seen(**(fields | changes)), NOW, POLICY)


def test_a_gateway_that_delivers_as_ever_is_well() -> None:
    found = verdict(traffic(MINUTE), quiet=1)
    assert (found.state, found.alarms) == (State.WELL, {})


def test_a_gateway_that_was_never_fed_is_awaited_first_and_then_an_alarm() -> None:
    for waited, state in ((5, State.AWAITED), (POLICY.never_fed_minutes, State.NEVER_FED)):
        found = verdict({}, 0, last_at=None, watched_since=NOW - timedelta(minutes=waited))
        assert found.state == state
        assert bool(found.alarms) == (state == State.NEVER_FED)


def test_silence_beyond_the_rhythm_is_an_alarm_with_its_figures() -> None:
    found = verdict(traffic(MINUTE - 30), quiet=30)
    assert found.state == State.SILENT
    assert found.alarms[Kind.SILENT] == {"quiet_minutes": 30, "tolerance_minutes": found.tolerance}


def test_silence_within_the_rhythm_is_none() -> None:
    assert verdict(traffic(MINUTE - 8), quiet=8).state == State.WELL


def test_a_gateway_whose_records_wait_unread_is_not_silent() -> None:
    minutes = traffic(MINUTE - 60)
    assert verdict(minutes, quiet=60, unread=12).state == State.UNREAD
    assert verdict(minutes, quiet=60, unread=0).state == State.SILENT
    assert verdict(minutes, quiet=60, unread=None).state == State.SILENT


def test_a_silence_that_began_stands_until_the_next_sms_even_through_a_usual_lull() -> None:
    # Given traffic with a lull at this time of day, in which a silence would be usual
    minutes = {minute: counts for minute, counts in traffic(MINUTE).items() if (MINUTE - minute) % DAY > 120}
    began = NOW - timedelta(minutes=90)
    silent = {"standing": {Kind.SILENT: began}}
    assert verdict(minutes, quiet=130).alarms == {}
    # Then an alarm that stands is not ended by the lull, but by an SMS
    assert verdict(minutes, quiet=130, **silent).state == State.SILENT
    assert verdict(minutes, quiet=1, **silent).alarms == {}


def test_a_share_of_hits_that_changes_is_an_alarm_in_both_directions() -> None:
    for share in (0.1, 0.0):
        window = {
            minute: {"received": 100, "scored": 100, "hits": round(100 * share)}
            for minute in range(MINUTE - 60, MINUTE)
        }
        found = verdict(traffic(MINUTE, changes=window), quiet=1)
        assert found.state == State.HIT_SHARE
        assert found.alarms[Kind.HIT_SHARE] == {"share": share, "usual_share": 0.02, "scored": 6000}


def test_an_alarm_about_the_share_ends_only_well_below_the_limit() -> None:
    def share(hits: int) -> dict[int, dict[str, int]]:
        window = {minute: {"received": 100, "scored": 100, "hits": hits} for minute in range(MINUTE - 60, MINUTE)}
        return traffic(MINUTE, changes=window)

    standing = {"standing": {Kind.HIT_SHARE: NOW - timedelta(hours=2)}}
    assert not verdict(share(3), quiet=1).alarms
    assert verdict(share(3), quiet=1, **standing).alarms
    assert not verdict(share(2), quiet=1, **standing).alarms


def test_an_alarm_about_the_share_stands_for_a_day_when_nothing_can_be_told() -> None:
    nothing = traffic(MINUTE - 2 * DAY, days=1)
    for hours, stands in ((23, True), (25, False)):
        found = verdict(nothing, quiet=1, standing={Kind.HIT_SHARE: NOW - timedelta(hours=hours)})
        assert bool(found.alarms) == stands


def hourly(hits_by_hour_ago: Mapping[int, int], scored: int) -> dict[int, dict[str, int]]:
    """Eight days of one delivery an hour; a hit in every fiftieth SMS as a rule."""
    minutes = {}
    for hour in range(8 * 24):
        usual = 1 if hour % max(1, 50 // scored) == 0 else 0
        hits = hits_by_hour_ago.get(hour, usual)
        minutes[MINUTE - 1 - 60 * hour] = {"received": scored, "scored": scored, "hits": hits}
    return minutes


def test_a_gateway_with_little_traffic_has_the_alarm_too() -> None:
    # Given 480 SMS an hour with 2 % hits, then an hour of nothing but hits: review finding 4
    window = {minute: {"received": 8, "scored": 8, "hits": 8} for minute in range(MINUTE - 60, MINUTE)}
    usual = {
        minute: {"received": 8, "scored": 8, "hits": int(minute % 6 == 0)}
        for minute in range(MINUTE - 8 * DAY, MINUTE - 60)
    }
    found = verdict(usual | window, quiet=1)
    assert found.alarms[Kind.HIT_SHARE]["share"] == 1.0
    assert found.alarms[Kind.HIT_SHARE]["scored"] == 480
    # And ten an hour show a great change at once, a smaller one after some hours
    assert Kind.HIT_SHARE in verdict(hourly({0: 10}, scored=10), quiet=1).alarms
    assert Kind.HIT_SHARE not in verdict(hourly({0: 3}, scored=10), quiet=1).alarms
    assert Kind.HIT_SHARE in verdict(hourly(dict.fromkeys(range(12), 3), scored=10), quiet=1).alarms


def dense(usual_every: int, lately: int, hours: int, received: int = 10) -> dict[int, dict[str, int]]:
    """Eight days of SMS with a hit every so many minutes; in the last hours `lately` hits an hour."""
    minutes = {}
    for ago in range(1, 8 * DAY):
        hit = int(ago % usual_every == 0) if ago > 60 * hours else int(ago % 60 < lately)
        minutes[MINUTE - ago] = {"received": received, "scored": received, "hits": hit}
    return minutes


def test_an_hour_of_many_sms_and_few_hits_is_too_short_to_tell_so_that_some_hours_are_compared() -> None:
    # Given 600 SMS and six hits an hour as a rule: an hour without any may be chance, six such hours are none
    assert Kind.HIT_SHARE not in verdict(dense(10, lately=6, hours=6), quiet=1).alarms
    assert Kind.HIT_SHARE not in verdict(dense(10, lately=0, hours=1), quiet=1).alarms
    assert Kind.HIT_SHARE in verdict(dense(10, lately=0, hours=6), quiet=1).alarms
    # And twice as many as usual for eight hours are none either
    assert Kind.HIT_SHARE in verdict(dense(10, lately=14, hours=8), quiet=1).alarms


def test_an_alarm_of_some_hits_an_hour_ends_some_hours_after_the_burst() -> None:
    standing = {"standing": {Kind.HIT_SHARE: NOW - timedelta(hours=9)}}
    burst = {minute: {"received": 10, "scored": 10, "hits": 3} for minute in range(MINUTE - 9 * 60, MINUTE - 8 * 60)}
    assert not verdict(dense(10, lately=6, hours=12) | burst, quiet=1, **standing).alarms


def test_the_alarm_of_a_burst_where_hits_are_rare_ends_when_it_lies_a_day_back() -> None:
    burst_at = MINUTE - 26 * 60
    quiet_days = {minute: {"received": 10, "scored": 10, "hits": 0} for minute in range(MINUTE - 8 * DAY, MINUTE)}
    burst = {minute: {"received": 10, "scored": 10, "hits": 1} for minute in range(burst_at, burst_at + 60)}
    standing = {"standing": {Kind.HIT_SHARE: NOW - timedelta(hours=25)}}
    assert not verdict(quiet_days | burst, quiet=1, **standing).alarms


def test_one_sms_an_hour_is_compared_over_a_day() -> None:
    assert Kind.HIT_SHARE not in verdict(hourly({}, scored=1), quiet=1).alarms
    assert Kind.HIT_SHARE not in verdict(hourly({0: 1}, scored=1), quiet=1).alarms
    found = verdict(hourly(dict.fromkeys(range(24), 1), scored=1), quiet=1)
    assert Kind.HIT_SHARE in found.alarms


def test_the_first_day_is_compared_with_the_hours_before() -> None:
    window = {minute: {"received": 100, "scored": 100, "hits": 20} for minute in range(MINUTE - 60, MINUTE)}
    minutes = {minute: counts for minute, counts in traffic(MINUTE, changes=window).items() if minute > MINUTE - 400}
    assert verdict(minutes, quiet=1).state == State.HIT_SHARE


def test_without_its_traffic_the_remembered_rhythm_counts() -> None:
    """The live counts were lost; what PostgreSQL knows is the last SMS and the last tolerance."""
    assert verdict({}, quiet=100, remembered=120).state == State.LEARNING
    assert verdict({}, quiet=130, remembered=120).state == State.SILENT
    assert verdict({}, quiet=50, remembered=None).state == State.LEARNING
    assert verdict({}, quiet=25 * 60, remembered=7 * DAY).state == State.SILENT


def test_a_gateway_may_have_two_alarms_at_once() -> None:
    window = {minute: {"received": 100, "scored": 100, "hits": 20} for minute in range(MINUTE - 60, MINUTE - 20)}
    minutes = {minute: counts for minute, counts in traffic(MINUTE, changes=window).items() if minute < MINUTE - 20}
    found = verdict(minutes, quiet=20)
    assert set(found.alarms) == {Kind.SILENT, Kind.HIT_SHARE}
    assert found.state == State.SILENT
