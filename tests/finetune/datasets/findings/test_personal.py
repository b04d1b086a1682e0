"""Personal data: what is found, what is left alone, and what stands in its place."""

import pytest

from finetune.datasets.findings.personal.masking import hits, masked

FOUND = [
    ("EMAIL", "Write to ann.lee+home@mail.example.org.", "ann.lee+home@mail.example.org"),
    ("PHONE", "Call me on +44 20 7946 0958 tonight", "+44 20 7946 0958"),
    ("PHONE", "my number is (212) 736-5000", "(212) 736-5000"),
    ("PHONE", "我的手机是13812345678，随时打", "13812345678"),
    ("PHONE", "打 +86 138-1234-5678", "+86 138-1234-5678"),
    ("ID", "身份证11010519491231002X是我的", "11010519491231002X"),
    ("ID", "SSN 536-90-4399 is mine", "536-90-4399"),
    ("ID", "my NI number is QQ 12 34 56 C".replace("QQ", "AB"), "AB 12 34 56 C"),
    ("ID", "Meine Steuer-ID ist 36 574 261 809", "36 574 261 809"),
    ("ID", "numéro 2 95 10 99 126 111 93", "2 95 10 99 126 111 93"),
    ("ID", "pay to GB82 WEST 1234 5698 7654 32 please", "GB82 WEST 1234 5698 7654 32"),
    (
        "CARD",
        "card 4111 1111 1111 1234 0000".replace("1111 1234 0000", "1111 1111"),
        "4111 1111 1111 1111",
    ),
    ("IP", "I posted from 93.184.216.34 then", "93.184.216.34"),
    ("ACCOUNT", "see https://twitter.com/ann_lee_1", "https://twitter.com/ann_lee_1"),
    ("ACCOUNT", "加我微信：annlee_88", "annlee_88"),
    ("ACCOUNT", "我的QQ是123456789", "123456789"),
    ("ADDRESS", "I live at 221 Baker Street, alone", "221 Baker Street"),
    ("ADDRESS", "我住在北京市朝阳区建国路88号", "北京市朝阳区建国路88号"),
    ("NAME", "Hello, my name is Ann Lee and I am tired", "Ann Lee"),
    ("NAME", "I'm Ann Lee, from the office", "Ann Lee"),
    ("NAME", "Ask Dr. Walker about it", "Walker"),
    ("NAME", "Read Dr. Ann O'Neill's book", "Ann O'Neill"),
    ("ACCOUNT", "find me at t.me/annlee88", "t.me/annlee88"),
    ("NAME", "您好，我叫李雷。", "李雷"),
    ("NAME", "我的名字是王小明，今年十岁", "王小明"),
]
LEFT_ALONE = [
    "I have 3 children and 2 dogs, since 2019.",
    "Call 988, or 1-800-273-8255, at any time.",  # lines of help are nobody's own
    "It cost 12345678 dollars, about 1,234,567.89 a year.",
    "version 1.2.3.4 of the program, and 192.168.0.1 at home",
    "My name is not important.",
    "I'm Christian, and I am So Tired, you know",
    "Call me Crazy but",
    "我叫你别说话。",
    "我叫了一辆车，就走了。",
    "身份证110105194912310021是假的",  # the check digit is wrong
    "the order 4111 1111 1111 1112 has come",
    "He looked at 5 Different People and left",
    "from 10:30 to 12:45 on 2024-05-06",
    "在路上走了3号的路",
    "he said user@ and @everyone",
    "http://abuseisnotasecret.com/why-abuse-is-not-your-fault",
]


@pytest.mark.parametrize(("kind", "text", "part"), FOUND)
def test_what_is_found(kind, text, part):
    assert [(hit.kind, text[hit.start : hit.end]) for hit in hits(text)] == [(kind, part)]
    assert masked(text) == text.replace(part, f"[{kind}]")


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_is_left_alone(text):
    assert masked(text) == text


def test_several_of_them_each_get_a_mask():
    text = "my name is Ann Lee, ann@example.org, +44 20 7946 0958"
    assert masked(text) == "my name is [NAME], [EMAIL], [PHONE]"
    assert masked(masked(text)) == masked(text)
