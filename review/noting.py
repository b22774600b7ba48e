"""Another gateway's copies of evidence: found among hits, and noted on the evidence, within casework's transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.db.models import Q

from config.records import GAP, Hit
from review.gaps import lacks_parts
from review.grouping import key_of, storable
from review.models import Evidence, Sighting
from review.sightings import Original, Sorted, Way, content_of, sort_out, way_of

Copy = tuple[Hit, tuple[str, str]]
"""A hit, and gateway and id of the evidence that it is a copy of."""


def sort_out_copies(hits: Sequence[Hit], within: timedelta) -> Sorted:
    """Tell new evidence from copies; the open cases of all senders are locked, so that nobody adds to them meanwhile.

    A copy of evidence in a closed case is noted there: people decided on that SMS. A hit that lacks parts is looked for
    among all of its sender and receiver, every hit among those of them that lack parts.
    """
    ways = [way_of(hit) for hit in hits]
    partial = [way for way, hit in zip(ways, hits, strict=True) if lacks_parts(hit.text)]
    first, last = min((hit.sent_at for hit in hits), default=None), max((hit.sent_at for hit in hits), default=None)
    known: dict[str, list[Original]] = {}
    on_way: dict[Way, list[Original]] = {}
    if within and first and last:
        those = [Q(content__in={content_of(hit) for hit in hits}), _on(ways) & Q(text__contains=GAP)]
        if partial:
            those.append(_on(partial))
        near = Evidence.objects.filter(sent_at__gte=first - within, sent_at__lte=last + within)
        near = near.select_related("case").prefetch_related("sightings")
        # One query each: the database has an index for each, and none for all.
        for evidence in {one.pk: one for which in those for one in near.filter(which)}.values():
            gateways = {evidence.gateway, *(sighting.gateway for sighting in evidence.sightings.all())}
            original = Original((evidence.gateway, evidence.sms_id), evidence.sent_at, gateways, evidence.text)
            known.setdefault(evidence.content, []).append(original)
            on_way.setdefault((evidence.case.sender, evidence.receiver), []).append(original)
    return sort_out(hits, known, within, on_way)


def _on(ways: Sequence[Way]) -> Q:
    return Q(case__sender__in={sender for sender, _ in ways}, receiver__in={receiver for _, receiver in ways})


def campaigns_of_copies(copies: Sequence[Copy], fresh: Sequence[Hit]) -> Mapping[str, Counter[str]]:
    """Count the gateways of copies for the key of the campaign that holds their evidence, part of which is `fresh`."""
    campaign_of = {key_of(hit): storable(hit.campaign) for hit in fresh}
    older = {key for _, key in copies} - campaign_of.keys()
    for gateway in {gateway for gateway, _ in older}:
        same = Evidence.objects.filter(gateway=gateway, sms_id__in=[sms_id for at, sms_id in older if at == gateway])
        for sms_id, campaign in same.values_list("sms_id", "campaign__key"):
            campaign_of[gateway, sms_id] = campaign or ""
    found: dict[str, Counter[str]] = {}
    for hit, key in copies:
        if campaign_of[key]:
            found.setdefault(campaign_of[key], Counter())[key_of(hit)[0]] += 1
    return found


def note_sightings(copies: Sequence[Copy], fresh: Sequence[Evidence]) -> Counter[str]:
    """Note copies on their evidence, part of which is `fresh` from this transaction; give how many by case."""
    of_key = {(evidence.gateway, evidence.sms_id): evidence for evidence in fresh}
    for gateway, sms_id in {key for _, key in copies} - of_key.keys():
        found = Evidence.objects.select_related("case").get(gateway=gateway, sms_id=sms_id)
        of_key[gateway, sms_id] = found
    Sighting.objects.bulk_create(
        Sighting(evidence=of_key[key], gateway=key_of(hit)[0], sms_id=key_of(hit)[1], sent_at=hit.sent_at)
        for hit, key in copies
    )
    return Counter(of_key[key].case.reference for _, key in copies)
