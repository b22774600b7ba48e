"""Tells operators on every page that an alarm about a gateway stands."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from review.watching import standing_alarms


def standing_alarms_of(_request: HttpRequest) -> dict[str, Any]:
    """Give templates `standing_alarms`; the database is asked only where they are shown."""
    return {"standing_alarms": SimpleLazyObject(lambda: list(standing_alarms()))}
