"""How services, prices and states of this room are called and coloured in templates."""

from __future__ import annotations

from typing import Final

from django import template
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from billing_hooks import wording
from billing_hooks.models import Service
from config.texts import Language

register = template.Library()

STATES: Final = {
    "active": (_("in use"), "ok"),
    "cancelling": (_("being cancelled"), "warn"),
    "cancelled": (_("cancelled"), "muted"),
    "cancel_failed": (_("cancellation failed"), "bad"),
    "pending": (_("waiting for BOSS"), "warn"),
    "done": (_("done"), "ok"),
    "not_waived": (_("cancelled, charge not waived"), "bad"),
    "failed": (_("failed"), "bad"),
    "delivered": (_("delivered"), "ok"),
    "planned": (_("planned"), "info"),
    "open": (_("awaiting a reply"), "info"),
    "superseded": (_("replaced by a later one"), "muted"),
    "charged": (_("charge date passed"), "muted"),
    "missed": (_("too late to send"), "bad"),
}
NAMES: Final = {
    "order": _("new order"),
    "final": _("before the charge"),
    "corrected": _("charge changed"),
    "reminder": _("reply to a reminder"),
    "desk": _("0000 desk"),
    "at_once": _("at once"),
    "next_day": _("next day"),
    "next_cycle": _("next billing cycle"),
    "CancelSubscription": _("cancel the subscription"),
    "WaiveCharge": _("waive the charge"),
    "ExcludeFromSettlement": _("exclude from settlement"),
    "not_ours": _("for another service"),
    "list_sent": _("asked for the list"),
    "cancel_asked": _("cancelled a service"),
    "explained": _("could not be done, told why"),
    "asked_which": _("unclear which, asked back"),
    "helped": _("not understood, help"),
}


def _language() -> Language:
    return "en" if (get_language() or "").startswith("en") else "zh-Hans"


@register.filter
def state_badge(state: str) -> str:
    """Give the colour class of a state."""
    return f"badge-{STATES[state][1]}" if state in STATES else "badge-muted"


@register.filter
def state_name(state: str) -> str | Promise:
    """Give the name of a state in the reader's language."""
    return STATES[state][0] if state in STATES else state


@register.filter
def kind_name(kind: str) -> str | Promise:
    """Give the name of a kind, origin, effect or outcome in the reader's language."""
    return NAMES.get(kind, kind)


@register.filter
def service_name(service: Service) -> str:
    """Give the name of a service in the reader's language."""
    return service.name(_language())


@register.filter
def provider_name(service: Service) -> str:
    """Give the name of a service's provider in the reader's language."""
    return service.provider_name(_language())


@register.filter
def refusal(service: Service) -> str:
    """Say in the reader's language why a text cannot cancel the service."""
    return service.reason(_language())


@register.filter
def monthly(fen: int) -> str:
    """Give a monthly price in the reader's language."""
    return wording.monthly(fen, _language())


@register.filter
def money(fen: int) -> str:
    """Give an amount in the reader's language."""
    return wording.once(fen, _language())
