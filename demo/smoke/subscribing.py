"""The smoke's subscriptions: a reminder and its reply, then 0000, an item number, and what the subscriber is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from billing_hooks.catalogue import load_catalogue
from billing_hooks.ports import DESK_PORT, SERVICE_PORT, code_of_port
from billing_hooks.reminding import quiet_stretch
from config.policy import ReminderPolicy, load_policy
from config.records import OutboundText, ServiceText, SubscriptionOrdered, encode
from config.texts import render
from config.topics import BOSS_EVENTS, SMS_MO
from demo.smoke.steps import Play, check, wait_for

REPLIER = "13911110001"
ASKER = "13911110002"
CHARGE_IN = timedelta(hours=1)
REMINDER_SECONDS = 90
SHORTEST = timedelta(minutes=1)


def charge_time(now: datetime, policy: ReminderPolicy) -> datetime:
    """Give a time of the first charge at which the order is told at once, whatever the hour.

    In quiet hours a reminder waits for the morning unless the charge would fall first.
    """
    quiet = quiet_stretch(now, policy)
    if quiet is None or quiet[1] - now < SHORTEST:
        return now + CHARGE_IN
    return min(now + CHARGE_IN, quiet[1])


def subscribe(play: Play) -> None:
    """Play an order, its reminder and the reply; then 0000 and a cancellation by number."""
    policy = load_policy().reminders
    outside, inside = _services()
    play.say("BOSS announces three orders; one subscriber replies T to the reminder")
    now = datetime.now(UTC)
    for number, (msisdn, service) in enumerate(((REPLIER, outside), (ASKER, outside), (ASKER, inside))):
        event = SubscriptionOrdered(
            id=f"smoke-event-{number}", at=now, msisdn=msisdn, subscription=f"smoke-sub-{number}", service=service,
            price_fen=500, first_charge_at=charge_time(now, policy),
        )  # fmt: skip
        play.writer.send(BOSS_EVENTS, msisdn, encode(event))
    play.writer.flush()
    _reply_to_reminder(play)
    _cancel_by_number(play)


def _reply_to_reminder(play: Play) -> None:
    reminder = wait_for("the reminder", lambda: _reminder(play, REPLIER), REMINDER_SECONDS)
    play.writer.send(SMS_MO, REPLIER, encode(_text("smoke-mo-1", REPLIER, reminder.port, "T")))
    play.writer.flush()
    _wait_for_boss(play, "smoke-sub-0")
    told = render("told_waived", service="", price="", effect="").split("（", maxsplit=1)[0]
    wait_for(
        "the subscriber is told of the cancellation",
        lambda: [text for text in _texts(play, REPLIER) if text.id != reminder.id and told in text.text],
        told=lambda: _texts(play, REPLIER),
    )


def _cancel_by_number(play: Play) -> None:
    play.say("another subscriber sends 0000, gets two texts, and cancels number 1")
    both = wait_for("both reminders", lambda: len(_texts(play, ASKER)) >= 2, REMINDER_SECONDS)  # noqa: PLR2004 - two orders
    check("a reminder for each order", right=both)
    play.writer.send(SMS_MO, ASKER, encode(_text("smoke-mo-2", ASKER, SERVICE_PORT, "0000")))
    play.writer.flush()
    outside, inside = render("list_outside"), render("list_inside")
    wait_for(
        "the two texts that answer 0000",
        lambda: _holding(play, ASKER, outside) and _holding(play, ASKER, inside),
        told=lambda: _texts(play, ASKER),
    )
    play.writer.send(SMS_MO, ASKER, encode(_text("smoke-mo-3", ASKER, SERVICE_PORT, "1")))
    play.writer.flush()
    _wait_for_boss(play, "smoke-sub-1")
    told = render("told_done", service="", price="", effect="").split("（", maxsplit=1)[0]
    wait_for("the subscriber is told", lambda: _holding(play, ASKER, told), told=lambda: _texts(play, ASKER))


def _wait_for_boss(play: Play, subscription: str) -> None:
    """Wait for the three orders about a subscription, and for their answers."""
    from billing_hooks.models import BossOrder

    def kinds() -> list[str]:
        return sorted(order.kind for order in play.boss.orders if order.subscription == subscription)

    wanted = ["CancelSubscription", "ExcludeFromSettlement", "WaiveCharge"]
    wait_for(f"BOSS gets three orders about {subscription}", lambda: kinds() == wanted, told=kinds)
    orders = BossOrder.objects.filter(cancellation__subscription__boss_id=subscription)
    done = BossOrder.Status.DONE
    wait_for("BOSS's answers are kept", lambda: orders.filter(status=done).count() == len(wanted))


def _services() -> tuple[str, str]:
    """Give a service outside packages and one inside, both of which a text can cancel."""
    services = load_catalogue().services
    free = [(code, service) for code, service in services.items() if service.cancellable]
    outside = next(code for code, service in free if not service.in_package)
    return outside, next(code for code, service in free if service.in_package)


def _texts(play: Play, msisdn: str) -> list[OutboundText]:
    return [text for text in list(play.handsets.received) if text.msisdn == msisdn]


def _reminder(play: Play, msisdn: str) -> OutboundText | None:
    return next((text for text in _texts(play, msisdn) if code_of_port(text.port) is not None), None)


def _holding(play: Play, msisdn: str, words: str) -> list[OutboundText]:
    return [text for text in _texts(play, msisdn) if text.port == DESK_PORT and words in text.text]


def _text(identity: str, msisdn: str, port: str, words: str) -> ServiceText:
    return ServiceText(id=identity, sent_at=datetime.now(UTC), msisdn=msisdn, port=port, text=words)
