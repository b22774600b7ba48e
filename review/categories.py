"""What kind of spam a text can be (design section 8), and how each kind is called."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

CATEGORIES: Final = {
    "ad": _("advertising"),
    "fraud": _("fraud"),
    "gambling": _("gambling"),
    "porn": _("pornography"),
    "loan": _("illegal loans"),
    "forgery": _("forged papers"),
    "contraband": _("contraband"),
    "politics": _("political offences"),
}
"""Every label but `ham`, with its name in the reader's language."""


def name_in(category: str, language: str) -> str:
    """Give the name of a category in a language, such as `zh-hans`, whatever the reader's is."""
    with override(language):
        return gettext(str(CATEGORIES.get(category, category)))
