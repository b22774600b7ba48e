"""Writes many rows of the database at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import Model


def write(table: type[Model], rows: Iterable[Model], fields: Sequence[str]) -> None:
    """Write fields of rows that are there and locked; measured: `bulk_update` takes several times as long."""
    manager = table._default_manager  # noqa: SLF001 - the documented way to the manager of any table
    manager.bulk_create(rows, update_conflicts=True, unique_fields=["id"], update_fields=fields)
