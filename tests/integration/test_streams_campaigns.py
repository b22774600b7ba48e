"""From SMS of many senders to one campaign with its dossier; a Redis that refuses is waited out and loses no hit."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest
import redis

from config.topics import GATEWAY_TOPICS, SMS_HITS
from demo.children import Keeper
from demo.servers import Valkey
from review.models import Campaign, Contact, Evidence
from tests.kafka_client import produce, skip_to_end
from tests.waiting import wait_until
from tests.workers import a_worker, running

pytestmark = pytest.mark.django_db(transaction=True)
WORDINGS = (
    "【星河娱乐城】百家乐真人荷官，注册送{n}8元，提款秒到账，加微信{wechat}，官网xh{n}8.top",
    "【星河娱乐城】百家乐真人荷官，注册送{n}88元，提款秒到账，加薇信{wechat}，官网ab{n}99.vip 祝您好运",
)
ANOTHER = "代开发票，各类正规发票均可代开，验后付款，增值税普票专票，点数低，加微信{wechat}详谈"


def lines(run: str, gateway: str, texts: list[str]) -> bytes:
    sms = (
        {
            "id": f"{run}-{gateway}-{number}", "gateway": gateway, "sent_at": 1_793_491_200_000 + number,
            "sender": f"{run}{gateway}{number}", "receiver": "13900000002", "text": text,
        }
        for number, text in enumerate(texts)
    )  # fmt: skip
    return "\n".join(json.dumps(one, ensure_ascii=False) for one in sms).encode()


def test_texts_of_many_senders_become_one_campaign_and_its_dossier(
    system: dict[str, str], keeper: Keeper, logs: Path, servers_folder: Path
) -> None:
    run = uuid.uuid4().hex[:8]
    skip_to_end(system["QINGXIN_KAFKA_BOOTSTRAP"], "qingxin-casework", [SMS_HITS])  # what other tests found
    wechat = f"wan{run}"
    texts = [WORDINGS[number % 2].format(n=number % 10, wechat=wechat) for number in range(10)]
    batches = {"smsc": texts, "interconnect": [*texts, ANOTHER.format(wechat=wechat)]}
    with Valkey(servers_folder / f"valkey-{run}", keeper=keeper) as valkey:
        settings = {**system, "QINGXIN_REDIS_URL": valkey.url}
        with (
            redis.Redis.from_url(valkey.url) as client,
            running(a_worker("scoring", settings, logs), keeper) as scoring,
            running(a_worker("casework", settings, logs), keeper) as casework,
        ):
            # Given a Redis that refuses to write
            client.config_set("maxmemory", 1)
            for gateway, sent in batches.items():
                produce(system["QINGXIN_KAFKA_BOOTSTRAP"], GATEWAY_TOPICS[gateway], [(run, lines(run, gateway, sent))])
            wait_until(lambda: scoring.metric("qingxin_world_broken") == 1, what="scoring waits for Redis")
            assert scoring.metric("qingxin_sms_hits_total") == 0
            # When it does again
            client.config_set("maxmemory", 0)
            wait_until(
                lambda: Evidence.objects.filter(sms_id__startswith=run).count() == 21,
                timeout=60,
                what="all are evidence",
            )
            assert scoring.metric("qingxin_rejected_total", reason="processing_failed") == 0
            assert casework.metric("qingxin_campaigns_begun_total") == 2
    # Then the wordings are one campaign, and the contact brings the other text into its dossier
    mine = Campaign.objects.filter(evidence__sms_id__startswith=run).distinct().order_by("-size")
    assert [(campaign.size, campaign.senders) for campaign in mine] == [(20, 20), (1, 1)]
    assert mine[0].gateways == {"smsc": 10, "interconnect": 10}
    contact = Contact.objects.get(kind="wechat", value=wechat)
    assert set(contact.advertised_by.values_list("campaign", flat=True)) == {campaign.pk for campaign in mine}
    assert set(Contact.objects.filter(advertised_by__campaign__in=mine).values_list("dossier", flat=True)) == {
        contact.dossier_id
    }
