"""Everything that the audit log tells of, and how people read it; an action that is not here cannot be recorded."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

ACTIONS = {
    "alarm_acknowledged": _("alarm about a gateway acknowledged"),
    "asked_which": _("asked the subscriber which one"),
    "boss_answered": _("BOSS answered an order"),
    "boss_ordered": _("order to BOSS"),
    "cancel_asked": _("subscriber asked to cancel"),
    "cancel_failed": _("cancellation failed"),
    "case_claimed": _("case claimed"),
    "case_decided": _("case decided"),
    "case_extended": _("more evidence in a case"),
    "case_opened": _("case opened"),
    "charge_announced": _("charge announced by BOSS"),
    "dead_letter_replayed": _("rejected line fed again"),
    "dead_letter_revealed": _("rejected line shown"),
    "dead_letters_replayed": _("many rejected lines fed again"),
    "decision_rejected": _("second signature refused"),
    "difference_judged": _("said which model was right"),
    "gateway_alarm_began": _("alarm about a gateway"),
    "gateway_alarm_ended": _("alarm about a gateway ended"),
    "help_sent": _("help text sent"),
    "help_withheld": _("help text withheld: hourly limit"),
    "labels_exported": _("labels exported for training"),
    "list_sent": _("0000 list sent"),
    "model_promoted": _("model promoted"),
    "model_rolled_back": _("model rolled back"),
    "model_shadowed": _("candidate put in shadow, or taken out"),
    "number_revealed": _("full number shown"),
    "order_answered": _("network answered an order"),
    "order_signed": _("order signed by two people"),
    "outbox_refused": _("record refused by the relay"),
    "recall_check_judged": _("sample of the recall check judged"),
    "recall_check_taken": _("sample of the recall check opened"),
    "reminder_missed": _("reminder came too late"),
    "reminder_sent": _("reminder sent"),
    "sender_searched": _("searched by full number"),
    "subscriber_told": _("subscriber told"),
    "subscription_cancelled": _("subscription cancelled"),
    "subscription_ordered": _("subscription ordered"),
    "text_not_ours": _("text for another service left alone"),
    "text_taken": _("subscriber's text taken"),
    "user_added": _("person added"),
}
"""Names of actions as they stand in the chain, and their wording."""
