"""The page about models: which serves, what a candidate would change, and who decided so; people judge differences."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from config.roles import Role, role_required, roles_of
from models.appointments import name_of
from models.labels import HAM
from review import model_report
from review.categories import CATEGORIES
from review.errors import ReviewError
from review.model_page import compared_pairs, history, standing
from review.shadow_tables import ShadowDifference
from review.views.case import policy
from review.views.people import reader_of

DIFFERENCES_A_PAGE = 10


@require_safe
@role_required(Role.REVIEWER, Role.AUDITOR, Role.ADMIN)
def models(request: HttpRequest) -> HttpResponse:
    """Show what is at work and one comparison: the running one unless another is asked for."""
    at_work = standing(settings.ENVIRONMENT.model_path, settings.ENVIRONMENT.models_dir)
    pairs = compared_pairs()
    running = None
    if at_work.shadow and at_work.serving.manifest:
        running = (at_work.shadow.name, name_of(at_work.serving.manifest))
    asked = (request.GET.get("candidate", ""), request.GET.get("serving", ""))
    shown = asked if asked in pairs else running or next(iter(pairs), None)
    found = model_report.differences(*shown) if shown else ShadowDifference.objects.none()
    context = {
        "at_work": at_work,
        "policy_threshold": policy().scoring.threshold,
        "running": running,
        "shown": shown,
        "report": model_report.report_on(*shown) if shown else None,
        "pairs": [pair for pair in pairs if pair != shown],
        "page": Paginator(found, DIFFERENCES_A_PAGE).get_page(request.GET.get("page")),
        "history": history(),
        "labels": [HAM, *CATEGORIES],
        "can_judge": Role.REVIEWER in roles_of(request.user),
        "active": "models",
    }
    return render(request, "review/models.html", context)


@require_POST
@role_required(Role.REVIEWER)
def judge_difference(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what a reviewer says a message is, and go on with the comparison."""
    found = get_object_or_404(ShadowDifference, pk=pk)
    try:
        model_report.judge(pk, reader_of(request), request.POST.get("verdict", ""), timezone.now())
    except ReviewError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Your verdict is kept."))
    asked = urlencode({"candidate": found.candidate, "serving": found.serving})
    return redirect(f"{reverse('models')}?{asked}#differences")
