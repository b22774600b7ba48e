"""What the gateways feed us, for operators."""

from __future__ import annotations

import logging

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from redis import RedisError

from config.roles import Role, role_required
from review.gateways import load_counts

log = logging.getLogger(__name__)


@require_safe
@role_required(Role.OPERATOR, Role.AUDITOR, Role.ADMIN)
def gateways(request: HttpRequest) -> HttpResponse:
    """Show the live counts of each gateway; htmx asks for the table alone."""
    try:
        counts = load_counts(settings.ENVIRONMENT.redis_url)
    except RedisError:
        log.warning("gateways page: Redis does not answer", exc_info=True)
        counts = None
    template = "review/_gateway_table.html" if request.headers.get("HX-Request") else "review/gateways.html"
    return render(request, template, {"counts": counts, "active": "gateways"})
