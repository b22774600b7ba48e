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
        ("拨15008613086", [("phone", "15008613086")]),
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("登录 fapiao88.com", [("link", "fapiao88.com")]),
        ("注册duchang88.com", [("link", "duchang88.com")]),
        ("申请 daikuan88.com/a", [("link", "daikuan88.com")]),
        ("进 jiaweixin88.com", [("link", "jiaweixin88.com")]),
        ("点xinyongka8.cn提额", [("link", "xinyongka8.cn")]),
        ("点ｆａｐｉａｏ８８．ｃｏｍ", [("link", "fapiao88.com")]),
        ("查 fapiao88.com 或 caipiao88点com", [("link", "fapiao88.com"), ("link", "caipiao88.com")]),
        ("加微信fapiao88", [("wechat", "fapiao88")]),
        ("加V: dongjie88", [("wechat", "dongjie88")]),
        ("薇 信 号：weixin88abc", [("wechat", "weixin88abc")]),
    ],
)
def test_a_name_of_pinyin_is_a_name_and_no_words(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize("text", ["代kai发piao，weixin：abc12345", "加weixin abc12345", "V信 abc12345"])
def test_words_of_pinyin_still_announce_a_contact(text: str) -> None:
    assert found(text) == [("wechat", "abc12345")]


@pytest.mark.parametrize(
    "text",
    [
        "加威 abc12345",
        "v.x abc12345",
        "VX→abc12345",
        "薇.信 abc12345",
        "w.x：abc12345",
        "加薇：abc12345",
        "V-信 abc12345",
    ],
)
def test_a_wechat_id_is_found_however_it_is_announced(text: str) -> None:
    assert found(text) == [("wechat", "abc12345")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("加群512348899", [("qq", "512348899")]),
        ("加QQ512348899咨询", [("qq", "512348899")]),
        ("加q 512 348 899", [("qq", "512348899")]),
        ("请加QQ：512348899", [("qq", "512348899")]),
        ("加VX13800138000", [("wechat", "13800138000"), ("phone", "13800138000")]),
        ("加我QQ512348899", [("qq", "512348899")]),
        ("加weixin13800138000", [("wechat", "13800138000"), ("phone", "13800138000")]),
        ("找qqmm889911", []),
        ("加qqhaoyou88", [("wechat", "qqhaoyou88")]),
        ("Q群 512 348 899", [("qq", "512348899")]),
        ("群号：5123-48899", [("qq", "512348899")]),
        ("登录abc123点com", [("link", "abc123.com")]),
        ("登录88812。com", [("link", "88812.com")]),
        ("电138 00138000", [("phone", "13800138000")]),
        ("电13800 138000", [("phone", "13800138000")]),
        ("电010 12345678", [("phone", "01012345678")]),
        ("电(0755)20000000", [("phone", "075520000000")]),
        ("电0086-13800138000", [("phone", "13800138000")]),
        ("电(+86) 138-0013-8000", [("phone", "13800138000")]),
    ],
)
def test_a_number_or_host_in_pieces_is_put_together(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize("text", ["QQ同号13800138000", "13800138000(QQ同号)"])
def test_a_phone_that_is_a_qq_number_is_both(text: str) -> None:
    assert set(found(text)) == {("phone", "13800138000"), ("qq", "13800138000")}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("填 https://www.wjx.cn/vm/OxY1z.aspx", "wjx.cn/vm/OxY1z.aspx"),
        ("填 ks.wjx.top/vm/abc", "ks.wjx.top/vm/abc"),
        ("点 cutt.ly/AbC", "cutt.ly/AbC"),
        ("扫 https://u.wechat.com/EKq1", "u.wechat.com/EKq1"),
        ("点 https://3.cn/1-AbCd", "3.cn/1-AbCd"),
        ("填 https://kdocs.cn/l/c1", "kdocs.cn/l/c1"),
        ("填 https://forms.gle/Ab9", "forms.gle/Ab9"),
        ("点 https://reurl.cc/Xk1", "reurl.cc/Xk1"),
        ("加 https://work.weixin.qq.com/ca/cawcde1", "work.weixin.qq.com/ca/cawcde1"),
        ("加 https://weixin.qq.com/r/Ab12", "weixin.qq.com/r/Ab12"),
        ("付 https://qr.alipay.com/fkx1a2", "qr.alipay.com/fkx1a2"),
        ("领 https://uland.taobao.com/coupon/edetail?e=Ab1", "uland.taobao.com/coupon/edetail?e=Ab1"),
    ],
)
def test_a_page_on_a_host_of_many_is_known_by_its_path(text: str, value: str) -> None:
    assert found(text) == [("link", value)]


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
        "询招行4008205555、民生400-669-5568或顺丰4008111111",
        "填 https://www.wjx.cn/ 或 cutt.ly",
        "下载 https://weixin.qq.com/download",
        "晚8点vip专场，本群50000人",
        "单价1380 2000 300元",
        "代fapiao88元起，daikuan100万",
        "本品威信8888，加威尼斯人12345",
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
