"""`{{ entry.action|worded }}` and `{{ entry.details|pairs }}` in a template."""

from __future__ import annotations

from typing import Any

from django import template

from ledger.actions import ACTIONS

register = template.Library()


@register.filter
def worded(action: str) -> str:
    """Give how people read an action; its name when an older release recorded it."""
    return str(ACTIONS.get(action, action))


@register.filter
def pairs(details: dict[str, Any]) -> list[tuple[str, Any]]:
    """Give the details of an entry; `details.items` in a template would look up a detail called items first."""
    return list(details.items())
