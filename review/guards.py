"""What a hit looks like if it looks like a legitimate notice (`models.guards`), in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.utils.translation import gettext_lazy as _

NOTICES: Final = {
    "verification_code": _("a verification code"),
    "bank_notice": _("a bank notice"),
    "courier_notice": _("a courier notice"),
    "government_notice": _("a notice of an authority"),
    "school_notice": _("a school notice"),
    "hospital_notice": _("a hospital notice"),
    "operator_notice": _("a notice of the operator"),
}
"""Every guard, with what it is called in the reader's language."""


def in_words(guards: Sequence[str]) -> str:
    """Give what the guards of a hit are called."""
    return " / ".join(str(NOTICES.get(guard, guard)) for guard in guards)
