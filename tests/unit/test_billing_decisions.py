"""A reply finds its own reminder, a number its own item; nothing is guessed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_hooks.cancelling import Answer, Charge, Order, open_cycles, order_id, orders_to_cancel, verdict
from billing_hooks.parsing import CancelAsked, ListWanted, NotUnderstood
from billing_hooks.ports import (
    CODES,
    FIRST_CODE,
    LAST_CODE,
    answer_port,
    code_of_port,
    is_ours,
    next_code,
    reminder_port,
)
from billing_hooks.replies import (
    Chosen,
    Decision,
    Holding,
    Outcome,
    Remark,
    SentReminder,
    ShownList,
    Situation,
    Why,
    decide,
)

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
BARE = CancelAsked(verb=True)
HELD = {
    1: Holding(1, "CRBT", "active"),
    2: Holding(2, "WEATHER", "active"),
    3: Holding(3, "MAIN-TARIFF", "active", cancellable=False),
    4: Holding(4, "READING", "cancelled"),
    5: Holding(5, "GAMES", "cancelling"),
    6: Holding(6, "VIDEO", "active"),
    7: Holding(7, "VIDEO", "cancel_failed"),
}
TWO_OPEN = [SentReminder(101, 2, open=True), SentReminder(100, 1, open=True)]
SHOWN = ShownList(valid=True, items={1: 1, 2: 2, 3: 3, 4: 4})


def cancelled(subscription: int, origin: str) -> Decision:
    return Decision(Outcome.CANCEL, (Chosen(subscription, origin),))


def explained(why: Why, about: str = "") -> Decision:
    return Decision(Outcome.EXPLAINED, remarks=(Remark(why, about),))


def test_a_reply_to_a_reminders_own_port_cancels_that_subscription() -> None:
    assert decide(BARE, "10086977100", Situation(HELD, TWO_OPEN)) == cancelled(1, "reminder")


def test_a_short_code_cancels_that_subscription() -> None:
    asked = CancelAsked(verb=True, numbers=(101,))
    assert decide(asked, "10086", Situation(HELD, TWO_OPEN)) == cancelled(2, "reminder")


def test_a_bare_reply_to_10086_cancels_if_one_reminder_is_open() -> None:
    one_open = [SentReminder(101, 2, open=True), SentReminder(100, 1, open=False)]
    assert decide(BARE, "10086", Situation(HELD, one_open)) == cancelled(2, "reminder")


def test_a_bare_reply_to_10086_is_asked_back_if_several_are_open() -> None:
    assert decide(BARE, "10086", Situation(HELD, TWO_OPEN)) == Decision(Outcome.ASKED, codes=(100, 101))


def test_two_reminders_of_one_subscription_are_one() -> None:
    both = [SentReminder(101, 2, open=True), SentReminder(100, 2, open=True)]
    assert decide(BARE, "10086", Situation(HELD, both)) == cancelled(2, "reminder")


def test_a_reminder_that_offered_no_reply_does_not_make_a_bare_reply_unclear() -> None:
    one_offered = [SentReminder(101, 3, open=True), SentReminder(100, 1, open=True)]
    assert decide(BARE, "10086", Situation(HELD, one_offered)) == cancelled(1, "reminder")


def test_a_bare_reply_to_nothing_is_helped() -> None:
    assert decide(BARE, "10086", Situation(HELD)) == Decision(Outcome.HELP)


def test_a_late_reply_still_names_its_subscription() -> None:
    past = [SentReminder(100, 1, open=False)]
    assert decide(BARE, "10086977100", Situation(HELD, past)) == cancelled(1, "reminder")


def test_a_code_means_the_newest_reminder_that_carried_it() -> None:
    twice = [SentReminder(100, 2, open=True), SentReminder(100, 1, open=False)]
    assert decide(BARE, "10086977100", Situation(HELD, twice)) == cancelled(2, "reminder")


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1, cancelled(1, "desk")),
        (3, explained(Why.NOT_CANCELLABLE, "MAIN-TARIFF")),
        (4, explained(Why.ALREADY_CANCELLED, "READING")),
        (9, explained(Why.NOT_ON_LIST, "9")),
        (555, explained(Why.NOT_ON_LIST, "555")),
    ],
)
def test_a_number_means_its_item_on_the_list(number: int, expected: Decision) -> None:
    assert decide(CancelAsked(verb=False, numbers=(number,)), "10086977", Situation(HELD, shown=SHOWN)) == expected


def test_several_numbers_do_what_they_can_and_say_the_rest() -> None:
    asked = CancelAsked(verb=False, numbers=(1, 9, 2, 8))
    assert decide(asked, "10086977", Situation(HELD, shown=SHOWN)) == Decision(
        Outcome.CANCEL,
        (Chosen(1, "desk"), Chosen(2, "desk")),
        (Remark(Why.NOT_ON_LIST, "9"), Remark(Why.NOT_ON_LIST, "8")),
    )


def test_a_number_without_a_list_is_told_how_to_get_one() -> None:
    assert decide(CancelAsked(verb=False, numbers=(1, 2)), "10086", Situation(HELD)) == explained(Why.NO_LIST)


def test_a_number_of_an_expired_list_cancels_nothing() -> None:
    expired = ShownList(valid=False, items={1: 1})
    assert decide(CancelAsked(verb=True, numbers=(1,)), "10086", Situation(HELD, shown=expired)) == explained(
        Why.LIST_EXPIRED
    )


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("CRBT", cancelled(1, "desk")),
        ("VIDEO", explained(Why.WHICH_ONE, "VIDEO")),
        ("GAMES", explained(Why.BEING_CANCELLED, "GAMES")),
        ("READING", explained(Why.ALREADY_CANCELLED, "READING")),
        ("STOCKS", explained(Why.NOT_SUBSCRIBED, "STOCKS")),
    ],
)
def test_a_verb_and_a_name_cancel_that_service(service: str, expected: Decision) -> None:
    assert decide(CancelAsked(verb=True, services=(service,)), "10086", Situation(HELD)) == expected


def test_a_name_alone_counts_only_as_an_answer() -> None:
    asked = CancelAsked(verb=False, services=("CRBT",))
    assert decide(asked, "10086", Situation(HELD)) == Decision(Outcome.HELP)
    assert decide(asked, "10086", Situation(HELD, shown=SHOWN)) == cancelled(1, "desk")
    assert decide(asked, "10086", Situation(HELD, TWO_OPEN)) == cancelled(1, "desk")


def test_the_same_thing_named_twice_is_cancelled_once() -> None:
    asked = CancelAsked(verb=True, numbers=(1, 100), services=("CRBT",))
    assert decide(asked, "10086", Situation(HELD, TWO_OPEN, SHOWN)) == cancelled(1, "desk")


@pytest.mark.parametrize("port", ["10600000", "106901234", "10086999", "12321", "1008697", "100869770", "10086977099"])
@pytest.mark.parametrize("intent", [ListWanted(), BARE, NotUnderstood()])
def test_a_text_to_another_port_is_left_alone(port: str, intent: ListWanted | CancelAsked | NotUnderstood) -> None:
    assert decide(intent, port, Situation(HELD, TWO_OPEN)) == Decision(Outcome.NOT_OURS)


numbers = st.lists(st.integers(1, 999)).map(tuple)
intents = st.one_of(st.builds(CancelAsked, st.booleans(), numbers), st.just(NotUnderstood()))


@given(intents, st.sampled_from(["10086", "10086977", "10086977100", "10086977500"]))
def test_only_running_cancellable_subscriptions_are_ever_cancelled_and_each_once(
    intent: CancelAsked | NotUnderstood, port: str
) -> None:
    decision = decide(intent, port, Situation(HELD, TWO_OPEN, SHOWN))

    chosen = [one.subscription for one in decision.cancels]
    assert len(chosen) == len(set(chosen))
    assert set(chosen) <= {1, 2, 6, 7}


def test_a_cancellation_orders_three_things_for_its_open_cycle() -> None:
    assert orders_to_cancel(("2026-12",)) == (
        Order("CancelSubscription"),
        Order("WaiveCharge", "2026-12"),
        Order("ExcludeFromSettlement", "2026-12"),
    )


def test_a_charge_that_has_fallen_is_not_waived() -> None:
    past, coming = NOW - timedelta(days=1), NOW + timedelta(days=1)
    charges = [Charge("2026-11", past, announced=True), Charge("2026-12", coming, announced=True)]
    assert open_cycles(charges, NOW) == ("2026-12",)
    assert open_cycles(charges[:1], NOW) == ()


def test_an_announced_cycle_goes_before_one_derived_from_the_order() -> None:
    coming = NOW + timedelta(days=1)
    derived, announced = Charge("2026-11", coming, announced=False), Charge("202611", coming, announced=True)
    assert open_cycles([derived], NOW) == ("2026-11",)
    assert open_cycles([derived, announced], NOW) == ("202611",)


def test_what_an_order_said_of_a_cycle_does_not_count_once_boss_announced_it() -> None:
    fallen = Charge("2026-11", NOW - timedelta(days=1), announced=True)
    derived = Charge("2026-11", NOW + timedelta(days=1), announced=False)
    assert open_cycles([derived, fallen], NOW) == ()


def test_order_ids_differ_by_every_part_and_are_the_same_again() -> None:
    ids = {
        order_id(subscription, request, order)
        for subscription in ("s1", "s2")
        for request in ("t1", "t2")
        for order in orders_to_cancel(("2026-11", "2026-12"))
    }
    assert len(ids) == 20
    assert order_id("s1", "t1", Order("CancelSubscription")) in ids


@pytest.mark.parametrize(
    ("cancel", "waive", "exclude", "expected"),
    [
        ("done", "done", "queued", None),
        ("done", "done", "done", "done"),
        ("done", "failed", "done", "not_waived"),
        ("done", "done", "failed", "done"),
        ("failed", "done", "done", "failed"),
        ("failed", "failed", "failed", "failed"),
    ],
)
def test_the_verdict_is_whether_it_ended_and_cost_nothing(
    cancel: str, waive: str, exclude: str, expected: str | None
) -> None:
    given_verdict = verdict(
        [Answer("CancelSubscription", cancel), Answer("WaiveCharge", waive), Answer("ExcludeFromSettlement", exclude)]
    )
    assert (given_verdict and given_verdict.outcome) == expected


@given(st.one_of(st.none(), st.integers(FIRST_CODE, LAST_CODE)), st.sets(st.integers(FIRST_CODE, LAST_CODE)))
def test_a_new_code_is_free_and_has_its_own_port(last: int | None, taken: set[int]) -> None:
    code = next_code(last, taken)

    assert code is not None
    assert code not in taken
    assert code_of_port(reminder_port(code)) == code
    assert is_ours(reminder_port(code))
    assert answer_port(reminder_port(code)) == reminder_port(code)


def test_a_code_comes_back_only_after_all_others() -> None:
    codes, last = [], None
    for _ in range(CODES):
        last = next_code(last, ())
        codes.append(last)
    assert len(set(codes)) == CODES
    assert next_code(last, ()) == codes[0]


def test_no_code_is_left_when_all_are_open() -> None:
    assert next_code(500, range(FIRST_CODE, LAST_CODE + 1)) is None
