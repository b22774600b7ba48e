"""The demo's simulated neighbours, its data folder and its screen, without servers."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from billing_hooks.ports import reminder_port
from billing_hooks.reminding import Kind, when_to_remind
from config.environment import decode_key
from config.policy import load_policy
from config.records import BossAck, DeliveryReceipt, EnforcementAck, ServiceText, SignedOrder, Sms, encode
from config.topics import BOSS_ACKS, BOSS_EVENTS, BOSS_ORDERS, ENFORCEMENT_ORDERS, SMS_MO, SMS_MT, SMS_RECEIPTS
from demo.boss import Boss
from demo.children import Child
from demo.counts import Counts
from demo.datafolder import DataFolder
from demo.errors import DemoError, RunningAlreadyError
from demo.gateways import Gateways
from demo.handsets import Handsets
from demo.network import NetworkAdapter
from demo.screen import View, progress_line, render
from demo.smoke.subscribing import charge_time
from demo.traffic.stream import Traffic
from review.signing import new_keys, sign
from tests.builders import NOW, a_boss_order, an_enforcement_order, an_outbound_text


class Wire:
    """Keeps what a simulator writes."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, bytes]] = []

    def send(self, topic: str, key: str, value: bytes, partition: int | None = None) -> None:  # noqa: ARG002
        self.sent.append((topic, key, value))

    def on(self, topic: str) -> list[bytes]:
        return [value for where, _, value in self.sent if where == topic]


def pass_time(part: Boss | Handsets | Gateways, wire: Wire, seconds: int) -> None:
    for second in range(seconds):
        part.act(NOW + timedelta(seconds=second), wire)


def test_the_network_stops_a_sender_on_a_signed_order() -> None:
    private, public = new_keys()
    network, wire = NetworkAdapter(decode_key(public)), Wire()
    signed = sign(an_enforcement_order(target="13800000009"), decode_key(private))

    network.take(ENFORCEMENT_ORDERS, encode(signed), NOW, wire)

    ack = msgspec.json.decode(wire.sent[0][2], type=EnforcementAck)
    assert (ack.status, ack.order, network.stopped) == ("done", signed.id, ["13800000009"])


def test_the_network_refuses_an_order_that_nobody_signed() -> None:
    private, _ = new_keys()
    _, public = new_keys()
    network, wire = NetworkAdapter(decode_key(public)), Wire()
    forged: SignedOrder = sign(an_enforcement_order(), decode_key(private))

    network.take(ENFORCEMENT_ORDERS, encode(forged), NOW, wire)

    ack = msgspec.json.decode(wire.sent[0][2], type=EnforcementAck)
    assert (ack.status, network.stopped) == ("refused", [])
    assert ack.reason


def test_boss_does_what_it_is_ordered_and_says_since_when() -> None:
    boss, wire = Boss("run", 1, [], [], lively=False), Wire()

    boss.take(BOSS_ORDERS, encode(a_boss_order(id="order-1")), NOW, wire)

    ack = msgspec.json.decode(wire.on(BOSS_ACKS)[0], type=BossAck)
    assert (ack.order, ack.status, ack.effective_at) == ("order-1", "done", NOW)


def test_a_quiet_boss_announces_nothing() -> None:
    boss, wire = Boss("run", 1, [("CRBT", 500)], ["13900000001"], lively=False), Wire()
    pass_time(boss, wire, 300)
    assert wire.sent == []


def test_a_lively_boss_announces_orders_and_charges_with_ids_of_their_own() -> None:
    boss, wire = Boss("run", 1, [("CRBT", 500)], ["13900000001"], lively=True), Wire()

    pass_time(boss, wire, 3600)

    events = [json.loads(line) for line in wire.on(BOSS_EVENTS)]
    assert {event["type"] for event in events} == {"SubscriptionOrdered", "ChargeDue"}
    assert len({event["id"] for event in events}) == len(events)


def test_a_handset_confirms_every_text() -> None:
    handsets, wire = Handsets("run", 1, [], lively=False), Wire()

    handsets.take(SMS_MT, encode(an_outbound_text(id="mt-1")), NOW, wire)

    receipt = msgspec.json.decode(wire.on(SMS_RECEIPTS)[0], type=DeliveryReceipt)
    assert (receipt.text_id, receipt.status) == ("mt-1", "delivered")
    assert wire.on(SMS_MO) == []


def test_some_subscribers_reply_to_a_reminder_on_its_port() -> None:
    handsets, wire = Handsets("run", 1, [], lively=True), Wire()
    for number in range(40):
        text = an_outbound_text(id=f"mt-{number}", msisdn=f"139000000{number}", port=reminder_port(100 + number))
        handsets.take(SMS_MT, encode(text), NOW, wire)

    handsets.act(NOW + timedelta(seconds=10), wire)

    replies = [msgspec.json.decode(line, type=ServiceText) for line in wire.on(SMS_MO)]
    assert 0 < sum(reply.port.startswith("10086977") for reply in replies) < 40


