"""How people read the details of an audit entry: what a key, a value and a kind of subject are called."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

SUBJECTS: Final = {
    "campaign": gettext_lazy("campaign"),
    "case": gettext_lazy("case"),
    "contact": gettext_lazy("contact"),
    "dead letter": gettext_lazy("dead letter"),
    "dead letters": gettext_lazy("dead letters, reason"),
    "difference": gettext_lazy("difference of two models"),
    "export": gettext_lazy("export"),
    "gateway": gettext_lazy("gateway"),
    "model": gettext_lazy("model"),
    "outbox": gettext_lazy("outbox record"),
    "sample": gettext_lazy("sample"),
    "sender": gettext_lazy("sender"),
    "service_text": gettext_lazy("subscriber's text"),
    "subscriber": gettext_lazy("subscriber"),
    "user": gettext_lazy("person"),
}
KEYS: Final = {
    "alarm": gettext_lazy("alarm number"),
    "amount_fen": gettext_lazy("amount in yuan"),
    "before": gettext_lazy("before it"),
    "cancellations": gettext_lazy("services cancelled"),
    "candidate": gettext_lazy("candidate model"),
    "case": gettext_lazy("case"),
    "category": gettext_lazy("category"),
    "changed": gettext_lazy("fields changed"),
    "charge_at": gettext_lazy("time of the charge"),
    "code": gettext_lazy("reply code"),
    "compared": gettext_lazy("SMS compared"),
    "contacts": gettext_lazy("contacts"),
    "contradictions": gettext_lazy("contradictions left out"),
    "copies": gettext_lazy("copies"),
    "cycle": gettext_lazy("billing cycle"),
    "decision": gettext_lazy("decision number"),
    "digest": gettext_lazy("digest of the line"),
    "evidence": gettext_lazy("new evidence"),
    "fed": gettext_lazy("lines fed"),
    "found_by": gettext_lazy("found by"),
    "guards": gettext_lazy("looks like"),
    "items": gettext_lazy("items"),
    "kind": gettext_lazy("kind"),
    "label": gettext_lazy("label"),
    "labels": gettext_lazy("labels"),
    "left_out": gettext_lazy("left out"),
    "letters": gettext_lazy("letters"),
    "lowered": gettext_lazy("priority lowered"),
    "new": gettext_lazy("entered anew"),
    "number": gettext_lazy("number"),
    "only_candidate": gettext_lazy("found by the candidate alone"),
    "only_serving": gettext_lazy("found by the model at work alone"),
    "operating_system_user": gettext_lazy("user of the computer"),
    "order": gettext_lazy("order number"),
    "origin": gettext_lazy("asked through"),
    "outcome": gettext_lazy("outcome"),
    "place": gettext_lazy("place"),
    "port": gettext_lazy("port"),
    "price_fen": gettext_lazy("price in yuan"),
    "quiet_minutes": gettext_lazy("minutes quiet"),
    "reason": gettext_lazy("reason"),
    "remarks": gettext_lazy("remarks"),
    "reminders": gettext_lazy("reminders open"),
    "replayed": gettext_lazy("from dead letters"),
    "reviewer": gettext_lazy("decided by"),
    "roles": gettext_lazy("roles"),
    "rows": gettext_lazy("rows"),
    "scored": gettext_lazy("SMS scored"),
    "service": gettext_lazy("service"),
    "serving": gettext_lazy("model at work"),
    "sha256": gettext_lazy("digest of the model"),
    "share": gettext_lazy("share of hits"),
    "since": gettext_lazy("since"),
    "status": gettext_lazy("state"),
    "subscription": gettext_lazy("subscription"),
    "text": gettext_lazy("text number"),
    "threshold": gettext_lazy("threshold"),
    "time": gettext_lazy("which time"),
    "tolerance_minutes": gettext_lazy("minutes usual at most"),
    "topic": gettext_lazy("topic"),
    "total": gettext_lazy("evidence in all"),
    "understood": gettext_lazy("understood as"),
    "unread": gettext_lazy("fields unreadable before"),
    "until": gettext_lazy("until"),
    "usual_share": gettext_lazy("usual share of hits"),
    "verdict": gettext_lazy("verdict"),
    "watched_minutes": gettext_lazy("minutes watched"),
    "without_shadow": gettext_lazy("without a run in shadow"),
}
VALUES: Final = {
    "CancelSubscription": gettext_lazy("cancel the subscription"),
    "ExcludeFromSettlement": gettext_lazy("exclude from settlement"),
    "WaiveCharge": gettext_lazy("waive the charge"),
    "ad": gettext_lazy("advertising"),
    "approve": gettext_lazy("signed"),
    "asked_which": gettext_lazy("unclear which, asked back"),
    "cancel_asked": gettext_lazy("cancelled a service"),
    "clear": gettext_lazy("no spam"),
    "confirm": gettext_lazy("confirmed as spam"),
    "contraband": gettext_lazy("contraband"),
    "corrected": gettext_lazy("charge changed"),
    "desk": gettext_lazy("0000 desk"),
    "done": gettext_lazy("done"),
    "explained": gettext_lazy("could not be done, told why"),
    "failed": gettext_lazy("failed"),
    "final": gettext_lazy("before the charge"),
    "forgery": gettext_lazy("forged papers"),
    "fraud": gettext_lazy("fraud"),
    "gambling": gettext_lazy("gambling"),
    "ham": gettext_lazy("no spam"),
    "helped": gettext_lazy("not understood, help"),
    "hit_share": gettext_lazy("share of hits changed"),
    "list_sent": gettext_lazy("asked for the list"),
    "loan": gettext_lazy("illegal loans"),
    "model": gettext_lazy("the model"),
    "never_fed": gettext_lazy("never fed"),
    "not_ours": gettext_lazy("for another service"),
    "not_waived": gettext_lazy("cancelled, charge not waived"),
    "order": gettext_lazy("new order"),
    "politics": gettext_lazy("political offences"),
    "porn": gettext_lazy("pornography"),
    "recall_check": gettext_lazy("the recall check"),
    "refused": gettext_lazy("refused"),
    "reject": gettext_lazy("sent back"),
    "reminder": gettext_lazy("reply to a reminder"),
    "silent": gettext_lazy("silent"),
    "skip": gettext_lazy("skipped"),
    "spam": gettext_lazy("spam"),
    "unclear": gettext_lazy("cannot tell"),
    "volume": gettext_lazy("volume"),
}
"""States, kinds, labels and verdicts, under the keys of `VALUED`."""
VALUED: Final = frozenset(
    {"before", "category", "found_by", "kind", "label", "origin", "outcome", "status", "understood", "verdict"}
)
SHARES: Final = frozenset({"share", "usual_share"})
SUMS: Final = frozenset({"amount_fen", "price_fen"})
MOMENTS: Final = frozenset({"charge_at", "until"})
FIELDS: Final = {
    "id": gettext_lazy("id"),
    "gateway": gettext_lazy("gateway"),
    "sent_at": gettext_lazy("time"),
    "sender": gettext_lazy("sender"),
    "receiver": gettext_lazy("receiver"),
    "text": gettext_lazy("text"),
    "part": gettext_lazy("part of a long SMS"),
}
"""Fields of an SMS."""
FIELD_LISTS: Final = frozenset({"changed", "unread"})


def subject_name(kind: str) -> str:
    """Give what a kind of subject is called; as it stands in the chain if it is not known."""
    return str(SUBJECTS.get(kind, kind))


def key_name(key: str) -> str:
    """Give what a key is called; as it stands in the chain if it is not known."""
    return str(KEYS.get(key, key))


def value_name(key: str, value: Any) -> str:
    """Give what a value is called: yes and no, lists with commas, known states and fields in the reader's language."""
    match value:
        case bool():
            return _("yes") if value else _("no")
        case list():
            return _(", ").join(value_name(key, one) for one in value) or "–"
        case dict():
            return _(", ").join(f"{name} {one}" for name, one in value.items()) or "–"
        case int() | float():
            return _figure(key, value)
    if key in MOMENTS:
        return _moment(str(value))
    names = FIELDS if key in FIELD_LISTS else VALUES if key in VALUED else {}
    return str(names.get(value, value))


def _figure(key: str, value: float) -> str:
    """Give a share as a percentage, a sum in yuan, and any other number as it stands."""
    if key in SHARES:
        return f"{value:.2%}"
    return f"{value / 100:.2f}" if key in SUMS else str(value)


def _moment(told: str) -> str:
    """Give a time as the console's other times are given; what is none as it stands."""
    try:
        return f"{localtime(datetime.fromisoformat(told)):%Y-%m-%d %H:%M:%S}"
    except ValueError:
        return told
