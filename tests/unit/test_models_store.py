"""The model store: copies are whole or not there, notes are whole or as before, nothing tampered gets in service."""

from __future__ import annotations

import json
import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.appointments import RELEASED, Serving, is_name, name_of, promoted, read_serving, rolled_back
from models.artifact import Manifest, default_artifact, load, write_manifest
from models.errors import ArtifactError, ArtifactTampered, ModelUnknown, NothingBefore, PointerInvalid, StoreError
from models.in_service import candidate_in_shadow, in_service
from models.store import SERVING, SHADOW, Store, digest_of
from tests.model_builders import a_model, a_store, an_appointment


def serve(store: Store, name: str) -> Serving:
    """Promote a model without the audit chain around it."""
    with store.locked():
        serving = promoted(store.serving(), an_appointment(name, sha256=digest_of(store.path(name))))
        store.put_serving(serving)
    return serving


def append(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b" ")


# Adding


def test_a_model_is_copied_whole_under_its_own_name(tmp_path: Path) -> None:
    store, (name,) = a_store(tmp_path, "2")
    assert store.names() == [name]
    assert name.startswith("qingxin-")
    assert digest_of(store.path(name)) == digest_of(tmp_path / "trained-2")
    assert name == name_of(load(store.path(name)).manifest)


def test_adding_the_same_model_again_changes_nothing(tmp_path: Path) -> None:
    store, (name,) = a_store(tmp_path, "2")
    with store.locked():
        again = store.add(tmp_path / "trained-2")
    assert (again.name, again.new, store.names()) == (name, False, [name])


def test_another_model_of_the_same_name_is_refused(tmp_path: Path) -> None:
    store, (name,) = a_store(tmp_path, "2")
    (tmp_path / "again").mkdir()
    other = a_model(tmp_path / "again", "2", threshold=0.1)
    with store.locked(), pytest.raises(StoreError, match="other files"):
        store.add(other)
    assert load(store.path(name)).manifest.threshold != 0.1


def test_what_is_no_model_does_not_get_in(tmp_path: Path) -> None:
    broken = a_model(tmp_path, "2")
    append(broken / "arrays.npz")
    store = Store(tmp_path / "store")
    with store.locked(), pytest.raises(ArtifactError):
        store.add(broken)
    assert store.names() == []


def test_a_copy_that_broke_off_has_no_name_and_is_swept_up_by_the_next(tmp_path: Path) -> None:
    # Given a process that died in the middle of copying
    store = Store(tmp_path / "store")
    half = store.folder / ".new-0a1b2c3d"
    half.mkdir(parents=True)
    (half / "arrays.npz").write_bytes(b"half")
    assert store.names() == []
    # When a model is added
    a_store(tmp_path, "2")
    # Then the half copy is gone
    assert [entry.name for entry in store.folder.iterdir() if entry.name.startswith(".new")] == []


@given(name=st.text(max_size=60), version=st.text(max_size=60))
def test_whatever_a_model_is_called_its_name_is_a_plain_folder(name: str, version: str) -> None:
    manifest = load_manifest(name, version)
    found = name_of(manifest)
    assert is_name(found)
    assert Path(found).name == found
    assert not found.startswith(".")


def load_manifest(name: str, version: str) -> Manifest:
    import msgspec

    return msgspec.structs.replace(RELEASED_MANIFEST, name=name, version=version)


RELEASED_MANIFEST = load(default_artifact()).manifest


@pytest.mark.parametrize("name", ["..", "../x", "a/b", "", ".hidden", "x" * 300, "a\nb"])
def test_no_path_gets_out_of_the_store_by_a_name(tmp_path: Path, name: str) -> None:
    store, _ = a_store(tmp_path, "2")
    with pytest.raises(ModelUnknown):
        store.path(name)


# What serves


def test_without_store_or_note_the_released_model_serves(tmp_path: Path) -> None:
    assert in_service(None, None).path == default_artifact()
    assert in_service(None, tmp_path).path == default_artifact()
    assert in_service(None, tmp_path / "not there").path == default_artifact()


def test_a_pinned_model_wins_over_the_store(tmp_path: Path) -> None:
    store, (name,) = a_store(tmp_path, "2")
    serve(store, name)
    chosen = in_service(tmp_path / "mine", store.folder)
    assert (chosen.path, chosen.pinned) == (tmp_path / "mine", True)


