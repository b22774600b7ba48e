"""Numbers of people are masked wherever they stand in a text, however they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.numbers import mask_numbers


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("电话13811112222", "电话138****2222"),
        ("tel:13811112222!", "tel:138****2222!"),
        ("微信 wx13811112222", "微信 wx138****2222"),
        ("138-1234-5678", "138-****-5678"),
        ("138 - 1234 - 5678", "138 - **** - 5678"),
        ("１３８１２３４５６７８", "１３８****５６７８"),
        ("1️⃣3️⃣8️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣", "1️⃣3️⃣8️⃣*️⃣*️⃣*️⃣*️⃣5️⃣6️⃣7️⃣8️⃣"),
        ("①③⑧①②③④⑤⑥⑦⑧", "①③⑧****⑤⑥⑦⑧"),
        ("一三八一二三四五六七八", "一三八****五六七八"),
        ("1\u200b3812345678", "1\u200b38****5678"),
        ("+86 138.1234.5678", "+86 1**.****.5678"),
        ("62220213 62220213 622", "622***** *******3 622"),
        ("13,811,112,222", "13,8**,**2,222"),
        ("QQ 12345678", "QQ 12****78"),
        ("www.8888888.com", "www.88***88.com"),
    ],
)
def test_a_number_in_a_text_is_masked(text: str, shown: str) -> None:
    assert mask_numbers(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "", "晚上吃饭", "请致电10086或12321", "退订请回T到106901234567890", "2026-11-28 08:30 到期", "余额1,234,567元",
        "验证码 382910", "U+0007 at 4", "第一、二、三、四、五、六、七条",
    ],
)  # fmt: skip
def test_what_is_nobodys_number_stays(text: str) -> None:
    assert mask_numbers(text) == text


@given(st.text(alphabet="0123１２八①- ,.a，\u200b月"), st.integers(10**10, 10**11 - 1))
def test_the_length_stays_and_the_middle_of_a_phone_number_never_shows(around: str, number: int) -> None:
    phone = f"1{number}"[:11]
    text = f"{around}x{phone}x{around}"
    masked = mask_numbers(text)
    assert len(masked) == len(text)
    assert phone not in masked
