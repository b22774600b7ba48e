"""The tables of an evaluation report: shares with their uncertainty, days, disguises, labels against labels."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from django.utils.translation import gettext as _

from models.assessment import ROUND_THRESHOLDS, Assessment
from models.corpus import UNSPECIFIED
from models.evaluation import FALSE_POSITIVE_RATES, Share
from models.figures import percent, three_digits
from models.labels import HAM, LABELS
from models.obfuscation import obfuscate
from models.robustness import ALLOWED_DROP, Robustness
from models.workload import FEW, Load, wilson
from streams.evaluation_charts import large
from streams.evaluation_names import DISGUISE_NAMES, LABEL_NAMES

SHOWN_KINDS: Final = 15
_EXAMPLE: Final = "加微信办理无抵押贷款，电话13800000000"
_EXAMPLE_SEED: Final = 4


class Line(msgspec.Struct, frozen=True):
    """A share with what it rests on; `low` and `high` bound it with 95 % certainty, `named` were given their label."""

    name: str
    rows: str
    hits: str
    share: str
    low: str
    high: str
    named: str


class Cell(msgspec.Struct, frozen=True):
    """Rows of one label that were given another (or their own); `shade` is 0 to 100, by the share of the line."""

    rows: str
    shade: int
    is_right: bool


def share_lines(shares: Mapping[str, Share], names: Mapping[str, Any]) -> list[Line]:
    """A line for each share, called by `names` where they know it; spam of unknown kind cannot be named right."""
    lines = {name: share_line(str(names.get(name, name)), share) for name, share in shares.items()}
    if UNSPECIFIED in lines:
        lines[UNSPECIFIED] = msgspec.structs.replace(lines[UNSPECIFIED], named="-")
    return list(lines.values())


def in_order(categories: Mapping[str, Share]) -> dict[str, Share]:
    """The categories in the order of the labels."""
    return {label: categories[label] for label in (*LABELS, UNSPECIFIED) if label in categories}


def source_names(sources: Iterable[str]) -> dict[str, str]:
    """`rubric ham` as a reader says it."""
    sides = {HAM: _("ordinary messages"), "spam": _("spam")}
    return {name: f"{name.rpartition(' ')[0]} · {sides[name.rpartition(' ')[2]]}" for name in sources}


def scheme_names(schemes: Iterable[str]) -> dict[str, str]:
    """`fraud bank` as a reader says it."""
    return {name: f"{LABEL_NAMES[name.partition(' ')[0]]} · {name.partition(' ')[2]}" for name in schemes}


def share_line(name: str, share: Share) -> Line:
    """One share as a line."""
    low, high = wilson(share.hits, share.rows)
    rows = max(share.rows, 1)
    return Line(
        name, f"{share.rows:,}", f"{share.hits:,}", percent(share.hits / rows), percent(low), percent(high),
        percent(share.named / rows),
    )  # fmt: skip


def folded(shares: Mapping[str, Share], names: Mapping[str, Any], *, most_first: bool) -> tuple[list[Line], list[Line]]:
    """Lines by their share, the worst first; those beyond `SHOWN_KINDS` apart."""
    ranked = dict(sorted(shares.items(), key=lambda item: item[1].hits / max(item[1].rows, 1), reverse=most_first))
    lines = share_lines(ranked, names)
    return lines[:SHOWN_KINDS], lines[SHOWN_KINDS:]


def confusion_lines(confusion: Mapping[str, Mapping[str, int]]) -> list[tuple[str, str, list[Cell]]]:
    """A line for each true label, with its rows and a cell for each of `LABELS`."""
    return [
        (
            str(LABEL_NAMES[true]),
            f"{sum(given.values()):,}",
            [_cell(true, label, given.get(label, 0), sum(given.values())) for label in LABELS],
        )
        for true, given in confusion.items()
    ]


def _cell(true: str, label: str, rows: int, whole: int) -> Cell:
    return Cell(
        f"{rows:,}" if rows else "",
        round(100 * rows / max(whole, 1)),
        label == true or (true == UNSPECIFIED and label != LABELS[0]),
    )


def level_lines(made: Assessment) -> Iterable[dict[str, Any]]:
    """Recall at each false-positive rate, what it rests on, and the threshold for it."""
    report = made.report
    for rate, day in zip(FALSE_POSITIVE_RATES, made.levels, strict=False):
        found = report.recall_at[f"{rate:g}"]
        low, high = wilson(round(found * report.spam.rows), report.spam.rows)
        alarms = report.rests_on[f"{rate:g}"]
        yield {
            "rate": percent(rate),
            "found": percent(found),
            "low": percent(low),
            "high": percent(high),
            "threshold": f"{day.threshold:.4f}",
            "alarms": f"{alarms:,}",
            "rough": alarms < FEW,
        }


def day_lines(made: Assessment) -> list[dict[str, Any]]:
    """The chosen threshold first, then those of the false-positive rates from the strictest, then round ones."""
    if not made.chosen:
        return []
    round_ones = [day for day in made.workload if day.threshold in ROUND_THRESHOLDS]
    days = sorted({day.threshold: day for day in (*round_ones, *made.levels)}.values(), key=lambda day: -day.threshold)
    days = [day for day in days if f"{day.threshold:.4f}" != f"{made.chosen.threshold:.4f}"]
    return [_day(made.chosen, chosen=True), *(_day(day, chosen=False) for day in days)]


def _day(day: Load, *, chosen: bool) -> dict[str, Any]:
    return {
        "chosen": chosen,
        "threshold": f"{day.threshold:.4f}",
        "hits": large(three_digits(day.hits)),
        "real": large(three_digits(day.true_hits)),
        "precision": percent(day.precision) if day.precision is not None else "-",
        "found": percent(day.recall),
        "flagged": percent(day.false_positive_rate),
        "alarms": f"{day.false_alarms:,}",
        "rough": day.is_rough,
        "people": f"{day.reviewers:,}",
        "least": f"{day.reviewers_low:,}",
        "most": f"{day.reviewers_high:,}",
    }


def disguise_lines(measured: Robustness) -> list[dict[str, Any]]:
    """Each disguise with an example, the most harmful first."""
    ranked = sorted(measured.disguises.items(), key=lambda item: -item[1].drop)
    return [
        {
            "name": str(DISGUISE_NAMES.get(name, name)),
            "example": obfuscate(_EXAMPLE, [name], random.Random(_EXAMPLE_SEED)),  # noqa: S311 - an example
            "found": percent(result.recall),
            "drop": f"{result.drop:+.1f}".replace("+0.0", "0.0").replace("-0.0", "0.0"),
            "changed": percent(result.changed / measured.rows),
            "drop_of_changed": f"{result.drop_of_changed:+.1f}".replace("+0.0", "0.0").replace("-0.0", "0.0"),
            "too_much": result.drop > ALLOWED_DROP,
        }
        for name, result in ranked
    ]


def confusion_heads() -> Sequence[str]:
    """The names of all labels, in order."""
    return [str(LABEL_NAMES[label]) for label in LABELS]
