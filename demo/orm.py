"""Connects this process's ORM to the demo's own database, whatever the environment names."""

from __future__ import annotations

import dj_database_url
from django.db import connections


def connect(url: str) -> None:
    """Let Django's models use this database from now on, in every thread."""
    connections.close_all()
    connections.settings.clear()
    connections.settings.update(connections.configure_settings({"default": dj_database_url.parse(url)}))
    for alias in list(connections):
        if hasattr(connections._connections, alias):  # noqa: SLF001 - `in` would make one
            del connections[alias]


def disconnect() -> None:
    """Close this thread's connections."""
    connections.close_all()
