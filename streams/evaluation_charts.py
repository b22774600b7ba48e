"""Which charts an evaluation report shows, in the reader's words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from models.assessment import Assessment
from models.calibration import Bin
from models.charts import Line, Scale, Sign, bars_chart, lines_chart, pairs_chart
from models.evaluation import FALSE_POSITIVE_RATES
from models.figures import count, percent, plain, three_digits
from models.robustness import ALLOWED_DROP, Robustness

_WHOLE: Final = (0.0, 1.02)
LEAST_ROWS: Final = 10
"""Fewer rows than this make no point of the reliability plot."""
_LEAST_RATE: Final = 1e-4


class Picture(msgspec.Struct, frozen=True):
    """A chart with its title and one plain sentence; `svg` is markup made here, safe to put into a page."""

    title: str
    svg: str
    sentence: str


def large(value: float) -> str:
    """A large figure in few characters, as the reader's language writes it: 64k, 6.4万."""
    if not (get_language() or "").startswith("zh"):
        return count(value)
    for size, unit in ((1e8, "亿"), (1e4, "万")):
        if value >= size:
            return f"{value / size:.4g}{unit}"
    return f"{value:,.4g}"


def finding_pictures(made: Assessment) -> Iterable[Picture]:
    """How well spam is found: ROC twice, precision against recall, and the scores themselves."""
    report, chosen = made.report, made.chosen
    if made.roc and made.precision_recall and chosen:
        found, flagged = percent(chosen.recall), percent(chosen.false_positive_rate)
        sentence = _(
            "At the chosen threshold %(found)s of the spam is found and %(flagged)s of the ordinary messages are "
            "wrongly flagged. The nearer the line is to the upper left corner, the better."
        ) % {"found": found, "flagged": flagged}
        across = Scale(_("ordinary messages wrongly flagged"), percent, (0, 1))
        up = Scale(_("spam found"), percent, _WHOLE)
        here = Line(_("chosen threshold"), [chosen.false_positive_rate], [chosen.recall], marks=True, joined=False)
        line = Line(_("all thresholds"), made.roc.x, made.roc.y)
        title = _("Spam found against false alarms (ROC curve)")
        yield Picture(title, lines_chart("roc", f"{title}. {sentence}", [line, here], across, up), sentence)
        levels = [report.recall_at[f"{rate:g}"] for rate in FALSE_POSITIVE_RATES]
        sentence = _(
            "The same curve with few false alarms spread out: if one message in a thousand is wrongly flagged, "
            "%(found)s of the spam is found; if one in a hundred, %(more)s."
        ) % {"found": percent(report.recall_at["0.001"]), "more": percent(report.recall_at["0.01"])}
        title = _("The part that matters (ROC curve, logarithmic)")
        svg = lines_chart(
            "roclog",
            f"{title}. {sentence}",
            [line, Line(_("0.1, 0.5, 1 and 5 %"), FALSE_POSITIVE_RATES, levels, marks=True, joined=False)],
            Scale(across.name, percent, (_LEAST_RATE, 1), kind="log"),
            up,
        )
        yield Picture(title, svg, sentence)
        sentence = _(
            "How many hits are real (upwards) when this much of the spam is found (to the right). It holds for these "
            "rows, %(share)s of which are spam; in real traffic far fewer are, see the workload above."
        ) % {"share": percent(report.spam.rows / (report.spam.rows + report.ham.rows))}
        title = _("Precision and recall")
        curve = Line(_("all thresholds"), made.precision_recall.x, made.precision_recall.y)
        precision = report.spam.hits / max(report.spam.hits + report.ham.hits, 1)
        here = Line(_("chosen threshold"), [chosen.recall], [precision], marks=True, joined=False)
        up = Scale(_("hits that are real"), percent, _WHOLE)
        svg = lines_chart("pr", f"{title}. {sentence}", [curve, here], Scale(_("spam found"), percent, _WHOLE), up)
        yield Picture(title, svg, sentence)
    yield _scores(made)


def _scores(made: Assessment) -> Picture:
    sentence = _(
        "Each bar counts messages by their score; what stands right of the line becomes a hit. Ordinary messages "
        "should stand on the left, spam on the right. Heights grow tenfold from line to line."
    )
    title = _("Scores")
    svg = pairs_chart(
        "scores",
        f"{title}. {sentence}",
        made.histogram.edges,
        [(_("ordinary messages"), made.histogram.ham), (_("spam"), made.histogram.spam)],
        Scale(_("score (probability of spam)"), plain, (0, 1)),
        Scale(_("messages"), large, kind="log"),
        sign=_threshold(made),
    )
    return Picture(title, svg, sentence)


