"""Brings the catalogue into the database; doing it again changes nothing."""

from __future__ import annotations

from billing_hooks.catalogue import Catalogue
from billing_hooks.models import Service


def stock_services(catalogue: Catalogue) -> None:
    """Enter or update every service; one that left the catalogue stays for the subscriptions that name it."""
    for code, service in catalogue.services.items():
        provider = catalogue.providers[service.provider]
        Service.objects.update_or_create(
            code=code,
            defaults={
                "name_zh": service.zh,
                "name_en": service.en,
                "provider": service.provider,
                "provider_zh": provider.zh,
                "provider_en": provider.en,
                **service.model_dump(exclude={"zh", "en", "provider"}),
            },
        )
