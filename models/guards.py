"""Which legitimate notice a text looks like: such a hit waits behind others, and is never hidden.

A guard is no acquittal. It must not shelter fraud that imitates a notice, so it falls with anything by which such fraud
earns: a number or account to contact or pay to, a link to no official host, a demand for money or data, a prize, an
offer, or a threat with a way to answer it. The patterns are data: `guards.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

TABLE: Final = Path(__file__).with_name("guards.toml")
FORBIDDEN_WITHIN: Final = 10
"""Characters before a demand in which a negation takes it back."""
CALL_BACK: Final = "call_back_number"
FOREIGN_LINK: Final = "unofficial_link"
THREAT: Final = "threat_with_a_way"

_CLAUSE_END: Final = re.compile(r"[,.;:!?。、]")
_LINK_SIGN: Final = re.compile(
    r"://|https?(?![a-z])|www[.。]|。(?:com|cn|net|cc|top|vip|xyz)(?![a-z])"
    r"|[.。](?:中国|公司|网络|网址|商城)(?![一-鿿])|[a-z0-9] ?(?:\[[.。]\]|\([.。]\)) ?[a-z]"
)
_HOST: Final = re.compile(
    r"(?<![a-z0-9._-])(?:https?://)?(?P<host>(?:[a-z0-9_-]{1,63}\.){1,8}[a-z]{2,18}|[0-9]{1,3}(?:\.[0-9]{1,3}){3})"
    r"(?![a-z0-9_-])(?P<path>(?::[0-9]{1,5})?(?:[/?#][!-~]{0,500})?)(?P<after>.{0,2})",
    re.DOTALL,
)


@dataclass(frozen=True)
class _Exception:
    pattern: re.Pattern[str]
    only: frozenset[str]
    unless_forbidden: bool


@dataclass(frozen=True)
class _Table:
    longest: int
    official: tuple[str, ...]
    negation: re.Pattern[str]
    notices: dict[str, tuple[re.Pattern[str], ...]]
    exceptions: dict[str, _Exception]
    threats: re.Pattern[str]


def guards(text: str) -> tuple[str, ...]:
    """The notices that a normalised text looks like, in the order of the table; none if it only imitates them.

    Cost is bounded: a text longer than the table's `longest` is no notice.
    """
    table = _table()
    if len(text) > table.longest:
        return ()
    found = [name for name, every in table.notices.items() if all(one.search(text) for one in every)]
    if not found:
        return ()
    against = list(exceptions(text))
    return tuple(name for name in found if not any(_speaks_against(one, name) for one in against))


def exceptions(text: str) -> Iterator[str]:
    """What speaks against a normalised text's being a notice, by the names in the table and in this module."""
    table = _table()
    for name, exception in table.exceptions.items():
        found = exception.pattern.finditer(text)
        if any(not (exception.unless_forbidden and _forbidden(text, one)) for one in found):
            yield name
    beside = _HOST.sub(lambda link: link["after"] if _is_official(link, table.official) else link[0], text)
    if _HOST.search(beside) or _LINK_SIGN.search(beside):
        yield FOREIGN_LINK
    if table.threats.search(text) and (beside != text or table.exceptions[CALL_BACK].pattern.search(text)):
        yield THREAT


def notices() -> tuple[str, ...]:
    """The names of all notices."""
    return tuple(_table().notices)


def _speaks_against(exception: str, notice: str) -> bool:
    known = _table().exceptions.get(exception)
    return known is None or not known.only or notice in known.only


def _forbidden(text: str, found: re.Match[str]) -> bool:
    before = text[max(0, found.start() - FORBIDDEN_WITHIN) : found.start()]
    clause = _CLAUSE_END.split(before)[-1] + found[0]
    return _table().negation.search(clause) is not None


def _is_official(link: re.Match[str], official: tuple[str, ...]) -> bool:
    """Whether a link leads to an official host and nowhere else from there, whatever a browser makes of its end."""
    host, path, after = link["host"], link["path"], link["after"]
    if after[:1] in {"@", "%", "\\"} or (after[:1] == "." and after[1:] not in {"", " "}):
        return False
    if "//" in path or "http" in path or "@" in path:
        return False
    return any(host == one or host.endswith(f".{one}") for one in official)


@cache
def _table() -> _Table:
    raw: dict[str, Any] = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return _Table(
        longest=raw["longest"],
        official=tuple(raw["official_hosts"]),
        negation=re.compile("|".join(raw["negations"])),
        notices={name: tuple(map(re.compile, one["every"])) for name, one in raw["notices"].items()},
        exceptions={
            name: _Exception(
                re.compile("|".join(f"(?:{pattern})" for pattern in one["any"])),
                frozenset(one.get("only", ())),
                bool(one.get("unless_forbidden")),
            )
            for name, one in raw["exceptions"].items()
        },
        threats=re.compile("|".join(raw["threats"]["any"])),
    )
