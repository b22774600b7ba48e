"""Locks subscribers, so that one transaction at a time changes a subscriber's affairs."""

from __future__ import annotations

from collections.abc import Iterable

from billing_hooks.models import Subscriber


def lock_subscribers(msisdns: Iterable[str]) -> dict[str, Subscriber]:
    """Lock the subscribers with these numbers until the transaction ends; new ones are entered first.

    Always in the order of their numbers, so that two batches never wait for each other.
    """
    wanted = sorted(set(msisdns))
    known = set(Subscriber.objects.filter(msisdn__in=wanted).values_list("msisdn", flat=True))
    Subscriber.objects.bulk_create(
        [Subscriber(msisdn=msisdn) for msisdn in wanted if msisdn not in known], ignore_conflicts=True
    )
    locked = Subscriber.objects.select_for_update(no_key=True).filter(msisdn__in=wanted).order_by("msisdn")
    return {subscriber.msisdn: subscriber for subscriber in locked}


def lock_free_subscribers(ids: Iterable[int]) -> dict[int, Subscriber]:
    """Lock those of these subscribers whom nobody else is working on."""
    free = Subscriber.objects.select_for_update(no_key=True, skip_locked=True).filter(pk__in=set(ids))
    return {subscriber.pk: subscriber for subscriber in free.order_by("msisdn")}
