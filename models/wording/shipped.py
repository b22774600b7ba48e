"""The rows that every training may use because they were written for this project: `written.tsv` and the templates."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from models.corpus import Row, read_corpus
from models.wording.generator import generate

WRITTEN: Final = Path(__file__).with_name("written.tsv")


def shipped_rows(variants: int, seed: int) -> list[Row]:
    """All of `written.tsv`, and `variants` texts of every template. Raises CorpusInvalid or TemplateInvalid."""
    return [*read_corpus([WRITTEN]).rows, *generate(variants, seed)]
