"""Which model serves and which is in shadow: a person's deeds, in the audit chain before they take effect.

The chain's entry is written first, then the note in the store. Should the process die between the two, the same
promotion or roll-back done again by the same person for the same reason finishes it with the entry that is there; a
shadow just gets a second entry. What a person decides by is what served when they were asked: if another deed took
effect meanwhile, theirs is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from ledger import audit
from ledger.chain import Event
from ledger.models import AuditEntry
from models.appointments import RELEASED, Appointment, Serving, promoted, rolled_back, to_go_back_to
from models.artifact import load
from models.errors import ModelUnknown
from models.store import Store, digest_of

PROMOTED, ROLLED_BACK, SHADOWED = "model_promoted", "model_rolled_back", "model_shadowed"
SUBJECT = "model"
MAX_REASON = 500


class DeedRefusedError(Exception):
    """Nothing was changed; the message says why."""


@dataclass(frozen=True)
class Deed:
    """Who does something, why, and when."""

    by: User
    reason: str
    at: datetime


def promote(store: Store, name: str, deed: Deed, evidence: Mapping[str, Any], seen: Serving | None) -> Serving:
    """Let a model of the store serve in place of what was `seen` to; `evidence` (JSON, flat) goes into the chain.

    Raises:
        DeedRefusedError: it serves already, or another deed took effect since `seen` was read.
        models.errors.ModelError: it is not there or does not load, or the store is damaged.
    """
    with store.locked():
        serving = _still(store, seen)
        left = unfinished(serving)
        if serving and serving.now.model == name and left is None:
            raise DeedRefusedError(f"{name} serves already")
        if name == RELEASED:
            raise ModelUnknown(name)
        path = store.path(name)
        threshold, digest = load(path).manifest.threshold, digest_of(path)
        details = {"sha256": digest, "threshold": threshold, "before": served_by(serving), **evidence}
        done = left if _is(left, PROMOTED, name, digest, deed) else None
        entry = done or _record(PROMOTED, name, deed, details)
        changed = promoted(serving, _appointment(name, digest, threshold, entry))
        store.put_serving(changed)
        shadow = store.shadow()
        if shadow and shadow.model == name:
            store.put_shadow(None)
    return changed


def roll_back(store: Store, deed: Deed, seen: Serving | None) -> Serving:
    """Let the model serve again that served before the one that was `seen` to serve.

    Raises:
        DeedRefusedError: another deed took effect since `seen` was read, or a promotion was left unfinished, so that it
            is not clear what to go back from.
        models.errors.ModelError: none served before, it is gone or changed, or the store is damaged.
    """
    with store.locked():
        serving = _still(store, seen)
        left = unfinished(serving)
        if left and left.action == PROMOTED:
            raise DeedRefusedError(
                f"the promotion of {left.subject_id} did not take effect and {served_by(serving)} serves; "
                f"finish it with `qingxin model promote {left.subject_id}`, or promote the serving model anew"
            )
        again = to_go_back_to(serving)
        threshold = load(store.verified(again)).manifest.threshold
        details = {"sha256": again.sha256, "threshold": threshold, "before": served_by(serving)}
        done = left if _is(left, ROLLED_BACK, again.model, again.sha256, deed) else None
        entry = done or _record(ROLLED_BACK, again.model, deed, details)
        changed = rolled_back(serving, _appointment(again.model, again.sha256, threshold, entry))
        store.put_serving(changed)
    return changed


def put_in_shadow(store: Store, name: str, deed: Deed) -> Appointment:
    """Let a candidate run as a shadow.

    Raises:
        DeedRefusedError: it serves, or is in shadow already.
        models.errors.ModelError: it is not there or does not load, or the store is damaged.
    """
    with store.locked():
        shadow = store.shadow()
        if served_by(store.serving()) == name:
            raise DeedRefusedError(f"{name} serves; only another model can be its shadow")
        if shadow and shadow.model == name:
            raise DeedRefusedError(f"{name} is in shadow already")
        path = store.path(name)
        threshold, digest = load(path).manifest.threshold, digest_of(path)
        details = {"sha256": digest, "threshold": threshold, "before": shadow.model if shadow else ""}
        candidate = _appointment(name, digest, threshold, _record(SHADOWED, name, deed, details))
        store.put_shadow(candidate)
    return candidate


def end_shadow(store: Store, deed: Deed) -> str:
    """Take the candidate out of shadow and give its name.

    Raises:
        DeedRefusedError: none is in shadow.
        models.errors.ModelError: the store is damaged.
    """
    with store.locked():
        shadow = store.shadow()
        if shadow is None:
            raise DeedRefusedError("no candidate is in shadow")
        _record(SHADOWED, shadow.model, deed, {"sha256": shadow.sha256, "ended": True})
        store.put_shadow(None)
    return shadow.model


def unfinished(serving: Serving | None) -> AuditEntry | None:
    """Give the chain's last promotion or roll-back if the store's note is older: it never took effect."""
    last = _last(PROMOTED, ROLLED_BACK)
    return last if last and last.seq > (serving.now.entry if serving else 0) else None


def is_borne_out(appointment: Appointment) -> bool:
    """Tell whether the chain has the entry that an appointment names; a note edited by hand has none."""
    entry = AuditEntry.objects.filter(seq=appointment.entry, digest=appointment.entry_digest).first()
    return (
        entry is not None
        and (entry.subject_type, entry.subject_id, entry.actor) == (SUBJECT, appointment.model, appointment.by)
        and entry.details.get("sha256") == appointment.sha256
    )


def served_by(serving: Serving | None) -> str:
    """Give the name of the model that serves by the store's note."""
    return serving.now.model if serving else RELEASED


def _still(store: Store, seen: Serving | None) -> Serving | None:
    """Give what serves, if that is what a person saw; hold the lock."""
    serving = store.serving()
    if serving != seen:
        raise DeedRefusedError(f"meanwhile another deed took effect, and {served_by(serving)} serves; look again")
    return serving


def _is(entry: AuditEntry | None, action: str, name: str, digest: str, deed: Deed) -> bool:
    """Tell whether an entry speaks of this very deed; another person's must not stand for it."""
    return (
        entry is not None
        and (entry.action, entry.subject_id, entry.details.get("sha256")) == (action, name, digest)
        and (entry.actor, entry.details.get("reason")) == (deed.by.get_username(), deed.reason[:MAX_REASON])
    )


def _last(*actions: str) -> AuditEntry | None:
    return AuditEntry.objects.filter(subject_type=SUBJECT, action__in=actions).order_by("-seq").first()


def _record(action: str, name: str, deed: Deed, details: Mapping[str, Any]) -> AuditEntry:
    told = {**details, "reason": deed.reason[:MAX_REASON]}
    with transaction.atomic():
        audit.record([Event(deed.by.get_username(), action, SUBJECT, name, told)], at=deed.at)
        return AuditEntry.objects.latest("seq")


def _appointment(name: str, digest: str, threshold: float, entry: AuditEntry) -> Appointment:
    reason = entry.details.get("reason", "")
    return Appointment(name, digest, threshold, entry.actor, entry.at, reason, entry.seq, entry.digest)
