"""The evaluation report as one HTML page that stands alone: no script, no font, nothing to fetch."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import msgspec
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import override

from models.assessment import Assessment
from models.calibration import BINS
from models.corpus import Fault
from models.figures import percent, three_digits
from models.labels import HAM
from models.mistakes import Mistake
from models.robustness import ALLOWED_DROP
from models.workload import FEW, wilson
from streams.evaluation_charts import (
    LEAST_ROWS,
    Picture,
    calibration_picture,
    finding_pictures,
    large,
    robustness_picture,
    workload_pictures,
)
from streams.evaluation_names import DISGUISE_NAMES, KIND_NAMES, LABEL_NAMES
from streams.evaluation_tables import (
    confusion_heads,
    confusion_lines,
    day_lines,
    disguise_lines,
    folded,
    in_order,
    level_lines,
    scheme_names,
    share_lines,
    source_names,
)

LANGUAGES: Final = {"zh": "zh-hans", "en": "en"}
_SHOWN_FAULTS: Final = 50
_PICTURES: Final = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n"} | {0x7F: 0x2421}


class About(msgspec.Struct, frozen=True):
    """Where the figures come from; `generated` rows are out of the program's own wording."""

    model: str
    files: tuple[str, ...]
    made_at: datetime
    faults: tuple[Fault, ...] = ()
    duplicates: int = 0
    generated: int = 0
    full_numbers: bool = False


class Card(msgspec.Struct, frozen=True):
    """One of the figures on top of the page, and what it means."""

    name: str
    figure: str
    meaning: str


def page(made: Assessment, about: About, language: str) -> str:
    """The page in a language of `LANGUAGES`."""
    with override(LANGUAGES[language]):
        return render_to_string("streams/evaluation.html", _context(made, about, language))


def visible(text: str) -> str:
    """The text with a picture in place of each control character, which a page cannot hold."""
    return text.translate(_PICTURES)


def _context(made: Assessment, about: About, language: str) -> dict[str, Any]:
    report, calibration = made.report, calibration_picture(made)
    names = {name: str(called) for name, called in DISGUISE_NAMES.items()}
    return {
        "language": {"zh": "zh-Hans"}.get(language, language),
        "made": made,
        "about": about,
        "rows": {
            "spam": f"{report.spam.rows:,}",
            "ham": f"{report.ham.rows:,}",
            "disguised": f"{made.robustness.rows:,}" if made.robustness else "",
        },
        "few": FEW,
        "bins": BINS,
        "least_rows": LEAST_ROWS,
        "allowed_drop": f"{ALLOWED_DROP:g}",
        "cards": list(_cards(made)),
        "notes": list(_notes(made, about)),
        "traffic": _traffic(made),
        "days": day_lines(made),
        "levels": list(level_lines(made)),
        "calibration": _calibration(made),
        "categories": share_lines(in_order(report.categories), LABEL_NAMES),
        "sources": share_lines(report.sources, source_names(report.sources)),
        "ham_kinds": folded(report.ham_kinds, KIND_NAMES, most_first=True),
        "spam_kinds": folded(report.spam_kinds, scheme_names(report.spam_kinds), most_first=False),
        "confusion": confusion_lines(report.confusion),
        "heads": confusion_heads(),
        "disguises": disguise_lines(made.robustness) if made.robustness else [],
        "workload_pictures": _drawn(workload_pictures(made)),
        "finding_pictures": _drawn(finding_pictures(made)),
        "calibration_pictures": _drawn([calibration] if calibration else []),
        "robustness_pictures": _drawn([robustness_picture(made.robustness, names)] if made.robustness else []),
        "mistakes": [
            (str(LABEL_NAMES[label]), label == HAM, [_mistake(one) for one in worst])
            for label, worst in made.mistakes.items()
        ],
        "faults": [visible(str(fault)) for fault in about.faults[:_SHOWN_FAULTS]],
        "more_faults": max(len(about.faults) - _SHOWN_FAULTS, 0),
    }


