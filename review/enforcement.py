"""The only maker of enforcement orders: out of an approved decision of two people, signed, into the outbox."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from django.conf import settings

from config import records
from config.environment import decode_key
from config.topics import ENFORCEMENT_ORDERS
from ledger.outbox import enqueue
from review.errors import SigningKeyMissingError
from review.models import Approval, EnforcementOrder
from review.signing import sign


def signing_key() -> bytes:
    """Give the private key of this process.

    Raises:
        SigningKeyMissingError: it has none.
    """
    key = settings.ENVIRONMENT.order_signing_key
    if key is None:
        raise SigningKeyMissingError
    return decode_key(key.get_secret_value())


def issue_order(approval: Approval, now: datetime) -> EnforcementOrder:
    """Sign the order that an approval asks for and hand it to the relay, in the caller's transaction.

    Raises:
        SigningKeyMissingError: this process cannot sign.
        IntegrityError: the approval is not that of a confirmation by somebody else.
    """
    key = signing_key()
    decision = approval.decision
    case = decision.case
    order = records.EnforcementOrder(
        id=str(uuid4()),
        at=now,
        kind="stop_service",
        target=case.sender,
        case=case.reference,
        category=decision.category,
        decision=str(decision.pk),
        reviewer=decision.reviewer.get_username(),
        reviewed_at=decision.at,
        approver=approval.approver.get_username(),
        approved_at=approval.at,
    )
    signed = sign(order, key)
    issued = EnforcementOrder.objects.create(
        id=order.id,
        case=case,
        decision=decision,
        approval=approval,
        decision_kind=decision.kind,
        verdict=approval.verdict,
        reviewer=decision.reviewer,
        approver=approval.approver,
        target=order.target,
        category=order.category,
        signed_text=signed.order,
        signature=signed.signature,
        created_at=now,
    )
    enqueue(ENFORCEMENT_ORDERS, order.target, signed)
    return issued
