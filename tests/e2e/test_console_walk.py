"""A walk through the console in a browser: from the log-in to the executed order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from playwright.sync_api import Page, expect

from config.records import encode
from config.topics import GATEWAY_TOPICS
from tests.builders import an_sms
from tests.servers.running_system import RunningSystem
from tests.waiting import wait_until

SPAMMER = "13700007777"


def spam(system: RunningSystem) -> int:
    """Send spam through a gateway and give the case it makes."""
    from review.models import Case

    text = "澳门星辉娱乐城，注册即送88元，真人百家乐，提款秒到，加微信wan8888"
    for number in range(3):
        sms = an_sms(id=f"walk-{number}", sender=SPAMMER, text=text, sent_at=datetime.now(UTC))
        system.writer.send(GATEWAY_TOPICS["smsc"], SPAMMER, encode(sms))
    system.writer.flush()
    with system.orm():
        wait_until(lambda: Case.objects.filter(sender=SPAMMER, evidence_count=3).first(), what="a case of three SMS")
        return int(Case.objects.get(sender=SPAMMER).pk)


def test_two_people_stop_a_spammer(running_system: RunningSystem, log_in: Callable[[str], Page]) -> None:
    case = spam(running_system)
    path = f"/cases/{case}/"

    reviewer = log_in("reviewer")
    reviewer.goto("/cases/")
    expect(reviewer.get_by_role("link", name=f"C-{case:06d}")).to_be_visible()
    reviewer.goto(path)
    expect(reviewer.get_by_text("娱乐城").first).to_be_visible()
    reviewer.locator(f"form[action='{path}claim/'] button").first.click()
    form = reviewer.locator(f"form[action='{path}decide/']:has(input[value=confirm])")
    form.locator("[name=category]").select_option("gambling")
    form.locator("button").click()
    expect(reviewer.locator(".notice, .message, [role=status]").first).to_be_visible()

    approver = log_in("approver")
    approver.goto("/approvals/")
    approver.get_by_role("link", name=f"C-{case:06d}").click()
    approver.locator(f"form[action='{path}approve/']:has(input[value=approve]) button").click()

    wait_until(lambda: running_system.network.stopped == [SPAMMER], what="the network stops the spammer")
    approver.goto("/orders/")
    row = approver.get_by_role("row", name=f"C-{case:06d}")
    expect(row).to_contain_text("reviewer")
    expect(row).to_contain_text("approver")
    wait_until(lambda: (approver.reload(), "badge-ok" in row.inner_html())[1], what="the order is done")
