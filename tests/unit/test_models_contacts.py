"""Contacts in a text are found as they can be called or opened, whatever disguise they wear; public ones are none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.contacts import MAX_CONTACTS, MAX_VALUE, contacts
from models.text import normalise


def found(text: str) -> list[tuple[str, str]]:
    return [(contact.kind, contact.value) for contact in contacts([normalise(text)], [text])[0]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("详情致电13800001111", [("phone", "13800001111")]),
        ("电话：138-0000-1111", [("phone", "13800001111")]),
        ("拨 138 0000 1111", [("phone", "13800001111")]),
        ("拨 +8613800001111", [("phone", "13800001111")]),
        ("一三八〇〇〇〇一一一一", [("phone", "13800001111")]),
        ("１３８００００１１１１", [("phone", "13800001111")]),
        ("办公室 0755-20000000", [("phone", "075520000000")]),
        ("热线400-800-7654", [("phone", "4008007654")]),
        ("加薇信：wanle_88", [("wechat", "wanle_88")]),
        ("加V：lucky66688", [("wechat", "lucky66688")]),
        ("vx：lovelyday", [("wechat", "lovelyday")]),
        ("微 信 abc12399", [("wechat", "abc12399")]),
        ("加 qqmm889911", [("wechat", "qqmm889911")]),
        ("扣扣 3456789012", [("qq", "3456789012")]),
        ("ＱＱ群：88776655", [("qq", "88776655")]),
        ("QQ33445566", [("qq", "33445566")]),
        ("邮箱33445566@qq.com", [("qq", "33445566")]),
        ("点 WWW.Abc-d.TOP/x?y=1 看看", [("link", "abc-d.top")]),
        ("点 https://abc.xyz，送好礼", [("link", "abc.xyz")]),
        ("点 https://www.icbc.com.cn@abc.xyz/login", [("link", "abc.xyz")]),
        ("点 http://10.20.30.40/a 登录", [("link", "10.20.30.40")]),
        ("戳 t.cn/RaB3cd。", [("link", "t.cn/RaB3cd")]),
        ("看 https://mp.weixin.qq.com/s/AbC_1", [("link", "mp.weixin.qq.com/s/AbC_1")]),
    ],
)
def test_a_contact_is_found_as_it_can_be_used(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize("text", ["电话13800001111(微信同号)", "微信同号 13800001111", "加wx13800001111"])
def test_a_phone_that_is_a_wechat_id_is_both(text: str) -> None:
    assert set(found(text)) == {("phone", "13800001111"), ("wechat", "13800001111")}


@pytest.mark.parametrize(
    "text",
    [
        "详询10086或95588、12321、12345",
        "关注微信95588",
        "发送TD到10690000123456退订",
        "登录www.10086.cn或http://wap.10086.cn/a查询",
        "https://www.icbc.com.cn/login",
        "打开微信公众号领取",
        "QQ：10000",
        "戳 http://t.cn/",
        "您尾号1234的卡消费88.00元，验证码556677",
        "订单12345678901234已发货，单号SF1234567890123",
        "电话138xxxxxxxx，QQ xxxxxxxxx",
        "版本1.2.3.4，IP 10.0.0.1",
        "加微信领红包",
        "",
    ],
)
def test_what_leads_to_no_spammer_is_no_contact(text: str) -> None:
    assert found(text) == []


def test_contacts_come_once_each_in_the_order_of_the_text() -> None:
    text = "加微信wanle88，QQ33445566，再加微信wanle88，登录abc.top"
    assert found(text) == [("wechat", "wanle88"), ("qq", "33445566"), ("link", "abc.top")]


def test_a_list_of_numbers_gives_no_more_than_a_text_can_offer() -> None:
    assert len(found(" ".join(f"138{number:08}" for number in range(40)))) == MAX_CONTACTS


def test_a_batch_gives_what_each_text_gives_alone() -> None:
    texts = ["加微信wanle88", "", "晚上吃什么", "QQ33445566 t.cn/AbC", "致电13800001111"]
    assert contacts(list(map(normalise, texts)), texts) == [contacts([normalise(one)], [one])[0] for one in texts]


@settings(deadline=None)
@given(st.text(max_size=200) | st.text("加微信q群0123456789abcx.:/@ -_", max_size=80))
def test_any_text_is_read_without_a_fault(text: str) -> None:
    for kind, value in found(text):
        assert kind in {"phone", "qq", "wechat", "link"}
        assert 0 < len(value) <= MAX_VALUE
