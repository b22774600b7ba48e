"""Labelled rows out of the templates: the same seed gives the same rows."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from models.corpus import Row
from models.errors import TemplateInvalid
from models.labels import HAM, LABELS
from models.obfuscation import OBFUSCATORS, obfuscate
from models.wording.grammar import Sequence_, parse, realise, slots_of
from models.wording.slots import fills

SOURCE: Final = "generated"
_FOLDER: Final = Path(__file__).with_name("templates")
_COLUMNS: Final = 3
# Of the illegal texts about half are disguised, as in `written.tsv`; Taiwan and Hong Kong write to us without malice.
_DISGUISED: Final = {HAM: 0.0, "ad": 0.02}
_DISGUISED_ILLEGAL: Final = 0.4
_TRADITIONAL: Final = 0.01


@dataclass(frozen=True, slots=True)
class Template:
    """One line of wording: its label, its kind, and what it says."""

    label: str
    subtype: str
    sequence: Sequence_


@cache
def templates() -> tuple[Template, ...]:
    """All templates in the order of files and lines. Raises TemplateInvalid, which names file and line."""
    return tuple(template for path in sorted(_FOLDER.glob("*.tsv")) for template in read_templates(path))


def read_templates(path: Path) -> Iterator[Template]:
    """The templates of one file; blank lines and lines that start with `#` are left out. Raises TemplateInvalid."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        columns = line.split("\t")
        if len(columns) != _COLUMNS or columns[0] not in LABELS or not columns[2].strip():
            raise TemplateInvalid(f"{path}:{number}: expected `label, subtype, template`")
        try:
            sequence = parse(columns[2])
        except TemplateInvalid as error:
            raise TemplateInvalid(f"{path}:{number}: {error}") from error
        if unknown := slots_of(sequence) - set(fills()):
            raise TemplateInvalid(f"{path}:{number}: unknown slot {', '.join(sorted(unknown))}")
        yield Template(columns[0], columns[1], sequence)


def generate(count: int, seed: int, chosen: Sequence[Template] | None = None) -> Iterator[Row]:
    """`count` texts of every template, equal ones once; about two in five of the illegal ones disguised."""
    rng = random.Random(seed)  # noqa: S311 - variety, not secrecy
    for template in templates() if chosen is None else chosen:
        made = dict.fromkeys(_text(template, rng) for _ in range(count))
        for text in made:
            yield Row(template.label, text, SOURCE, template.subtype)


def _text(template: Template, rng: random.Random) -> str:
    text = realise(template.sequence, fills(), rng)
    if rng.random() < _DISGUISED.get(template.label, _DISGUISED_ILLEGAL):
        return obfuscate(text, rng.sample(sorted(OBFUSCATORS), rng.choice([1, 1, 2, 3])), rng)
    if rng.random() < _TRADITIONAL:
        return obfuscate(text, ["traditional"], rng)
    return text
