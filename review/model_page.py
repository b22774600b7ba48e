"""What the page about models shows: which model serves and by whose deed, and which candidate is in shadow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from django.db.models import Max
from django.utils.translation import gettext as _

from ledger.models import AuditEntry
from models.appointments import RELEASED, Appointment
from models.artifact import Manifest, load
from models.errors import ModelError
from models.in_service import in_service
from models.store import Store
from review.promotion import PROMOTED, ROLLED_BACK, SHADOWED, SUBJECT, is_borne_out, unfinished
from review.shadow_tables import ShadowTally

HISTORY_SHOWN = 20
PAIRS_SHOWN = 10


@dataclass(frozen=True)
class InPlace:
    """A model in its place: `manifest` is missing if it does not load, `appointment` if nobody put it there."""

    name: str
    manifest: Manifest | None
    appointment: Appointment | None


@dataclass(frozen=True)
class Standing:
    """Which models are at work; `faults` are sentences about what is not as it should be."""

    serving: InPlace
    shadow: InPlace | None
    pinned: Path | None
    faults: Sequence[str]


def standing(pinned: Path | None, folder: Path | None) -> Standing:
    """Load what is at work by the settings QINGXIN_MODEL_PATH and QINGXIN_MODELS_DIR; a damaged store is a fault."""
    faults: list[str] = []
    serving, shadow = InPlace(RELEASED, None, None), None
    try:
        note = Store(folder).serving() if folder and not pinned else None
        now = note.now if note else None
        serving = InPlace(now.model if now else RELEASED, None, now)
        left = unfinished(note) if folder and not pinned else None
        if left:
            faults.append(
                _("Audit entry %(entry)s about %(model)s has not taken effect; do the deed again.")
                % {"entry": left.seq, "model": left.subject_id}
            )
        if now and not is_borne_out(now):
            faults.append(_("No audit entry bears out that this model serves; was the store edited by hand?"))
        serving = replace(serving, manifest=_manifest_of(in_service(pinned, folder).path))
    except (ModelError, OSError) as error:
        faults.append(str(error))
    try:
        candidate = Store(folder).shadow() if folder else None
        if folder and candidate:
            shadow = InPlace(candidate.model, _manifest_of(Store(folder).verified(candidate)), candidate)
    except (ModelError, OSError) as error:
        faults.append(str(error))
    return Standing(serving, shadow, pinned, faults)


def _manifest_of(path: Path) -> Manifest:
    """Give the manifest of a model that loads; its arrays are read again only when a file has changed."""
    return _loaded(path, tuple(sorted(file.stat().st_mtime_ns for file in path.iterdir())))


@lru_cache(maxsize=4)
def _loaded(path: Path, _stamps: tuple[int, ...]) -> Manifest:
    return load(path).manifest


def history() -> Sequence[AuditEntry]:
    """Give the latest promotions, roll-backs and shadows from the audit chain, newest first."""
    deeds = AuditEntry.objects.filter(subject_type=SUBJECT, action__in=[PROMOTED, ROLLED_BACK, SHADOWED])
    return list(deeds.order_by("-seq")[:HISTORY_SHOWN])


def compared_pairs() -> Sequence[tuple[str, str]]:
    """Give the candidates that were compared, each with its serving model, the latest first."""
    pairs = ShadowTally.objects.values_list("candidate", "serving").annotate(last=Max("hour")).order_by("-last")
    return [(candidate, serving) for candidate, serving, _last in pairs[:PAIRS_SHOWN]]
