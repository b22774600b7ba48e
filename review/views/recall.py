"""The recall check: one sample at a time for reviewers, and what it says about the model for those who watch it."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from config.policy import load_policy
from config.roles import Role, role_required, roles_of
from review import sampling
from review.categories import CATEGORIES
from review.errors import ReviewError
from review.models import RecallCheck
from review.recall import ENOUGH_SAMPLES, estimate
from review.recall_figures import months
from review.rules import SampleVerdict
from review.views.people import reader_of

REVEALED = "revealed_sample"


@never_cache
@require_safe
@role_required(Role.REVIEWER, Role.AUDITOR, Role.ADMIN)
def recall(request: HttpRequest) -> HttpResponse:
    """Show the sample that the reader holds, and recall by month."""
    reader, now = reader_of(request), timezone.now()
    judges = Role.REVIEWER in roles_of(reader)
    sample = sampling.mine(reader, now) if judges else None
    context = {
        "sample": sample,
        "judges": judges,
        "revealed": sample is not None and request.session.pop(REVEALED, None) == sample.pk,
        "waiting": sampling.waiting().count(),
        "categories": list(CATEGORIES.items()),
        "figures": [(month, estimate(month)) for month in months(now)],
        "enough": ENOUGH_SAMPLES,
        "one_in": load_policy(settings.ENVIRONMENT.policy_path).scoring.recall_check_one_in,
        "active": "recall",
    }
    return render(request, "review/recall.html", context)


@require_POST
@role_required(Role.REVIEWER)
def next_sample(request: HttpRequest) -> HttpResponse:
    """Hold the next sample for the reader."""
    _take_next(request)
    return redirect("recall")


@require_POST
@role_required(Role.REVIEWER)
def judge_sample(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep the reader's verdict on a sample, and go on to the next one."""
    get_object_or_404(RecallCheck, pk=pk)
    policy = load_policy(settings.ENVIRONMENT.policy_path)
    try:
        check = sampling.judge(pk, reader_of(request), request.POST.get("verdict", ""), timezone.now(), policy)
    except ReviewError as refusal:
        messages.error(request, str(refusal))
        return redirect("recall")
    case = sampling.case_of(check) if check.verdict == SampleVerdict.SPAM else None
    if case:
        said = _("%(sample)s judged: missed spam, now evidence in %(case)s.")
        messages.success(request, said % {"sample": check.reference, "case": case.reference})
    else:
        messages.success(request, _("%(sample)s judged.") % {"sample": check.reference})
    _take_next(request)
    return redirect("recall")


@require_POST
@role_required(Role.REVIEWER)
def reveal_sample(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the sender's number and those in the text in full once, to who holds the sample; it is audited."""
    reader = reader_of(request)
    get_object_or_404(RecallCheck, pk=pk, claimed_by=reader)
    check = sampling.reveal_sender(pk, reader, timezone.now())
    request.session[REVEALED] = check.pk
    return redirect("recall")


def _take_next(request: HttpRequest) -> None:
    policy = load_policy(settings.ENVIRONMENT.policy_path)
    try:
        sampling.take_next(reader_of(request), timezone.now(), policy)
    except ReviewError as refusal:
        messages.error(request, str(refusal))
