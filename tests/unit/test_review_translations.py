"""The console is Chinese first: every message has its Chinese text, and compiled catalogues match their sources."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("config", "ledger", "review", "billing_hooks", "streams")
GETTEXT = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}
LITERAL = r"""u?'(?:[^'\\]|\\.)*'|u?"(?:[^"\\]|\\.)*\""""
CALL = re.compile(rf"\b(?:_|n?gettext)\(({LITERAL})(?:, ?({LITERAL}))?")
FIELD = re.compile(r"%\(\w+\)s|\{\w+\}")


def catalogues() -> list[Path]:
    return sorted(path for room in ROOMS for path in (ROOT / room).glob("locale/*/LC_MESSAGES/*.po"))


def messages_of(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in GETTEXT and node.args:
                yield from (one.value for one in node.args[:1] if isinstance(one, ast.Constant))
    else:
        for found in CALL.finditer(templatize(text)):
            yield ast.literal_eval(found.group(1))


def messages_of_room(room: str) -> dict[str, Path]:
    folder = ROOT / room
    paths = [*folder.rglob("*.py"), *folder.rglob("*.html")]
    return {message: path for path in sorted(paths) for message in messages_of(path)}


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="zh_Hans") if path.suffix == ".po" else read_mo(file)


def hashable(text: object) -> object:
    return tuple(text) if isinstance(text, (list, tuple)) else text


def texts(catalogue: Catalog) -> dict[object, object]:
    return {hashable(one.id): hashable(one.string) for one in catalogue if one.id and one.string}


def chinese() -> dict[str, str]:
    found: dict[str, str] = {}
    for path in catalogues():
        if "zh_Hans" in path.parts:
            for key, value in texts(read(path)).items():
                found[key[0] if isinstance(key, tuple) else str(key)] = (
                    value[0] if isinstance(value, tuple) else str(value)
                )
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_every_message_of_the_console_has_a_chinese_text(room: str) -> None:
    known = chinese()
    missing = {message: str(path.relative_to(ROOT)) for message, path in messages_of_room(room).items()}
    missing = {message: path for message, path in missing.items() if not known.get(message)}
    assert missing == {}


def test_translations_keep_the_fields_of_their_messages() -> None:
    wrong = {
        message: text for message, text in chinese().items() if set(FIELD.findall(message)) != set(FIELD.findall(text))
    }
    assert wrong == {}


@pytest.mark.parametrize("path", catalogues(), ids=lambda path: str(path.relative_to(ROOT)))
def test_compiled_catalogue_is_that_of_its_source(path: Path) -> None:
    source = read(path)
    assert not any(message.fuzzy for message in source if message.id)
    assert texts(read(path.with_suffix(".mo"))) == texts(source)


def test_chinese_comes_first() -> None:
    assert settings.LANGUAGE_CODE == "zh-hans"
    assert settings.LANGUAGES[0][0] == "zh-hans"
