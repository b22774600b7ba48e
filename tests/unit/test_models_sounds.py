"""The generated table of sounds is what the words, pypinyin and jieba give."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_table_of_sounds_is_up_to_date() -> None:
    told = subprocess.run(
        [sys.executable, ROOT / "scripts" / "sounds.py"], capture_output=True, text=True, check=False, timeout=120
    )

    assert told.returncode == 0, told.stdout
