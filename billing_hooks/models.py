"""The tables of subscriptions and of everything said and ordered about them."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing_hooks.ports import reminder_port
from config.texts import Language


class Service(models.Model):
    """A service of the catalogue; loaded from `catalogue.toml` after every migration."""

    class Effect(models.TextChoices):
        """When a cancellation takes effect."""

        AT_ONCE = "at_once", _("at once")
        NEXT_DAY = "next_day", _("next day")
        NEXT_CYCLE = "next_cycle", _("next cycle")

    code = models.CharField(max_length=128, unique=True)
    name_zh = models.CharField(max_length=32)
    name_en = models.CharField(max_length=64)
    provider = models.CharField(max_length=64)
    provider_zh = models.CharField(max_length=32)
    provider_en = models.CharField(max_length=64)
    price_fen = models.PositiveIntegerField()
    cycle = models.CharField(max_length=16)
    takes_effect = models.CharField(max_length=16, choices=Effect)
    in_package = models.BooleanField()
    cancellable = models.BooleanField()
    reason_zh = models.CharField(max_length=64, blank=True)
    reason_en = models.CharField(max_length=128, blank=True)

    class Meta:
        ordering: ClassVar = ["in_package", "code"]

    def __str__(self) -> str:
        return self.code

    def name(self, language: Language) -> str:
        """Give the name a subscriber of this language reads."""
        return self.name_zh if language == "zh-Hans" else self.name_en

    def provider_name(self, language: Language) -> str:
        """Give the provider's name in this language."""
        return self.provider_zh if language == "zh-Hans" else self.provider_en

    def reason(self, language: Language) -> str:
        """Say why a text cannot cancel it; empty if it can."""
        return self.reason_zh if language == "zh-Hans" else self.reason_en


class Subscriber(models.Model):
    """A person with a number; its row is the lock under which all of the subscriber's affairs change."""

    class Tongue(models.TextChoices):
        """The language of texts to a subscriber."""

        CHINESE = "zh-Hans", _("Chinese")
        ENGLISH = "en", _("English")

    msisdn = models.CharField(max_length=32, unique=True)
    language = models.CharField(max_length=8, choices=Tongue, default=Tongue.CHINESE)
    last_code = models.PositiveSmallIntegerField(null=True)

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def speaks(self) -> Language:
        """The language as `config.texts` knows it."""
        return "en" if self.language == self.Tongue.ENGLISH else "zh-Hans"


class Subscription(models.Model):
    """What a subscriber pays for, as BOSS told us; `ordered_at` is empty if BOSS never announced the order."""

    class Status(models.TextChoices):
        """How far a subscription has come."""

        ACTIVE = "active", _("in use")
        CANCELLING = "cancelling", _("being cancelled")
        CANCELLED = "cancelled", _("cancelled")
        CANCEL_FAILED = "cancel_failed", _("cancellation failed")

    boss_id = models.CharField(max_length=128, unique=True)
    subscriber = models.ForeignKey(Subscriber, models.PROTECT, related_name="subscriptions")
    service = models.ForeignKey(Service, models.PROTECT)
    price_fen = models.PositiveIntegerField()
    status = models.CharField(max_length=16, choices=Status, default=Status.ACTIVE)
    ordered_at = models.DateTimeField(null=True)
    first_charge_at = models.DateTimeField(null=True)
    trial_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.boss_id


class BossEventSeen(models.Model):
    """An event of BOSS that was taken; taking it again does nothing."""

    event_id = models.CharField(max_length=128, unique=True)
    taken_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.event_id


class AnnouncedCharge(models.Model):
    """The charge of a cycle as BOSS announced it last; what a subscriber was told of it stands in `Reminder`."""

    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="announced")
    cycle = models.CharField(max_length=32)
    amount_fen = models.PositiveIntegerField()
    charge_at = models.DateTimeField()
    announced_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subscription", "cycle"], name="one_announcement_a_cycle"),
        ]

    def __str__(self) -> str:
        return f"{self.cycle} of {self.subscription_id}"


