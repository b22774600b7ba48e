"""Connects this process's ORM to the demo's own database, whatever the environment names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dj_database_url
from django.db import DEFAULT_DB_ALIAS, connections


def connect(url: str) -> None:
    """Let Django's models use this database from now on, in every thread."""
    connections.close_all()
    _forget_connection()
    _point_to(connections.configure_settings({DEFAULT_DB_ALIAS: dj_database_url.parse(url)}))


def disconnect() -> None:
    """Close this thread's connections."""
    connections.close_all()


@contextmanager
def connected(url: str) -> Iterator[None]:
    """Let Django's models use this database within the block, and then what they used before."""
    settings = dict(connections.settings)
    before = _forget_connection()
    _point_to(connections.configure_settings({DEFAULT_DB_ALIAS: dj_database_url.parse(url)}))
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS].close()
        _forget_connection()
        _point_to(settings)
        if before is not None:
            connections[DEFAULT_DB_ALIAS] = before  # type: ignore[assignment]


def _point_to(settings: dict[str, object]) -> None:
    connections.settings.clear()
    connections.settings.update(settings)


def _forget_connection() -> object | None:
    """Take this thread's connection out of Django's hands and give it."""
    for connection in connections.all(initialized_only=True):
        if connection.alias == DEFAULT_DB_ALIAS:
            del connections[DEFAULT_DB_ALIAS]
            return connection
    return None
