"""Addresses of the review console."""

from __future__ import annotations

from django.urls import path

from review.views.campaign import campaign_page, campaigns, find_contact, reveal_contacts
from review.views.case import approve, case_page, claim, decide, reveal
from review.views.dead_letters import letter, letters, replay_letter, replay_letters, reveal_letter
from review.views.gateways import acknowledge_alarm, gateways
from review.views.model import judge_difference, models
from review.views.orders import approvals, orders
from review.views.people import home
from review.views.queue import find_sender, queue, queue_count
from review.views.recall import judge_sample, next_sample, recall, reveal_sample

urlpatterns = [
    path("", home, name="home"),
    path("cases/", queue, name="queue"),
    path("cases/count/", queue_count, name="queue_count"),
    path("cases/find/", find_sender, name="find_sender"),
    path("cases/<int:pk>/", case_page, name="case"),
    path("cases/<int:pk>/claim/", claim, name="claim"),
    path("cases/<int:pk>/decide/", decide, name="decide"),
    path("cases/<int:pk>/approve/", approve, name="approve"),
    path("cases/<int:pk>/reveal/", reveal, name="reveal"),
    path("campaigns/", campaigns, name="campaigns"),
    path("campaigns/find/", find_contact, name="find_contact"),
    path("campaigns/<int:pk>/", campaign_page, name="campaign"),
    path("campaigns/<int:pk>/reveal/", reveal_contacts, name="reveal_contacts"),
    path("recall/", recall, name="recall"),
    path("recall/next/", next_sample, name="recall_next"),
    path("recall/<int:pk>/judge/", judge_sample, name="recall_judge"),
    path("recall/<int:pk>/reveal/", reveal_sample, name="recall_reveal"),
    path("models/", models, name="models"),
    path("models/differences/<int:pk>/judge/", judge_difference, name="judge_difference"),
    path("approvals/", approvals, name="approvals"),
    path("orders/", orders, name="orders"),
    path("gateways/", gateways, name="gateways"),
    path("gateways/alarms/<int:pk>/acknowledge/", acknowledge_alarm, name="acknowledge_alarm"),
    path("gateways/letters/", letters, name="letters"),
    path("gateways/letters/replay/", replay_letters, name="replay_letters"),
    path("gateways/letters/<int:pk>/", letter, name="letter"),
    path("gateways/letters/<int:pk>/reveal/", reveal_letter, name="reveal_letter"),
    path("gateways/letters/<int:pk>/replay/", replay_letter, name="replay_letter"),
]
