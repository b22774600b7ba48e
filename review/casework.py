"""Hits become evidence in cases, answers of the network finish orders: one transaction a batch, idempotent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from config.metrics import CAMPAIGNS_BEGUN, CASES_OPENED, EVIDENCE, EVIDENCE_DUPLICATES, EVIDENCE_ELSEWHERE
from config.policy import Policy
from config.records import Hit, Reason
from ledger import audit
from ledger.chain import Event
from review.answers import take_acks
from review.campaign_tables import Campaign
from review.campaigning import join_campaigns
from review.grouping import Summary, by_sender, first_of_each, key_of, storable
from review.models import Case, Evidence, Sighting
from review.noting import note_sightings, sort_out_copies
from review.rules import FoundBy, Status
from review.sightings import content_of
from review.velocities import kept_velocity

__all__ = ["TakenHits", "take_acks", "take_hits"]

ACTOR = "system:casework"
SUMMED_UP = (
    "label", "spam", "first_seen", "last_seen", "evidence_count", "lowered", "velocity", "volume_exceeded", "peaks",
)  # fmt: skip
ATTEMPTS = 5
"""How often a batch is tried when other workers open the same cases at the same moment."""


@dataclass(frozen=True)
class TakenHits:
    """What a batch came to: new evidence, hits that were evidence already, cases opened, campaigns begun.

    `elsewhere` counts those of the duplicates that another gateway saw for the first time.
    """

    evidence: int
    duplicates: int
    opened: int
    elsewhere: int = 0
    begun: int = 0


@dataclass(frozen=True)
class Finder:
    """Who brings evidence: as the audit log names them, and as the evidence keeps it."""

    actor: str
    found_by: FoundBy


CLASSIFIER = Finder(ACTOR, FoundBy.MODEL)


def take_hits(hits: Sequence[Hit], now: datetime, policy: Policy, finder: Finder = CLASSIFIER) -> TakenHits:
    """Keep hits as evidence, each once, in the one open case of their sender, which is opened if there is none.

    It ends by writing to the audit chain: a transaction around it locks no row afterwards.

    Raises:
        IntegrityError: other workers got in the way five times in a row; nothing was kept.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                taken = _take(hits, now, policy, finder)
                transaction.on_commit(partial(_count, taken))
        except IntegrityError:
            if attempt == ATTEMPTS:
                raise
        else:
            break
    return taken


def _take(hits: Sequence[Hit], now: datetime, policy: Policy, finder: Finder) -> TakenHits:
    fresh = first_of_each(hits, _known(hits))
    if not fresh:
        return TakenHits(evidence=0, duplicates=len(hits), opened=0)
    cases = _lock_cases(by_sender(fresh))
    fresh = first_of_each(fresh, _known(fresh))  # another worker may have kept some before we held the locks
    within = policy.review.same_sms_minutes if finder is CLASSIFIER else 0  # what a person found stands for itself
    originals, elsewhere = sort_out_copies(fresh, timedelta(minutes=within))
    groups = by_sender(originals)
    cases = {sender: case for sender, case in cases.items() if sender in groups}
    opened = [_new_case(sender, found, now, policy) for sender, found in groups.items() if sender not in cases]
    Case.objects.bulk_create(opened)
    extended = [_extend(case, groups[sender], policy) for sender, case in cases.items()]
    Case.objects.bulk_update(extended, SUMMED_UP)
    cases |= {case.sender: case for case in opened}
    new = [hit for found in groups.values() for hit in found]
    campaigns, begun = join_campaigns(new, cases, now, policy.campaigns.dossier_campaigns)
    evidence = [_evidence(hit, cases[hit.sender], campaigns.get(storable(hit.campaign)), now, finder) for hit in new]
    Evidence.objects.bulk_create(evidence)
    noted = note_sightings(elsewhere, evidence)
    audit.record(
        [
            *(_told(finder, "case_opened", case, groups[case.sender]) for case in opened),
            *(_told(finder, "case_extended", case, groups[case.sender]) for case in extended),
            *(Event(finder.actor, "evidence_seen_elsewhere", "case", case, {"copies": noted[case]}) for case in noted),
        ],
        at=now,
    )
    return TakenHits(
        evidence=len(evidence),
        duplicates=len(hits) - len(evidence),
        opened=len(opened),
        elsewhere=len(elsewhere),
        begun=begun,
    )


def _known(hits: Sequence[Hit]) -> set[tuple[str, str]]:
    these = one_of(map(key_of, hits))
    kept = Evidence.objects.filter(these).values_list("gateway", "sms_id")
    return {*kept, *Sighting.objects.filter(these).values_list("gateway", "sms_id")}