@pytest.mark.parametrize("file", ["arrays.npz", "manifest.json"])
def test_a_model_that_was_changed_in_the_store_is_not_taken_into_service(tmp_path: Path, file: str) -> None:
    store, (name,) = a_store(tmp_path, "2")
    serve(store, name)
    assert in_service(None, store.folder).path == store.path(name)
    append(store.path(name) / file)
    with pytest.raises(ArtifactTampered):
        in_service(None, store.folder)


def test_a_threshold_lowered_in_the_manifest_alone_is_found_out(tmp_path: Path) -> None:
    store, (name,) = a_store(tmp_path, "2")
    serve(store, name)
    manifest = store.path(name) / "manifest.json"
    changed = json.loads(manifest.read_text()) | {"threshold": 0.0001}
    write_manifest(msgspec.json.decode(json.dumps(changed), type=Manifest), store.path(name))
    load(store.path(name))  # the artifact itself does not see it
    with pytest.raises(ArtifactTampered):
        in_service(None, store.folder)


def test_a_model_that_is_gone_is_named(tmp_path: Path) -> None:
    store, (name,) = a_store(tmp_path, "2")
    serve(store, name)
    store.path(name).rename(tmp_path / "elsewhere")
    with pytest.raises(ModelUnknown, match=name):
        in_service(None, store.folder)


@pytest.mark.parametrize("cut", [0, 1, 40, 200])
def test_a_half_written_note_is_refused(tmp_path: Path, cut: int) -> None:
    store, (name,) = a_store(tmp_path, "2")
    serve(store, name)
    note = store.folder / SERVING
    note.write_bytes(note.read_bytes()[:cut])
    with pytest.raises(PointerInvalid, match=r"serving\.json"):
        in_service(None, store.folder)


def test_a_process_that_dies_while_writing_a_note_leaves_the_note_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, (first, second) = a_store(tmp_path, "2", "3")
    serve(store, first)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", die)
    with pytest.raises(KeyboardInterrupt):
        serve(store, second)
    assert in_service(None, store.folder).path == store.path(first)
    monkeypatch.undo()
    serve(store, second)
    assert in_service(None, store.folder).path == store.path(second)


@pytest.mark.parametrize(
    "changes", [{"model": "../../etc"}, {"model": ""}, {"at": "2026-11-20T04:00:00"}, {"threshold": "x"}, {"by": None}]
)
def test_a_note_that_says_nonsense_is_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    store, (name,) = a_store(tmp_path, "2")
    serve(store, name)
    note = json.loads((store.folder / SERVING).read_text())
    note["now"] |= changes
    with pytest.raises(PointerInvalid):
        read_serving(json.dumps(note).encode(), "note")


def test_a_candidate_in_shadow_is_verified_like_the_serving_model(tmp_path: Path) -> None:
    store, (name,) = a_store(tmp_path, "2")
    assert candidate_in_shadow(store.folder) is None
    with store.locked():
        store.put_shadow(an_appointment(name, sha256=digest_of(store.path(name))))
    assert candidate_in_shadow(store.folder) == store.path(name)
    append(store.path(name) / "arrays.npz")
    with pytest.raises(ArtifactTampered):
        candidate_in_shadow(store.folder)
    with store.locked():
        store.put_shadow(None)
        store.put_shadow(None)
    assert not (store.folder / SHADOW).exists()


# Promotion and roll-back


def test_the_first_roll_back_leads_to_the_released_model() -> None:
    first = promoted(None, an_appointment("a-1"))
    assert first.before[0].model == RELEASED
    assert rolled_back(first, first.before[0]).now.model == RELEASED


def test_there_is_no_way_back_from_the_beginning() -> None:
    with pytest.raises(NothingBefore):
        rolled_back(None, an_appointment())
    with pytest.raises(NothingBefore):
        rolled_back(Serving(an_appointment()), an_appointment())


@given(st.lists(st.sampled_from(["a-1", "b-2", "c-3", "back"]), max_size=30))
def test_roll_backs_retrace_promotions_like_a_pile(deeds: list[str]) -> None:
    serving: Serving | None = None
    pile = [RELEASED]
    for deed in deeds:
        if deed != "back":
            serving = promoted(serving, an_appointment(deed))
            if pile[-1] != deed:
                pile.append(deed)
        elif serving is not None and serving.before:
            serving = rolled_back(serving, serving.before[0])
            pile.pop()
        assert (serving.now.model if serving else RELEASED) == pile[-1]
        assert [one.model for one in serving.before] == pile[-2::-1] if serving else True
