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
from review.completing import Known, changeable, complete, fuller_of
from review.grouping import Summary, by_sender, first_of_each, key_of, storable
from review.models import Case, Evidence, Sighting
from review.noting import campaigns_of_copies, note_sightings, sort_out_copies
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

    `elsewhere` counts those of the duplicates that another gateway saw for the first time, `completed` the evidence
    that got late parts from one of them.
    """

    evidence: int
    duplicates: int
    opened: int
    elsewhere: int = 0
    begun: int = 0
    completed: int = 0


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
    known = _known(hits)
    new, fuller = first_of_each(hits, known), fuller_of(hits, known)
    if not new and not fuller:
        return TakenHits(evidence=0, duplicates=len(hits), opened=0)
    told = [*new, *fuller.values()]
    locked = _lock_cases(by_sender(told))
    known = _known(told)  # another worker may have kept some before we held the locks
    new = first_of_each(told, known)
    within = policy.review.same_sms_minutes if finder is CLASSIFIER else 0  # what a person found stands for itself
    found = sort_out_copies(new, timedelta(minutes=within))
    completed = _complete(fuller_of(told, known) | found.fuller, locked, now, finder)
    groups, more = by_sender(found.originals), by_sender(hit for _, hit in completed)
    cases = {sender: case for sender, case in locked.items() if sender in groups.keys() | more.keys()}
    opened = [_new_case(sender, found, now, policy) for sender, found in groups.items() if sender not in cases]
    Case.objects.bulk_create(opened)
    for sender, case in cases.items():
        _extend(case, groups.get(sender, ()), more.get(sender, ()), policy)
    Case.objects.bulk_update(cases.values(), SUMMED_UP)
    extended = [case for sender, case in cases.items() if sender in groups]
    filled = [case for sender, case in cases.items() if sender in more]
    cases |= {case.sender: case for case in opened}
    new = [hit for found in groups.values() for hit in found]
    elsewhere = campaigns_of_copies(found.copies, new)
    campaigns, begun = join_campaigns(new, cases, now, policy.campaigns, elsewhere, _by_campaign(completed))
    evidence = [_evidence(hit, cases[hit.sender], campaigns.get(storable(hit.campaign)), now, finder) for hit in new]
    Evidence.objects.bulk_create(evidence)
    noted = note_sightings(found.copies, evidence)
    audit.record(
        [
            *(_told(finder, "case_opened", case, groups[case.sender]) for case in opened),
            *(_told(finder, "case_extended", case, groups[case.sender]) for case in extended),
            *(_told_completed(finder, case, len(more[case.sender])) for case in filled),
            *(Event(finder.actor, "evidence_seen_elsewhere", "case", case, {"copies": noted[case]}) for case in noted),
        ],
        at=now,
    )
    return TakenHits(
        evidence=len(evidence),
        duplicates=len(hits) - len(evidence),
        opened=len(opened),
        elsewhere=len(found.copies),
        begun=begun,
        completed=len(completed),
    )


def _known(hits: Sequence[Hit]) -> dict[tuple[str, str], Known]:
    these = one_of(map(key_of, hits))
    kept = Evidence.objects.filter(these).values_list("gateway", "sms_id", "text")
    copies = Sighting.objects.filter(these).values_list(
        "gateway", "sms_id", "evidence__gateway", "evidence__sms_id", "evidence__text"
    )
    known = {(gateway, sms_id): Known((gateway, sms_id), text) for gateway, sms_id, text in kept}
    return known | {(at, copy): Known((gateway, sms_id), text) for at, copy, gateway, sms_id, text in copies}


def _complete(
    fuller: Mapping[tuple[str, str], Hit], cases: Mapping[str, Case], now: datetime, finder: Finder
) -> Sequence[tuple[Evidence, Hit]]:
    """Give the evidence that these hits complete, by key, and write into it what they say."""
    if not fuller or finder is not CLASSIFIER:
        return []
    kept = Evidence.objects.filter(one_of(fuller)).select_related("case", "campaign").order_by("pk")
    found = [(one, fuller[one.gateway, one.sms_id]) for one in changeable(kept, cases.values(), now)]
    complete({one.pk: _evidence(hit, one.case, None, now, finder) for one, hit in found}, [one for one, _ in found])
    return found


def _by_campaign(completed: Sequence[tuple[Evidence, Hit]]) -> Mapping[str, Sequence[Hit]]:
    found: dict[str, list[Hit]] = {}
    for evidence, hit in completed:
        if evidence.campaign:
            found.setdefault(evidence.campaign.key, []).append(hit)
    return found


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


def _extend(case: Case, hits: Sequence[Hit], completed: Sequence[Hit], policy: Policy) -> None:
    """Add hits to what a case says of its evidence, and what late parts say of evidence that it has."""
    after = Summary(
        case.label, case.spam, case.first_seen, case.last_seen, case.evidence_count, case.lowered,
        case.velocity, case.volume_exceeded, case.peaks,
    )  # fmt: skip
    lower = policy.review.guards_lower_priority
    after = after.completed_by(completed, guards_lower=lower) if completed else after
    after = after.extended_by(hits, guards_lower=lower) if hits else after
    case.label, case.spam, case.evidence_count = after.label, after.spam, after.count
    case.first_seen, case.last_seen, case.lowered = after.first_seen, after.last_seen, after.lowered
    case.velocity, case.volume_exceeded, case.peaks = after.velocity, after.volume_exceeded, after.peaks


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


def _told_completed(finder: Finder, case: Case, evidence: int) -> Event:
    details = {"evidence": evidence, "total": case.evidence_count}
    return Event(finder.actor, "evidence_completed", "case", case.reference, details)


def _count(taken: TakenHits) -> None:
    EVIDENCE.inc(taken.evidence)
    EVIDENCE_DUPLICATES.inc(taken.duplicates)
    EVIDENCE_ELSEWHERE.inc(taken.elsewhere)
    CASES_OPENED.inc(taken.opened)
    CAMPAIGNS_BEGUN.inc(taken.begun)
