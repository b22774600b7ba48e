"""Brings new evidence into its campaigns and their contacts into dossiers, in the transaction that keeps the evidence.

Locks come in a fixed order, campaigns by key and then the one lock of the dossiers, so that workers never wait in a
circle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import connection
from django.db.models import Count, Model, Q

from config.records import Hit
from review.campaign_tables import Campaign, CampaignContact, CampaignSender, Contact, Dossier
from review.campaigns import ContactKey, Share, Summary, Union, by_campaign, contacts_of, shares, unions
from review.models import Case

DOSSIER_LOCK = 7_310_002
"""PostgreSQL advisory lock under which one transaction at a time changes which contacts belong together."""


def join_campaigns(
    hits: Sequence[Hit], cases: Mapping[str, Case], now: datetime, dossier_campaigns: int
) -> tuple[Mapping[str, Campaign], int]:
    """Count new evidence in its campaigns, which are begun if they are new.

    Args:
        hits: evidence that the caller keeps for the first time.
        cases: the saved case of each sender.
        now: when campaigns and dossiers begin.
        dossier_campaigns: campaigns above which a dossier is full.

    Returns:
        The campaigns by their keys, and how many of them are new.
    """
    groups = by_campaign(hits)
    if not groups:
        return {}, 0
    known = set(Campaign.objects.filter(key__in=groups).values_list("key", flat=True))
    empty = Summary(now, now)
    fresh = [_new(key, empty.extended_by(found), now) for key, found in groups.items() if key not in known]
    Campaign.objects.bulk_create(fresh, ignore_conflicts=True)
    locked = Campaign.objects.select_for_update(no_key=True).filter(key__in=groups).order_by("key")
    campaigns = {campaign.key: campaign for campaign in locked}
    begun = sum(campaign.size == 0 for campaign in campaigns.values())
    _count_senders(campaigns, groups, cases)
    for key, campaign in campaigns.items():
        _extend(campaign, groups[key])
    changed = ["size", "senders", "gateways", "first_seen", "last_seen", "text", "label", "spam"]
    _write(Campaign, campaigns.values(), changed)
    _advertise({campaigns[key]: contacts_of(found) for key, found in groups.items()}, now, dossier_campaigns)
    return campaigns, begun


def _new(key: str, summary: Summary, now: datetime) -> Campaign:
    """A campaign that counts nothing yet: whoever locks it first counts."""
    return Campaign(
        key=key,
        first_seen=summary.first_seen,
        last_seen=summary.last_seen,
        text=summary.text,
        label=summary.label,
        spam=summary.spam,
        begun_at=now,
    )


def _extend(campaign: Campaign, hits: Sequence[Hit]) -> None:
    before = Summary(
        campaign.first_seen,
        campaign.last_seen,
        campaign.text,
        campaign.label,
        campaign.spam,
        campaign.size,
        campaign.gateways,
    )
    after = before.extended_by(hits)
    campaign.first_seen, campaign.last_seen = after.first_seen, after.last_seen
    campaign.text, campaign.label, campaign.spam = after.text, after.label, after.spam
    campaign.size, campaign.gateways = after.size, dict(after.gateways)


def _count_senders(
    campaigns: Mapping[str, Campaign], groups: Mapping[str, Sequence[Hit]], cases: Mapping[str, Case]
) -> None:
    wanted: dict[tuple[int, str], Share] = {
        (campaigns[key].pk, sender): share for key, found in groups.items() for sender, share in shares(found).items()
    }
    known = CampaignSender.objects.filter(campaign__in=campaigns.values(), sender__in={sender for _, sender in wanted})
    rows = {(row.campaign_id, row.sender): row for row in known if (row.campaign_id, row.sender) in wanted}
    for place, row in rows.items():
        row.messages += wanted[place].messages
        row.last_seen = max(row.last_seen, wanted[place].last_seen)
        row.case = cases[row.sender]
    _write(CampaignSender, rows.values(), ["messages", "last_seen", "case"])
    new = [
        CampaignSender(
            campaign_id=campaign, sender=sender, case=cases[sender], messages=share.messages, last_seen=share.last_seen
        )
        for (campaign, sender), share in wanted.items()
        if (campaign, sender) not in rows
    ]
    CampaignSender.objects.bulk_create(new)
    added = Counter(row.campaign_id for row in new)
    for campaign in campaigns.values():
        campaign.senders += added[campaign.pk]


def _write(table: type[Model], rows: Iterable[Model], fields: Sequence[str]) -> None:
    """Write fields of rows that are there and locked; measured: `bulk_update` takes several times as long."""
    manager = table._default_manager  # noqa: SLF001 - the documented way to the manager of any table
    manager.bulk_create(rows, update_conflicts=True, unique_fields=["id"], update_fields=fields)


def _advertise(found: Mapping[Campaign, Sequence[ContactKey]], now: datetime, dossier_campaigns: int) -> None:
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
    _unite(found, now, dossier_campaigns)


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


def _unite(campaigns: Mapping[Campaign, Sequence[ContactKey]], now: datetime, dossier_campaigns: int) -> None:
    advertised: dict[int, set[int]] = {}
    dossier_of: dict[int, int | None] = {}
    rows = CampaignContact.objects.filter(campaign__in=campaigns)
    for campaign, contact, dossier in rows.values_list("campaign_id", "contact_id", "contact__dossier_id"):
        advertised.setdefault(campaign, set()).add(contact)
        dossier_of[contact] = dossier
    known = {dossier for dossier in dossier_of.values() if dossier is not None}
    sizes = CampaignContact.objects.filter(contact__dossier__in=known).values("contact__dossier_id")
    full = sizes.annotate(campaigns=Count("campaign_id", distinct=True)).filter(campaigns__gt=dossier_campaigns)
    _apply(unions(advertised.values(), dossier_of, set(full.values_list("contact__dossier_id", flat=True))), now)


def _apply(found: Sequence[Union], now: datetime) -> None:
    new = iter(Dossier.objects.bulk_create([Dossier(opened_at=now) for union in found if not union.dossiers]))
    kept = [union.dossiers[0] if union.dossiers else next(new).pk for union in found]
    contacts = Contact.objects.in_bulk([contact for union in found for contact in union.contacts])
    for union, dossier in zip(found, kept, strict=True):
        for contact in union.contacts:
            contacts[contact].dossier_id = dossier
    _write(Contact, contacts.values(), ["dossier"])
    for union, dossier in zip(found, kept, strict=True):
        if others := union.dossiers[1:]:
            Contact.objects.filter(dossier__in=others).update(dossier=dossier)
            Dossier.objects.filter(pk__in=others).delete()
