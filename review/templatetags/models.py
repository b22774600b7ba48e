"""How labels, figures and shares about models are called in templates."""

from __future__ import annotations

import re
from typing import Final

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from models.appointments import RELEASED
from models.labels import HAM
from review.categories import CATEGORIES

register = template.Library()
RECALL: Final = re.compile(r"recall at ([0-9.]+ ?%) false positives")


@register.filter
def label_name(label: str) -> str | Promise:
    """Give the name of a label in the reader's language, that of ham included."""
    return gettext_lazy("not spam") if label == HAM else CATEGORIES.get(label, label)


@register.filter
def label_badge(label: str) -> str:
    """Give the class of the badge of a label."""
    return {HAM: "badge-ok", "ad": "badge-info"}.get(label, "badge-bad")


@register.filter
def model_name(name: str) -> str:
    """Give the name of a model; the released one has none of its own."""
    return _("the released model") if name == RELEASED else name


@register.filter
def figure_name(name: str) -> str:
    """Give the name of a figure of a manifest in the reader's language, as far as it is known."""
    if name == "auc":
        return _("area under the ROC curve")
    found = RECALL.fullmatch(name)
    return _("recall at %(share)s false positives") % {"share": found[1]} if found else name


@register.filter
def pairs_of(figures: dict[str, float]) -> list[tuple[str, float]]:
    """Give names and values; `figures.items` in a template would look up a figure called items first."""
    return list(figures.items())


@register.filter
def signed(number: float | None) -> str:
    """Write a change with its sign, in groups of three digits; a dash for one that is not known yet."""
    if number is None:
        return "–"
    return f"{number:+,.0f}" if number else "0"


@register.filter
def out_of(part: int, total: int) -> str:
    """Write a share with its counts."""
    return f"{part / total:.0%} ({part:,}/{total:,})" if total else "–"
