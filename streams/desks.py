"""Calls the rooms with a database from an agent: in one thread, on a connection that is checked first."""

from __future__ import annotations

from collections.abc import Callable

import django.db
from asgiref.sync import sync_to_async

from streams.guard import BROKEN_WORLD

BROKEN_WORLD_WITH_DATABASE = (*BROKEN_WORLD, django.db.OperationalError, django.db.InterfaceError)
"""What is raised when a server, the database included, is away."""


async def in_database(deed: Callable[[], object]) -> None:
    """Do a deed of the ORM outside the event loop."""

    def on_a_live_connection() -> None:
        django.db.close_old_connections()
        deed()

    await sync_to_async(on_a_live_connection, thread_sensitive=True)()