def test_a_subscriber_who_asked_0000_cancels_number_1() -> None:
    handsets, wire = Handsets("run", 1, ["13900000001"], lively=True), Wire()
    pass_time(handsets, wire, 20)
    asked = msgspec.json.decode(wire.on(SMS_MO)[0], type=ServiceText)
    assert asked.port == "10086"

    handsets.take(SMS_MT, encode(an_outbound_text(msisdn=asked.msisdn, port="10086977")), NOW, wire)
    handsets.act(NOW + timedelta(seconds=10), wire)

    assert "1" in [msgspec.json.decode(line, type=ServiceText).text for line in wire.on(SMS_MO)]


def test_the_gateways_keep_their_rate_and_pack_sms() -> None:
    gateways, wire = Gateways(Traffic(1, "run"), 20, 4, 1), Wire()

    pass_time(gateways, wire, 61)

    lines = [line for _, _, value in wire.sent for line in value.split(b"\n")]
    assert len(lines) == gateways.sent == 1200
    assert len(wire.sent) < len(lines)
    assert any(_is_broken(line) for line in lines)


def test_paused_gateways_send_nothing() -> None:
    gateways, wire = Gateways(Traffic(1, "run"), 20, 4, 1), Wire()
    gateways.paused = True
    pass_time(gateways, wire, 10)
    assert wire.sent == []


def _is_broken(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=Sms)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return True
    return False


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis adds UTC
def test_the_smoke_is_reminded_within_a_minute_at_any_hour(now: datetime) -> None:
    policy = load_policy().reminders
    charge_at = charge_time(now, policy)
    reminded = when_to_remind(Kind.ORDER, now, charge_at, policy)
    assert reminded is not None
    assert reminded - now <= timedelta(minutes=1)
    assert charge_at - reminded >= timedelta(minutes=1)


def test_secrets_are_kept_and_readable_by_their_owner_alone(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "demo") as folder:
        made = folder.secrets()
    with DataFolder(tmp_path / "demo") as folder:
        assert folder.secrets() == made
    assert stat.S_IMODE((tmp_path / "demo" / "secrets.json").stat().st_mode) == 0o600


def test_a_second_demo_is_told_where_the_first_one_runs(tmp_path: Path) -> None:
    with DataFolder(tmp_path) as folder:
        folder.note_running("http://127.0.0.1:8000")
        with pytest.raises(RunningAlreadyError, match=r"http://127\.0\.0\.1:8000"), DataFolder(tmp_path):
            pass
    with DataFolder(tmp_path):
        pass


def test_every_start_has_a_number_of_its_own(tmp_path: Path) -> None:
    with DataFolder(tmp_path) as folder:
        assert [folder.next_run(), folder.next_run()] == [1, 2]


def test_reset_forgets_a_demo_and_nothing_else(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "demo") as folder:
        folder.secrets()
        folder.reset()
        assert sorted(entry.name for entry in folder.path.iterdir()) == ["lock", "logs"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with DataFolder(tmp_path / "mine") as folder, pytest.raises(DemoError, match="holds no demo"):
        folder.reset()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DemoError, match="cannot be used"), DataFolder(tmp_path / "file" / "demo"):
        pass


def test_the_screen_fits_a_small_terminal_and_tells_of_the_dead(tmp_path: Path) -> None:
    log = tmp_path / "scoring.log"
    log.write_text("it broke\n")
    gateways = {name: dict.fromkeys(("received", "scored", "exempt", "hits", "rejected"), 12345) for name in "abcd"}
    people = dict.fromkeys(("reviewer", "approver", "operator", "auditor", "admin"), "qx-12345678")
    view = View("http://127.0.0.1:54321", "127.0.0.1:54322", "/data", people, Counts(gateways), [], [])
    console = Console(width=80, height=24, record=True, file=(tmp_path / "out").open("w", encoding="utf-8"))

    assert len(console.render_lines(render(view))) <= 24
    dead = Child("scoring", ["true"], log)
    console.print(
        render(View("http://127.0.0.1:1", "127.0.0.1:54322", "/data", people, Counts(), [dead], ["BOSS: gone"]))
    )
    shown = console.export_text()

    assert "scoring ended" in shown
    assert "it broke" in shown
    assert str(log) in shown.replace("\n", "")
    assert "BOSS: gone" in shown
    assert "qx-12345678" in shown
    assert "QINGXIN_KAFKA_BOOTSTRAP=127.0.0.1:54322" in shown
    console.file.close()


def test_the_progress_line_counts_everything() -> None:
    line = progress_line(Counts())
    assert all(word in line for word in ("received", "hits", "cases", "reminders", "cancels"))
