"""The queue of cases, and the search for a sender."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from config.roles import Role, role_required, roles_of
from review import desk
from review.categories import CATEGORIES
from review.grouping import storable
from review.queue import cases_for, open_count
from review.rules import FoundBy, Status
from review.views.people import reader_of

CASES_A_PAGE = 25
MAX_NUMBER = 32


@require_safe
@role_required(Role.REVIEWER, Role.AUDITOR, Role.ADMIN)
def queue(request: HttpRequest) -> HttpResponse:
    """Show the cases of one status, open ones unless asked otherwise, most urgent first."""
    status = request.GET.get("status", Status.OPEN)
    label = request.GET.get("label", "")
    now = timezone.now()
    cases = cases_for(reader_of(request), now)
    if status in set(Status):
        cases = cases.filter(status=status)
    if label in CATEGORIES or label == FoundBy.VOLUME:
        cases = cases.filter(label=label)
    context = {
        "page": Paginator(cases, CASES_A_PAGE).get_page(request.GET.get("page")),
        "status": status,
        "label": label,
        "statuses": list(Status),
        "categories": CATEGORIES,
        "open_count": open_count(),
        "now": now,
        "active": "queue",
    }
    return render(request, "review/queue.html", context)


@require_safe
@role_required(Role.REVIEWER, Role.AUDITOR, Role.ADMIN)
def queue_count(request: HttpRequest) -> HttpResponse:
    """Give the number of open cases, for a page that is already open."""
    return render(request, "review/_queue_count.html", {"open_count": open_count()})


@require_POST
@role_required(Role.REVIEWER, Role.APPROVER, Role.AUDITOR, Role.ADMIN)
def find_sender(request: HttpRequest) -> HttpResponse:
    """Show the cases of one sender; the number stands in the form, never in the address."""
    number = storable(request.POST.get("sender", "").strip())[:MAX_NUMBER]
    if not number:
        return redirect("queue")
    reader = reader_of(request)
    now = timezone.now()
    desk.note_search(number, reader, now)
    context = {
        "cases": cases_for(reader, now).filter(sender=number).order_by("-opened_at"),
        "number": number,
        "now": now,
        "next_url": reverse("home" if Role.REVIEWER not in roles_of(reader) else "queue"),
        "active": "queue",
    }
    return render(request, "review/found.html", context)
