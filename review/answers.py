"""What the network did with orders: finishes each order once, closes its case, and tells the sender."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from config.errors import BadRecordError
from config.records import EnforcementAck, SignedOrder
from ledger import audit
from ledger.chain import Event
from ledger.outbound import send_template
from review.categories import name_in
from review.grouping import storable
from review.models import Case, EnforcementOrder, OrderStatus
from review.rules import Outcome, Status

ACTOR = "system:casework"
SERVICE_PORT = "10086"


@transaction.atomic
def take_acks(acks: Sequence[EnforcementAck], now: datetime) -> None:
    """Finish orders by the network's answers; the first answer to an order counts.

    Raises:
        BadRecordError: `unknown_order` or `wrong_target`; nothing of the batch was applied.
    """
    orders = _lock_orders({_order_id(ack) for ack in acks})
    events = []
    for ack in acks:
        order = orders.get(_order_id(ack))
        if order is None:
            raise BadRecordError("unknown_order", f"no order {ack.order}")
        if order.target != ack.target:
            raise BadRecordError("wrong_target", f"order {ack.order} is about another number")
        if order.status == OrderStatus.QUEUED:
            events.append(_finish(order, ack, now))
    audit.record(events, at=now)


def refuse(signed: SignedOrder, reason: str, now: datetime) -> list[Event]:
    """Finish the order behind a record that the relay would not publish, in the caller's transaction.

    Returns:
        What to tell the audit log; nothing when no waiting order has this very signature.
    """
    try:
        order = _lock_orders({UUID(signed.id)}).get(UUID(signed.id))
    except ValueError:
        return []
    if order is None or order.status != OrderStatus.QUEUED or order.signature != signed.signature:
        return []
    answer = EnforcementAck(
        id=f"relay:{order.id}", order=str(order.id), target=order.target, at=now, status="refused", reason=reason
    )
    return [_finish(order, answer, now)]


def _order_id(ack: EnforcementAck) -> UUID:
    try:
        return UUID(ack.order)
    except ValueError as error:
        raise BadRecordError("unknown_order", f"no order {ack.order}") from error


def _lock_orders(ids: set[UUID]) -> dict[UUID, EnforcementOrder]:
    """Lock the cases of the orders, in the order of senders as `casework` does, and read the orders after that."""
    list(Case.objects.select_for_update().filter(orders__in=ids).order_by("sender", "id"))
    return {order.id: order for order in EnforcementOrder.objects.filter(id__in=ids).select_related("case")}


def _finish(order: EnforcementOrder, ack: EnforcementAck, now: datetime) -> Event:
    order.status = OrderStatus(ack.status)
    order.acked_at, order.ack_reason = ack.at, storable(ack.reason)
    order.save(update_fields=["status", "acked_at", "ack_reason"])
    case = order.case
    case.status, case.closed_at = Status.CLOSED, now
    case.outcome = Outcome.STOPPED if order.status == OrderStatus.DONE else Outcome.FAILED
    case.save(update_fields=["status", "outcome", "closed_at"])
    if order.status == OrderStatus.DONE:
        send_template(
            f"stop:{order.id}",
            order.target,
            SERVICE_PORT,
            "service_stopped",
            at=now,
            category=name_in(order.category, "zh-hans"),
            case=case.reference,
        )
    details = {"order": str(order.id), "status": str(order.status), "reason": order.ack_reason}
    return Event(ACTOR, "order_answered", "case", case.reference, details)
