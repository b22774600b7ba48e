"""What waits for a second signature, and what became of the orders."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from config.roles import Role, role_required
from review.models import EnforcementOrder, OrderStatus
from review.queue import awaiting_approval
from review.views.people import reader_of

ROWS_A_PAGE = 25


@require_safe
@role_required(Role.APPROVER, Role.AUDITOR, Role.ADMIN)
def approvals(request: HttpRequest) -> HttpResponse:
    """Show the confirmations that wait for a second signature."""
    context = {
        "page": Paginator(awaiting_approval(), ROWS_A_PAGE).get_page(request.GET.get("page")),
        "reader": reader_of(request),
        "now": timezone.now(),
        "active": "approvals",
    }
    return render(request, "review/approvals.html", context)


@require_safe
@role_required(Role.APPROVER, Role.AUDITOR, Role.ADMIN)
def orders(request: HttpRequest) -> HttpResponse:
    """Show the orders and how far each has come, newest first."""
    status = request.GET.get("status", "")
    found = EnforcementOrder.objects.select_related("case", "reviewer", "approver").order_by("-created_at", "id")
    if status in OrderStatus.values:
        found = found.filter(status=status)
    context = {
        "page": Paginator(found, ROWS_A_PAGE).get_page(request.GET.get("page")),
        "status": status,
        "statuses": OrderStatus.values,
        "active": "orders",
    }
    return render(request, "review/orders.html", context)
