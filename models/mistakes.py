"""The worst mistakes of a model, with what it went by; long numbers are starred, for the texts are people's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from models.classifier import Classifier, Scores
from models.corpus import UNSPECIFIED, Row
from models.labels import HAM, LABELS, SPAM

_DIGIT: Final = "[0-9０-９⓪①-⑨❶-❾➀-➈⑴-⑼]"
# Spammers write a number with blanks and signs in between; a run of digits ends where something else stands.
_LONG_NUMBER: Final = re.compile(rf"{_DIGIT}(?:[ \-—–.·]?{_DIGIT}){{4,}}")
_ANY_DIGIT: Final = re.compile(_DIGIT)
_MANY_DIGITS: Final = 4


class Mistake(msgspec.Struct, frozen=True):
    """A text of `label` that was called `called`; `why` names what spoke most for `towards`."""

    label: str
    called: str
    spam: float
    source: str
    subtype: str
    text: str
    towards: str
    why: tuple[str, ...]


def starred(text: str) -> str:
    """The text with a star for every digit of a number of five digits and more, however it is written."""
    return _LONG_NUMBER.sub(lambda number: _ANY_DIGIT.sub("*", number[0]), text)


def starred_term(term: str) -> str:
    """A word with its digits starred if they are many: it may be a part of a number that is long in the text."""
    return _ANY_DIGIT.sub("*", term) if len(_ANY_DIGIT.findall(term)) >= _MANY_DIGITS else term


def worst_mistakes(
    classifier: Classifier,
    rows: Sequence[Row],
    scores: Scores,
    threshold: float,
    *,
    top: int = 10,
    full_numbers: bool = False,
) -> dict[str, tuple[Mistake, ...]]:
    """By true label at most `top` mistakes, worst first.

    Of ham those flagged most surely; of spam those missed most clearly, then those found but given another label.
    Labels without a mistake are left out. Equal texts are shown once.
    """
    called = scores.labels_at(threshold)
    wrong: dict[str, list[int]] = {}
    for place, (row, given) in enumerate(zip(rows, called, strict=True)):
        if given != row.label and not (row.label == UNSPECIFIED and given != HAM):
            wrong.setdefault(row.label, []).append(place)
    found = {}
    for label in (*LABELS, UNSPECIFIED):
        places = sorted(wrong.get(label, []), key=lambda place: _severity(rows[place], called[place], scores, place))
        once = list({rows[place].text: place for place in reversed(places)}.values())[::-1][:top]
        if once:
            found[label] = tuple(
                _mistake(classifier, rows[place], called[place], scores, place, full_numbers=full_numbers)
                for place in once
            )
    return found


def _severity(row: Row, called: str, scores: Scores, place: int) -> tuple[bool, float]:
    if row.label == HAM:
        return False, -float(scores.spam[place])
    if called == HAM:
        return False, float(scores.spam[place])
    return True, float(scores.probabilities[place, LABELS.index(row.label)])


def _mistake(
    classifier: Classifier, row: Row, called: str, scores: Scores, place: int, *, full_numbers: bool
) -> Mistake:
    towards = called if called != HAM else row.label
    if towards == UNSPECIFIED:
        towards = SPAM[int(scores.probabilities[place, 1:].argmax())]
    why = (reason.term for reason in classifier.explain(row.text, towards, 6))
    return Mistake(
        label=row.label,
        called=called,
        spam=float(scores.spam[place]),
        source=row.source,
        subtype=row.subtype,
        text=row.text if full_numbers else starred(row.text),
        towards=towards,
        why=tuple(term if full_numbers else starred_term(term) for term in why),
    )
