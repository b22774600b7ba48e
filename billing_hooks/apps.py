"""The Django app of this room."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import connection
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class BillingHooksConfig(AppConfig):
    """Registers the room with Django and keeps the catalogue's table in step with its file."""

    name = "billing_hooks"
    verbose_name = _("Subscriptions")

    def ready(self) -> None:
        """Load the catalogue after every migration."""
        post_migrate.connect(_load, sender=self, dispatch_uid="billing_hooks.catalogue")


def _load(**_kwargs: Any) -> None:
    """Load the catalogue, unless only another room was migrated so far."""
    from billing_hooks.catalogue import load_catalogue
    from billing_hooks.models import Service
    from billing_hooks.stocking import stock_services

    if Service._meta.db_table in connection.introspection.table_names():  # noqa: SLF001 - Django's public _meta
        stock_services(load_catalogue())
