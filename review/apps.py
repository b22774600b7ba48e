"""The Django app of this room."""

from __future__ import annotations

from django.apps import AppConfig


class ReviewConfig(AppConfig):
    """Registers the room with Django."""

    name = "review"
