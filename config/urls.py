"""The addresses of the console."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.http import require_safe
from django.views.i18n import set_language


@login_not_required
@require_safe
def health(_request: HttpRequest) -> HttpResponse:
    """Answer that the process serves; needs no log-in."""
    return HttpResponse("ok", content_type="text/plain")


urlpatterns = [
    path("health", health, name="health"),
    path("language", login_not_required(set_language), name="set_language"),
    path("account/", include("config.account_urls")),
    path("ledger/", include("ledger.urls")),
    path("subscribers/", include("billing_hooks.urls")),
    path("", include("review.urls")),
]
