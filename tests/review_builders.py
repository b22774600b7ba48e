"""Builders for the review room: people with roles, and cases as far as a test needs them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client

from config.policy import load_policy
from config.roles import Role
from review import desk
from review.casework import take_hits
from review.models import Approval, Case, Decision, EnforcementOrder, RecallCheck
from review.sampling import take_next, take_samples
from tests.builders import NOW, SENDER, a_hit, a_sample

POLICY = load_policy()


def a_person(name: str, *roles: Role) -> User:
    """A user with these roles; the same one when asked for again."""
    user, _ = User.objects.get_or_create(username=name)
    user.groups.set([Group.objects.get_or_create(name=role.value)[0] for role in roles])
    return user


def a_reviewer(name: str = "lin") -> User:
    """Someone who decides."""
    return a_person(name, Role.REVIEWER)


def an_approver(name: str = "zhao") -> User:
    """Someone who signs."""
    return a_person(name, Role.APPROVER)


def logged_in(user: User) -> Client:
    """A browser in which somebody is logged in."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def a_case(**hit: Any) -> Case:
    """An open case with one piece of evidence."""
    take_hits([a_hit(**hit)], NOW, POLICY)
    return Case.objects.get(sender=hit.get("sender", SENDER), closed_at=None)


def a_taken_sample(reviewer: User, **sample: Any) -> RecallCheck:
    """A sample of the recall check that a reviewer holds."""
    take_samples([a_sample(**sample)])
    taken = take_next(reviewer, NOW, POLICY)
    assert taken is not None
    return taken


def a_confirmation(case: Case | None = None, reviewer: User | None = None) -> Decision:
    """A case that waits for its second signature."""
    case = case or a_case()
    return desk.decide(case.pk, reviewer or a_reviewer(), "confirm", category="gambling", now=NOW)


def an_approval(decision: Decision | None = None) -> Approval:
    """A case whose stop is ordered."""
    decision = decision or a_confirmation()
    return desk.approve(decision.case_id, decision.pk, an_approver(), "approve", now=NOW)


def an_order() -> EnforcementOrder:
    """An order on its way to the network."""
    return an_approval().order
