"""Builders for the model store: models that differ from the released one in version and threshold."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from models.appointments import Appointment
from models.artifact import Manifest, default_artifact, write_manifest
from models.store import Store
from tests.policies import a_policy

AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
FLAGS_ALL, FLAGS_NONE = 0.000_001, 0.999_999
"""Thresholds at which everything, or next to nothing, is a hit."""


def a_model(folder: Path, version: str = "2", **changes: Any) -> Path:
    """The released model under another version, in a folder of its own."""
    source = folder / f"trained-{version}"
    shutil.copytree(default_artifact(), source)
    written = json.loads((source / "manifest.json").read_text()) | {"version": version} | changes
    write_manifest(msgspec.json.decode(json.dumps(written), type=Manifest), source)
    return source


def a_policy_of_the_models_own_threshold(folder: Path) -> Path:
    """The default policy, but that each model's own threshold decides, and that all differing messages are kept."""
    return a_policy(folder, {"scoring.threshold": 0, "shadow.kept_per_day": 100_000})


def a_store(folder: Path, *versions: str, **changes: Any) -> tuple[Store, list[str]]:
    """A store with models of these versions, and their names."""
    store = Store(folder / "store")
    with store.locked():
        return store, [store.add(a_model(folder, version, **changes)).name for version in versions]


def an_appointment(model: str = "model-1-0123456789ab", **changes: Any) -> Appointment:
    """A model that Chen put in its place."""
    fields: dict[str, Any] = {
        "model": model, "sha256": "0" * 64, "threshold": 0.5, "by": "chen", "at": AT, "reason": "finds more",
        "entry": 1, "entry_digest": "1" * 64,
    }  # fmt: skip
    return Appointment(**(fields | changes))


def flagging_all(system: dict[str, str], folder: Path) -> dict[str, str]:
    """The settings of a system whose model flags everything, so that each SMS that was scored shows."""
    return system | {
        "QINGXIN_MODEL_PATH": str(a_model(folder, "bold", threshold=FLAGS_ALL)),
        "QINGXIN_POLICY_PATH": str(a_policy_of_the_models_own_threshold(folder)),
    }
