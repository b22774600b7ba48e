"""`{{ entry.action|worded }}` in a template."""

from __future__ import annotations

from django import template

from ledger.actions import ACTIONS

register = template.Library()


@register.filter
def worded(action: str) -> str:
    """Give how people read an action; its name when an older release recorded it."""
    return str(ACTIONS.get(action, action))
