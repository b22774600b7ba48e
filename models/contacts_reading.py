"""The text in which contacts are looked for: disguises are undone, but names of hosts and accounts are as sent.

Reading puts words for their pinyin, which a verdict needs; in `fapiao88.com` and `微信fapiao88` it would take away what
tells one spammer from another. Numbers and dots that only people read together are put together, too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from models.characters import spread
from models.runs import ADDRESS_LINK, LINK, ODD_LINK, SHORT_LINK, run_token
from models.text import read_traced

SEPARATED: Final = r"[^\w\ue000-\uf8ff]{0,3}(?:信|号码?|群号?|id|是|为|加|联系|同号?|同步)?[^\w\ue000-\uf8ff]{0,3}"
"""What may stand between a cue such as 微信 and the id."""
WECHAT: Final = r"(?:微信|weixin|wechat)"
"""What announces a WeChat id."""
QQ: Final = r"(?:qq|企鹅|扣扣?|(?<![a-z])q|[加进入]群|群号)"
"""What announces a QQ number, of a person or a group."""

_SIGN: Final = r"[^\w\ue000-\uf8ff]"
_LINKS: Final = frozenset(LINK + SHORT_LINK + ODD_LINK + ADDRESS_LINK)
_SPELT: Final = re.compile(
    rf"(?:[微薇威维围唯葳徽]{_SIGN}信|[vw](?<![a-z0-9].){_SIGN}?(?:x(?![a-z0-9])|信)|加[微薇威维围唯葳徽](?!信))[: ]*"
)
_DOT: Final = re.compile(r"[点。丶·](?<=[a-z0-9].)(?=(?:com|cn|net|org|cc|xyz)(?![a-z]))")
_RUN: Final = re.compile(r"[a-z0-9_-]*[a-z][a-z0-9_-]*(?:\.[a-z0-9_-]+)*")
_NAME: Final = re.compile(r"[a-z](?=[a-z_-]*[0-9])[a-z0-9_-]{5,19}")
_ANNOUNCED: Final = re.compile(rf"{WECHAT}{SEPARATED}$")
_ADDED: Final = re.compile(rf"加{SEPARATED}$")
_ANNOUNCING: Final = re.compile(r"[vw]x|weixin|wechat|jiawei|qq")
_ANNOUNCEMENT: Final = 16  # characters before an id in which its announcement stands
_HAN: Final = re.compile("[\u4e00-\u9fff]")
_COUNTRY: Final = re.compile(r"(?:\+|(?<![0-9])00)86\)?[ -]?(?=1[3-9])")
_MOBILE: Final = re.compile(  # measured: half the time with a letter first and what is before it second
    r"1(?<![0-9]1)[3-9][0-9](?:[ -]?[0-9]{4}[ -]?[0-9]{4}|[0-9][ -][0-9]{3}[ -][0-9]{4}|[0-9]{2}[ -][0-9]{6}"
    r"|[ -][0-9]{3}[ -][0-9]{5})(?![0-9])"
)
_LANDLINE: Final = re.compile(r"0(?<![0-9]0)(10|2[0-9]|[3-9][0-9]{2})(?:\)| )[ -]?([1-9][0-9]{6,7})(?![0-9])")
_GROUPED: Final = re.compile(rf"({QQ}{SEPARATED})([1-9][0-9]{{1,3}}(?:[ -][0-9]{{1,4}}){{1,4}})(?![0-9])")


def for_contacts(normalised: Sequence[str], sent: Sequence[str]) -> list[str]:
    """The texts in which contacts are looked for.

    Args:
        normalised: the texts as `models.text` reads them.
        sent: the same as they were sent.
    """
    plain = spread(sent).codes.tobytes().decode("utf-32-le").split("\n") if sent else []
    return [_joined(_with_names(*row)) for row in zip(normalised, plain, sent, strict=False)]


def _with_names(normalised: str, plain: str, sent: str) -> str:
    """The normalised text with names as they were sent; `plain` is the text before disguises were undone."""
    dotted = _DOT.sub(".", normalised)
    if plain == normalised:
        return dotted
    runs = [found for found in _RUN.finditer(_DOT.sub(".", plain)) if found[0] not in dotted]
    if not runs:
        return dotted
    readings, traces = read_traced([sent])
    if readings[0].text != normalised:
        return dotted
    places, trace = traces.plain(0), traces.of(0)
    parts = [trace.part(place, place + 1) for place in range(len(trace))]
    for run in reversed(runs):
        start, end = places[run.start()], places[run.end() - 1] + 1
        inside = [place for place, part in enumerate(parts) if start <= part[0] and part[1] <= end]
        if inside and (parts[inside[0]][0], parts[inside[-1]][1]) == (start, end):
            dotted = _restored(dotted, inside[0], inside[-1] + 1, run[0])
    return dotted


def _restored(text: str, low: int, high: int, name: str) -> str:
    """The text with a name for `[low, high)` of it, if that was read as words and stands where a name does."""
    stands = _HAN.search(text, low, high) and (run_token(name)[0] in _LINKS or _is_id(text[:low], name))
    return text[:low] + name + text[high:] if stands else text


def _is_id(before: str, name: str) -> bool:
    before = before[-_ANNOUNCEMENT:]
    announced = _ANNOUNCED.search(before) or (_ADDED.search(before) and not _ANNOUNCING.match(name))
    return bool(announced and _NAME.fullmatch(name))


def _joined(text: str) -> str:
    """The text with each number in one piece, and 微信 for the ways to write it that only an id after it gives away."""
    text = _SPELT.sub("微信", text)
    if "86" in text:
        text = _COUNTRY.sub(" ", text)
    if " " in text or "-" in text or ")" in text:
        text = _MOBILE.sub(lambda found: _digits(found[0]), text)
        text = _LANDLINE.sub(r"0\1\2", text)
        text = _GROUPED.sub(lambda found: found[1] + _digits(found[2]), text)
    return text


def _digits(written: str) -> str:
    return "".join(filter(str.isdigit, written))
