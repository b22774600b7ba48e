"""Words of a text: jieba is dictionary and reference, rjieba (the same algorithm in Rust) works on the hot path.

Both cut masked text alike; on links and numbers, which are masked before, they differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import rjieba

from models.errors import WordsInvalid

Cut = Callable[[str], list[str]]


def read_words(path: Path) -> tuple[str, ...]:
    """User words, one a line; blank lines and lines that start with `#` are left out. Raises WordsInvalid."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise WordsInvalid(f"{path} ({error})") from error
    words = (line.strip().lower() for line in lines)
    return tuple(dict.fromkeys(word for word in words if word and not word.startswith("#")))


def cutter(words: Iterable[str] = ()) -> Cut:
    """A function that cuts a text into words with nothing lost: joined they give the text again."""
    dictionary = rjieba.Jieba()
    for word in words:
        dictionary.add_word(word, None, None)
    cut: Cut = dictionary.cut
    return cut


def reference_cutter(words: Iterable[str] = ()) -> Cut:
    """The same from jieba itself: about thirty times slower, for tests and studies."""
    import jieba

    dictionary: Any = jieba.Tokenizer()
    for word in words:
        dictionary.add_word(word)
    cut: Cut = dictionary.lcut
    return cut
