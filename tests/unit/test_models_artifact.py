"""A model on disk: saved, loaded, and refused when it is not what it says."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from models.artifact import (
    FORMAT,
    Artifact,
    Manifest,
    Training,
    default_artifact,
    load,
    rounded,
    save,
    write_manifest,
)
from models.errors import ArtifactError, ArtifactInvalid, ArtifactMissing, ArtifactTampered
from models.features import FeatureSettings
from models.labels import LABELS

ROWS = 16
ARRAYS: dict[str, Any] = {
    "gaps": np.array([2, 3, 1], np.uint32),
    "steps": np.arange(27, dtype=np.int8).reshape(3, 9),
    "step": np.full(9, 0.5, np.float32),
    "bias": np.zeros(9, np.float32),
}
"""Arrays that fit the manifest: rows 2, 5 and 6 of 16."""


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    save(make_artifact(), tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved model that no test may change."""
    folder = tmp_path_factory.mktemp("model")
    save(make_artifact(), folder)
    return folder


def make_artifact(weights: Any = None) -> Artifact:
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
    if weights is None:
        weights = np.arange(ROWS * len(LABELS), dtype=np.float32).reshape(ROWS, len(LABELS))
    return Artifact(manifest, weights, np.arange(len(LABELS), dtype=np.float32))


def edit(directory: Path, **changes: Any) -> None:
    """Change fields of the manifest as somebody would who makes its digest fit, too."""
    path = directory / "manifest.json"
    changed = json.loads(path.read_text()) | changes
    try:
        write_manifest(msgspec.json.decode(json.dumps(changed), type=Manifest), directory)
    except msgspec.ValidationError:
        path.write_text(json.dumps(changed))


def put(directory: Path, content: bytes) -> None:
    """Put this in place of the arrays, with a digest that fits."""
    (directory / "arrays.npz").write_bytes(content)
    edit(directory, arrays_sha256=hashlib.sha256(content).hexdigest())


