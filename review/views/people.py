"""Who sits in front of the page."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from config.roles import Role, role_required, roles_of

HOMES = {
    Role.REVIEWER: "queue",
    Role.APPROVER: "approvals",
    Role.OPERATOR: "gateways",
    Role.AUDITOR: "audit_log",
    Role.ADMIN: "audit_log",
}


def reader_of(request: HttpRequest) -> User:
    """Give the person logged in.

    Raises:
        PermissionDenied: nobody is.
    """
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


@require_safe
@role_required(*Role)
def home(request: HttpRequest) -> HttpResponse:
    """Lead each role to its own page."""
    roles = roles_of(request.user)
    return redirect(next(page for role, page in HOMES.items() if role in roles))
