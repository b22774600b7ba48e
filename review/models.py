"""Cases about senders, what people decided, and the orders that followed; the database holds the rules, too.

The composite foreign keys and the outbox trigger are in the migration `0002_never_by_a_machine`.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from config.records import GAP
from review.campaign_tables import Campaign, CampaignContact, CampaignSender, Contact, Dossier
from review.coverage_tables import ConsumerLag, GatewayAlarm, GatewayWatch
from review.dead_letter_tables import RejectedLine, Replay
from review.rules import FoundBy, Kind, Outcome, SampleVerdict, Standing, Status, Verdict
from review.shadow_tables import ShadowDifference, ShadowPosition, ShadowTally

__all__ = [  # Django looks for tables here
    "Campaign", "CampaignContact", "CampaignSender", "ConsumerLag", "Contact", "Dossier", "GatewayAlarm",
    "GatewayWatch", "RejectedLine", "Replay", "ShadowDifference", "ShadowPosition", "ShadowTally",
]  # fmt: skip


class Case(models.Model):
    """Everything about one sender until people have decided; at most one is not closed.

    `velocity` is that of the latest hit; `peaks` are those that exceeded the volume rule most: see `review.velocities`.
    """

    sender = models.CharField(max_length=32)
    status = models.CharField(max_length=20, default=Status.OPEN)
    outcome = models.CharField(max_length=10, default=Outcome.NONE, blank=True)
    round = models.PositiveIntegerField(default=1)
    label = models.CharField(max_length=32)
    spam = models.FloatField()
    evidence_count = models.PositiveIntegerField(default=0)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    opened_at = models.DateTimeField()
    sight_due = models.DateTimeField()
    decision_due = models.DateTimeField()
    sighted_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    claimed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    claimed_until = models.DateTimeField(null=True)
    lowered = models.BooleanField(default=False)
    velocity = models.JSONField(null=True)
    volume_exceeded = models.BooleanField(default=False)
    peaks = models.JSONField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["sender"], name="one_open_case_per_sender", condition=~Q(status=Status.CLOSED)
            ),
            models.UniqueConstraint(fields=["id", "sender"], name="case_and_sender"),
            models.CheckConstraint(condition=Q(status__in=list(Status)), name="case_status_known"),
            models.CheckConstraint(
                condition=Q(status=Status.CLOSED) ^ Q(outcome=Outcome.NONE), name="closed_case_has_outcome"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["status", "decision_due"]),
            models.Index(fields=["sender", "opened_at"]),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """How people and orders name the case, such as C-000123."""
        return f"C-{self.pk:06d}"

    @property
    def standing(self) -> Standing:
        """What `review.rules` judges."""
        return Standing(self.status, self.claimed_by_id, self.claimed_until)

    def claimed_at(self, now: datetime) -> bool:
        """Tell whether somebody's claim is valid at a time."""
        return self.claimed_by_id is not None and self.claimed_until is not None and self.claimed_until > now


class Evidence(models.Model):
    """One SMS held for spam, as it was sent and as it was read.

    `found_by` says by whom; in a recall check a person chose the `label`, while `spam` and `scores` stay the model's.
    `content` is a digest of sender, receiver and text, by which copies at other gateways are known. `velocity` is what
    its sender had sent when it was found, kept for good. `replayed` says who fed the line again that was rejected
    first: letter, by, changed, unread (see `config.records.Replayed`).
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="evidence")
    gateway = models.CharField(max_length=32)
    sms_id = models.CharField(max_length=128)
    sent_at = models.DateTimeField()
    receiver = models.CharField(max_length=32)
    text = models.TextField()
    normalised = models.TextField()
    label = models.CharField(max_length=32)
    spam = models.FloatField()
    scores = models.JSONField()
    why = models.JSONField()
    model = models.CharField(max_length=128)
    guards = models.JSONField(default=list)
    found_by = models.CharField(max_length=12, default=FoundBy.MODEL)
    added_at = models.DateTimeField(null=True)
    velocity = models.JSONField(null=True)
    content = models.CharField(max_length=32, default="", blank=True)
    campaign = models.ForeignKey(Campaign, models.SET_NULL, null=True, related_name="evidence")
    replayed = models.JSONField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["gateway", "sms_id"], name="one_evidence_per_sms"),
            models.CheckConstraint(condition=Q(found_by__in=list(FoundBy)), name="evidence_finder_known"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["case", "-spam", "-id"]),
            models.Index(fields=["content", "sent_at"], name="evidence_content", condition=~Q(content="")),
            models.Index(fields=["receiver", "sent_at"], name="evidence_with_gaps", condition=Q(text__contains=GAP)),
        ]

    def __str__(self) -> str:
        return f"{self.gateway}/{self.sms_id}"


class Sighting(models.Model):
    """The same SMS as some evidence, seen at another gateway; it counts once."""

    evidence = models.ForeignKey(Evidence, models.PROTECT, related_name="sightings")
    gateway = models.CharField(max_length=32)
    sms_id = models.CharField(max_length=128)
    sent_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["gateway", "sms_id"], name="one_sighting_per_sms"),
            models.UniqueConstraint(fields=["evidence", "gateway"], name="one_sighting_per_gateway"),
        ]

    def __str__(self) -> str:
        return f"{self.gateway}/{self.sms_id}"


class Decision(models.Model):
    """What a named reviewer decided; `round` counts how often the case came back to the reviewers."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="decisions")
    round = models.PositiveIntegerField()
    kind = models.CharField(max_length=10)
    category = models.CharField(max_length=32, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=list(Kind)), name="decision_kind_known"),
            models.CheckConstraint(condition=~Q(kind=Kind.CONFIRM) | ~Q(category=""), name="confirm_has_category"),
            models.CheckConstraint(condition=~Q(kind=Kind.SKIP) | ~Q(reason=""), name="skip_has_reason"),
            models.UniqueConstraint(
                fields=["case", "round"], condition=~Q(kind=Kind.SKIP), name="one_decision_per_round"
            ),
            models.UniqueConstraint(
                fields=["case", "round", "reviewer"], condition=Q(kind=Kind.SKIP), name="one_skip_per_reviewer"
            ),
            models.UniqueConstraint(fields=["id", "reviewer"], name="decision_and_reviewer"),
            models.UniqueConstraint(
                fields=["id", "case", "kind", "category", "reviewer"], name="decision_as_orders_copy_it"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of case {self.case_id}"


class Approval(models.Model):
    """What a second named person said to a confirmation."""

    decision = models.OneToOneField(Decision, models.PROTECT, related_name="approval")
    verdict = models.CharField(max_length=10)
    reason = models.CharField(max_length=500, blank=True)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(verdict__in=list(Verdict)), name="verdict_known"),
            models.CheckConstraint(condition=~Q(verdict=Verdict.REJECT) | ~Q(reason=""), name="reject_has_reason"),
            models.CheckConstraint(condition=~Q(reviewer=F("approver")), name="approval_by_another_person"),
            models.UniqueConstraint(
                fields=["id", "decision", "verdict", "reviewer", "approver"], name="approval_as_orders_copy_it"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} of decision {self.decision_id}"


