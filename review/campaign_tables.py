"""Campaigns: near-duplicate texts over many senders; the contacts they advertise, and the dossiers these make of them.

A contact belongs to one dossier; a campaign to those of its contacts, which are united whenever it advertises two.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from review.campaigns import KINDS


class Campaign(models.Model):
    """Near-duplicate texts: `key` is the fingerprint of the first, `text` the one that the model is surest of."""

    key = models.CharField(max_length=32, unique=True)
    size = models.PositiveIntegerField(default=0)
    senders = models.PositiveIntegerField(default=0)
    gateways = models.JSONField(default=dict)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    text = models.TextField()
    label = models.CharField(max_length=32)
    spam = models.FloatField()
    begun_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["-last_seen"], name="campaign_by_last_seen")]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """How people name the campaign, such as K-000123."""
        return f"K-{self.pk:06d}"


class CampaignSender(models.Model):
    """A sender of a campaign: how many of its messages, and the case that holds the latest."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="sent_by")
    sender = models.CharField(max_length=32)
    case = models.ForeignKey("review.Case", models.PROTECT, related_name="+")
    messages = models.PositiveIntegerField()
    last_seen = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["campaign", "sender"], name="one_row_per_campaign_and_sender"),
        ]
        indexes: ClassVar = [models.Index(fields=["last_seen", "campaign"], name="campaign_senders_recent")]

    def __str__(self) -> str:
        return f"{self.campaign_id}: {self.messages}"


class Dossier(models.Model):
    """Contacts that some campaign advertises together, and so all campaigns that advertise one of them."""

    opened_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """How people name the dossier, such as F-000123; D is for dead letters."""
        return f"F-{self.pk:06d}"


class Contact(models.Model):
    """A phone, a QQ or WeChat id, or a link that campaigns advertise."""

    kind = models.CharField(max_length=8)
    value = models.CharField(max_length=128)
    dossier = models.ForeignKey(Dossier, models.PROTECT, null=True, related_name="contacts")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "value"], name="one_contact_per_kind_and_value"),
            models.CheckConstraint(condition=Q(kind__in=list(KINDS)), name="contact_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class CampaignContact(models.Model):
    """That a campaign advertises a contact."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="advertised")
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="advertised_by")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["campaign", "contact"], name="one_row_per_campaign_and_contact"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id}: {self.contact_id}"
