"""Counts what must not exist: orders without two different people behind them."""

from __future__ import annotations

from typing import Final

from django.db import connection

ORDERS: Final = """
SELECT count(*) FROM review_enforcementorder o
LEFT JOIN review_decision d ON d.id = o.decision_id AND d.kind = 'confirm'
    AND d.case_id = o.case_id AND d.reviewer_id = o.reviewer_id
LEFT JOIN review_approval a ON a.id = o.approval_id AND a.verdict = 'approve'
    AND a.decision_id = d.id AND a.approver_id = o.approver_id AND a.reviewer_id = o.reviewer_id
LEFT JOIN review_case c ON c.id = o.case_id AND c.sender = o.target
LEFT JOIN auth_user reviewer ON reviewer.id = d.reviewer_id
LEFT JOIN auth_user approver ON approver.id = a.approver_id
WHERE c.id IS NULL OR reviewer.id IS NULL OR approver.id IS NULL OR reviewer.id = approver.id
   OR strpos(o.signed_text, '"id":"' || o.id || '"') = 0
   OR strpos(o.signed_text, '"target":"' || o.target || '"') = 0
"""
OUTBOX: Final = """
SELECT count(*) FROM ledger_outboxrecord r
WHERE r.topic = 'enforcement.orders' AND NOT EXISTS (
    SELECT FROM review_enforcementorder o
    WHERE o.target = r.key AND position(convert_to('"id":"' || o.id || '"', 'UTF8') IN r.value) > 0
      AND position(convert_to('"signature":"' || o.signature || '"', 'UTF8') IN r.value) > 0
)
"""


def orders_without_two_people() -> int:
    """Count the orders, kept or on their way, that no approved decision of two different people bears out."""
    return _count(ORDERS) + _count(OUTBOX)


def _count(query: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return int(cursor.fetchone()[0])
