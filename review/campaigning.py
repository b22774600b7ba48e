"""Brings new evidence into its campaigns, in the transaction that keeps the evidence.

Locks come in a fixed order, campaigns by key and then the one lock of the dossiers, so that workers never wait in a
circle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from config.policy import CampaignPolicy
from config.records import Hit
from review.campaign_contacts import advertise
from review.campaign_tables import Campaign, CampaignSender
from review.campaigns import Share, Summary, by_campaign, contacts_of, shares
from review.models import Case
from review.writing import write


def join_campaigns(
    hits: Sequence[Hit],
    cases: Mapping[str, Case],
    now: datetime,
    policy: CampaignPolicy,
    elsewhere: Mapping[str, Mapping[str, int]],
    completed: Mapping[str, Sequence[Hit]],
) -> tuple[Mapping[str, Campaign], int]:
    """Count new evidence in its campaigns, which are begun if they are new.

    Args:
        hits: evidence that the caller keeps for the first time.
        cases: the saved case of each sender.
        now: when campaigns and dossiers begin.
        policy: when contacts unite campaigns no longer.
        elsewhere: for the key of each campaign how many copies of its evidence other gateways saw.
        completed: for the key of each campaign evidence that it counts already, with the contacts of late parts.

    Returns:
        The campaigns by their keys, and how many of them are new.
    """
    groups = by_campaign(hits)
    keys = groups.keys() | elsewhere.keys() | completed.keys()
    if not keys:
        return {}, 0
    known = set(Campaign.objects.filter(key__in=groups).values_list("key", flat=True))
    empty = Summary(now, now)
    fresh = [_new(key, empty.extended_by(found), now) for key, found in groups.items() if key not in known]
    Campaign.objects.bulk_create(fresh, ignore_conflicts=True)
    locked = Campaign.objects.select_for_update(no_key=True).filter(key__in=keys).order_by("key")
    campaigns = {campaign.key: campaign for campaign in locked}
    begun = sum(campaign.size == 0 for campaign in campaigns.values())
    _count_senders(campaigns, groups, cases)
    for key, campaign in campaigns.items():
        if key in groups:
            _extend(campaign, groups[key])
        campaign.gateways = dict(Counter(campaign.gateways) + Counter(elsewhere.get(key, {})))
    changed = ["size", "senders", "gateways", "first_seen", "last_seen", "text", "label", "spam"]
    write(Campaign, campaigns.values(), changed)
    told = {key: [*groups.get(key, ()), *completed.get(key, ())] for key in groups.keys() | completed.keys()}
    advertise({campaigns[key]: contacts_of(told[key]) for key in sorted(told)}, now, policy)
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
    write(CampaignSender, rows.values(), ["messages", "last_seen", "case"])
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
