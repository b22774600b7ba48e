"""How labels, kinds of message and disguises are called in an evaluation report."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from models.corpus import UNSPECIFIED
from models.labels import HAM
from review.categories import CATEGORIES

LABEL_NAMES: Final = {HAM: _("ordinary"), **CATEGORIES, UNSPECIFIED: _("spam of unknown kind")}

KIND_NAMES: Final = {
    "bank": _("bank notices"),
    "chat": _("personal chat"),
    "chat_risky": _("chat that sounds like spam"),
    "code": _("verification codes"),
    "courier": _("courier notices"),
    "gov": _("government notices"),
    "greeting": _("greetings"),
    "group": _("group notices"),
    "life": _("services of daily life"),
    "operator": _("operator's notices"),
    "quoting": _("warnings that quote scams"),
    "short": _("very short texts"),
    "smallbiz": _("small businesses"),
    "system": _("systems and devices"),
    "travel": _("travel"),
}
"""Kinds of ordinary messages; a kind that is not here is shown as the rows name it."""

DISGUISE_NAMES: Final = {
    "hidden": _("invisible characters"),
    "signs": _("signs inside words"),
    "blanks": _("blanks inside words"),
    "homophones": _("characters of the same sound"),
    "lookalikes": _("look-alike characters"),
    "split": _("split characters"),
    "pinyin": _("pinyin"),
    "traditional": _("traditional characters"),
    "digits": _("other digits"),
    "wide": _("full-width letters"),
    "pictures": _("pictures"),
}
