"""Calls the rooms with a database from an agent: in one thread, on a connection that is checked first."""

from __future__ import annotations

from collections.abc import Callable

import django.db
from asgiref.sync import sync_to_async
from django.db.migrations.executor import MigrationExecutor

from config.environment import SettingsError
from streams.guard import BROKEN_WORLD

BROKEN_DATABASE = (
    django.db.OperationalError,
    django.db.InterfaceError,
    django.db.InternalError,  # read-only after a fail-over
    django.db.ProgrammingError,  # tables or rights are missing
)
"""What is raised when the database is not as it must be; a fault of the data is a DataError or IntegrityError."""
BROKEN_WORLD_WITH_DATABASE = (*BROKEN_WORLD, *BROKEN_DATABASE)
"""What is raised when a server, the database included, is away."""


def require_migrated() -> None:
    """Refuse to start on tables of another release; a database that is away is waited for later.

    Raises:
        SettingsError: migrations are missing.
    """
    try:
        executor = MigrationExecutor(django.db.connection)
    except (django.db.OperationalError, django.db.InterfaceError):
        return
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        raise SettingsError(f"the database lacks {len(missing)} migration(s): run `qingxin migrate` first")


async def in_database(deed: Callable[[], object]) -> None:
    """Do a deed of the ORM outside the event loop."""

    def on_a_live_connection() -> None:
        django.db.close_old_connections()
        deed()

    await sync_to_async(on_a_live_connection, thread_sensitive=True)()
