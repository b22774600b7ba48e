"""A trained model on disk: `arrays.npz` (numbers only, no pickle) and `manifest.json` (their meaning and digest)."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from models.errors import ArtifactInvalid, ArtifactMissing, ArtifactTampered
from models.features import FeatureSettings
from models.labels import LABELS

FORMAT: Final = 1
_ARRAYS: Final = "arrays.npz"
_MANIFEST: Final = "manifest.json"
_MAX_BYTES: Final = 8 * 2**20
_MAX_BITS: Final = 22


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


class Artifact(msgspec.Struct, frozen=True, eq=False):
    """A model in memory: `weights` (2**bits x labels) and `bias` (labels), both float32."""

    manifest: Manifest
    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]


def default_artifact() -> Path:
    """The directory of the model that ships with the package."""
    return Path(__file__).parent / "released"


def save(artifact: Artifact, directory: Path) -> Manifest:
    """Write both files, the same bytes for the same model; returns the manifest with digest. Weights keep 16 bits."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, weights=artifact.weights.astype(np.float16), bias=artifact.bias)
    arrays = buffer.getvalue()
    manifest = msgspec.structs.replace(artifact.manifest, arrays_sha256=hashlib.sha256(arrays).hexdigest())
    directory.mkdir(parents=True, exist_ok=True)
    (directory / _ARRAYS).write_bytes(arrays)
    (directory / _MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
    return manifest


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
    if hashlib.sha256(arrays).hexdigest() != manifest.arrays_sha256:
        raise ArtifactTampered(str(directory / _ARRAYS))
    try:
        with np.load(io.BytesIO(arrays), allow_pickle=False) as members:
            weights, bias = members["weights"].astype(np.float32), members["bias"].astype(np.float32)
    except (KeyError, ValueError, OSError, zipfile.BadZipFile) as error:
        raise ArtifactInvalid(f"{directory / _ARRAYS} ({error})") from error
    shapes_fit = weights.shape == (1 << manifest.features.bits, len(LABELS)) and bias.shape == (len(LABELS),)
    if not shapes_fit or not np.isfinite(weights).all() or not np.isfinite(bias).all():
        raise ArtifactInvalid(f"{directory / _ARRAYS} holds other arrays than the manifest says")
    return Artifact(manifest, weights, bias)


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
