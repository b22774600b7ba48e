"""A model on disk: saved, loaded, and refused when it is not what it says."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.artifact import FORMAT, Artifact, Manifest, Training, default_artifact, load, save
from models.errors import ArtifactInvalid, ArtifactMissing, ArtifactTampered, ModelError
from models.features import FeatureSettings
from models.labels import LABELS


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    save(make_artifact(), tmp_path)
    return tmp_path


def make_artifact() -> Artifact:
    settings = FeatureSettings(bits=4)
    manifest = Manifest(
        format=FORMAT,
        name="test",
        version="1",
        created="2026-11-22",
        labels=LABELS,
        features=settings,
        user_words=("验证码",),
        threshold=0.5,
        training=Training("0" * 64, {"rubric": 1}, 7),
        figures={},
    )
    weights = np.arange(16 * len(LABELS), dtype=np.float32).reshape(16, len(LABELS))
    return Artifact(manifest, weights, np.zeros(len(LABELS), np.float32))


def edit(directory: Path, **changes: Any) -> None:
    path = directory / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def replace_arrays(directory: Path, **arrays: Any) -> None:
    """Put other arrays in place, with a digest that fits them."""
    np.savez(directory / "arrays.npz", **arrays)
    edit(directory, arrays_sha256=hashlib.sha256((directory / "arrays.npz").read_bytes()).hexdigest())


def test_a_saved_model_loads_as_it_was(saved: Path) -> None:
    loaded, made = load(saved), make_artifact()

    assert loaded.manifest.user_words == made.manifest.user_words
    np.testing.assert_array_equal(loaded.weights, made.weights)
    np.testing.assert_array_equal(loaded.bias, made.bias)


def test_the_same_model_is_saved_as_the_same_bytes(saved: Path, tmp_path: Path) -> None:
    save(make_artifact(), tmp_path / "again")

    for name in ("arrays.npz", "manifest.json"):
        assert (tmp_path / "again" / name).read_bytes() == (saved / name).read_bytes()


def test_a_changed_byte_in_the_arrays_is_refused(saved: Path) -> None:
    # Given a model whose arrays were tampered with
    arrays = bytearray((saved / "arrays.npz").read_bytes())
    arrays[len(arrays) // 2] ^= 1
    (saved / "arrays.npz").write_bytes(arrays)

    # Then loading says so, and where
    with pytest.raises(ArtifactTampered, match=r"arrays\.npz"):
        load(saved)


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactMissing, match="nowhere"):
        load(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "change",
    [
        {"format": FORMAT + 1},
        {"labels": ["ham", "spam"]},
        {"threshold": 1.5},
        {"threshold": "high"},
        {"unknown": 1},
        {"features": {"bits": 60, "characters": 3, "words": 2}},
        {"features": {"bits": 5, "characters": 3, "words": 2}},
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(saved: Path, change: dict[str, Any]) -> None:
    edit(saved, **change)

    with pytest.raises(ArtifactInvalid):
        load(saved)


def test_a_manifest_that_is_not_json_is_refused(saved: Path) -> None:
    (saved / "manifest.json").write_bytes(b"\xff{")

    with pytest.raises(ArtifactInvalid):
        load(saved)


def test_pickled_arrays_are_refused(saved: Path) -> None:
    replace_arrays(saved, weights=np.array([{"a": 1}], dtype=object), bias=np.zeros(len(LABELS)))

    with pytest.raises(ArtifactInvalid):
        load(saved)


def test_weights_that_are_no_numbers_are_refused(saved: Path) -> None:
    replace_arrays(saved, weights=np.full((16, len(LABELS)), np.nan), bias=np.zeros(len(LABELS)))

    with pytest.raises(ArtifactInvalid):
        load(saved)


def test_every_refusal_is_a_model_error_of_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        load(tmp_path)

    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def test_the_released_model_is_small_and_holds_no_text() -> None:
    released = default_artifact()

    assert sum(path.stat().st_size for path in released.iterdir()) <= 8 * 2**20
    assert {path.name for path in released.iterdir()} == {"arrays.npz", "manifest.json", "report.json"}
    with np.load(released / "arrays.npz", allow_pickle=False) as arrays:
        assert {name: arrays[name].dtype.kind for name in arrays} == {"weights": "f", "bias": "f"}
