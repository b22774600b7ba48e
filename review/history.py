"""What is known about a sender: its cases, what people decided about it, and the orders that followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from review.models import Approval, Case, Decision, EnforcementOrder

CASES_SHOWN = 50


@dataclass(frozen=True)
class Step:
    """Something a person decided: `what` is a kind of decision or a verdict."""

    at: datetime
    who: str
    what: str
    category: str
    reason: str
    case: Case


@dataclass(frozen=True)
class History:
    """All about a sender, newest first."""

    earlier: Sequence[Case]
    steps: Sequence[Step]
    orders: Sequence[EnforcementOrder]


def history_of(case: Case) -> History:
    """Load the history of a case's sender."""
    cases = list(Case.objects.filter(sender=case.sender).order_by("-opened_at", "-pk")[:CASES_SHOWN])
    decisions = Decision.objects.filter(case__in=cases).select_related("case", "reviewer")
    approvals = Approval.objects.filter(decision__case__in=cases).select_related("decision__case", "approver")
    steps = [
        *(Step(d.at, d.reviewer.get_username(), d.kind, d.category, d.reason, d.case) for d in decisions),
        *(
            Step(a.at, a.approver.get_username(), a.verdict, a.decision.category, a.reason, a.decision.case)
            for a in approvals
        ),
    ]
    orders = EnforcementOrder.objects.filter(case__in=cases).select_related("case", "reviewer", "approver")
    return History(
        earlier=[other for other in cases if other.pk != case.pk],
        steps=sorted(steps, key=lambda step: step.at, reverse=True),
        orders=list(orders.order_by("-created_at")),
    )
