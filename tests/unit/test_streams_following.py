"""A worker follows the store's note: promotions are taken over, broken models are refused, the old one goes on."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from config.environment import Environment
from models.appointments import name_of, promoted
from models.artifact import default_artifact, load
from models.errors import ArtifactTampered, ModelUnknown
from models.store import SERVING, Store, digest_of
from streams import following
from streams.following import FollowedModel, serving_model, shadow_model
from tests.model_builders import a_store, an_appointment

RELEASED_NAME = name_of(load(default_artifact()).manifest)


@pytest.fixture(autouse=True)
def look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "LOOK_SECONDS", 0)


def serve(store: Store, name: str) -> None:
    with store.locked():
        store.put_serving(promoted(store.serving(), an_appointment(name, sha256=digest_of(store.path(name)))))


def refreshed(model: FollowedModel) -> str:
    asyncio.run(model.refresh())
    return model.name


def metric(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0


def followed(store: Store) -> FollowedModel:
    return serving_model("test", Environment(models_dir=store.folder))


def test_a_promotion_is_taken_over_and_a_roll_back_too(tmp_path: Path) -> None:
    store, (first, second) = a_store(tmp_path, "2", "3")
    model = followed(store)
    assert model.name == RELEASED_NAME
    serve(store, first)
    assert refreshed(model) == first
    serve(store, second)
    assert refreshed(model) == second
    assert metric("qingxin_model_in_use", app="test", role="serving", model=second) == 1
    assert metric("qingxin_model_in_use", app="test", role="serving", model=first) == 0


def test_a_note_that_did_not_change_is_not_loaded_again(tmp_path: Path) -> None:
    store, (first,) = a_store(tmp_path, "2")
    serve(store, first)
    model = followed(store)
    before = model.classifier
    assert refreshed(model) == first
    assert model.classifier is before


def test_the_note_is_looked_at_once_a_second_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, (first,) = a_store(tmp_path, "2")
    monkeypatch.setattr(following, "LOOK_SECONDS", 3600)
    model = followed(store)
    serve(store, first)
    assert refreshed(model) == RELEASED_NAME


@pytest.mark.parametrize("fault", ["tampered", "gone", "half a note", "no note"])
def test_a_model_that_cannot_be_had_leaves_the_one_before_at_work(
    tmp_path: Path, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    store, (first, second) = a_store(tmp_path, "2", "3")
    serve(store, first)
    model = followed(store)
    failed = metric("qingxin_model_load_failed_total", app="test", role="serving")
    note = store.folder / SERVING
    if fault == "tampered":
        serve(store, second)
        (store.path(second) / "arrays.npz").write_bytes(b"x")
    elif fault == "gone":
        serve(store, second)
        store.path(second).rename(tmp_path / "gone")
    elif fault == "half a note":
        note.write_bytes(note.read_bytes()[:50])
    else:
        note.unlink()
    with caplog.at_level(logging.ERROR):
        assert refreshed(model) == first
    assert "the model before goes on" in caplog.text
    assert metric("qingxin_model_load_failed_total", app="test", role="serving") == failed + 1
    # And it is not tried with every batch
    assert refreshed(model) == first
    assert metric("qingxin_model_load_failed_total", app="test", role="serving") == failed + 1


def test_a_model_that_was_not_there_yet_is_tried_again_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, (first,) = a_store(tmp_path, "2")
    model = followed(store)
    serve(store, first)
    store.path(first).rename(tmp_path / "on its way")
    assert refreshed(model) == RELEASED_NAME
    (tmp_path / "on its way").rename(store.folder / first)
    assert refreshed(model) == RELEASED_NAME
    later = time.monotonic() + following.RETRY_SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert refreshed(model) == first


def test_a_worker_does_not_start_on_a_broken_serving_model(tmp_path: Path) -> None:
    store, (first,) = a_store(tmp_path, "2")
    serve(store, first)
    (store.path(first) / "arrays.npz").write_bytes(b"x")
    with pytest.raises(ArtifactTampered):
        followed(store)
    store.path(first).rename(tmp_path / "gone")
    with pytest.raises(ModelUnknown):
        followed(store)


def test_a_pinned_model_is_not_exchanged(tmp_path: Path) -> None:
    store, (first, second) = a_store(tmp_path, "2", "3")
    model = serving_model("test", Environment(models_dir=store.folder, model_path=store.path(first)))
    serve(store, second)
    assert refreshed(model) == first


def test_a_candidate_comes_and_goes_and_a_broken_one_is_none(tmp_path: Path) -> None:
    store, (first, second) = a_store(tmp_path, "2", "3")
    model = shadow_model("test", store.folder)
    assert model.name == ""
    with store.locked():
        store.put_shadow(an_appointment(first, sha256=digest_of(store.path(first))))
    assert refreshed(model) == first
    with store.locked():
        store.put_shadow(an_appointment(second, sha256="0" * 64))
    assert refreshed(model) == ""
    with store.locked():
        store.put_shadow(None)
    assert refreshed(model) == ""
