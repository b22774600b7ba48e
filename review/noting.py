"""Another gateway's copies of evidence: found among hits, and noted on the evidence, within casework's transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Q

from config.records import Hit
from review.grouping import key_of
from review.models import Evidence, Sighting
from review.sightings import Original, Way, content_of, lacks_parts, sort_out, way_of

Copy = tuple[Hit, tuple[str, str]]
"""A hit, and gateway and id of the evidence that it is a copy of."""


def sort_out_copies(hits: Sequence[Hit], within: timedelta) -> tuple[Sequence[Hit], Sequence[Copy]]:
    """Tell new evidence from copies; the open cases of all senders are locked, so that nobody adds to them meanwhile.

    A copy of evidence in a closed case is noted there: people decided on that SMS. A hit that lacks parts is looked for
    among all of its sender and receiver; if it came in a batch before the whole, both are evidence.
    """
    contents = {content_of(hit) for hit in hits}
    partial = [way_of(hit) for hit in hits if lacks_parts(hit.text)]
    first, last = min((hit.sent_at for hit in hits), default=None), max((hit.sent_at for hit in hits), default=None)
    known: dict[str, list[Original]] = {}
    on_way: dict[Way, list[Original]] = {}
    if within and first and last:
        those = Q(content__in=contents)
        if partial:
            those |= Q(case__sender__in={sender for sender, _ in partial}, receiver__in={to for _, to in partial})
        near = Evidence.objects.filter(those, sent_at__gte=first - within, sent_at__lte=last + within)
        for evidence in near.select_related("case").prefetch_related("sightings"):
            gateways = {evidence.gateway, *(sighting.gateway for sighting in evidence.sightings.all())}
            original = Original((evidence.gateway, evidence.sms_id), evidence.sent_at, gateways, evidence.text)
            known.setdefault(evidence.content, []).append(original)
            on_way.setdefault((evidence.case.sender, evidence.receiver), []).append(original)
    found = sort_out(hits, known, within, on_way)
    return found.originals, found.copies


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