class Reminder(models.Model):
    """One reminder of one charge; `code` is handed out when it is sent, and a sent one is what was told, for ever."""

    class Kind(models.TextChoices):
        """Why it is sent."""

        ORDER = "order", _("new order")
        FINAL = "final", _("before the charge")
        CORRECTED = "corrected", _("charge changed")

    class Closed(models.TextChoices):
        """Why it no longer awaits a reply."""

        CANCELLED = "cancelled", _("cancelled")
        SUPERSEDED = "superseded", _("a later one was sent")
        CHARGED = "charged", _("the charge fell")
        MISSED = "missed", _("too late to send")

    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="reminders")
    subscriber = models.ForeignKey(Subscriber, models.PROTECT, related_name="reminders")
    cycle = models.CharField(max_length=32)
    kind = models.CharField(max_length=16, choices=Kind)
    amount_fen = models.PositiveIntegerField()
    charge_at = models.DateTimeField()
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    code = models.PositiveSmallIntegerField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_as = models.CharField(max_length=12, choices=Closed, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subscription", "cycle", "kind"], name="one_reminder_a_cycle_and_kind"),
            models.UniqueConstraint(fields=["subscriber", "code"], condition=Q(closed_at=None), name="open_code_once"),
            models.CheckConstraint(condition=Q(sent_at=None) | Q(sent_at__lt=models.F("charge_at")),
                                   name="no_reminder_after_the_charge"),
        ]  # fmt: skip
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="reminders_waiting", condition=Q(sent_at=None, closed_at=None)),
            models.Index(fields=["charge_at"], name="reminders_open", condition=Q(closed_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.cycle} of {self.subscription_id}"

    @property
    def port(self) -> str:
        """The port it came from; empty if it was not sent."""
        return "" if self.code is None else reminder_port(self.code)

    def open_at(self, moment: datetime) -> bool:
        """Tell whether a reply sent at this moment can still stop the charge."""
        return (
            self.sent_at is not None and moment < self.charge_at and (self.closed_at is None or moment < self.closed_at)
        )


class ServiceTextSeen(models.Model):
    """A text from a subscriber that was taken, with what it was understood as and what its answer must mention.

    A text that is not for this room is kept without its words and its sender.
    """

    text_id = models.CharField(max_length=128, unique=True)
    subscriber = models.ForeignKey(Subscriber, models.PROTECT, null=True, related_name="texts")
    port = models.CharField(max_length=21)
    text = models.TextField(blank=True)
    sent_at = models.DateTimeField()
    taken_at = models.DateTimeField()
    outcome = models.CharField(max_length=32)
    remarks = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.text_id} {self.outcome}"


class DeskList(models.Model):
    """A 0000 list as it was sent; only a subscriber's newest one counts."""

    subscriber = models.ForeignKey(Subscriber, models.PROTECT, related_name="lists")
    request = models.OneToOneField(ServiceTextSeen, models.PROTECT)
    sent_at = models.DateTimeField()
    valid_until = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.pk)


class DeskItem(models.Model):
    """A number of a list and the subscription it stands for, for ever."""

    desk_list = models.ForeignKey(DeskList, models.PROTECT, related_name="items")
    number = models.PositiveSmallIntegerField()
    subscription = models.ForeignKey(Subscription, models.PROTECT)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["desk_list", "number"], name="one_subscription_a_number"),
        ]

    def __str__(self) -> str:
        return f"{self.number} of {self.desk_list_id}"


class Cancellation(models.Model):
    """A subscriber's wish to end a subscription, from the text that asked to the text that told what came of it."""

    class Origin(models.TextChoices):
        """What the subscriber answered to."""

        REMINDER = "reminder", _("reply to a reminder")
        DESK = "desk", _("0000 desk")

    class Outcome(models.TextChoices):
        """What BOSS made of it."""

        PENDING = "pending", _("waiting for BOSS")
        DONE = "done", _("done")
        NOT_WAIVED = "not_waived", _("cancelled, charge not waived")
        FAILED = "failed", _("failed")

    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="cancellations")
    request = models.ForeignKey(ServiceTextSeen, models.PROTECT, related_name="cancellations")
    origin = models.CharField(max_length=8, choices=Origin)
    asked_at = models.DateTimeField()
    outcome = models.CharField(max_length=12, choices=Outcome, default=Outcome.PENDING)
    reason = models.CharField(max_length=500, blank=True)
    effective_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["subscription"], condition=Q(settled_at=None), name="one_open_cancellation_a_subscription"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subscription_id} {self.outcome}"


class BossOrder(models.Model):
    """An order to BOSS that a cancellation caused, and BOSS's answer."""

    class Status(models.TextChoices):
        """BOSS's answer."""

        QUEUED = "queued", _("waiting for BOSS")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    order_id = models.CharField(max_length=128, unique=True)
    cancellation = models.ForeignKey(Cancellation, models.PROTECT, related_name="orders")
    kind = models.CharField(max_length=24)
    cycle = models.CharField(max_length=32, blank=True)
    ordered_at = models.DateTimeField()
    status = models.CharField(max_length=8, choices=Status, default=Status.QUEUED)
    reason = models.CharField(max_length=500, blank=True)
    effective_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["cancellation", "kind", "cycle"], name="one_order_a_kind_and_cycle"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.cycle} {self.status}"
