"""Sends answers: the 0000 list, the question which reminder was meant, what became of a request, help."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from billing_hooks import wording
from billing_hooks.desk import Paid, list_messages, number_items
from billing_hooks.journal import Journal
from billing_hooks.models import (
    BossOrder,
    Cancellation,
    DeskItem,
    DeskList,
    Reminder,
    Service,
    ServiceTextSeen,
    Subscriber,
    Subscription,
)
from billing_hooks.ports import DESK_PORT, answer_port
from billing_hooks.replies import Remark, Why
from billing_hooks.splitting import split
from billing_hooks.telling import Choice, ServiceWords, Told, answer_lines, late_lines, question_lines
from config.policy import Policy
from config.texts import render
from ledger.models import OutboundMessage
from ledger.outbound import send_text

HELP = "help"


def send_list(request: ServiceTextSeen, now: datetime, policy: Policy, journal: Journal) -> None:
    """Freeze the numbers of what the subscriber pays for and send them in two messages from 10086977."""
    subscriber = _subscriber(request)
    language = subscriber.speaks
    running = Subscription.objects.filter(
        subscriber=subscriber, status__in=(Subscription.Status.ACTIVE, Subscription.Status.CANCEL_FAILED)
    )
    items = number_items(
        Paid(one.pk, one.service.name(language), one.service.provider_name(language), one.price_fen,
             one.service.in_package, one.service.cancellable)
        for one in running.select_related("service").order_by("pk")
    )  # fmt: skip
    valid_until = now + timedelta(hours=policy.desk.list_hours)
    shown = DeskList.objects.create(subscriber=subscriber, request=request, sent_at=now, valid_until=valid_until)
    DeskItem.objects.bulk_create(
        DeskItem(desk_list=shown, number=item.number, subscription_id=item.paid.subscription) for item in items
    )
    for place, lines in enumerate(list_messages(items, policy.desk.list_hours, language), start=1):
        _send(f"list-{shown.pk}-{place}", subscriber, DESK_PORT, lines, "list", now, policy)
    journal.note("list_sent", subscriber.pk, items=len(items))


def ask_which(request: ServiceTextSeen, codes: Sequence[int], now: datetime, policy: Policy, journal: Journal) -> None:
    """Ask which of these reminders the reply was meant for."""
    subscriber = _subscriber(request)
    reminders = Reminder.objects.filter(subscriber=subscriber, code__in=codes, sent_at__isnull=False)
    newest = {
        reminder.code: reminder for reminder in reminders.select_related("subscription__service").order_by("sent_at")
    }
    choices = [
        Choice(code, newest[code].subscription.service.name(subscriber.speaks), newest[code].subscription.price_fen)
        for code in codes
    ]
    lines = question_lines(choices, subscriber.speaks)
    _send(f"question-{request.pk}", subscriber, DESK_PORT, lines, "ask_which", now, policy)
    journal.note("asked_which", subscriber.pk, reminders=len(codes))


def help_out(request: ServiceTextSeen, since: datetime, now: datetime, policy: Policy, journal: Journal) -> None:
    """Send the help text, unless the subscriber had as many as allowed since then."""
    subscriber = _subscriber(request)
    had = OutboundMessage.objects.filter(msisdn=subscriber.msisdn, name=HELP, created_at__gt=since).count()
    if had >= policy.desk.help_per_hour:
        journal.note("help_withheld", subscriber.pk)
        return
    text = render(HELP, subscriber.speaks)
    send_text(f"help-{request.pk}", subscriber.msisdn, answer_port(request.port), text, name=HELP, at=now)
    journal.note("help_sent", subscriber.pk)


def tell(request: ServiceTextSeen, now: datetime, policy: Policy, journal: Journal) -> None:
    """Tell what became of a request as a whole: its cancellations, all of them settled, and its remarks."""
    subscriber = _subscriber(request)
    language = subscriber.speaks
    cancellations = list(request.cancellations.select_related("subscription__service").order_by("pk"))
    remarks = [Remark(Why(remark["why"]), remark["about"]) for remark in request.remarks]
    services = {
        service.code: ServiceWords(service.name(language), service.reason(language))
        for service in Service.objects.filter(code__in={remark.about for remark in remarks})
    }
    told = [_told(cancellation, subscriber, policy) for cancellation in cancellations]
    lines = answer_lines(told, remarks, services, language)
    _send(f"answer-{request.pk}", subscriber, answer_port(request.port), lines, "answer", now, policy)
    request.cancellations.update(told_at=now)
    journal.note("subscriber_told", subscriber.pk, text=request.text_id, cancellations=len(told), remarks=len(remarks))


def tell_not_waived(order: BossOrder, now: datetime, policy: Policy, journal: Journal) -> None:
    """Tell that a later charge of a cancelled subscription stands, once for each order."""
    cancellation = order.cancellation
    request, subscription = cancellation.request, cancellation.subscription
    subscriber = _subscriber(request)
    language = subscriber.speaks
    lines = late_lines(subscription.service.name(language), subscription.price_fen, order.cycle, language)
    _send(f"late-{order.pk}", subscriber, answer_port(request.port), lines, "late_not_waived", now, policy)
    journal.note("subscriber_told", subscriber.pk, text=request.text_id, subscription=subscription.pk,
                 cycle=order.cycle)  # fmt: skip


def _told(cancellation: Cancellation, subscriber: Subscriber, policy: Policy) -> Told:
    language, zone = subscriber.speaks, policy.reminders.zone
    service = cancellation.subscription.service
    settled_at = cancellation.settled_at or cancellation.asked_at
    return Told(
        service=service.name(language),
        price_fen=cancellation.subscription.price_fen,
        outcome=cancellation.outcome,  # type: ignore[arg-type] # settled, so never pending
        waived=cancellation.orders.filter(kind="WaiveCharge", status=BossOrder.Status.DONE).exists(),
        effect=wording.effect(service.takes_effect, settled_at, cancellation.effective_at, language, zone),
        reason=cancellation.reason,
    )


def _send(  # noqa: PLR0913, PLR0917 - a text is all of this
    key: str, subscriber: Subscriber, port: str, lines: Sequence[str], name: str, now: datetime, policy: Policy
) -> None:
    """Send lines as one text or as parts of SMS size."""
    for place, part in enumerate(split(lines, policy.sms), start=1):
        send_text(f"{key}-{place}", subscriber.msisdn, port, part, name=name, at=now)


def _subscriber(request: ServiceTextSeen) -> Subscriber:
    """Give the sender of a text that is for this room."""
    if request.subscriber is None:
        raise ValueError("a text that is not ours is not answered")
    return request.subscriber
