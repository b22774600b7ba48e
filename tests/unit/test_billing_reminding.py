"""Reminders come before the charge, once, and not at night."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_hooks.reminding import Kind, Said, cycle_of, kind_to_plan, quiet_stretch, when_to_remind
from config.policy import load_policy
from demo.boss import Boss

RULES = load_policy().reminders


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=RULES.zone)


moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("kind", "now", "charge_at", "due"),
    [
        (Kind.ORDER, local(10, 12), local(20, 9), local(10, 12)),
        (Kind.ORDER, local(10, 22), local(20, 9), local(11, 8)),
        (Kind.ORDER, local(10, 3), local(20, 9), local(10, 8)),
        (Kind.ORDER, local(10, 7, 59), local(20, 9), local(10, 8)),
        (Kind.ORDER, local(10, 8), local(20, 9), local(10, 8)),
        (Kind.CORRECTED, local(10, 12), local(20, 9), local(10, 12)),
        (Kind.CORRECTED, local(10, 22), local(20, 9), local(11, 8)),
        (Kind.FINAL, local(10, 12), local(20, 9), local(19, 9)),
        (Kind.FINAL, local(10, 12), local(20, 3), local(19, 8)),
        (Kind.FINAL, local(10, 12), local(10, 18), local(10, 12)),
        (Kind.FINAL, local(10, 23), local(11, 9), local(11, 8)),
    ],
)
def test_a_reminder_has_its_moment(kind: Kind, now: datetime, charge_at: datetime, due: datetime) -> None:
    assert when_to_remind(kind, now, charge_at, RULES) == due


def test_at_night_it_goes_out_at_once_if_the_charge_would_fall_before_the_morning() -> None:
    assert when_to_remind(Kind.ORDER, local(10, 23), local(11, 8), RULES) == local(10, 23)


def test_it_goes_out_in_the_evening_if_its_moment_and_the_charge_lie_in_the_same_night() -> None:
    short = RULES.model_copy(update={"final_hours": 4})
    assert when_to_remind(Kind.FINAL, local(10, 12), local(11, 6), short) == local(10, 21, 59)


@pytest.mark.parametrize("kind", Kind)
def test_there_is_no_reminder_once_the_charge_has_fallen(kind: Kind) -> None:
    assert when_to_remind(kind, local(10, 12), local(10, 12), RULES) is None


@given(st.sampled_from(Kind), moments, st.timedeltas(timedelta(seconds=1), timedelta(days=40)))
def test_a_reminder_is_never_early_late_or_at_night_without_need(kind: Kind, now: datetime, ahead: timedelta) -> None:
    charge_at = now + ahead

    due = when_to_remind(kind, now, charge_at, RULES)

    assert due is not None
    assert now <= due < charge_at
    quiet = quiet_stretch(due, RULES)
    assert quiet is None or (due == now and charge_at <= quiet[1])


@given(st.sampled_from(Kind), moments, st.timedeltas(timedelta(seconds=1), timedelta(days=40)))
def test_a_reminder_that_is_due_is_due_when_asked_again(kind: Kind, now: datetime, ahead: timedelta) -> None:
    due = when_to_remind(kind, now, now + ahead, RULES)

    assert due is not None
    assert when_to_remind(kind, due, now + ahead, RULES) == due


def test_equal_hours_mean_no_quiet_hours() -> None:
    always = RULES.model_copy(update={"quiet_from_hour": 8, "quiet_to_hour": 8})
    assert quiet_stretch(local(10, 8), always) is None


def test_a_cycle_is_the_local_month_of_the_charge() -> None:
    assert cycle_of(datetime(2026, 11, 30, 16, 0, tzinfo=UTC), RULES.zone) == "2026-12"


TOLD = local(20, 9)


def said(kind: Kind, amount_fen: int = 500, charge_at: datetime = TOLD, *, sent: bool = True) -> Said:
    return Said(kind, amount_fen, charge_at, sent)


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ([], Kind.FINAL),
        ([said(Kind.FINAL, 300, sent=False)], Kind.FINAL),
        ([said(Kind.FINAL)], None),
        ([said(Kind.FINAL, charge_at=TOLD + timedelta(seconds=30))], None),
        ([said(Kind.FINAL, 300)], Kind.CORRECTED),
        ([said(Kind.FINAL, charge_at=local(19, 9))], Kind.CORRECTED),
        ([said(Kind.FINAL, charge_at=local(21, 9))], Kind.CORRECTED),
        ([said(Kind.FINAL, 300), said(Kind.CORRECTED, 400, sent=False)], Kind.CORRECTED),
        ([said(Kind.FINAL, 300), said(Kind.CORRECTED, 400)], None),
    ],
)
def test_a_charge_is_told_once_and_corrected_once(told: list[Said], kind: Kind | None) -> None:
    assert kind_to_plan(told, 500, TOLD) == kind


def test_the_simulated_boss_names_the_same_cycle() -> None:
    boss, writer = Boss("run", 7, [("CRBT", 500)], ["13900000002"], lively=True), Mock()
    month_ends = datetime(2026, 11, 30, 15, 30, tzinfo=UTC)
    for minute in range(60):
        boss.act(month_ends + timedelta(minutes=minute), writer)

    events = [json.loads(call.args[2]) for call in writer.send.call_args_list]
    charges = [event for event in events if event["type"] == "ChargeDue"]
    assert {event["cycle"] for event in charges} == {"2026-12"}
