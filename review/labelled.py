"""What people decided, as labelled rows for training: one label a text, no number that leads back to anybody; pure."""

from __future__ import annotations

import hmac
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from models.text import normalise, read_traced

DECISION, RECALL_CHECK = "decision", "recall_check"
"""Where a row's label comes from; stands in its second column."""
KIND_DIGITS: Final = 3
"""Leading digits that stay in runs of ten and more: they tell mobiles, landlines, ports and cards apart."""
KIND_RUN: Final = 10
NAMED_SOURCES: Final = 3
"""Sources of a label that a contradiction names."""

# The digits from 0 to 9 as they are written; some ways have no sign for 0.
_ALPHABETS: Final = (
    "0123456789", "０１２３４５６７８９", "⓪①②③④⑤⑥⑦⑧⑨", "⓿❶❷❸❹❺❻❼❽❾", "0➀➁➂➃➄➅➆➇➈", "0⑴⑵⑶⑷⑸⑹⑺⑻⑼",
    "〇一二三四五六七八九", "零壹贰叁肆伍陆柒捌玖", "٠١٢٣٤٥٦٧٨٩",
    *("".join(map(chr, range(start, start + 10))) for start in range(0x1D7CE, 0x1D800, 10)),
)  # fmt: skip
_ALPHABET_OF: Final = {sign: signs for signs in reversed(_ALPHABETS) for sign in signs}
_PLAIN: Final = {ord(sign): str(signs.index(sign)) for sign, signs in _ALPHABET_OF.items()}

# Mobile numbers however they are set apart, landlines and cards in groups, and runs of seven digits and more.
_GAP: Final = "[ \\-—–.·_/,，、|*:：\u00a0\u00ad\u3000\u200b-\u200f\u2060\ufe0f\ufeff\u20e3]{0,3}"
_NUMBER: Final = re.compile(
    f"(?:(?<![0-9])|(?<=(?<![0-9])86))1{_GAP}[3-9](?:{_GAP}[0-9]){{9}}(?![0-9])"
    "|(?<![0-9])[(（]?0[0-9]{2,3}[)）]?[ -]?[0-9]{3,4}[ -]?[0-9]{4}(?![0-9])"
    "|(?<![0-9])[0-9]{4}(?:[ -][0-9]{4}){3,4}(?:[ -]?[0-9]{1,3})?(?![0-9])"
    "|(?<![0-9])[0-9]{3,6}(?:[ .—–_-][0-9]{3,8}){2,}(?![0-9])"
    "|[0-9]{7,}"
)
_DIGIT: Final = re.compile("[0-9]")
_BREAK: Final = re.compile("[\\s\x1c-\x1f\x85\u2028\u2029]+")


@dataclass(frozen=True)
class Labelled:
    """A text with the label that people gave it; `source` names the case or sample."""

    label: str
    subtype: str
    text: str
    source: str


@dataclass(frozen=True)
class Contradiction:
    """One text with different labels: the sources of each label."""

    sources: Mapping[str, Sequence[str]]

    def __str__(self) -> str:
        return "; ".join(f"{label}: {_some(sources)}" for label, sources in self.sources.items())


@dataclass(frozen=True)
class Harvest:
    """Rows that are each one text with one label, what was left out, and how many rows repeated another."""

    rows: Sequence[Labelled]
    contradictions: Sequence[Contradiction]
    repeated: int

    @property
    def counts(self) -> Mapping[str, int]:
        """Rows of each label."""
        return Counter(row.label for row in self.rows)


def harvest(rows: Iterable[Labelled]) -> Harvest:
    """Give each text once, by its normalised form; one with different labels is left out. Empty texts are dropped."""
    texts: dict[str, list[Labelled]] = {}
    for row in rows:
        key = normalise(row.text)
        if key and one_line(row.text):
            texts.setdefault(key, []).append(row)
    good = [same for same in texts.values() if len({row.label for row in same}) == 1]
    bad = [same for same in texts.values() if len({row.label for row in same}) > 1]
    return Harvest(
        rows=[same[0] for same in good],
        contradictions=[_contradiction(same) for same in bad],
        repeated=sum(len(same) - 1 for same in good),
    )


def _contradiction(rows: Sequence[Labelled]) -> Contradiction:
    labels = sorted({row.label for row in rows})
    return Contradiction({label: sorted({row.source for row in rows if row.label == label}) for label in labels})


def _some(sources: Sequence[str]) -> str:
    more = len(sources) - NAMED_SOURCES
    return ", ".join(sources[:NAMED_SOURCES]) + (f" and {more} more" if more > 0 else "")


def line_of(row: Labelled, secret: str) -> str:
    """Give a row as a line that `qingxin train` reads, numbers replaced, without the line end."""
    return f"{row.label}\t{row.subtype}\t{without_numbers(one_line(row.text), secret)}"


def one_line(text: str) -> str:
    """Give a text without tabs and line breaks."""
    return _BREAK.sub(" ", text).strip()


def without_numbers(text: str, secret: str) -> str:
    """Replace each long number, the same one always by the same other one; nobody without the secret can undo it."""
    plain, written, replaced = text.translate(_PLAIN), list(text), set[int]()
    for found in _NUMBER.finditer(plain):
        places = [found.start() + digit.start() for digit in _DIGIT.finditer(found[0])]
        replaced.update(places)
        others = _other_number("".join(plain[place] for place in places), secret)
        for place, other in zip(places, others, strict=True):
            written[place] = _ALPHABET_OF[written[place]][int(other)]
    return _without_disguised("".join(written), replaced, secret)


def _without_disguised(text: str, replaced: Collection[int], secret: str) -> str:
    """Replace the numbers that only our own reader sees, such as those with letters for digits, by plain digits."""
    readings, traces = read_traced([text])
    plain, trace = readings[0].text, traces.of(0)
    for found in reversed(list(_NUMBER.finditer(plain))):
        places = [found.start() + digit.start() for digit in _DIGIT.finditer(found[0])]
        parts = [trace.part(place, place + 1) for place in places]
        if any(place in replaced for start, end in parts for place in range(start, end)):
            continue
        others = _other_number("".join(plain[place] for place in places), secret)
        for (start, end), other in reversed(list(zip(parts, others, strict=True))):
            text = text[:start] + other + text[end:]
    return text


def _other_number(digits: str, secret: str) -> str:
    """Give another number of the same length and, if it is long, of the same kind."""
    kept = digits[:KIND_DIGITS] if len(digits) >= KIND_RUN else ""
    size = len(digits) - len(kept)
    drawn = int.from_bytes(hmac.digest(secret.encode(), f"export-labels {digits}".encode(), "sha512"), "big")
    return f"{kept}{drawn % 10**size:0{size}d}"
