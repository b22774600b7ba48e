"""Notes which contacts campaigns advertise and unites them in dossiers, in the transaction that keeps the evidence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db import connection
from django.db.models import Count, Q

from config.policy import CampaignPolicy
from review.campaign_tables import Campaign, CampaignContact, Contact, Dossier
from review.campaign_unions import Union, is_shared, parted, unions
from review.campaigns import ContactKey
from review.writing import write

DOSSIER_LOCK = 7_310_002
"""PostgreSQL advisory lock under which one transaction at a time changes which contacts belong together."""


def advertise(found: Mapping[Campaign, Sequence[ContactKey]], now: datetime, policy: CampaignPolicy) -> None:
    """Note which contacts the campaigns advertise, and unite the dossiers of those they advertise together."""
    found = {campaign: contacts for campaign, contacts in found.items() if contacts}
    if not found or not _unknown(found):
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [DOSSIER_LOCK])
    wanted = sorted({contact for contacts in found.values() for contact in contacts})
    Contact.objects.bulk_create([Contact(kind=kind, value=value) for kind, value in wanted], ignore_conflicts=True)
    numbers = {(kind, value): pk for pk, kind, value in _rows_of(wanted)}
    CampaignContact.objects.bulk_create(
        [
            CampaignContact(campaign=campaign, contact_id=numbers[contact])
            for campaign, contacts in found.items()
            for contact in contacts
        ],
        ignore_conflicts=True,
    )
    _unite(found, now, policy)


def _unknown(found: Mapping[Campaign, Sequence[ContactKey]]) -> bool:
    """Tell whether a campaign advertises what it did not before."""
    numbers = {
        (kind, value): pk for pk, kind, value in _rows_of({one for contacts in found.values() for one in contacts})
    }
    known = set(
        CampaignContact.objects.filter(campaign__in=found, contact__in=numbers.values()).values_list(
            "campaign_id", "contact_id"
        )
    )
    return any(
        (campaign.pk, numbers.get(contact)) not in known for campaign, contacts in found.items() for contact in contacts
    )


def _rows_of(contacts: Sequence[ContactKey] | set[ContactKey]) -> list[tuple[int, str, str]]:
    by_kind: dict[str, list[str]] = {}
    for kind, value in contacts:
        by_kind.setdefault(kind, []).append(value)
    which = Q(pk__in=[])
    for kind, values in by_kind.items():
        which |= Q(kind=kind, value__in=values)
    return list(Contact.objects.filter(which).values_list("pk", "kind", "value"))


def _unite(campaigns: Iterable[Campaign], now: datetime, policy: CampaignPolicy) -> None:
    rows = CampaignContact.objects.filter(campaign__in=campaigns).values_list("campaign_id", "contact_id")
    brought = list(rows)
    shared = _shared({contact for _, contact in brought}, policy)
    _take_out(shared, now)
    advertised: dict[int, set[int]] = {}
    for campaign, contact in brought:
        if contact not in shared:
            advertised.setdefault(campaign, set()).add(contact)
    wanted = Contact.objects.filter(pk__in={contact for _, contact in brought} - shared)
    dossier_of = dict(wanted.values_list("pk", "dossier_id"))
    known = {dossier for dossier in dossier_of.values() if dossier is not None}
    campaigns_of: dict[int, set[int]] = {}
    held = CampaignContact.objects.filter(contact__dossier__in=known)
    for dossier, campaign in held.values_list("contact__dossier_id", "campaign_id").distinct():
        campaigns_of.setdefault(dossier, set()).add(campaign)
    _apply(unions(advertised, dossier_of, campaigns_of, policy.dossier_campaigns), now)


def _shared(contacts: Collection[int], policy: CampaignPolicy) -> set[int]:
    """Those contacts that strangers share."""
    rows = CampaignContact.objects.filter(contact__in=contacts).values("contact_id", "campaign__label")
    labels: dict[int, dict[str, int]] = {}
    for row in rows.annotate(campaigns=Count("pk")):
        labels.setdefault(row["contact_id"], {})[row["campaign__label"]] = row["campaigns"]
    return {one for one, found in labels.items() if is_shared(found, policy.contact_campaigns, policy.contact_labels)}


def _take_out(shared: Collection[int], now: datetime) -> None:
    """Take contacts out of their dossiers; what only they held together comes apart, the largest part stays."""
    held = Contact.objects.filter(pk__in=shared, dossier__isnull=False)
    advertised: dict[int, dict[int, set[int]]] = {dossier: {} for dossier in held.values_list("dossier_id", flat=True)}
    if not advertised:
        return
    held.update(dossier=None)
    left = CampaignContact.objects.filter(contact__dossier__in=advertised)
    for dossier, campaign, contact in left.values_list("contact__dossier_id", "campaign_id", "contact_id"):
        advertised[dossier].setdefault(campaign, set()).add(contact)
    parts = {dossier: parted(found) for dossier, found in advertised.items()}
    apart = [Union(contacts, ()) for found in parts.values() for contacts in found[1:]]
    _apply(apart, now)
    Dossier.objects.filter(pk__in=[dossier for dossier, found in parts.items() if not found]).delete()


def _apply(found: Sequence[Union], now: datetime) -> None:
    new = iter(Dossier.objects.bulk_create([Dossier(opened_at=now) for union in found if not union.dossiers]))
    kept = [union.dossiers[0] if union.dossiers else next(new).pk for union in found]
    contacts = Contact.objects.in_bulk([contact for union in found for contact in union.contacts])
    for union, dossier in zip(found, kept, strict=True):
        for contact in union.contacts:
            contacts[contact].dossier_id = dossier
    write(Contact, contacts.values(), ["dossier"])
    for union, dossier in zip(found, kept, strict=True):
        if others := union.dossiers[1:]:
            Contact.objects.filter(dossier__in=others).update(dossier=dossier)
            Dossier.objects.filter(pk__in=others).delete()
