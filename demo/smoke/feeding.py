"""The smoke's traffic: a fixed set through all gateways, in large and small records, with broken and repeated lines."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from config.records import encode
from config.topics import GATEWAY_TOPICS, GATEWAYS
from demo.counts import Counts, database_counts, gateway_counts, metric
from demo.smoke.steps import Play, check, wait_for
from demo.stack import PARTITIONS
from demo.traffic.stream import BREAKS, Traffic
from demo.traffic.templates import spam_groups
from demo.wire import Writer
from streams.packing import partition_of

SEED = 20261120
SMS = 300
SPAM_SHARE = 0.2
PACK = 40
SPAMMER = "13700008888"
SPAMMER_GATEWAY = "interconnect"
SPAMMER_SMS = 6


@dataclass(frozen=True)
class Line:
    """A line on its way to a gateway's topic."""

    gateway: str
    sender: str
    value: bytes


@dataclass
class FixedTraffic:
    """What the smoke feeds; `alone` goes one line a record, `packed` many, `again` a second time."""

    alone: list[Line] = field(default_factory=list)
    packed: list[Line] = field(default_factory=list)
    again: list[Line] = field(default_factory=list)
    again_ids: list[str] = field(default_factory=list)
    broken: int = 0

    @property
    def fed(self) -> int:
        """How many lines there are in all."""
        return len(self.alone) + len(self.packed) + len(self.again)


def fixed_traffic(now: datetime) -> FixedTraffic:
    """Make the set: the same texts and numbers each time."""
    made = FixedTraffic()
    traffic = Traffic(SEED, "smoke", spam_share=SPAM_SHARE, reports=False)
    for number in range(SMS):
        sms = traffic.sms(now)
        (made.packed if number % 2 else made.alone).append(Line(sms.gateway, sms.sender, encode(sms)))
    gambling = next(group for group in spam_groups() if group.label == "gambling")
    for number in range(SPAMMER_SMS):
        text = gambling.texts[number % 4].format_map(FIXED_VALUES)
        sms = traffic.spam_from(SPAMMER, gambling, SPAMMER_GATEWAY, now)
        line = Line(SPAMMER_GATEWAY, SPAMMER, encode(type(sms)(sms.id, sms.gateway, now, SPAMMER, sms.receiver, text)))
        made.packed.append(line)
        if number % 2:
            made.again.append(line)
            made.again_ids.append(sms.id)
    for gateway in GATEWAYS:
        for place, how in enumerate(BREAKS):
            sms = traffic.sms(now)
            line = Line(gateway, sms.sender, how(encode(sms)))
            (made.packed if place % 2 else made.alone).append(line)
            made.broken += 1
    return made


FIXED_VALUES = {
    "number": "88", "site": "xhyl88.example/a", "wx": "wan8888", "price": "100", "phone": "13700001111",
    "surname": "李", "qq": "88888888", "amount": "1000",
}  # fmt: skip


def feed(play: Play, now: datetime) -> FixedTraffic:
    """Send the set and wait until every line was read."""
    made = fixed_traffic(now)
    play.say(f"feeding {made.fed} lines through {len(GATEWAYS)} gateways, {made.broken} of them broken")
    for line in made.alone:
        play.writer.send(GATEWAY_TOPICS[line.gateway], line.sender, line.value, partition_of(line.sender, PARTITIONS))
    _send_packed(made.packed, play.writer)
    play.writer.flush()
    _send_packed(made.again, play.writer)
    play.writer.flush()

    def counts() -> Counts:
        return Counts(gateway_counts(play.redis))

    wait_for("every line fed was received", lambda: counts().total("received") >= made.fed, 60, counts)
    return made


def check_feed(play: Play, made: FixedTraffic) -> tuple[Counts, int]:
    """Check the counts of the feed and give them, with how many hits came twice."""
    from review.models import Evidence

    counts = Counts(gateway_counts(play.redis))
    scored, rejected, hits = counts.total("scored"), counts.total("rejected"), counts.total("hits")
    check("received is what was fed", right=counts.total("received") == made.fed, found=counts.gateways)
    check("fed = scored + rejected", right=made.fed == scored + rejected, found=(made.fed, scored, rejected))
    check("exactly the broken lines were rejected", right=rejected == made.broken, found=(made.broken, rejected))
    check("every gateway was heard", right=all(one["scored"] for one in counts.gateways.values()), found=counts)
    metrics = play.stack.processes["casework"].metrics

    def twice() -> int:
        return int(metric(metrics, "qingxin_evidence_duplicates"))

    def kept() -> int:
        return Evidence.objects.count()

    play.say(f"{scored} scored, {hits} hits, {rejected} rejected; waiting for the cases")
    wait_for("every hit became evidence", lambda: kept() + twice() >= hits, 30, lambda: (kept(), twice(), hits))
    again = Evidence.objects.filter(gateway=SPAMMER_GATEWAY, sms_id__in=made.again_ids).count()
    check("SMS sent twice are evidence once", right=again > 0 and twice() == again, found=(again, twice()))
    check("evidence = hits - duplicates", right=kept() == hits - again, found=(kept(), hits, again))
    letters: list[bytes] = []

    def buried() -> bool:
        letters.extend(line for _, line in play.dead_letters.read(0.2))
        return len(letters) >= rejected

    wait_for("every rejected line is a dead letter", buried, 20, lambda: len(letters))
    check("one dead letter for each rejected line", right=len(letters) == rejected, found=len(letters))
    check("the spammer has a case", right=database_counts().cases > 0, found=database_counts())
    return counts, again


def _send_packed(lines: list[Line], writer: Writer) -> None:
    packs: dict[tuple[str, int], list[Line]] = defaultdict(list)
    for line in lines:
        packs[line.gateway, partition_of(line.sender, PARTITIONS)].append(line)
    for (gateway, partition), pack in packs.items():
        for start in range(0, len(pack), PACK):
            piece = pack[start : start + PACK]
            writer.send(GATEWAY_TOPICS[gateway], piece[0].sender, b"\n".join(line.value for line in piece), partition)
