"""How each gateway is, what it feeds us, and how far the consumers have come, for operators."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from redis import RedisError

from config.policy import CoveragePolicy, load_policy
from config.roles import Role, role_required, roles_of
from review import watching
from review.coverage import Minutes
from review.coverage_tables import ConsumerLag, GatewayAlarm, GatewayWatch
from review.gateway_chart import HOURS, Chart, chart_of, share_top
from review.gateways import GatewayCount
from review.traffic import Traffic
from review.views.people import reader_of
from review.watching import ended_alarms

log = logging.getLogger(__name__)
ACTORS = frozenset({Role.OPERATOR, Role.ADMIN})
RATE_MINUTES = 10
PAST_ALARMS = 20
LATE_LOOKS = 5
"""Looks that may be missing before the page says that nobody looks."""


@dataclass(frozen=True)
class Card:
    """A gateway on the page; `watch` is None until somebody looked at it."""

    count: GatewayCount
    watch: GatewayWatch | None
    chart: Chart
    busiest_at: datetime
    a_minute: float
    ticks: list[tuple[datetime, int]]


@require_safe
@role_required(Role.OPERATOR, Role.AUDITOR, Role.ADMIN)
def gateways(request: HttpRequest) -> HttpResponse:
    """Show the gateways, their alarms and the consumers; htmx asks for the changing part alone."""
    now = timezone.now()
    policy = load_policy(settings.ENVIRONMENT.policy_path).coverage
    watches = {watch.gateway: watch for watch in GatewayWatch.objects.all()}
    lags = list(ConsumerLag.objects.order_by("group", "topic"))
    try:
        counts, traffic = Traffic(settings.ENVIRONMENT.redis_url).read(now, HOURS + 1)
    except RedisError:
        log.warning("gateways page: Redis does not answer", exc_info=True)
        cards = None
    else:
        top = share_top(traffic.values(), int(now.timestamp()) // 60)
        cards = [_card(count, watches.get(count.code), traffic[count.code], now, top) for count in counts]
    context = {
        "cards": cards,
        "unwatched": _stale([watch.checked_at for watch in watches.values()], now, policy),
        "lags": lags,
        "lags_stale": _stale([lag.checked_at for lag in lags], now, policy),
        "past": ended_alarms()[:PAST_ALARMS],
        "acts": bool(ACTORS & roles_of(request.user)),
        "rate_minutes": RATE_MINUTES,
        "now": now,
        "active": "gateways",
    }
    template = "review/_gateways.html" if request.headers.get("HX-Request") else "review/gateways.html"
    return render(request, template, context)


@require_POST
@role_required(*ACTORS)
def acknowledge_alarm(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that the reader has seen an alarm."""
    get_object_or_404(GatewayAlarm, pk=pk)
    watching.acknowledge(pk, reader_of(request), timezone.now())
    messages.success(request, _("Acknowledged. The alarm stands until its cause is gone."))
    return redirect("gateways")


def _card(count: GatewayCount, watch: GatewayWatch | None, minutes: Minutes, now: datetime, top: float) -> Card:
    local = timezone.localtime(now)
    offset = local.utcoffset() or timedelta()
    minute = int(now.timestamp()) // 60
    chart = chart_of(minutes, minute, int(offset.total_seconds()) // 60, top)
    lately = sum(minutes.get(one, {}).get("received", 0) for one in range(minute - RATE_MINUTES, minute))
    return Card(
        count=count,
        watch=watch,
        chart=chart,
        busiest_at=_moment(chart.busiest),
        a_minute=lately / RATE_MINUTES,
        ticks=[(_moment(start), place) for start, place in chart.ticks],
    )


def _moment(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, tz=UTC)


def _stale(looks: list[datetime], now: datetime, policy: CoveragePolicy) -> bool:
    """Say whether nobody looks any more, or ever did."""
    return not looks or now - min(looks) > timedelta(seconds=policy.check_seconds * LATE_LOOKS)
