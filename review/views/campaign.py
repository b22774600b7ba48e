"""The pages of campaigns."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from config.roles import role_required
from review import campaign_page as found
from review.categories import CATEGORIES
from review.grouping import storable
from review.models import Campaign
from review.rules import FoundBy
from review.views.case import READERS, policy
from review.views.people import reader_of

CAMPAIGNS_A_PAGE = 20
SENDERS_A_PAGE = 25
COMPANIONS_SHOWN = 20
CONTACTS_SHOWN = 50
MAX_CONTACT = 128
REVEALED = "revealed_campaign"
ALL = "all"


@require_safe
@role_required(*READERS)
def campaigns(request: HttpRequest) -> HttpResponse:
    """Show the campaigns of the last days, or all; most senders first."""
    when, label = request.GET.get("when", ""), request.GET.get("label", "")
    listed = found.of_all_time(policy()) if when == ALL else found.busiest(timezone.now(), policy())
    if label in CATEGORIES or label == FoundBy.VOLUME:
        listed = listed.filter(label=label)
    context = {
        "page": Paginator(listed, CAMPAIGNS_A_PAGE).get_page(request.GET.get("page")),
        "when": when,
        "label": label,
        "categories": CATEGORIES,
        "days": round(policy().campaigns.recent_days),
        "least": policy().campaigns.least_senders,
        "active": "campaigns",
    }
    return render(request, "review/campaigns.html", context)


@never_cache
@require_safe
@role_required(*READERS)
def campaign_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a campaign: what it says, who sends it, what it advertises, and what shares its contacts."""
    campaign = get_object_or_404(Campaign, pk=pk)
    companions = found.companions(campaign)
    context = {
        "campaign": campaign,
        "gateways": sorted(campaign.gateways.items()),
        "contacts": found.contacts_of(campaign)[:CONTACTS_SHOWN],
        "contacts_count": campaign.advertised.count(),
        "dossiers": found.dossiers_of(campaign),
        "companions": companions[:COMPANIONS_SHOWN],
        "companions_count": companions.count(),
        "page": Paginator(found.senders_of(campaign), SENDERS_A_PAGE).get_page(request.GET.get("page")),
        "revealed": request.session.pop(REVEALED, None) == campaign.pk,
        "active": "campaigns",
    }
    return render(request, "review/campaign.html", context)


@require_POST
@role_required(*READERS)
def reveal_contacts(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a campaign's contacts in full once; the audit log keeps who asked."""
    campaign = get_object_or_404(Campaign, pk=pk)
    found.reveal(campaign, reader_of(request), timezone.now())
    request.session[REVEALED] = campaign.pk
    return redirect("campaign", pk)


@require_POST
@role_required(*READERS)
def find_contact(request: HttpRequest) -> HttpResponse:
    """Show the campaigns that advertise a contact; it stands in the form, never in the address."""
    written = storable(request.POST.get("contact", "").strip())[:MAX_CONTACT]
    if not written:
        return redirect("campaigns")
    contacts = found.search(written, reader_of(request), timezone.now())
    context = {
        "campaigns": found.sharing(contacts)[:COMPANIONS_SHOWN],
        "next_url": reverse("campaigns"),
        "active": "campaigns",
    }
    return render(request, "review/campaigns_found.html", context)
