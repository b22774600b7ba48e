"""What the pages of campaigns show: the busiest ones, and what belongs to one of them."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, F, Q, QuerySet

from config.policy import Policy
from ledger import audit
from ledger.chain import Event
from ledger.numbers import mask_number, mask_numbers
from models.contacts import contacts
from models.text import normalise
from review.campaign_tables import Campaign, CampaignSender, Contact, Dossier


def busiest(now: datetime, policy: Policy) -> QuerySet[Campaign]:
    """Give the campaigns of the last days, those with the most senders in these days (`recent`) first."""
    since = now - timedelta(days=policy.campaigns.recent_days)
    found = Campaign.objects.filter(last_seen__gte=since, senders__gte=policy.campaigns.least_senders)
    recent = Count("sent_by", filter=Q(sent_by__last_seen__gte=since))
    return found.annotate(recent=recent).order_by("-recent", "-last_seen", "-pk")


def of_all_time(policy: Policy) -> QuerySet[Campaign]:
    """Give all campaigns, those with the most senders first."""
    found = Campaign.objects.filter(senders__gte=policy.campaigns.least_senders).annotate(recent=F("senders"))
    return found.order_by("-senders", "-last_seen", "-pk")


def contacts_of(campaign: Campaign) -> QuerySet[Contact]:
    """Give what a campaign advertises, with the number of campaigns that do (`campaigns`), most shared ones first."""
    found = Contact.objects.filter(pk__in=campaign.advertised.values("contact"))
    return found.annotate(campaigns=Count("advertised_by")).order_by("-campaigns", "kind", "value")


def dossiers_of(campaign: Campaign) -> QuerySet[Dossier]:
    """Give the dossiers of a campaign's contacts: one, unless one was full."""
    return Dossier.objects.filter(contacts__advertised_by__campaign=campaign).distinct().order_by("pk")


def companions(campaign: Campaign) -> QuerySet[Campaign]:
    """Give the other campaigns of its dossiers, the latest first."""
    return sharing(Contact.objects.filter(dossier__in=dossiers_of(campaign))).exclude(pk=campaign.pk)


def sharing(found: QuerySet[Contact]) -> QuerySet[Campaign]:
    """Give the campaigns that advertise one of these contacts, the latest first."""
    return Campaign.objects.filter(advertised__contact__in=found).distinct().order_by("-last_seen", "-pk")


def senders_of(campaign: Campaign) -> QuerySet[CampaignSender]:
    """Give the senders of a campaign with their cases, those with the most messages first."""
    return campaign.sent_by.select_related("case").order_by("-messages", "-last_seen", "-pk")


def search(written: str, reader: User, now: datetime) -> QuerySet[Contact]:
    """Give the contacts that somebody means by what they wrote; the audit log keeps that they asked."""
    # A text may say what it is; an id or a number alone is read as one that a text announces.
    texts = [written, *(f"{cue}：{written}" for cue in ("微信", "QQ"))]
    read = contacts([normalise(text) for text in texts], texts)
    meant = {unicodedata.normalize("NFKC", written).strip().lower(), *(one.value for found in read for one in found)}
    with transaction.atomic():
        audit.record([Event(reader.get_username(), "contact_searched", "contact", shown(written)[:64])], at=now)
    return Contact.objects.filter(value__in=meant)


def reveal(campaign: Campaign, reader: User, now: datetime) -> None:
    """Keep in the audit log that somebody sees the contacts of a campaign in full."""
    with transaction.atomic():
        details = {"contacts": campaign.advertised.count()}
        event = Event(reader.get_username(), "contacts_revealed", "campaign", campaign.reference, details)
        audit.record([event], at=now)


def shown(value: str) -> str:
    """Give a contact as a page and the audit log show it: numbers masked, those in names and links, too."""
    masked = mask_numbers(value)
    return masked if masked != value or any(sign.isalpha() for sign in value) else mask_number(value)
