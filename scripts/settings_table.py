"""Writes the table of settings in README.md from `config.environment`, between its two marks.

`python scripts/settings_table.py` prints it, `python scripts/settings_table.py --write` puts it in its place.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from config.environment import Environment  # noqa: E402 - found through the line above

PLACE = ROOT / "README.md"
START, END = "<!-- settings: scripts/settings_table.py -->\n", "<!-- end of settings -->\n"


def default_of(name: str) -> str:
    """Give the default of a setting as it is written in an environment."""
    default = Environment.model_fields[name].default
    if default is None:
        return "unset"
    return str(default).lower() if isinstance(default, bool) else f"{default}"


def table() -> str:
    """Give the table in Markdown."""
    rows = [
        f"| `QINGXIN_{name.upper()}` | `{default_of(name)}` | {Environment.describe(name)} |"
        for name in Environment.model_fields
    ]
    return "\n".join(["| setting | default | what it is |", "|---|---|---|", *rows]) + "\n"


def with_table(page: str) -> str:
    """Give a page with the table between its marks."""
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}{table()}{END}{after}"


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        PLACE.write_text(with_table(PLACE.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print(table(), end="")
