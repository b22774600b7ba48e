"""The process of one family of the bench: makes its contenders ready, then does a lap whenever it is told a name.

It speaks JSON lines: first `names` (or `missing`, a sentence), then for each name read a `lap`, twice seconds.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from typing import Any

from demo.bench_models import Contender, family, some_texts
from demo.errors import ContenderMissingError


def main(name: str, messages: int, seed: int) -> None:
    """Serve laps of this family over so many texts until the input ends."""
    try:
        contenders = {contender.name: contender for contender in family(name)}
    except ContenderMissingError as error:
        _say(missing=str(error))
        return
    texts, _ = some_texts(messages, seed)
    gc.collect()
    gc.freeze()  # dictionaries and models are not to be searched for garbage while the clock runs
    _say(names=list(contenders))
    for line in sys.stdin:
        _say(lap=_lap(contenders[line.strip()], texts))


def _lap(contender: Contender, texts: list[str]) -> tuple[float, float]:
    start, cpu_start = time.perf_counter(), time.process_time()
    for _ in contender.run(texts):
        pass
    return time.perf_counter() - start, time.process_time() - cpu_start


def _say(**answer: Any) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
