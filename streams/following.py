"""A classifier that follows a note of the model store, so that a promotion needs no restart."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path

from config.environment import Environment
from config.metrics import MODEL_IN_USE, MODEL_LOAD_FAILED
from models.appointments import name_of
from models.classifier import Classifier
from models.errors import StoreError
from models.in_service import candidate_in_shadow, in_service
from models.store import SERVING, SHADOW

log = logging.getLogger(__name__)
LOOK_SECONDS = 1.0
"""Between two looks at the note."""
RETRY_SECONDS = 30.0
"""Until a model that did not load is tried again though its note is the same."""
WARM_UP = "您好，今天下午三点开会"
Stamp = tuple[int, int, int]


class FollowedModel:
    """The model of one role in one process, checked before each batch.

    A change is loaded and tried in a thread, then takes the place of the model before. A serving model that cannot be
    had leaves the one before at work; a candidate that cannot be had leaves none.
    """

    def __init__(
        self, app: str, role: str, note: Path | None, choose: Callable[[], Path | None], *, required: bool
    ) -> None:
        self.loaded: Classifier | None = None
        self._app, self._role, self._note, self._choose, self._required = app, role, note, choose, required
        self._seen = self._stamp()
        self._look_at = time.monotonic() + LOOK_SECONDS
        self._retry_at: float | None = None
        if required:
            self._use(self._load())
        else:
            self._attempt()

    @property
    def classifier(self) -> Classifier:
        """The model of a role that always has one."""
        assert self.loaded is not None  # noqa: S101 - a serving model is there from the start
        return self.loaded

    @property
    def name(self) -> str:
        """How a store calls the model; empty when there is none."""
        return name_of(self.loaded.manifest) if self.loaded else ""

    async def refresh(self) -> None:
        """Take over what the note says now, looking at most once a second; never raises for a bad model."""
        now = time.monotonic()
        if self._note is None or now < self._look_at:
            return
        self._look_at = now + LOOK_SECONDS
        stamp = self._stamp()
        if stamp == self._seen and (self._retry_at is None or now < self._retry_at):
            return
        self._seen = stamp
        await asyncio.to_thread(self._attempt)

    def _attempt(self) -> None:
        try:
            if self._required and self._seen is None:
                raise StoreError(f"{self._note} has vanished; promote a model, or restart to serve the released one")  # noqa: TRY301 - the handler below is for it, too
            loaded = self._load()
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a new model, the batch is not to suffer
            what = "the model before goes on" if self.loaded and self._required else "none is used"
            log.error("%s: the %s model does not load, %s: %s", self._app, self._role, what, error)  # noqa: TRY400 - a sentence
            MODEL_LOAD_FAILED.labels(self._app, self._role).inc()
            self._retry_at = time.monotonic() + RETRY_SECONDS
            if not self._required:
                self._use(None)
        else:
            self._retry_at = None
            self._use(loaded)

    def _load(self) -> Classifier | None:
        path = self._choose()
        if path is None:
            return None
        classifier = Classifier.load(path)
        classifier.score([WARM_UP])
        return classifier

    def _use(self, classifier: Classifier | None) -> None:
        before, self.loaded = self.name, classifier
        if before and before != self.name:
            MODEL_IN_USE.remove(self._app, self._role, before)
        if self.name:
            MODEL_IN_USE.labels(self._app, self._role, self.name).set(1)
        if before != self.name:
            log.info("%s: %s model: %s", self._app, self._role, self.name or "none")

    def _stamp(self) -> Stamp | None:
        try:
            status = self._note.stat() if self._note else None
        except OSError:
            return None
        return (status.st_mtime_ns, status.st_ino, status.st_size) if status else None


def serving_model(app: str, environment: Environment) -> FollowedModel:
    """Load the model that serves, and follow it where a store decides.

    Raises:
        models.errors.ModelError: it does not load.
    """
    folder, pinned = environment.models_dir, environment.model_path
    note = folder / SERVING if folder and not pinned else None
    return FollowedModel(app, "serving", note, lambda: in_service(pinned, folder).path, required=True)


def shadow_model(app: str, folder: Path) -> FollowedModel:
    """Follow the candidate in shadow; there may be none, or none that loads."""
    return FollowedModel(app, "shadow", folder / SHADOW, lambda: candidate_in_shadow(folder), required=False)
