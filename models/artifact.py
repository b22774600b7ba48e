"""A trained model on disk: `arrays.npz` (numbers only, no pickle) and `manifest.json` (their meaning and digest)."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from models.errors import ArtifactInvalid, ArtifactMissing, ArtifactTampered
from models.features import FeatureSettings
from models.labels import LABELS

Floats = npt.NDArray[np.float32]

FORMAT: Final = 3
_ARRAYS: Final = "arrays.npz"
_MANIFEST: Final = "manifest.json"
_MAX_BYTES: Final = 8 * 2**20
_MAX_UNPACKED: Final = 64 * 2**20
_MAX_BITS: Final = 22
_STEPS: Final = 127
# What zipfile, zlib and numpy raise for damaged files; RuntimeError for those said to be encrypted or packed otherwise.
_DAMAGE: Final = (KeyError, ValueError, OSError, EOFError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error)


class Training(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the model was trained on: a digest over all rows, their number by source, and the seed."""

    digest: str
    rows: dict[str, int]
    seed: int


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that is known of a model but its numbers; `user_words` are those segmentation was trained with."""

    format: int
    name: str
    version: str
    created: str
    labels: tuple[str, ...]
    features: FeatureSettings
    user_words: tuple[str, ...]
    threshold: float
    training: Training
    figures: dict[str, float]
    arrays_sha256: str = ""
    manifest_sha256: str = ""


class Artifact(msgspec.Struct, frozen=True, eq=False):
    """A model in memory: `weights` (2**bits x labels) and `bias` (labels), both float32."""

    manifest: Manifest
    weights: Floats
    bias: Floats


class _Packed(msgspec.Struct, frozen=True, eq=False):
    """Weights on disk: rows that are not all zero, `gaps` apart, in steps of `step` (one a label)."""

    gaps: npt.NDArray[np.uint32]
    steps: npt.NDArray[np.int8]
    step: Floats


def rounded(weights: Floats) -> Floats:
    """The weights as they come back from disk: in 8 bits, 127 steps to the largest of each label."""
    return _unpacked(_packed(weights), len(weights))


def default_artifact() -> Path:
    """The directory of the model that ships with the package."""
    return Path(__file__).parent / "released"


def save(artifact: Artifact, directory: Path) -> Manifest:
    """Write both files, the same bytes for the same model; returns the manifest with digest. See `rounded`."""
    packed, buffer = _packed(artifact.weights), io.BytesIO()
    np.savez_compressed(buffer, gaps=packed.gaps, steps=packed.steps, step=packed.step, bias=artifact.bias)
    arrays = buffer.getvalue()
    directory.mkdir(parents=True, exist_ok=True)
    (directory / _ARRAYS).write_bytes(arrays)
    manifest = msgspec.structs.replace(artifact.manifest, arrays_sha256=hashlib.sha256(arrays).hexdigest())
    return write_manifest(manifest, directory)


def write_manifest(manifest: Manifest, directory: Path) -> Manifest:
    """Write a manifest with the digest of its other fields, which `load` checks; returns it so."""
    sealed = msgspec.structs.replace(manifest, manifest_sha256=_digest(manifest))
    (directory / _MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(sealed), indent=2) + b"\n")
    return sealed


def _digest(manifest: Manifest) -> str:
    return hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(manifest, manifest_sha256=""))).hexdigest()


def load(directory: Path) -> Artifact:
    """Read and check a model. Raises ArtifactMissing, ArtifactInvalid, or ArtifactTampered if the digest differs."""
    try:
        written = (directory / _MANIFEST).read_bytes()
        if (directory / _ARRAYS).stat().st_size > _MAX_BYTES:
            raise ArtifactInvalid(f"{directory / _ARRAYS} is larger than {_MAX_BYTES} bytes")
        arrays = (directory / _ARRAYS).read_bytes()
    except OSError as error:
        raise ArtifactMissing(f"{directory} ({error.strerror})") from error
    manifest = _manifest(written, directory / _MANIFEST)
    if manifest.manifest_sha256 != _digest(manifest):
        raise ArtifactTampered(str(directory / _MANIFEST))
    if hashlib.sha256(arrays).hexdigest() != manifest.arrays_sha256:
        raise ArtifactTampered(str(directory / _ARRAYS))
    packed, bias = _arrays(arrays, directory / _ARRAYS)
    if not _fits(packed, bias, 1 << manifest.features.bits):
        raise ArtifactInvalid(f"{directory / _ARRAYS} holds other arrays than the manifest says")
    return Artifact(manifest, _unpacked(packed, 1 << manifest.features.bits), bias)


def _arrays(content: bytes, path: Path) -> tuple[_Packed, Floats]:
    """What is in the file, no matter whether it fits."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as members:
            if sum(member.file_size for member in members.infolist()) > _MAX_UNPACKED:
                raise ArtifactInvalid(f"{path} unpacks to more than {_MAX_UNPACKED} bytes")
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return _Packed(arrays["gaps"], arrays["steps"], arrays["step"]), arrays["bias"]
    except _DAMAGE as error:
        raise ArtifactInvalid(f"{path} ({error})") from error


def _packed(weights: Floats) -> _Packed:
    largest = np.abs(weights).max(axis=0, initial=0)
    step = np.where(largest > 0, largest / _STEPS, 1).astype(np.float32)
    steps = np.rint(weights / step).astype(np.int8)
    kept = np.flatnonzero(steps.any(axis=1))
    return _Packed(np.diff(kept, prepend=0).astype(np.uint32), steps[kept], step)


def _unpacked(packed: _Packed, rows: int) -> Floats:
    weights = np.zeros((rows, len(packed.step)), np.float32)
    weights[np.cumsum(packed.gaps, dtype=np.int64)] = packed.steps * packed.step
    return weights


def _fits(packed: _Packed, bias: Floats, rows: int) -> bool:
    types = [array.dtype.name for array in (packed.gaps, packed.steps, packed.step, bias)]
    shapes = (packed.steps.shape, packed.step.shape, bias.shape)
    return (
        types == ["uint32", "int8", "float32", "float32"]
        and packed.gaps.ndim == 1
        and shapes == ((len(packed.gaps), len(LABELS)), (len(LABELS),), (len(LABELS),))
        and int(packed.gaps.sum(dtype=np.uint64)) < rows
        and bool((packed.gaps[1:] > 0).all() and np.isfinite(packed.step).all() and np.isfinite(bias).all())
    )


def _manifest(written: bytes, path: Path) -> Manifest:
    try:
        manifest = msgspec.json.decode(written, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ArtifactInvalid(f"{path} ({error})") from error
    if manifest.format != FORMAT:
        raise ArtifactInvalid(f"{path} has format {manifest.format}, this program reads format {FORMAT}")
    if manifest.labels != LABELS:
        raise ArtifactInvalid(f"{path} has other labels than {', '.join(LABELS)}")
    if not 0 < manifest.threshold < 1:
        raise ArtifactInvalid(f"{path} has a threshold outside 0 and 1")
    settings = manifest.features
    if not 1 <= settings.bits <= _MAX_BITS or not 1 <= settings.characters <= 3 or not 0 <= settings.words <= 2:  # noqa: PLR2004
        raise ArtifactInvalid(f"{path} has feature settings out of range")
    return manifest
