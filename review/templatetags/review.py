"""How the states, kinds and figures of the review room are called and coloured in templates."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django import template
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from ledger.numbers import mask_numbers
from review.campaign_page import shown
from review.categories import CATEGORIES
from review.guards import in_words
from review.models import Case
from review.reading import Reading, read, read_places, visible
from review.rules import FoundBy

register = template.Library()
register.filter("visible", visible)
register.filter("contact_shown", shown)

GATEWAY_NAMES: Final = {
    "smsc": _("SMS centre"),
    "ismg": _("SMS gateway"),
    "interconnect": _("Interconnect gateway"),
    "monternet": _("Monternet gateway"),
}
VOLUME_NAME: Final = _("volume")
CONTACT_KINDS: Final = {"phone": _("phone"), "qq": _("QQ"), "wechat": _("WeChat"), "link": _("link")}
DISGUISES: Final = {
    "[disguise: hidden]": _("disguise: hidden characters"),
    "[disguise: digits]": _("disguise: digits in other signs"),
    "[disguise: inserted]": _("disguise: signs inside words"),
    "[disguise: split]": _("disguise: characters split into parts"),
    "[disguise: homophone]": _("disguise: words by sound"),
    "[disguise: lookalike]": _("disguise: words by look"),
    "[disguise: pinyin]": _("disguise: words in pinyin"),
    "[disguise: traditional]": _("disguise: traditional characters"),
}
"""Terms that stand for a kind of trick: `DISGUISE_TERMS` of models/explanation.py."""
STATES: Final = {
    "open": (_("open"), "info"),
    "awaiting_approval": (_("awaiting signature"), "warn"),
    "ordered": (_("stop ordered"), "warn"),
    "closed": (_("closed"), "muted"),
    "cleared": (_("cleared"), "ok"),
    "stopped": (_("service stopped"), "bad"),
    "failed": (_("failed"), "bad"),
    "queued": (_("waiting for the network"), "warn"),
    "done": (_("done"), "ok"),
    "refused": (_("refused by the network"), "bad"),
    "confirm": (_("confirmed as spam"), "warn"),
    "clear": (_("cleared"), "ok"),
    "skip": (_("skipped"), "muted"),
    "approve": (_("signed"), "bad"),
    "reject": (_("sent back"), "info"),
}


@register.filter
def gateway_name(code: str) -> str | Promise:
    """Give the name of a gateway in the reader's language."""
    return GATEWAY_NAMES.get(code, code)


@register.filter
def term_name(term: str) -> str:
    """Give a word that weighed as it is, and a kind of trick in the reader's language."""
    return str(DISGUISES.get(term, term))


@register.filter
def contact_kind(kind: str) -> str | Promise:
    """Give the name of a kind of contact in the reader's language."""
    return CONTACT_KINDS.get(kind, kind)


@register.filter
def category_name(label: str) -> str | Promise:
    """Give the name of a label in the reader's language."""
    return VOLUME_NAME if label == FoundBy.VOLUME else CATEGORIES.get(label, label)


@register.filter
def notices(guards: list[str] | None) -> str:
    """Give what a hit looks like, in the reader's language."""
    return in_words(guards or ())


@register.filter
def state_name(state: str) -> str | Promise:
    """Give the name of a status, outcome, kind or verdict in the reader's language."""
    return STATES[state][0] if state in STATES else state


@register.filter
def state_badge(state: str) -> str:
    """Give the class of the badge of a status, outcome, kind or verdict."""
    return f"badge-{STATES[state][1]}" if state in STATES else "badge-muted"


@register.filter
def state_of(case: Case) -> str:
    """Give what to say about a case: how it ended, or how far it has come."""
    return case.outcome or case.status


@register.filter
def percent(share: float) -> str:
    """Give a probability as a percentage that never claims certainty by rounding."""
    return f"{min(max(share, 0.001), 0.999) * 100:.1f}%"


@register.filter
def share(part: float) -> str:
    """Give a counted share as a whole percentage."""
    return f"{part * 100:.0f}%"


@register.filter
def thousands(number: int) -> str:
    """Write a count in groups of three digits, in Chinese too (Django's own way there is groups of four)."""
    return f"{number:,}"


@register.filter
def hour_of(velocity: dict[str, Any]) -> datetime:
    """Give when the hour began that a kept velocity tells of; where none is told, when its SMS was sent."""
    return localtime(datetime.fromisoformat(velocity.get("began") or velocity["sent_at"]))


@register.filter
def bar(share: float) -> int:
    """Give the length of a probability's bar, of 100."""
    return round(min(max(share, 0), 1) * 100)


@register.filter
def signed_weight(weight: float) -> str:
    """Give a weight with its sign."""
    return f"{weight:+.2f}"


@register.simple_tag
def reading_of(text: str, why: list[dict[str, Any]], *, revealed: bool, as_sent: bool = False) -> Reading:
    """Give a text as a reviewer reads it, its numbers masked until they are revealed, and the weighing words marked.

    They are marked where they literally occur, or, `as_sent`, where their places are if the evidence knows them.
    """
    hide = str if revealed else mask_numbers
    places = [(int(start), int(end)) for reason in why for start, end in reason.get("places", ())] if as_sent else []
    if places:
        return read_places(text, places, hide=hide)
    return read(text, [str(reason["term"]) for reason in why], hide=hide)
