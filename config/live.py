"""Names in Redis: live counts, the counts of senders, and the parts of long SMS that wait for each other."""

from __future__ import annotations


def gateway_key(gateway: str) -> str:
    """Give the hash of a gateway's live counts: received, scored, exempt, hits, rejected, last_at (epoch ms).

    For parts of long SMS also held, joined, copy, alone, timed_out.
    """
    return f"qingxin:gateway:{gateway}"


def sender_key(day: str, sender: str) -> str:
    """Give the hash of what a sender sent on a day (YYMMDD): see `streams/velocity.py`."""
    return f"qingxin:v:{day}:{sender}"


def counted_key(source: str) -> str:
    """Give the mark of how far a source (topic and partition) was counted."""
    return f"qingxin:counted:{source}"


def parts_key(gateway: str, ref: int, sender: str, receiver: str) -> str:
    """Give the hash of a long SMS's parts: see `streams/parts.lua`."""
    return f"qingxin:parts:{gateway}:{ref}:{len(sender)}:{sender}:{receiver}"


PARTS_DUE = "qingxin:parts-due"
"""The sorted set of unfinished long SMS by the time (epoch ms) at which they wait no longer."""


CAMPAIGN_KEYS = "qx:{c}:"
"""What the keys of the campaign index begin with; one slot of a cluster, since one script uses them together."""