def _drawn(pictures: Iterable[Picture]) -> list[dict[str, str]]:
    return [
        {"title": one.title, "svg": mark_safe(one.svg), "sentence": one.sentence}  # noqa: S308 - drawn by models.charts, which escapes
        for one in pictures
    ]


def _cards(made: Assessment) -> Iterable[Card]:
    report = made.report
    bounds = _("%(hits)s of %(rows)s; with 95 %% certainty %(low)s to %(high)s")
    for name, share in ((_("spam found"), report.spam), (_("ordinary messages wrongly flagged"), report.ham)):
        if share.rows:
            low, high = (percent(bound) for bound in wilson(share.hits, share.rows))
            meaning = bounds % {"hits": f"{share.hits:,}", "rows": f"{share.rows:,}", "low": low, "high": high}
            yield Card(name, percent(share.hits / share.rows), meaning)
    if report.auc is not None:
        meaning = _("ROC AUC: so often does a spam message score above an ordinary one; 1 is perfect, 0.5 is chance")
        yield Card(_("telling apart"), f"{report.auc:.4f}", meaning)
    if made.chosen:
        meaning = _("to look at every case; uncertain: %(least)s to %(most)s")
        bounds_of_people = {"least": f"{made.chosen.reviewers_low:,}", "most": f"{made.chosen.reviewers_high:,}"}
        yield Card(_("reviewers needed"), f"{made.chosen.reviewers:,}", meaning % bounds_of_people)


def _notes(made: Assessment, about: About) -> Iterable[str]:
    """What a reader must know before trusting a figure."""
    report = made.report
    if not report.ham.rows:
        yield _(
            "All rows are spam. The share of spam found, its kinds and the disguises can be told; false alarms, the "
            "curves, calibration, precision and the workload cannot: they need ordinary messages, too."
        )
    if not report.spam.rows:
        yield _(
            "No row is spam. The share of ordinary messages wrongly flagged can be told, by kind and source; whether "
            "spam is found, the curves, calibration, disguises and the workload cannot: they need spam, too."
        )
    if report.ham.rows and report.ham.hits < FEW:
        yield _(
            "Only %(alarms)s ordinary messages were wrongly flagged at this threshold. Fewer than %(few)s are too few "
            "to plan people by: take the workload as an order of magnitude, and measure with more ordinary messages."
        ) % {"alarms": f"{report.ham.hits:,}", "few": FEW}
    if about.generated:
        yield _(
            "%(rows)s rows come from the program's own wording. The model may have been trained on the same templates; "
            "such rows flatter it."
        ) % {"rows": f"{about.generated:,}"}
    if about.duplicates:
        yield _("%(rows)s rows repeat another one; they count each time.") % {"rows": f"{about.duplicates:,}"}
    if about.faults:
        yield _("%(rows)s rows could not be used and were left out; they are named at the end.") % {
            "rows": f"{len(about.faults):,}"
        }


def _traffic(made: Assessment) -> dict[str, str]:
    traffic = made.traffic
    return {
        "volume": large(traffic.volume),
        "prevalence": percent(traffic.prevalence),
        "seconds": f"{traffic.seconds_per_case:g}",
        "hours": f"{traffic.hours_per_day:g}",
        "hits": f"{traffic.hits_per_case:g}",
        "false_hits": f"{traffic.false_hits_per_case:g}",
        "cases": large(three_digits(traffic.cases_per_reviewer)),
    }


def _calibration(made: Assessment) -> dict[str, str] | None:
    errors = made.report.calibration
    if not errors:
        return None
    figures = {"spam": errors.spam, "mass": errors.spam_equal_mass, "label": errors.top_label}
    return {name: "-" if figure is None else f"{figure:.4f}" for name, figure in figures.items()}


def _mistake(one: Mistake) -> dict[str, Any]:
    return {
        "text": visible(one.text),
        "called": str(LABEL_NAMES[one.called]),
        "score": f"{one.spam:.3f}",
        "towards": str(LABEL_NAMES[one.towards]),
        "why": [visible(term) for term in one.why],
        "origin": f"{one.source} {one.subtype}".strip(),
    }
