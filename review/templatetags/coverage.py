"""How the states of gateways, alarms, dead letters and replays are called in templates."""

from __future__ import annotations

from typing import Any, Final

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.details import FIELDS
from review.coverage_tables import GatewayAlarm
from review.rejections import detail_in_words, reason_name

register = template.Library()
register.filter("reason_name", reason_name)
register.filter("detail_in_words", detail_in_words)
HOUR, DAY = 60, 1440

GATEWAY_STATES: Final = {
    "never_fed": (gettext_lazy("never fed"), "bad"),
    "silent": (gettext_lazy("silent"), "bad"),
    "hit_share": (gettext_lazy("share of hits changed"), "warn"),
    "awaited": (gettext_lazy("not yet fed"), "muted"),
    "unread": (gettext_lazy("waits for scoring"), "warn"),
    "learning": (gettext_lazy("learning its rhythm"), "info"),
    "well": (gettext_lazy("well"), "ok"),
}
REPLAY_STATES: Final = {
    "waiting": (gettext_lazy("waiting for the relay"), "warn"),
    "relay_refused": (gettext_lazy("refused by the relay"), "bad"),
    "fed": (gettext_lazy("fed again"), "info"),
    "read": (gettext_lazy("scored"), "ok"),
    "rejected_again": (gettext_lazy("rejected again"), "bad"),
}
CONSUMERS: Final = {
    "qingxin-scoring": gettext_lazy("scoring"),
    "qingxin-casework": gettext_lazy("casework"),
    "qingxin-protection": gettext_lazy("protection"),
    "qingxin-shadow": gettext_lazy("model in shadow"),
}


@register.filter
def field_names(names: list[str]) -> str:
    """Give the names of fields of an SMS in the reader's language."""
    return _(", ").join(str(FIELDS.get(name, name)) for name in names)


@register.filter
def gateway_state(state: str) -> str | Promise:
    """Give the name of a gateway's state, or of an alarm's kind."""
    return GATEWAY_STATES[state][0] if state in GATEWAY_STATES else state


@register.filter
def gateway_state_badge(state: str) -> str:
    """Give the class of the badge of a gateway's state."""
    return f"badge-{GATEWAY_STATES[state][1]}" if state in GATEWAY_STATES else "badge-muted"


@register.filter
def replay_state(state: str) -> str | Promise:
    """Give the name of a replay's state."""
    return REPLAY_STATES[state][0] if state in REPLAY_STATES else state


@register.filter
def replay_state_badge(state: str) -> str:
    """Give the class of the badge of a replay's state."""
    return f"badge-{REPLAY_STATES[state][1]}" if state in REPLAY_STATES else "badge-muted"


@register.filter
def consumer_name(group: str) -> str | Promise:
    """Give the name of a consumer group in the reader's language."""
    return CONSUMERS.get(group, group)


@register.filter
def duration(minutes: float | str | None) -> str:
    """Write minutes as a person would: 45 min, 3 h 20 min, 2 d 4 h; a dash for what is not known."""
    if not isinstance(minutes, (int, float)):
        return "–"
    whole = round(minutes)
    if whole < HOUR:
        return _("%(minutes)d min") % {"minutes": whole}
    if whole < DAY:
        return _("%(hours)d h %(minutes)d min") % {"hours": whole // HOUR, "minutes": whole % HOUR}
    return _("%(days)d d %(hours)d h") % {"days": whole // DAY, "hours": whole % DAY // HOUR}


@register.filter
def exact_percent(share: float | str | None) -> str:
    """Write a share with two digits; a dash for what is not known."""
    return f"{share * 100:.2f}%" if isinstance(share, (int, float)) else "–"


@register.filter
def rough_percent(share: float) -> str:
    """Write a share of a scale with as many digits as it has."""
    return f"{share * 100:g}%"


@register.filter
def alarm_figures(alarm: GatewayAlarm) -> str:
    """Say in a sentence with figures what an alarm was raised on."""
    details: dict[str, Any] = alarm.details
    if alarm.kind == "silent" and "quiet_minutes" in details:
        said = _("No SMS for %(quiet)s; at this time of day up to %(tolerance)s are usual.")
        return said % {
            "quiet": duration(details["quiet_minutes"]),
            "tolerance": duration(details["tolerance_minutes"]),
        }
    if alarm.kind == "hit_share" and "share" in details:
        said = (
            _("%(share)s of its SMS are hits; %(usual)s are usual. Look for a campaign, or a model promoted lately.")
            if details["share"] > details["usual_share"]
            else _("%(share)s of its SMS are hits; %(usual)s are usual. Traffic may be led past us.")
        )
        return said % {"share": exact_percent(details["share"]), "usual": exact_percent(details["usual_share"])}
    if alarm.kind == "never_fed":
        return _("It has delivered nothing since it was first looked at.")
    return ""