def one_of(keys: Iterable[tuple[str, str]]) -> Q:
    """Give the condition that an SMS is one of these, by gateway and id there."""
    ids: dict[str, list[str]] = {}
    for gateway, sms_id in keys:
        ids.setdefault(gateway, []).append(sms_id)
    which = Q(pk__in=[])
    for gateway, sms_ids in ids.items():
        which |= Q(gateway=gateway, sms_id__in=sms_ids)
    return which


def _lock_cases(groups: Mapping[str, Sequence[Hit]]) -> dict[str, Case]:
    """Lock the open cases of these senders, in the order of senders so that workers never wait in a circle."""
    found = Case.objects.select_for_update().filter(sender__in=groups).exclude(status=Status.CLOSED)
    return {case.sender: case for case in found.order_by("sender")}


def _new_case(sender: str, hits: Sequence[Hit], now: datetime, policy: Policy) -> Case:
    empty = Summary(label="", spam=0, first_seen=now, last_seen=now, count=0)
    summary = empty.extended_by(hits, guards_lower=policy.review.guards_lower_priority)
    return Case(
        sender=sender,
        label=summary.label,
        spam=summary.spam,
        first_seen=summary.first_seen,
        last_seen=summary.last_seen,
        evidence_count=summary.count,
        lowered=summary.lowered,
        velocity=summary.velocity,
        volume_exceeded=summary.volume_exceeded,
        peaks=summary.peaks,
        opened_at=now,
        sight_due=now + timedelta(hours=policy.review.first_sight_hours),
        decision_due=now + timedelta(hours=policy.review.decision_hours),
    )


def _extend(case: Case, hits: Sequence[Hit], policy: Policy) -> Case:
    before = Summary(
        case.label, case.spam, case.first_seen, case.last_seen, case.evidence_count, case.lowered,
        case.velocity, case.volume_exceeded, case.peaks,
    )  # fmt: skip
    after = before.extended_by(hits, guards_lower=policy.review.guards_lower_priority)
    case.label, case.spam, case.evidence_count = after.label, after.spam, after.count
    case.first_seen, case.last_seen, case.lowered = after.first_seen, after.last_seen, after.lowered
    case.velocity, case.volume_exceeded, case.peaks = after.velocity, after.volume_exceeded, after.peaks
    return case


def _evidence(hit: Hit, case: Case, campaign: Campaign | None, now: datetime, finder: Finder) -> Evidence:
    gateway, sms_id = key_of(hit)
    return Evidence(
        case=case,
        gateway=gateway,
        sms_id=sms_id,
        sent_at=hit.sent_at,
        receiver=hit.receiver,
        text=storable(hit.text),
        normalised=storable(hit.normalised),
        label=storable(hit.label),
        spam=hit.spam,
        scores={storable(label): score for label, score in hit.scores.items()},
        why=list(map(_reason, hit.why)),
        model=storable(hit.model),
        guards=[storable(guard) for guard in hit.guards],
        found_by=FoundBy(hit.found_by) if finder.found_by == FoundBy.MODEL else finder.found_by,
        added_at=now,
        velocity=kept_velocity(hit),
        content=content_of(hit),
        campaign=campaign,
        replayed=_replayed(hit),
    )


def _reason(reason: Reason) -> dict[str, Any]:
    kept: dict[str, Any] = {"term": storable(reason.term), "weight": reason.weight}
    return kept | {"places": [list(place) for place in reason.places]} if reason.places else kept


def _replayed(hit: Hit) -> dict[str, Any] | None:
    if hit.replayed is None:
        return None
    return {
        "letter": storable(hit.replayed.letter),
        "by": storable(hit.replayed.by),
        "changed": [storable(name) for name in hit.replayed.changed],
        "unread": [storable(name) for name in hit.replayed.unread],
    }


def _told(finder: Finder, action: str, case: Case, hits: Sequence[Hit]) -> Event:
    details: dict[str, Any] = {
        "evidence": len(hits),
        "total": case.evidence_count,
        "label": case.label,
        "found_by": str(finder.found_by),
    }
    guards = sorted({storable(guard) for hit in hits for guard in hit.guards})
    if guards:
        details |= {"guards": guards, "lowered": case.lowered}
    letters = sorted({storable(hit.replayed.letter) for hit in hits if hit.replayed})
    if letters:
        details |= {"replayed": letters}
    return Event(finder.actor, action, "case", case.reference, details)


def _count(taken: TakenHits) -> None:
    EVIDENCE.inc(taken.evidence)
    EVIDENCE_DUPLICATES.inc(taken.duplicates)
    EVIDENCE_ELSEWHERE.inc(taken.elsewhere)
    CASES_OPENED.inc(taken.opened)
    CAMPAIGNS_BEGUN.inc(taken.begun)