def replace_arrays(directory: Path, **arrays: Any) -> None:
    """Put other arrays in place, with a digest that fits them."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    put(directory, buffer.getvalue())


def refusal(directory: Path) -> ArtifactError | None:
    """Why the model is refused, in one sentence; None if it loads."""
    refused = None
    try:
        load(directory)
    except ArtifactError as error:
        refused = error
    assert refused is None or (str(refused).endswith(".") and "\n" not in str(refused))
    return refused


def test_a_saved_model_loads_as_it_was_but_for_rounding(saved: Path) -> None:
    loaded, made = load(saved), make_artifact()

    assert loaded.manifest.user_words == made.manifest.user_words
    np.testing.assert_array_equal(loaded.weights, rounded(made.weights))
    np.testing.assert_array_equal(loaded.bias, made.bias)


def test_a_model_that_was_rounded_loads_bit_for_bit(tmp_path: Path) -> None:
    made = make_artifact(rounded(np.random.default_rng(1).normal(size=(ROWS, len(LABELS))).astype(np.float32)))

    save(made, tmp_path)

    np.testing.assert_array_equal(load(tmp_path).weights, made.weights)


WEIGHTS = arrays_of.arrays(
    np.float32, (ROWS, len(LABELS)), elements=st.floats(-1000, 1000, width=32, allow_subnormal=False)
)


@given(WEIGHTS)
def test_rounding_moves_no_weight_by_more_than_half_a_step_of_its_label(weights: Any) -> None:
    step = np.abs(weights).max(axis=0) / 127

    assert (np.abs(rounded(weights) - weights) <= step * 0.501).all()


@given(WEIGHTS)
def test_rounding_twice_is_rounding_once(weights: Any) -> None:
    once = rounded(weights)

    np.testing.assert_allclose(rounded(once), once, rtol=1e-5)


def test_a_model_of_zeros_is_saved_and_loaded(tmp_path: Path) -> None:
    save(make_artifact(np.zeros((ROWS, len(LABELS)), np.float32)), tmp_path)

    assert not load(tmp_path).weights.any()


def test_the_same_model_is_saved_as_the_same_bytes(saved: Path, tmp_path: Path) -> None:
    save(make_artifact(), tmp_path / "again")

    for name in ("arrays.npz", "manifest.json"):
        assert (tmp_path / "again" / name).read_bytes() == (saved / name).read_bytes()


def test_arrays_that_fit_are_unpacked_where_their_gaps_say(saved: Path) -> None:
    replace_arrays(saved, **ARRAYS)

    weights = load(saved).weights

    assert np.flatnonzero(weights.any(axis=1)).tolist() == [2, 5, 6]
    assert weights[5].tolist() == [number / 2 for number in range(9, 18)]


def test_a_changed_byte_in_the_arrays_is_refused(saved: Path) -> None:
    # Given a model whose arrays were tampered with
    arrays = bytearray((saved / "arrays.npz").read_bytes())
    arrays[len(arrays) // 2] ^= 1
    (saved / "arrays.npz").write_bytes(arrays)

    # Then loading says so, and where
    with pytest.raises(ArtifactTampered, match=r"arrays\.npz"):
        load(saved)


def flipped(content: bytes, data: st.DataObject) -> bytes:
    """The content with some bits turned, or cut short."""
    damaged = bytearray(content)
    for place, bit in data.draw(st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 7)), max_size=4)):
        damaged[place] ^= 1 << bit
    return bytes(damaged[: data.draw(st.integers(0, len(content)) | st.just(len(content)))])


@given(data=st.data())
def test_any_damage_to_the_arrays_is_noticed(data: st.DataObject, model: Path) -> None:
    arrays = (model / "arrays.npz").read_bytes()
    damaged = flipped(arrays, data)
    try:
        (model / "arrays.npz").write_bytes(damaged)

        assert isinstance(refusal(model), ArtifactTampered) == (damaged != arrays)
    finally:
        (model / "arrays.npz").write_bytes(arrays)


@given(data=st.data())
def test_damaged_arrays_with_a_fitting_digest_load_as_numbers_or_are_refused(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory, model: Path
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    shutil.copytree(model, folder, dirs_exist_ok=True)
    put(folder, flipped((model / "arrays.npz").read_bytes(), data))

    if refusal(folder) is None:
        assert np.isfinite(load(folder).weights).all()
        assert load(folder).weights.shape == (ROWS, len(LABELS))


def test_arrays_with_any_one_bit_turned_and_a_fitting_digest_load_or_are_refused(saved: Path) -> None:
    arrays = (saved / "arrays.npz").read_bytes()

    for place in range(len(arrays)):
        put(saved, arrays[:place] + bytes([arrays[place] ^ 16]) + arrays[place + 1 :])

        assert refusal(saved) is None or isinstance(refusal(saved), ArtifactInvalid)


@given(data=st.data())
def test_any_damage_to_the_manifest_gives_a_model_of_the_documented_form_or_is_refused(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory, model: Path
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    shutil.copytree(model, folder, dirs_exist_ok=True)
    (folder / "manifest.json").write_bytes(flipped((model / "manifest.json").read_bytes(), data))

    if refusal(folder) is None:
        assert load(folder).manifest.labels == LABELS


@given(content=st.binary(max_size=200) | st.binary(max_size=200).map(lambda rest: b"PK\3\4" + rest))
def test_other_files_with_a_fitting_digest_are_refused(
    content: bytes, tmp_path_factory: pytest.TempPathFactory, model: Path
) -> None:
    folder = tmp_path_factory.mktemp("other")
    shutil.copytree(model, folder, dirs_exist_ok=True)
    put(folder, content)

    assert isinstance(refusal(folder), ArtifactInvalid)


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactMissing, match="nowhere"):
        load(tmp_path / "nowhere")


def test_a_manifest_without_arrays_is_named(saved: Path) -> None:
    (saved / "arrays.npz").unlink()

    with pytest.raises(ArtifactMissing, match=str(saved)):
        load(saved)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"format": 2}, "has format 2, this program reads format 3"),
        ({"format": FORMAT + 1}, "has format 4"),
        ({"labels": ["ham", "spam"]}, "other labels"),
        ({"labels": [*LABELS[1:], "ham"]}, "other labels"),
        ({"threshold": 1.5}, "threshold outside 0 and 1"),
        ({"threshold": 0}, "threshold outside 0 and 1"),
        ({"threshold": "high"}, "Expected `float`"),
        ({"unknown": 1}, "unknown field"),
        ({"features": {"bits": 60, "characters": 3, "words": 2}}, "feature settings out of range"),
        ({"features": {"bits": 0, "characters": 3, "words": 2}}, "feature settings out of range"),
        ({"features": {"bits": 4, "characters": 4, "words": 2}}, "feature settings out of range"),
        ({"features": {"bits": 4, "characters": 0, "words": 2}}, "feature settings out of range"),
        ({"features": {"bits": 4, "characters": 2, "words": 3}}, "feature settings out of range"),
        ({"features": {"bits": 4, "characters": 2, "words": -1}}, "feature settings out of range"),
        ({"features": {"bits": 3, "characters": 2, "words": 2}}, "other arrays than the manifest says"),
        ({"user_words": "验证码"}, "Expected `array`"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(saved: Path, change: dict[str, Any], reason: str) -> None:
    edit(saved, **change)

    with pytest.raises(ArtifactInvalid, match=reason):
        load(saved)


def test_a_model_of_the_first_format_is_refused_for_its_format(saved: Path) -> None:
    # Given a model as the first format had it: all weights as they are
    replace_arrays(saved, weights=np.zeros((ROWS, 9), np.float16), bias=np.zeros(9, np.float32))
    edit(saved, format=1)

    with pytest.raises(ArtifactInvalid, match="format 1"):
        load(saved)


@pytest.mark.parametrize("content", [b"\xff{", b"", b"[]", b"{}", b"[" * 5000, b'{"format": 2'])
def test_a_manifest_that_is_none_is_refused(saved: Path, content: bytes) -> None:
    (saved / "manifest.json").write_bytes(content)

    with pytest.raises(ArtifactInvalid, match=r"manifest\.json"):
        load(saved)


@pytest.mark.parametrize(
    "change",
    [
        {"gaps": np.array([2, 3, 11], np.uint32)},
        {"gaps": np.array([2, 2**32 - 1, 2], np.uint32)},
        {"gaps": np.array([2, 0, 1], np.uint32)},
        {"gaps": np.array([2, 3], np.uint32)},
        {"gaps": np.array([[2, 3, 1]], np.uint32)},
        {"gaps": np.array([2, 3, 1], np.int64)},
        {"gaps": np.array([2, 3, 1], np.float32)},
        {"steps": np.zeros((3, 8), np.int8)},
        {"steps": np.zeros((4, 9), np.int8)},
        {"steps": np.zeros(27, np.int8)},
        {"steps": np.zeros((3, 9), np.float32)},
        {"step": np.full(9, np.nan, np.float32)},
        {"step": np.full(9, np.inf, np.float32)},
        {"step": np.full(8, 0.5, np.float32)},
        {"step": np.full(9, 0.5, np.float64)},
        {"step": np.float32(0.5)},
        {"bias": np.full(9, np.nan, np.float32)},
        {"bias": np.zeros((9, 1), np.float32)},
        {"bias": np.zeros(9, np.float64)},
        {"bias": np.array([{"a": 1}] * 9, dtype=object)},
        {"gaps": None},
        {"steps": None},
        {"step": None},
        {"bias": None},
    ],
    ids=lambda change: "-".join(f"{name} {getattr(value, 'dtype', 'none')}" for name, value in change.items()),
)
def test_arrays_that_do_not_fit_are_refused_though_their_digest_does(saved: Path, change: dict[str, Any]) -> None:
    # Given arrays of which one is wrong or missing
    replace_arrays(saved, **{name: array for name, array in (ARRAYS | change).items() if array is not None})

    # Then the model is refused
    with pytest.raises(ArtifactInvalid, match=r"arrays\.npz"):
        load(saved)


def test_arrays_larger_than_a_model_may_be_are_refused_unread(saved: Path) -> None:
    with (saved / "arrays.npz").open("ab") as arrays:
        arrays.truncate(8 * 2**20 + 1)

    with pytest.raises(ArtifactInvalid, match="larger than 8388608 bytes"):
        load(saved)


def test_arrays_that_unpack_to_more_than_a_model_holds_are_refused_unread(saved: Path) -> None:
    # Given a small file that holds 300 MB of zeros
    replace_arrays(saved, **ARRAYS | {"steps": np.zeros(300 * 2**20, np.int8)})
    assert (saved / "arrays.npz").stat().st_size < 2**20

    # Then it is refused for its size
    with pytest.raises(ArtifactInvalid, match="unpacks to more than"):
        load(saved)


def test_arrays_that_say_they_are_larger_than_memory_are_refused(saved: Path) -> None:
    # Given one array that is said to hold a quadrillion numbers
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as members, members.open("gaps.npy", "w") as member:
        np.lib.format.write_array_header_1_0(member, {"descr": "<u4", "fortran_order": False, "shape": (10**15,)})
    put(saved, buffer.getvalue())

    with pytest.raises(ArtifactInvalid, match=r"arrays\.npz"):
        load(saved)


@pytest.mark.parametrize("array", [np.zeros(9, np.float32), np.array([{"a": 1}], dtype=object)])
def test_one_array_in_place_of_several_is_refused(saved: Path, array: Any) -> None:
    buffer = io.BytesIO()
    np.save(buffer, array)
    put(saved, buffer.getvalue())

    with pytest.raises(ArtifactInvalid, match=r"arrays\.npz"):
        load(saved)


def test_the_released_model_is_small_and_holds_numbers_alone() -> None:
    released = default_artifact()

    assert sum(path.stat().st_size for path in released.iterdir()) <= 8 * 2**20
    assert {path.name for path in released.iterdir()} == {"arrays.npz", "manifest.json", "report.json"}
    with np.load(released / "arrays.npz", allow_pickle=False) as arrays:
        assert {name: arrays[name].dtype.name for name in arrays} == {
            "gaps": "uint32", "steps": "int8", "step": "float32", "bias": "float32",
        }  # fmt: skip


def test_the_released_model_has_the_format_and_threshold_of_this_program() -> None:
    artifact = load(default_artifact())

    assert artifact.weights.shape == (2**artifact.manifest.features.bits, len(LABELS))
    assert artifact.weights.dtype == artifact.bias.dtype == np.float32


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("features", {"bits": 21, "characters": 2, "words": 2}),
        ("threshold", 0.001),
        ("user_words", []),
        ("version", "99"),
        ("figures", {}),
        ("manifest_sha256", ""),
    ],
)
def test_a_manifest_that_somebody_edited_is_refused(tmp_path: Path, field: str, value: Any) -> None:
    shutil.copytree(default_artifact(), tmp_path / "edited")
    path = tmp_path / "edited" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {field: value}))

    with pytest.raises(ArtifactTampered, match=r"manifest\.json"):
        load(tmp_path / "edited")