def calibration_picture(made: Assessment) -> Picture | None:
    """Whether the scores are true probabilities."""
    if not made.report.calibration:
        return None
    error = made.report.calibration.spam
    sentence = _(
        "Of messages given a score of 0.8, eight in ten should be spam: then the points lie on the thin line. "
        "On average they are %(error)s points off it."
    ) % {"error": f"{100 * error:.1f}"}
    title = _("Said and true (reliability)")
    lines = [Line(_("spam or not"), *_points(made.reliability), marks=True)]
    if made.reliability_of_labels:
        lines.append(Line(_("which label"), *_points(made.reliability_of_labels), marks=True))
    across = Scale(_("probability that the model states"), percent, (-0.02, 1.02))
    up = Scale(_("share that came true"), percent, (-0.02, 1.02))
    return Picture(
        title, lines_chart("reliability", f"{title}. {sentence}", lines, across, up, diagonal=True), sentence
    )


def workload_pictures(made: Assessment) -> Iterable[Picture]:
    """What each threshold costs: hits a day, reviewers, and how many hits are real."""
    days, chosen = made.workload, made.chosen
    if not days or not chosen:
        return
    at = [day.threshold for day in days]
    across, sign = Scale(_("threshold"), plain, (at[0], at[-1]), kind="logit"), _threshold(made)
    sentence = _("At the chosen threshold %(hits)s messages a day become hits, and %(real)s of them are spam.") % {
        "hits": large(three_digits(chosen.hits)),
        "real": large(three_digits(chosen.true_hits)),
    }
    title = _("Hits a day")
    lines = [
        Line(_("all hits"), at, [day.hits for day in days]),
        Line(_("real spam among them"), at, [day.true_hits for day in days]),
    ]
    up = Scale(_("messages a day"), large, kind="log")
    yield Picture(title, lines_chart("hits", f"{title}. {sentence}", lines, across, up, sign=sign), sentence)
    sentence = _(
        "At the chosen threshold %(people)s reviewers are needed; the pale band (%(least)s to %(most)s) is how "
        "uncertain that is."
    ) % {
        "people": f"{chosen.reviewers:,}",
        "least": f"{chosen.reviewers_low:,}",
        "most": f"{chosen.reviewers_high:,}",
    }
    title = _("Reviewers needed")
    low, high = [max(day.reviewers_low, 1) for day in days], [max(day.reviewers_high, 1) for day in days]
    line = Line(title, at, [max(day.reviewers, 1) for day in days], low, high)
    svg = lines_chart(
        "reviewers", f"{title}. {sentence}", [line], across, Scale(_("people"), large, kind="log"), sign=sign
    )
    yield Picture(title, svg, sentence)
    sentence = _(
        "At the chosen threshold %(real)s of the hits are real, and %(found)s of the spam is found. Further to the "
        "right there are fewer false alarms, but more spam is missed."
    ) % {"real": percent(chosen.precision or 0), "found": percent(chosen.recall)}
    title = _("What a hit is worth")
    lines = [
        Line(
            _("hits that are real"),
            at,
            [day.precision or 0 for day in days],
            [day.precision_low or 0 for day in days],
            [day.precision_high or 0 for day in days],
        ),
        Line(_("spam found"), at, [day.recall for day in days]),
    ]
    up = Scale("", percent, _WHOLE)
    yield Picture(title, lines_chart("worth", f"{title}. {sentence}", lines, across, up, sign=sign), sentence)


def robustness_picture(measured: Robustness, names: dict[str, str]) -> Picture:
    """What is still found after each disguise; `names` calls the disguises."""
    worst = max(measured.disguises, key=lambda name: measured.disguises[name].drop, default="")
    sentence = _(
        "%(plain)s of the spam is found as sent. The disguise that hides most is “%(worst)s”: %(drop)s points less are "
        "found."
    ) % {
        "plain": percent(measured.plain),
        "worst": names.get(worst, worst),
        "drop": f"{max(measured.worst, 0):.1f}",
    }
    title = _("Spam found in disguise")
    bars = [(_("as sent"), measured.plain)]
    bars += [(names.get(name, name), result.recall) for name, result in measured.disguises.items()]
    signs = [
        Sign(measured.plain, _("as sent")),
        Sign(measured.plain - ALLOWED_DROP / 100, _("%(points)s points less") % {"points": f"{ALLOWED_DROP:g}"}),
    ]
    across = Scale(_("spam found"), percent, (0, 1))
    return Picture(title, bars_chart("disguises", f"{title}. {sentence}", bars, across, signs=signs), sentence)


def _threshold(made: Assessment) -> Sign:
    return Sign(made.report.threshold, _("threshold %(value)s") % {"value": f"{made.report.threshold:.4g}"})


def _points(bins: Iterable[Bin]) -> tuple[list[float], list[float]]:
    """The bins as points; those of fewer rows than `LEAST_ROWS` are left out unless there are no others."""
    every = list(bins)
    points = [part for part in every if part.rows >= LEAST_ROWS] or every
    return [part.probability for part in points], [part.share for part in points]
