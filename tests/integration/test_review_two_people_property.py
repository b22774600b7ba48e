"""Whatever happens, in whatever order and however often: no order without two different people behind it.

Hypothesis drives hits, redeliveries, log-ins, forms sent once and twice and with foreign ids, and the network's
answers, through the console as a browser would, and looks at every order after every step.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from config.environment import decode_key
from config.errors import BadRecordError
from config.records import SignedOrder
from config.roles import Role
from ledger.chain import breaks
from ledger.models import AuditEntry, OutboxRecord
from review.casework import take_acks, take_hits
from review.integrity import orders_without_two_people
from review.models import Case, Decision, EnforcementOrder, Evidence
from review.signing import verify
from tests.builders import NOW, a_hit, an_enforcement_ack
from tests.review_builders import POLICY, a_person, logged_in

SENDERS = [f"1380000000{digit}" for digit in range(3)]
PEOPLE = {
    "lin": (Role.REVIEWER,),
    "wu": (Role.REVIEWER, Role.APPROVER),
    "both": (Role.REVIEWER, Role.APPROVER),
    "zhao": (Role.APPROVER,),
    "clerk": (Role.OPERATOR, Role.AUDITOR, Role.ADMIN),
    "nobody": (),
}
people = st.sampled_from(["lin", "wu", "both", "zhao", "wu", "both", "clerk", "nobody"])
picks = st.integers(0, 5)
ANY_CASE = 5
"""The pick that may fall on any case; the others fall on one in the state that a deed needs, if there is one."""


class Console(RuleBasedStateMachine):
    """The console with several people at it, the scoring workers, and the network."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()

    def teardown(self) -> None:
        """Forget all, so that each example starts with an empty database."""
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @initialize()
    def open_the_console(self) -> None:
        self.users: dict[str, User] = {name: a_person(name, *roles) for name, roles in PEOPLE.items()}
        self.browsers = {name: logged_in(user) for name, user in self.users.items()}
        self.hits: list[Any] = []
        self.now = NOW
        for sender in SENDERS:
            self.a_hit_arrives(sender, 0.9)

    def case(self, pick: int, status: str) -> int:
        cases = Case.objects.order_by("pk")
        fitting = [] if pick == ANY_CASE else list(cases.filter(status=status))
        found = fitting or list(cases)
        return found[pick % len(found)].pk

    @rule(sender=st.sampled_from(SENDERS), spam=st.floats(0.5, 1))
    def a_hit_arrives(self, sender: str, spam: float) -> None:
        self.hits.append(a_hit(sender=sender, spam=spam))
        take_hits(self.hits[-1:], self.now, POLICY)

    @rule()
    def everything_is_delivered_again(self) -> None:
        assert take_hits(self.hits, self.now, POLICY).evidence == 0

    @rule(who=people, pick=picks)
    def somebody_logs_out_tries_to_sign_and_logs_in_again(self, who: str, pick: int) -> None:
        self.browsers[who] = Client()
        self.somebody_signs(who, pick, "approve", "", foreign=False, times=1)
        self.browsers[who] = logged_in(self.users[who])

    @rule(who=people, pick=picks)
    def somebody_claims(self, who: str, pick: int) -> None:
        self.browsers[who].post(f"/cases/{self.case(pick, 'open')}/claim/")

    @rule(
        who=people,
        pick=picks,
        verdict=st.sampled_from(["confirm", "confirm", "confirm", "clear", "skip", ""]),
        category=st.sampled_from(["gambling", "fraud", "ad", "ham"]),
        reason=st.sampled_from(["", "理由"]),
        times=st.integers(1, 2),
    )
    def somebody_decides(self, who: str, pick: int, verdict: str, category: str, reason: str, times: int) -> None:
        form = {"verdict": verdict, "category": category, "reason": reason}
        case = self.case(pick, "open")
        for _ in range(times):
            self.browsers[who].post(f"/cases/{case}/decide/", form)

    @rule(
        who=people,
        pick=picks,
        verdict=st.sampled_from(["approve", "approve", "reject", "confirm"]),
        reason=st.sampled_from(["", "理由"]),
        foreign=st.booleans(),
        times=st.integers(1, 2),
    )
    def somebody_signs(self, who: str, pick: int, verdict: str, reason: str, foreign: bool, times: int) -> None:  # noqa: FBT001
        case = self.case(pick, "awaiting_approval")
        decisions = Decision.objects.all() if foreign else Decision.objects.filter(case=case)
        decision = decisions.order_by("-pk").values_list("pk", flat=True).first() or 1
        for _ in range(times):
            form = {"decision": decision, "verdict": verdict, "reason": reason}
            self.browsers[who].post(f"/cases/{case}/approve/", form)

    @rule(reviewer=st.sampled_from(["lin", "wu", "both"]), who=people, pick=picks)
    def a_reviewer_confirms_and_somebody_signs_at_once(self, reviewer: str, who: str, pick: int) -> None:
        self.somebody_decides(reviewer, pick, "confirm", "fraud", "", 1)
        self.somebody_signs(who, pick, "approve", "", foreign=False, times=1)

    @rule(skips=st.sampled_from(["wu", "both"]), confirms=st.sampled_from(["lin", "wu"]), pick=picks)
    def who_skipped_signs_what_another_confirmed(self, skips: str, confirms: str, pick: int) -> None:
        self.somebody_decides(skips, pick, "skip", "", "理由", 1)
        self.a_reviewer_confirms_and_somebody_signs_at_once(confirms, skips, pick)

    @rule(pick=picks, status=st.sampled_from(["done", "failed", "refused"]), known=st.booleans())
    def the_network_answers(self, pick: int, status: str, known: bool) -> None:  # noqa: FBT001
        orders = list(EnforcementOrder.objects.order_by("created_at"))
        if known and orders:
            order = orders[pick % len(orders)]
            take_acks([an_enforcement_ack(order=str(order.pk), target=order.target, status=status)], self.now)
        else:
            with pytest.raises(BadRecordError):
                take_acks([an_enforcement_ack(order=f"order-{pick}", status=status)], self.now)

    @rule(minutes=st.sampled_from([1, 31, 600]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        Case.objects.exclude(claimed_until=None).update(claimed_until=NOW - timedelta(days=1))

    @invariant()
    def no_order_lacks_its_two_people(self) -> None:
        assert orders_without_two_people() == 0
        for order in EnforcementOrder.objects.select_related("decision", "approval", "reviewer", "approver"):
            assert order.reviewer != order.approver
            assert (order.decision.kind, order.approval.verdict) == ("confirm", "approve")
            assert (order.decision.reviewer, order.approval.approver) == (order.reviewer, order.approver)
            assert Role.REVIEWER in PEOPLE[order.reviewer.username]
            assert Role.APPROVER in PEOPLE[order.approver.username]
            assert not Decision.objects.filter(
                case=order.case, round=order.decision.round, reviewer=order.approver
            ).exists()
            signed = SignedOrder(
                id=str(order.pk), target=order.target, order=order.signed_text, signature=order.signature
            )
            assert verify(signed, self.public_key()).approver == order.approver.username

    @invariant()
    def every_order_went_out_once_and_no_sender_has_two_open_cases(self) -> None:
        orders = EnforcementOrder.objects.count()
        assert OutboxRecord.objects.filter(topic="enforcement.orders").count() == orders
        for sender in SENDERS:
            assert Case.objects.filter(sender=sender).exclude(status="closed").count() <= 1

    @invariant()
    def nothing_is_lost_and_the_chain_holds(self) -> None:
        assert Evidence.objects.count() == len(self.hits)
        assert not list(breaks(AuditEntry.objects.order_by("seq")))

    def public_key(self) -> bytes:
        """The key with which the network checks orders."""
        return decode_key(os.environ["QINGXIN_ORDER_PUBLIC_KEY"])


@pytest.mark.django_db
def test_no_sequence_of_events_makes_an_order_without_two_different_people() -> None:
    # Shrinking would take minutes here; the steps of a failure are printed as they were.
    phases = (Phase.explicit, Phase.reuse, Phase.generate)
    run_state_machine_as_test(
        Console, settings=settings(max_examples=20, stateful_step_count=30, deadline=None, phases=phases)
    )
