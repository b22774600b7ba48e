"""Every error of this room; the docstring is the message."""

from __future__ import annotations


class ModelError(Exception):
    """The model cannot do this."""

    def __init__(self, detail: str = "") -> None:
        message = (type(self).__doc__ or "").rstrip(".")
        super().__init__(f"{message}: {detail}." if detail else f"{message}.")


class ArtifactError(ModelError):
    """The model does not load."""


class ArtifactMissing(ArtifactError):  # noqa: N818 - a business name, as all errors here
    """There is no readable model at this path."""


class ArtifactInvalid(ArtifactError):  # noqa: N818
    """The model's manifest or arrays do not have the documented form."""


class ArtifactTampered(ArtifactError):  # noqa: N818
    """The model's arrays do not match the digest in its manifest; restore the released files."""


class WordsInvalid(ModelError):  # noqa: N818
    """The file of user words cannot be read."""


class LabelUnknown(ModelError):  # noqa: N818
    """Reasons can be given for a spam label only."""


class CorpusInvalid(ModelError):  # noqa: N818
    """The rows cannot be used for training or evaluation."""


class TemplateInvalid(ModelError):  # noqa: N818
    """A template of the wording cannot be used."""


class StoreError(ModelError):
    """The model store cannot do this."""


class ModelUnknown(StoreError):  # noqa: N818
    """The store has no model of this name."""


class PointerInvalid(StoreError):  # noqa: N818
    """The store's note of which model serves, or is in shadow, does not have the documented form."""


class NothingBefore(StoreError):  # noqa: N818
    """No other model served before this one, so there is nothing to go back to."""
