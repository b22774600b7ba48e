"""The audit log as a page."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config.roles import Role, role_required
from ledger.models import AuditEntry

ENTRIES_A_PAGE = 50


@require_safe
@role_required(Role.AUDITOR, Role.ADMIN)
def audit_log(request: HttpRequest) -> HttpResponse:
    """Show the newest audit entries; `?subject=<type>:<id>` narrows them to one subject."""
    entries = AuditEntry.objects.order_by("-seq")
    subject = request.GET.get("subject", "").replace("\x00", "").strip()
    if subject:
        kind, _, identity = subject.partition(":")
        entries = entries.filter(subject_type=kind, subject_id=identity)
    page = Paginator(entries, ENTRIES_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "ledger/audit_log.html", {"page": page, "subject": subject, "active": "audit"})
