"""`{{ entry.action|worded }}`, `{{ kind|subject_named }}` and `{{ entry.details|pairs }}` in a template."""

from __future__ import annotations

from typing import Any

from django import template

from ledger.actions import ACTIONS
from ledger.details import key_name, subject_name, value_name

register = template.Library()
register.filter("subject_named", subject_name)


@register.filter
def worded(action: str) -> str:
    """Give how people read an action; its name when an older release recorded it."""
    return str(ACTIONS.get(action, action))


@register.filter
def pairs(details: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Give the key of each detail that says something, what it is called, and its value as people read it."""
    return [(key, key_name(key), value_name(key, value)) for key, value in details.items() if value not in ("", None)]
