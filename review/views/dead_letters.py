"""Dead letters: by reason, one by one, shown only on purpose, repaired and fed again."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.policy import load_policy
from config.roles import Role, role_required, roles_of
from review import replaying
from review.dead_letter_tables import RejectedLine
from review.errors import FedMeanwhileError, ReviewError
from review.repairing import can_be_fed, suggestion
from review.views.gateways import ACTORS
from review.views.people import reader_of

READERS = (Role.OPERATOR, Role.AUDITOR, Role.ADMIN)
ROWS_A_PAGE = 25
REVEALED = "revealed_letter"
REFUSED = "refused_repair"
"""What the reader wrote and was refused, with its letter; kept until it is fed or they look at another one."""


@require_safe
@role_required(*READERS)
def letters(request: HttpRequest) -> HttpResponse:
    """Show how many letters there are by topic and reason, and list them, the newest first."""
    topic, reason = _chosen(request.GET.get("topic", "")), _chosen(request.GET.get("reason", ""))
    every = RejectedLine.objects.values("topic", "reason")
    groups = [
        group | {"feedable": can_be_fed(group["topic"])}
        for group in every.annotate(count=Count("id"), last=Max("at")).order_by("-count", "topic", "reason")
    ]
    found = RejectedLine.objects.defer("raw").prefetch_related("replays__refusals", "replays__record")
    if topic:
        found = found.filter(topic=topic)
    if reason:
        found = found.filter(reason=reason)
    context = {
        "groups": groups,
        "topics": sorted({str(group["topic"]) for group in groups}),
        "reasons": sorted({str(group["reason"]) for group in groups}),
        "topic": topic,
        "reason": reason,
        "page": Paginator(found.order_by("-at", "-id"), ROWS_A_PAGE).get_page(request.GET.get("page")),
        "kept_days": load_policy(settings.ENVIRONMENT.policy_path).dead_letters.kept_days,
        "acts": bool(ACTORS & roles_of(request.user)),
        "active": "gateways",
    }
    return render(request, "review/dead_letters.html", context)


@never_cache
@require_safe
@role_required(*READERS)
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """Show where a letter came from and why, what became of its line, and on purpose the line itself."""
    found = get_object_or_404(RejectedLine, pk=pk)
    revealed = request.session.pop(REVEALED, None) == found.pk
    refused = request.session.get(REFUSED)
    if refused and refused["letter"] != found.pk:
        del request.session[REFUSED]
        refused = None
    return _letter_page(request, found, revealed=revealed, line=refused["line"] if refused else None)


@require_POST
@role_required(*READERS)
def reveal_letter(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the raw line once; the audit log keeps who asked."""
    get_object_or_404(RejectedLine, pk=pk)
    replaying.reveal(pk, reader_of(request), timezone.now())
    request.session[REVEALED] = pk
    return redirect("letter", pk)


@require_POST
@role_required(*ACTORS)
def replay_letter(request: HttpRequest, pk: int) -> HttpResponse:
    """Feed the line as the reader left it; one that is refused stays in the reader's form until it is fed."""
    found = get_object_or_404(RejectedLine, pk=pk)
    line, times = request.POST.get("line", ""), request.POST.get("times", "")
    try:
        replaying.replay(
            pk,
            line.encode("utf-8", "replace"),
            reader_of(request),
            timezone.now(),
            times_before=int(times) if times.isdecimal() else -1,
        )
    except FedMeanwhileError as refusal:  # perhaps by this form, sent twice: nothing invites to feed once more
        request.session.pop(REFUSED, None)
        messages.error(request, str(refusal))
    except ReviewError as refusal:
        request.session[REFUSED] = {"letter": pk, "line": line}
        messages.error(request, str(refusal))
    else:
        request.session.pop(REFUSED, None)
        messages.success(request, _("%(letter)s is on its way to scoring once more.") % {"letter": found.reference})
    return redirect(reverse("letter", args=[pk]) + "#line")


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*ACTORS)
def replay_letters(request: HttpRequest) -> HttpResponse:
    """Ask whether all letters of a topic and reason shall be fed unchanged, telling their number; then feed them."""
    asked = request.POST if request.method == "POST" else request.GET
    topic, reason = _chosen(asked.get("topic", "")), _chosen(asked.get("reason", ""))
    at_most = load_policy(settings.ENVIRONMENT.policy_path).dead_letters.replayed_at_once
    back = redirect("letters")
    if topic or reason:
        back["Location"] += "?" + urlencode({"topic": topic, "reason": reason})
    newest = request.POST.get("newest", "")
    if request.method == "POST" and newest.isdecimal():
        try:
            came = replaying.replay_unchanged(
                topic, reason, reader_of(request), timezone.now(), at_most, min(int(newest), 2**63 - 1)
            )
        except ReviewError as refusal:
            messages.error(request, str(refusal))
            return back
        said = ngettext(
            "%(fed)d line is on its way to scoring.", "%(fed)d lines are on their way to scoring.", came.fed
        )
        if came.fed:
            messages.success(request, said % {"fed": came.fed})
        else:
            messages.warning(request, _("No line was fed."))
        if came.left_out:
            left = ngettext(
                "%(count)d was left out: scoring would reject it once more.",
                "%(count)d were left out: scoring would reject them once more.",
                came.left_out,
            )
            messages.warning(request, left % {"count": came.left_out})
        return back
    waiting = replaying.never_fed(topic, reason)
    context = {
        "topic": topic,
        "reason": reason,
        "count": waiting.count(),
        "newest": waiting.aggregate(Max("id"))["id__max"],
        "at_most": at_most,
        "feedable": can_be_fed(topic),
        "back": back["Location"],
        "active": "gateways",
    }
    return render(request, "review/replay_letters.html", context)


def _letter_page(
    request: HttpRequest, found: RejectedLine, *, revealed: bool = False, line: str | None = None
) -> HttpResponse:
    """Show a letter; `line` is what the reader wrote and was refused, which is no reason to show what was kept."""
    replays = found.replays.select_related("by", "record").prefetch_related("refusals").order_by("id")
    text, encoding = suggestion(bytes(found.raw))
    feedable = can_be_fed(found.topic)
    mends = feedable and bool(ACTORS & roles_of(request.user))
    context = {
        "letter": found,
        "replays": replays,
        "times": len(replays),
        "revealed": revealed,
        "text": text,
        "encoding": encoding,
        "line": text if line is None else line,
        "mends": mends,
        "repairs": mends and (revealed or line is not None),
        "feedable": feedable,
        "active": "gateways",
    }
    return render(request, "review/dead_letter.html", context)


def _chosen(text: str) -> str:
    return text.replace("\x00", "")
