"""The page of one case, and what people do there."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from config.policy import Policy, load_policy
from config.roles import Role, role_required, roles_of
from review import desk
from review.categories import CATEGORIES
from review.errors import ReviewError
from review.grouping import storable
from review.history import history_of
from review.models import Case
from review.queue import awaiting_approval, next_for
from review.rules import EVIDENCE_A_PAGE, Kind, Status, Verdict
from review.views.people import reader_of

READERS = (Role.REVIEWER, Role.APPROVER, Role.AUDITOR, Role.ADMIN)
REVEALED = "revealed_case"


@cache
def policy() -> Policy:
    """Give the operator's policy, read once a process."""
    return load_policy(settings.ENVIRONMENT.policy_path)


@never_cache
@require_safe
@role_required(*READERS)
def case_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a case: its evidence and why it was flagged, the sender's history, and what the reader may do."""
    case = get_object_or_404(Case.objects.select_related("claimed_by"), pk=pk)
    reader, now = reader_of(request), timezone.now()
    roles = roles_of(reader)
    decision = awaiting_approval().filter(case=case).first()
    deciders = set(case.decisions.filter(round=case.round).values_list("reviewer_id", flat=True))
    held = case.standing.held_against(reader.pk, now)
    evidence = case.evidence.select_related("campaign").prefetch_related("sightings").order_by("-spam", "-id")
    context = {
        "case": case,
        "page": Paginator(evidence, EVIDENCE_A_PAGE).get_page(request.GET.get("page")),
        "strongest": evidence.first(),
        "history": history_of(case),
        "decision": decision,
        "held": held,
        "mine": case.claimed_at(now) and not held,
        "can_decide": Role.REVIEWER in roles and case.status == Status.OPEN and not held,
        "can_sign": Role.APPROVER in roles and decision is not None and reader.pk not in deciders,
        "is_decider": reader.pk in deciders,
        "revealed": request.session.pop(REVEALED, None) == case.pk,
        "categories": CATEGORIES,
        "claim_minutes": round(policy().review.claim_minutes),
        "now": now,
        "active": "queue" if Role.REVIEWER in roles else "approvals",
    }
    return render(request, "review/case.html", context)


@require_POST
@role_required(Role.REVIEWER)
def claim(request: HttpRequest, pk: int) -> HttpResponse:
    """Hold the case against other reviewers."""
    get_object_or_404(Case, pk=pk)
    try:
        desk.claim(pk, reader_of(request), timezone.now(), policy())
    except ReviewError as refusal:
        messages.error(request, str(refusal))
    return redirect("case", pk)


@require_POST
@role_required(Role.REVIEWER)
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm, clear or skip the case, and go on to the next one."""
    case = get_object_or_404(Case, pk=pk)
    reviewer, now = reader_of(request), timezone.now()
    try:
        decision = desk.decide(
            pk,
            reviewer,
            request.POST.get("verdict", ""),
            category=request.POST.get("category", ""),
            reason=storable(request.POST.get("reason", "")),
            now=now,
        )
    except ReviewError as refusal:
        messages.error(request, str(refusal))
        return redirect("case", pk)
    said = {
        Kind.CONFIRM: _("%(case)s confirmed; a second person has to sign before anything happens."),
        Kind.CLEAR: _("%(case)s cleared and closed; nothing happens to the sender."),
        Kind.SKIP: _("%(case)s skipped; it stays open for your colleagues."),
    }
    messages.success(request, said[Kind(decision.kind)] % {"case": case.reference})
    following = next_for(reviewer, now)
    return redirect("case", following.pk) if following else redirect("queue")


@require_POST
@role_required(Role.APPROVER)
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign the confirmation, or send the case back."""
    case = get_object_or_404(Case, pk=pk)
    decision = request.POST.get("decision", "")
    try:
        approval = desk.approve(
            pk,
            int(decision) if decision.isdecimal() else 0,
            reader_of(request),
            request.POST.get("verdict", ""),
            reason=storable(request.POST.get("reason", "")),
            now=timezone.now(),
        )
    except ReviewError as refusal:
        messages.error(request, str(refusal))
        return redirect("case", pk)
    said = {
        Verdict.APPROVE: _("%(case)s signed; the order to stop the service is on its way to the network."),
        Verdict.REJECT: _("%(case)s sent back to the reviewers."),
    }
    messages.success(request, said[Verdict(approval.verdict)] % {"case": case.reference})
    return redirect("case", pk)


@require_POST
@role_required(*READERS)
def reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the sender's number and those in its texts in full once; the audit log keeps who asked."""
    get_object_or_404(Case, pk=pk)
    case = desk.reveal(pk, reader_of(request), timezone.now())
    request.session[REVEALED] = case.pk
    page = request.POST.get("page", "")
    return redirect(reverse("case", args=[pk]) + (f"?page={page}" if page.isdecimal() and page != "1" else ""))
