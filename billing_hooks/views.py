"""The pages about subscribers: find one by number, see everything said and ordered, and the catalogue."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing_hooks.models import Service, Subscriber
from billing_hooks.picture import picture_of
from config.numbers import level
from config.roles import Role, role_required
from ledger import audit
from ledger.chain import Event

READERS = (Role.OPERATOR, Role.AUDITOR, Role.ADMIN)
REVEALED = "revealed_subscriber"


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*READERS)
def subscriber_search(request: HttpRequest) -> HttpResponse:
    """Find a subscriber by the full number, which travels in the body alone."""
    if request.method == "POST":
        number = request.POST.get("number", "").replace("\0", "").strip()
        found = Subscriber.objects.filter(msisdn=level(number)).first()
        if found:
            return redirect("subscriber", found.pk)
        messages.error(request, _("No subscriber with this number is known here."))
        return redirect("subscriber_search")
    return render(request, "billing_hooks/search.html", {"active": "subscribers"})


@never_cache
@require_safe
@role_required(*READERS)
def subscriber_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show all that is known of a subscriber; the number is masked unless it was asked for just now."""
    subscriber = get_object_or_404(Subscriber, pk=pk)
    revealed = request.session.pop(REVEALED, None) == subscriber.pk
    context = {
        "subscriber": subscriber,
        "revealed": revealed,
        "active": "subscribers",
        **picture_of(subscriber, timezone.now()),
    }
    return render(request, "billing_hooks/subscriber.html", context)


@require_POST
@role_required(*READERS)
def reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the full number once; the audit log keeps who asked."""
    subscriber = get_object_or_404(Subscriber, pk=pk)
    with transaction.atomic():
        asked = Event(request.user.get_username(), "number_revealed", "subscriber", str(subscriber.pk))
        audit.record([asked], at=timezone.now())
    if request.headers.get("HX-Request"):
        return render(request, "billing_hooks/_number.html", {"subscriber": subscriber, "revealed": True})
    request.session[REVEALED] = subscriber.pk
    return redirect("subscriber", subscriber.pk)


@require_safe
@role_required(*READERS)
def services(request: HttpRequest) -> HttpResponse:
    """Show the catalogue."""
    return render(request, "billing_hooks/services.html", {"services": Service.objects.all(), "active": "subscribers"})
