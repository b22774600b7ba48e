"""The released classifier: what it promises, what it must find, and what it must leave alone."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.classifier import Classifier, default_artifact
from models.errors import LabelUnknown
from models.explanation import DISGUISE_TERMS, character_weights
from models.labels import HAM, ILLEGAL, LABELS, SPAM
from models.outline import OUTLINE_SIZE
from models.text import read

ANY_TEXT = st.text(st.characters(codec=None), max_size=60)
RELEASED = Classifier.load(default_artifact())

HARMLESS = {
    "a joke with 赌": "你昨天打麻将又输了吧，赌神，下次别叫我哈哈",
    "a friendly bet": "我跟你赌一顿火锅，今晚国足肯定进不了球",
    "a new year's greeting": "祝您和家人新年快乐，身体健康，万事如意！",
    "a festival's greeting": "中秋节快乐！愿您阖家团圆，幸福安康。",
    "a landlord's rent": "小陈，下个月房租2600元请在5号前打到我工行卡6222021234567890123，户名王建国，谢谢",
    "a verification code": "【微光】验证码482913，5分钟内有效，请勿泄露给他人。",
    "a bank's notice": "【招商银行】您尾号5521的账户于11月20日15:32支出人民币1,280.00元，余额3,455.12元。",
    "a courier's notice": "【丰巢】您的快递已到幸福里小区3号柜，取件码62815930，请及时领取。",
    "a school's notice": "各位家长，明天上午8:30召开家长会，请准时到教室参加。三年级二班班主任",
    "a hospital's notice": "【市一院】您预约的11月25日上午内科门诊已成功，请提前15分钟到一楼签到，带好医保卡。",
    "a storm warning": "【应急管理局】今夜到明天有暴雨，请注意防范，减少外出，远离河道。",
    "a warning of fraud": "【市公安局反诈中心】凡是要求转账到安全账户的都是诈骗，请勿相信，报警请拨110。",
    "a tax office's notice": "【税务局】您本年度个税汇算清缴已完成，退税将于7个工作日内到账，请在个人所得税APP查看。",
    "an operator's notice": "您好，您的话费余额不足10元，请及时充值。中国移动",
}
ILLICIT = {
    "fraud": "【建设银行】尊敬的客户，您的账户已被冻结，请立即登录 http://ccb-vip.top/a 验证身份，逾期将注销。",
    "gambling": "六合彩内部特码，本期平特一肖准中，先中后付，联系13900001111",
    "porn": "同城美女裸聊约炮，加微信 qq88721 看照片选人，24小时上门",
    "loan": "无抵押无担保贷款，凭身份证最高可贷50万，当天放款，黑户可贷，电话13700003333张经理",
    "forgery": "代↓开各类发·票，增值税票，真实可验，税点低，联系13500005555李生",
    "contraband": "出售手机监听卡，复制对方SIM卡，可监听通话短信，货到付款13411112222",
    "politics": "【转发】三退保平安，法轮大法好，退党退团退队，天灭中共",
}


@pytest.mark.parametrize("kind", HARMLESS)
def test_known_false_positives_stay_below_the_threshold(kind: str) -> None:
    (verdict,) = RELEASED.verdicts([HARMLESS[kind]])

    assert verdict.label == HAM
    assert verdict.spam < RELEASED.threshold
    assert verdict.why == ()


@pytest.mark.parametrize("label", ILLEGAL)
def test_clear_spam_of_every_illegal_category_is_found_and_named(label: str) -> None:
    (verdict,) = RELEASED.verdicts([ILLICIT[label]])

    assert verdict.label == label
    assert verdict.spam >= RELEASED.threshold


def test_an_advert_is_found_and_named() -> None:
    text = "【美佳超市】周年庆全场五折起，满200减50，鸡蛋3.9元一斤，数量有限先到先得，回T退订"

    assert RELEASED.verdicts([text])[0].label == "ad"


@given(st.lists(ANY_TEXT, max_size=5))
def test_probabilities_of_any_texts_sum_to_one(texts: list[str]) -> None:
    scores = RELEASED.score(texts)

    assert scores.probabilities.shape == (len(texts), len(LABELS))
    assert scores.probabilities.dtype == np.float32
    np.testing.assert_allclose(scores.probabilities.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(scores.spam, 1 - scores.probabilities[:, 0], atol=1e-5)


@given(st.lists(ANY_TEXT | st.sampled_from([*HARMLESS.values(), *ILLICIT.values()]), min_size=1, max_size=6))
@settings(deadline=None)
def test_a_batch_gives_what_its_texts_give_one_by_one(texts: list[str]) -> None:
    together = RELEASED.verdicts(texts, 0.5)
    alone = [RELEASED.verdicts([text], 0.5)[0] for text in texts]

    for one, other in zip(together, alone, strict=True):
        assert one.normalised == other.normalised
        assert one.scores == pytest.approx(other.scores, abs=1e-5)
        assert {reason.term for reason in one.why} == {reason.term for reason in other.why} or one.label != other.label


def test_no_text_gives_no_verdict() -> None:
    assert RELEASED.verdicts([]) == []


def test_the_threshold_decides_what_is_a_hit_and_a_hit_is_never_called_ham() -> None:
    text = HARMLESS["a verification code"]

    assert RELEASED.verdicts([text], 1.0)[0].label == HAM
    assert RELEASED.verdicts([text], 0.0)[0].label in SPAM


def test_reasons_are_parts_of_the_normalised_text_heaviest_first() -> None:
    # Given a hit that wears no disguise
    (verdict,) = RELEASED.verdicts([ILLICIT["loan"]])

    # Then each reason can be pointed at in its text
    assert 0 < len(verdict.why) <= 8
    assert all(reason.term in verdict.normalised for reason in verdict.why)
    weights = [reason.weight for reason in verdict.why]
    assert weights == sorted(weights, reverse=True)
    assert weights[-1] > 0


def test_what_all_characters_weigh_is_the_log_odds_of_the_label_but_for_bias_and_outline() -> None:
    # Given the log-odds of a label against ham by the scores
    text, label = ILLICIT["gambling"], LABELS.index("gambling")
    (row,) = RELEASED.score([text]).probabilities.astype(np.float64)
    odds = np.log(row[label]) - np.log(row[0])

    # When the weights of all characters are added up
    model, batch = RELEASED._model, RELEASED._features.batch([read(text)])
    shares = character_weights(batch, np.array([label]), model.weights)

    # Then nothing is missing but the bias and the features without a place
    (whole,) = batch.matrix.toarray()
    whole[batch.grams_of(np.array([True])).column] = 0
    apart = whole @ model.weights + model.bias
    assert np.count_nonzero(whole) == OUTLINE_SIZE
    assert sum(shares) + apart[label] - apart[0] == pytest.approx(odds, abs=1e-2)


def test_a_link_is_a_reason_in_its_own_words() -> None:
    assert "http://ccb-vip.top/a" in [reason.term for reason in RELEASED.explain(ILLICIT["fraud"], "fraud", top=50)]


def test_a_disguise_has_a_term_of_its_own() -> None:
    terms = {reason.term for reason in RELEASED.explain(ILLICIT["forgery"], "forgery", top=50)}
    assert terms & set(DISGUISE_TERMS)


@pytest.mark.parametrize("label", ["ham", "spam", ""])
def test_reasons_are_given_for_spam_labels_only(label: str) -> None:
    with pytest.raises(LabelUnknown):
        RELEASED.explain("你好", label)


def test_the_released_model_loads_in_a_second() -> None:
    started = time.process_time()
    Classifier.load(default_artifact())

    assert time.process_time() - started < 1


def test_texts_that_differ_in_numbers_links_and_amounts_alone_have_one_digest() -> None:
    first, copy, other = RELEASED.verdicts(
        [
            "尾货清仓全场88元起，详询13900001111，点 http://a.example/x",
            "尾货清仓全场66元起，详询13700002222，点 http://b.example/yy",
            "尾货清仓全场88元起，欢迎光临，详询13900001111，点 http://a.example/x",
        ]
    )
    assert first.digest == copy.digest
    assert first.digest != other.digest


@given(st.lists(ANY_TEXT, min_size=1, max_size=6))
@settings(deadline=None)
def test_the_digest_of_a_text_is_the_same_alone_and_in_any_batch(texts: list[str]) -> None:
    assert [verdict.digest for verdict in RELEASED.verdicts(texts)] == [
        RELEASED.verdicts([text])[0].digest for text in texts
    ]
