"""Guards: legitimate notices are recognised, fraud that imitates them is not sheltered, and cost stays bounded."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.guards import exceptions, guards, notices
from models.text import normalise

NOTICES = [
    ("verification_code", "【云杉出行】验证码 482913，5分钟内有效，请勿向任何人提供，包括客服。"),
    ("verification_code", "您正在登录豆荚云盘，动态密码为 7730，如非本人操作请忽略。"),
    ("verification_code", "【麦田支付】校验码：551207，用于修改登录密码，切勿将验证码告知他人"),
    ("verification_code", "Your verification code is 204-918. Do not share it."),
    ("bank_notice", "【江城银行】您尾号4471的储蓄卡11月03日14:22消费支出人民币286.50元，余额1,920.33元。"),
    ("bank_notice", "您账户0932于11月5日入账工资8,412.00元，余额12,006.18元。【北溪农商银行】"),
    ("bank_notice", "【青禾银行】您的信用卡尾号6620本期账单3,190.40元，到期还款日11月25日。"),
    ("courier_notice", "【河马驿站】您的包裹已到松林路店，取件码 6-2-1094，请于今日21点前取件。"),
    ("courier_notice", "您的快件已由前台代收，派件员工号0217，祝您生活愉快。【迅鹿快递】"),
    ("government_notice", "【市气象台】暴雨橙色预警：预计今夜到明晨有大到暴雨，请注意防范。"),
    ("government_notice", "【云岭人社】您的社保卡已制作完成，请于工作日携带身份证到服务大厅办理领取。"),
    ("government_notice", "【交警提醒】您的小型汽车11月2日有一条违停记录，请登录交管12123查询 122.gov.cn"),
    ("school_notice", "各位家长：明天下午三点召开期中家长会，请准时到校，谢谢配合。四（2）班班主任"),
    ("school_notice", "【实验小学】因台风停课一天，学生无需到校，返校时间另行通知。"),
    ("hospital_notice", "【仁和医院】您预约的11月12日上午心内科门诊，请提前半小时到二楼签到候诊。"),
    ("hospital_notice", "您的检验报告已出，可在门诊大厅自助机打印。市第二人民医院"),
    ("operator_notice", "【中国移动】您本月套餐内流量已用12.4GB，剩余7.6GB。"),
    ("operator_notice", "尊敬的客户，您的话费余额为8.20元，为避免影响使用请及时缴费。中国联通"),
]

# Fraud that looks like each of them, and what gives it away.
IMITATIONS = [
    ("chat_contact", "【云杉出行】验证码482913，账户异常请加微信 kefu8823 处理。"),
    ("reply_with_data", "【麦田支付】您的退款验证码已发送，请把6位验证码551207回复给客服即可到账。"),
    ("reply_with_data", "客服提醒：请将您收到的验证码 336172 告知专员完成退款。提供验证码即可"),
    ("mobile_number", "【江城银行】您尾号4471的卡消费支出9,999元，如非本人操作请联系13800001111。"),
    ("call_back_number", "【江城银行】您尾号4471的信用卡消费人民币8,888元，如有疑问请致电010-60001234。"),
    ("call_back_number", "您账户0932支出5,000元，咨询热线95012345678。【北溪银行】"),
    ("transfer_demand", "【青禾银行】您尾号6620的账户涉案，请立即转账至安全账户，金额3,190元。"),
    ("account_number", "【青禾银行】尾号6620还款3,190元请存入 6222 0211 1122 3334 445 张伟"),
    ("unofficial_link", "【江城银行】您尾号4471的账户余额286元积分可兑，详见 icbc-jf.top/a1"),
    ("unofficial_link", "【河马驿站】您的包裹滞留，请点击 http://ems.cn.track-me.cc/x 补填地址后派送"),
    ("prize_or_compensation", "【迅鹿快递】您的快件丢失，现为您双倍理赔，派送员将联系您签收"),
    ("chat_contact", "快递丢件请加QQ 20481633 登记，取件码作废。菜根驿站"),
    ("threat_with_a_way", "【社保局通知】您的医保卡将于今日停用，请立即登录 rst.gov.cn 办理"),
    ("unofficial_link", "【交警提醒】您有一条违停未处理，逾期加倍罚款，查询 jj12123.vip"),
    ("call_back_number", "【法院通知】您有一份传票未签收，详询电话 0755-61234567"),
    ("transfer_demand", "各位家长，本学期资料费请转到班主任支付宝，今天放学前完成。三班"),
    ("transfer_demand", "家长您好，校服费488元请扫码支付，群里二维码，学校通知"),
    ("mobile_number", "妈，我手机坏了，老师说要交培训费，学校通知今天考试前交，打这个 15900002222"),
    ("transfer_demand", "您的家人在我院急诊手术，请速汇款三万元到医院账户办理住院"),
    ("transfer_demand", "我是市医院急诊科医生，您孩子急需手术，请汇9587元到财务卡"),
    ("chat_contact", "【仁和医院】预约专家号请加微信 yisheng66，检查住院优先"),
    ("prize_or_compensation", "【中国移动】您的话费积分可兑换现金168元，请及时办理"),
    ("threat_with_a_way", "【中国移动】您的号码未实名将停机，请登录 10086.cn 缴费办理"),
    ("unofficial_link", "【中国移动】话费余额不足，充值优先办理：10086.cn.hb-cz.com"),
    ("offer", "【中国电信】宽带1000M特价办理，首月0元，回复TD退订"),
    ("tutoring_offer", "家长您好，朝阳书院寒假班开始招生，小学一到六年级作业辅导，学校门口二楼"),
    ("chat_contact", "您好，刚才派送时包裹被冒领了，我私下赔您，加下vj9766822"),
    ("prize_or_compensation", "法院通知：您的二等奖领奖合同书已到本院，请当日办理"),
    ("installation", "【社保局】您的社保卡异常，请下载“社保认证”APP办理"),
    ("installation", "【迅鹿快递】您的快递因地址不详滞留，请复制口令 ￥abCd123￥ 到浏览器打开补填，待派送"),
    ("unofficial_link", "【江城银行】您尾号1234消费5000元，详情查看 建行.中国"),
    ("unofficial_link", "【江城银行】您尾号1234消费5000元，详情查看 bit[.]ly/abc"),
    ("chat_contact", "【豆荚平台】验证码482913，邀请您参加内部群，添加老师领取"),
    ("chat_contact", "各位家长好，我是王老师，考试资料费请加我支付宝同号"),
    ("transfer_demand", "【江城银行】您尾号4471余额0元，您的贷款3000元已到账，还款请扫描二维码"),
    ("illegal_goods", "取件码1234 快递已到 约妹子上门找小红"),
    ("illegal_goods", "【河马驿站】您的快件已到，取件码1-2-3。真人荷官在线发牌，首存八八八"),
    ("illegal_goods", "【公安局】通知：您涉嫌洗钱案件，请于今日下午配合调查，稍后警官会与您联系"),
    ("illegal_goods", "【河马驿站】取件码6-2-1094，包裹已到。澳门娱乐城注册送88，凭码领取"),
]


@pytest.mark.parametrize(("notice", "text"), NOTICES)
def test_a_legitimate_notice_is_recognised(notice: str, text: str) -> None:
    assert notice in guards(normalise(text)), list(exceptions(normalise(text)))


@pytest.mark.parametrize(("exception", "text"), IMITATIONS)
def test_fraud_that_imitates_a_notice_is_not_sheltered(exception: str, text: str) -> None:
    assert exception in set(exceptions(normalise(text)))
    assert guards(normalise(text)) == ()


def test_every_notice_has_examples() -> None:
    assert {notice for notice, _ in NOTICES} == set(notices())


@pytest.mark.parametrize(
    "link",
    [
        "http://gov.cn@evil.top/a", "evil.cc/gov.cn", "gov.cn.evil.top", "http://evil.top#gov.cn", "gov.cn%2eevil",
        "https://12123.gov.cn/go?to=http://evil.top", "notgov.cn", "www。evil。com", "http://1.2.3.4/gov.cn", "http://政务.cn",
        "gov.cn.查询网.top",
    ],
)  # fmt: skip
def test_a_link_that_only_mentions_an_official_host_is_foreign(link: str) -> None:
    text = normalise(f"【交警提醒】您有一条违停记录，请查询 {link}")
    assert "unofficial_link" in set(exceptions(text))
    assert guards(text) == ()


@pytest.mark.parametrize(
    "link", ["122.gov.cn", "https://gab.122.gov.cn/m/login", "www.12306.cn", "http://10086.cn:80/a?b=1"]
)
def test_a_link_to_an_official_host_is_none_to_worry_about(link: str) -> None:
    text = normalise(f"【交警提醒】您有一条违停记录，请登录 {link} 查询。")
    assert guards(text) == ("government_notice",)


@pytest.mark.parametrize(
    "forbidding", ["请勿将验证码告知他人", "切勿提供验证码给任何人", "工作人员不会要您提供密码", "严禁转发验证码"]
)
def test_a_warning_demands_nothing(forbidding: str) -> None:
    assert guards(normalise(f"【麦田支付】验证码 551207，{forbidding}。")) == ("verification_code",)


def test_a_negation_in_another_clause_takes_nothing_back() -> None:
    assert guards(normalise("【麦田支付】验证码 551207，不要错过，请回复验证码领款。")) == ()


def test_ordinary_words_are_no_notice() -> None:
    for text in ("晚上吃什么？", "", "我到了，在门口", "明天打球吗"):
        assert guards(normalise(text)) == ()


def test_a_long_text_is_no_notice() -> None:
    notice = "【云杉出行】验证码 482913，5分钟内有效。"
    assert guards(notice + "谢谢" * 50)
    assert guards(notice + "谢谢" * 500) == ()


@pytest.mark.parametrize(
    "piece", ["验证码1", "1-", "http://", "a.", "请", "加", "微信", "0", "联系 ", "1.1.1.1@", "尾号", "汇款"]
)
def test_no_text_of_ten_thousand_characters_takes_long(piece: str) -> None:
    for size in (500, 10_000):
        text = "验证码123456" + piece * (size // len(piece))
        start = time.process_time()
        guards(text[:500])
        list(exceptions(text[:500]))
        guards(text)
        assert time.process_time() - start < 0.2


@given(st.text(max_size=200))
def test_any_text_has_an_answer(text: str) -> None:
    assert set(guards(text)) <= set(notices())
