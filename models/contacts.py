"""The contacts that a text advertises: phones, QQ and WeChat ids, and links, as they can be called or opened.

Disguises are undone, but for those in names of hosts and accounts (`contacts_reading`). Numbers and hosts of banks,
authorities, operators and large services (`contacts.toml`) are none: they lead to nobody who advertises.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final, Literal, NamedTuple

import numpy as np

from models.contacts_reading import CUES, QQ, SEPARATED, WECHAT, for_contacts
from models.masking import Masked
from models.runs import (
    ADDRESS_LINK,
    HOTLINE,
    IDENTIFIER,
    LANDLINE,
    LINK,
    MAIL,
    MOBILE_DIGITS,
    NUMBERS,
    ODD_LINK,
    PHONE,
    SHORT_LINK,
)
from models.text import Reading

MAX_CONTACTS: Final = 16
"""Contacts of one text; what more it holds is a list, not an offer."""
MAX_VALUE: Final = 128
TABLE: Final = Path(__file__).with_name("contacts.toml")

_LINKS: Final = LINK + SHORT_LINK + ODD_LINK + ADDRESS_LINK
_PHONES: Final = PHONE + LANDLINE + HOTLINE
_DIGITS: Final = "".join(dict.fromkeys(NUMBERS)) + _PHONES
_ID: Final = rf"[{IDENTIFIER}{_DIGITS}]|(?<![a-z])[a-z][a-z_-]{{5,19}}(?![a-z])"
_TOKENS: Final = _LINKS + _PHONES + MAIL + IDENTIFIER + _DIGITS
_APART: Final = r"[^\w\ue000-\uf8ff]{0,3}"
_ADVERT: Final = re.compile(
    rf"(?=[{CUES}{_TOKENS}])"  # measured: a quarter of the time
    rf"(?:{WECHAT}{SEPARATED}(?P<wechat>{_ID})"
    rf"|{QQ}{SEPARATED}(?P<qq>[{_DIGITS}])"
    rf"|(?P<both>[{_PHONES}])(?={_APART}(?:加?微信同|同微信))"
    rf"|(?P<called>[{_PHONES}])(?={_APART}(?:加?qq同|同qq))"
    rf"|加{SEPARATED}(?P<adding>{IDENTIFIER})"
    rf"|(?P<phone>[{_PHONES}])|(?P<link>[{_LINKS}])|(?P<mail>{MAIL})|(?P<glued>{IDENTIFIER}))"
)
_GLUED: Final = re.compile(r"(?P<cue>qq|q|weixin|wechat|tel|mob)[:_-]?(?P<rest>[a-z0-9_-]{5,20})")
_LETTER: Final = re.compile("[a-z]")
_NUMBER: Final = re.compile(r"(?:00)?(?:86)?(1[3-9][0-9]{9})|(?:86)?(0[1-9][0-9]{8,10})|([48]00[0-9]{7})")
_SERVICE_DIGITS: Final = 6
_QQ: Final = re.compile(r"[1-9][0-9]{4,10}")
_WECHAT: Final = re.compile(r"[a-z][a-z0-9_-]{5,19}")
_URL: Final = re.compile(
    r"(?P<scheme>https?:/*)?(?:[^/?#@]*@)?(?P<host>[a-z0-9._-]+)(?::[0-9]*)?(?P<path>[/?#][!-~]*)?"
)
_IP: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_MAIL: Final = re.compile(r"(?P<user>[1-9][0-9]{4,10})@qq\.com")
_PATH_END: Final = ".,;:!?)]}'\""

Kind = Literal["phone", "qq", "wechat", "link"]


class Contact(NamedTuple):
    """One way to reach who advertises: `value` is one spelling for all ways of writing it."""

    kind: Kind
    value: str


def contacts(normalised: Sequence[str], sent: Sequence[str]) -> list[tuple[Contact, ...]]:
    """The contacts of each text, each once, in the order of the text.

    Args:
        normalised: the texts as `models.text` reads them.
        sent: the same as they were sent; short links keep the case of letters that they were sent with.
    """
    if not normalised:
        return []
    texts = for_contacts(normalised, sent)
    readings = [Reading(text) for text in texts]
    masked = Masked(readings)
    masked.sizes(readings)
    return [
        tuple(dict.fromkeys(_found(row, masked, text, raw)))[:MAX_CONTACTS]
        for row, (text, raw) in enumerate(zip(texts, sent, strict=True))
    ]


def _found(row: int, masked: Masked, text: str, sent: str) -> Iterator[Contact]:
    for found in _ADVERT.finditer(masked.texts[row]):
        for name, _ in filter(lambda group: group[1], found.groupdict().items()):
            edges = np.array(found.span(name))
            start, end = masked.places(np.array([row, row]), edges).tolist()
            yield from (one for one in _READERS[name](text[start:end], sent) if len(one.value) <= MAX_VALUE)


def _phone(run: str, _sent: str) -> Iterator[Contact]:
    found = _NUMBER.fullmatch(_digits_of(run))
    number = found and next(filter(None, found.groups()))
    if number and number not in _table()["public_numbers"]:
        yield Contact("phone", number)


def _qq(run: str, sent: str) -> Iterator[Contact]:
    """A QQ number; one that is a mobile number can be called, too."""
    digits, table = _digits_of(run), _table()
    public = digits in table["public_chat_ids"] or (
        len(digits) <= _SERVICE_DIGITS and digits.startswith(table["service_prefixes"])
    )
    if _QQ.fullmatch(digits) and not public:
        yield Contact("qq", digits)
        if len(digits) == MOBILE_DIGITS:
            yield from _phone(run, sent)


def _wechat(run: str, sent: str) -> Iterator[Contact]:
    """A WeChat id: a name of its own; or a phone or a QQ number, which can be called as such, too."""
    name = run.strip("_-")
    if _WECHAT.fullmatch(name):
        if name not in _table()["public_chat_ids"]:
            yield Contact("wechat", name)
        return
    for other in (*_phone(run, sent), *_qq(run, sent))[:1]:
        yield Contact("wechat", other.value)
        yield other


def _mail(run: str, sent: str) -> Iterator[Contact]:
    """A QQ mailbox; or a link with a name before its host, to look like another."""
    if "//" in run:
        yield from _link(run, sent)
    elif found := _MAIL.fullmatch(run):
        yield from _qq(found["user"], sent)


def _glued(run: str, sent: str) -> Iterator[Contact]:
    """An id with what it is written before it, such as qq12345678."""
    if found := _GLUED.fullmatch(run):
        reader = {"q": _qq, "w": _wechat}.get(found["cue"][0], _phone)
        if reader is _wechat or not _LETTER.search(found["rest"]):  # qqmm889911 is a name, and no number
            yield from reader(found["rest"], sent)


def _adding(run: str, sent: str) -> Iterator[Contact]:
    """What a text asks to add: an id with what it is before it, such as QQ12345678, or a WeChat id."""
    yield from tuple(_glued(run, sent)) or _wechat(run, sent)


def _link(run: str, sent: str) -> Iterator[Contact]:
    found = _URL.match(run)
    if found is None:
        return
    host = found["host"].strip(".").removeprefix("www.")
    path = (found["path"] or "").rstrip(_PATH_END)
    table = _table()
    if "." not in host or (_IP.fullmatch(host) and not (found["scheme"] or path)):
        return
    if _is_below(host, table["shared_hosts"]) or (host + path).startswith(table["shared_pages"]):
        if path.strip("/?#"):
            yield Contact("link", host + _as_sent(path, sent))
    elif not _is_below(host, table["public_hosts"]):
        yield Contact("link", host)


def _is_below(host: str, hosts: Iterable[str]) -> bool:
    return any(host == one or host.endswith(f".{one}") for one in hosts)


def _as_sent(path: str, sent: str) -> str:
    """A path in the case of letters in which it was sent: short links tell them apart."""
    found = re.search(re.escape(path), sent, re.IGNORECASE | re.ASCII)
    return found[0] if found else path


def _digits_of(run: str) -> str:
    """The digits of a number; none for one with an `x`, whose source hid them."""
    return "" if "x" in run else "".join(sign for sign in run if sign.isdigit())


_READERS: Final = {
    "wechat": _wechat, "qq": _qq, "both": _wechat, "adding": _adding, "called": _qq, "phone": _phone, "link": _link,
    "mail": _mail, "glued": _glued,
}  # fmt: skip


@cache
def _table() -> Mapping[str, tuple[str, ...]]:
    return {name: tuple(values) for name, values in tomllib.loads(TABLE.read_text("utf-8")).items()}
