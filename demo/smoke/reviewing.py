"""The smoke's review: one person decides, may not sign it herself, another one does, and the network obeys."""

from __future__ import annotations

from config.roles import Role
from demo.console import OK, Console
from demo.smoke.feeding import SPAMMER
from demo.smoke.steps import Play, check, wait_for

CATEGORY = "gambling"


def review(play: Play) -> None:
    """Bring the spammer's case to an executed order."""
    from django.contrib.auth.models import Group, User

    from review.models import Case, EnforcementOrder, OrderStatus
    from review.rules import Status

    case = wait_for("the spammer's case", lambda: Case.objects.filter(sender=SPAMMER).first())
    # She may sign orders, too, so that what stops her below is that she decided herself.
    User.objects.get(username=Role.REVIEWER).groups.add(Group.objects.get(name=Role.APPROVER))
    path = f"/cases/{case.pk}"
    play.say(f"{case.reference}: the reviewer decides")
    reviewer = _person(play, Role.REVIEWER)
    check("the queue opens", right=reviewer.get("/cases/").status_code == OK)
    reviewer.post(f"{path}/claim/")
    case.refresh_from_db()
    check("the case is claimed", right=case.claimed_by is not None and case.claimed_by.username == Role.REVIEWER)
    reviewer.post(f"{path}/decide/", verdict="confirm", category=CATEGORY, reason="smoke")
    decision = case.decisions.filter(kind="confirm").first()
    check("the decision is kept", right=decision is not None)
    assert decision is not None  # noqa: S101 - for the type checker: just checked
    approval = {"decision": str(decision.pk), "verdict": "approve", "reason": "smoke"}
    play.say(f"{case.reference}: the same person tries to sign, and may not")
    reviewer.post(f"{path}/approve/", **approval)
    check("nobody signs her own decision", right=not EnforcementOrder.objects.exists())
    play.say(f"{case.reference}: the approver signs")
    approver = _person(play, Role.APPROVER)
    check("the approvals open", right=approver.get("/approvals/").status_code == OK)
    approver.post(f"{path}/approve/", **approval)
    order = wait_for("the order", lambda: EnforcementOrder.objects.filter(case=case).first(), 5)

    def done() -> bool:
        order.refresh_from_db()
        return order.status == OrderStatus.DONE

    wait_for("the network acknowledges the order", done, 30, lambda: (order.status, order.ack_reason))
    check("the network stopped the spammer alone", right=play.network.stopped == [SPAMMER], found=play.network.stopped)
    case.refresh_from_db()
    check("the case is closed", right=case.status == Status.CLOSED, found=case.status)


def _person(play: Play, role: Role) -> Console:
    console = Console(play.stack.base_url)
    console.log_in(role.value, play.stack.secrets.passwords[role.value])
    return console
