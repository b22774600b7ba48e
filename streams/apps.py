"""The Django app of this room."""

from __future__ import annotations

from django.apps import AppConfig


class StreamsConfig(AppConfig):
    """Registers the room with Django."""

    name = "streams"