class OrderStatus(models.TextChoices):
    """How far an order has come."""

    QUEUED = "queued"
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"


class EnforcementOrder(models.Model):
    """The order to stop a sender's service; exists only as the child of an approved decision of two people."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    case = models.ForeignKey(Case, models.PROTECT, related_name="orders")
    decision = models.OneToOneField(Decision, models.PROTECT, related_name="order")
    approval = models.OneToOneField(Approval, models.PROTECT, related_name="order")
    decision_kind = models.CharField(max_length=10, default=Kind.CONFIRM)
    verdict = models.CharField(max_length=10, default=Verdict.APPROVE)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    target = models.CharField(max_length=32)
    category = models.CharField(max_length=32)
    signed_text = models.TextField()
    signature = models.CharField(max_length=128)
    status = models.CharField(max_length=10, choices=OrderStatus, default=OrderStatus.QUEUED)
    created_at = models.DateTimeField()
    acked_at = models.DateTimeField(null=True)
    ack_reason = models.TextField(default="", blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(reviewer=F("approver")), name="order_by_two_people"),
            models.CheckConstraint(condition=Q(decision_kind=Kind.CONFIRM), name="order_of_a_confirmation"),
            models.CheckConstraint(condition=Q(verdict=Verdict.APPROVE), name="order_of_an_approval"),
        ]
        indexes: ClassVar = [models.Index(fields=["status", "-created_at"])]

    def __str__(self) -> str:
        return str(self.id)


class RecallCheck(models.Model):
    """An SMS drawn at random, one in `one_in`, from those that the classifier let pass; a person says what it is."""

    gateway = models.CharField(max_length=32)
    sms_id = models.CharField(max_length=128)
    sent_at = models.DateTimeField()
    sender = models.CharField(max_length=32)
    receiver = models.CharField(max_length=32)
    text = models.TextField()
    normalised = models.TextField()
    spam = models.FloatField()
    scores = models.JSONField()
    model = models.CharField(max_length=128)
    one_in = models.PositiveIntegerField()
    drawn_at = models.DateTimeField()
    claimed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    claimed_until = models.DateTimeField(null=True)
    verdict = models.CharField(max_length=10, default=SampleVerdict.NONE, blank=True)
    category = models.CharField(max_length=32, default="", blank=True)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["gateway", "sms_id"], name="one_recall_check_per_sms"),
            models.CheckConstraint(condition=Q(verdict__in=list(SampleVerdict)), name="sample_verdict_known"),
            models.CheckConstraint(
                condition=Q(verdict=SampleVerdict.NONE, reviewer=None, decided_at=None)
                | (~Q(verdict=SampleVerdict.NONE) & Q(reviewer__isnull=False, decided_at__isnull=False)),
                name="sample_judged_by_a_person",
            ),
            models.CheckConstraint(
                condition=Q(verdict=SampleVerdict.SPAM) ^ Q(category=""), name="sample_spam_has_category"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["drawn_at", "id"], name="recall_waiting", condition=Q(verdict=SampleVerdict.NONE)),
            models.Index(fields=["sent_at"]),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """How people and the audit log name the sample, such as S-000123."""
        return f"S-{self.pk:06d}"

    @property
    def standing(self) -> Standing:
        """What `review.rules` judges."""
        return Standing(self.verdict, self.claimed_by_id, self.claimed_until)
