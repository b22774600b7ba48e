"""Names in Redis: live counts that may be lost without losing a decision."""

from __future__ import annotations


def gateway_key(gateway: str) -> str:
    """Give the hash of a gateway's live counts: received, scored, exempt, hits, rejected, last_at (epoch ms)."""
    return f"qingxin:gateway:{gateway}"


CAMPAIGN_KEYS = "qx:{c}:"
"""What the keys of the campaign index begin with; one slot of a cluster, since one script uses them together."""
