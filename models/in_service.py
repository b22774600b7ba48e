"""Which model a process works with: the one an operator pinned, the one appointed in the store, or the released one."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from models.appointments import Serving
from models.artifact import default_artifact
from models.store import Store


class InService(NamedTuple):
    """The folder of the model; `serving` is the store's note when that decided, `pinned` when a setting did."""

    path: Path
    pinned: bool
    serving: Serving | None


def in_service(pinned: Path | None, folder: Path | None) -> InService:
    """Choose by the settings QINGXIN_MODEL_PATH (which wins) and QINGXIN_MODELS_DIR.

    Raises:
        StoreError: the note is damaged, or the store has lost the model.
        ArtifactTampered: its files are not those that were appointed.
    """
    if pinned is not None:
        return InService(pinned, pinned=True, serving=None)
    store = Store(folder) if folder is not None else None
    serving = store.serving() if store else None
    if store is None or serving is None:
        return InService(default_artifact(), pinned=False, serving=None)
    return InService(store.verified(serving.now), pinned=False, serving=serving)


def candidate_in_shadow(folder: Path) -> Path | None:
    """The folder of the candidate in shadow, if there is one. Raises as `in_service`."""
    store = Store(folder)
    shadow = store.shadow()
    return None if shadow is None else store.verified(shadow)
