"""One plain form of Chinese: simplified script, and what is written around a filter made plain.

Traditional script becomes simplified, Cantonese words that matter here their Mandarin, and what
the net writes for a word that is filtered (紫砂, 想4, zi sha, 自*杀) the word itself.
"""

# A pattern reads better whole than broken at 100 signs.
# ruff: noqa: E501

import re
from functools import cache

import opencc

HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003134f]")
PINYIN = re.compile(
    r"(?<![a-z])(?:zi ?sha|zi ?can|xiang ?si|xiang ?4 ?si|huo|bu ?huo|qing ?sheng|yi ?shu)"
)

# Cantonese, and what OpenCC leaves, after the script has been made simplified.
CANTONESE = (
    ("著", "着"),
    ("妳", "你"),
    ("牠", "它"),
    ("唔系", "不是"),
    ("落去", "下去"),
    ("点先可以", "怎么才可以"),
    ("点样", "怎么"),
    ("顶唔顺", "撑不下去"),
    ("顶不顺", "撑不下去"),
    ("真系", "真的"),
    ("唔", "不"),
    ("冇", "没有"),
    ("佢哋", "他们"),
    ("佢", "他"),
    ("咗", "了"),
    ("哋", "们"),
    ("喇", "了"),
    ("嘅", "的"),
    ("俾", "被"),
    ("𠝹", "割"),
    ("攰", "累"),
    ("储", "攒"),
    ("睇", "看"),
)

DOTS = re.compile(r"\.{2,}")  # one sentence trails off into the next; they are not its end

# Words whose signs are held apart by a dot, a star or a space: joined where the whole word stands.
APART = [
    "想自杀",
    "自杀",
    "想去死",
    "想死",
    "去死",
    "轻生",
    "不想活",
    "活不下去",
    "自残",
    "割腕",
    "跳楼",
    "遗书",
    "上吊",
    "安眠药",
    "烧炭",
    "不想活了",
]
GAP = r"[^\w\u3400-\u9fff,，、。.!！?？;；:：\n]{1,3}|\s?\.\s?(?=[\u3400-\u9fff])|↓|_"
APART_FORMS = [
    (re.compile(rf"(?:{GAP})?".join(map(re.escape, word))), word)
    for word in sorted(APART, key=len, reverse=True)
]

END = r"(?=$|[了掉啊哇呀吧啦嘛呢的哈噢喔哦去~～,，。.!！?？…\s]|捏)"
# (pattern, plain word), in this order.
FORMS = [
    (re.compile(pattern), word)
    for pattern, word in (
        # pinyin
        (r"(?<![a-z])bu ?xiang ?huo(?: ?le(?![a-z]))?", "不想活"),
        (r"(?<![a-z])huo ?bu ?xia ?qu(?![a-z])", "活不下去"),
        (r"(?<![a-z])xiang ?(?:4 ?)?zi ?sha(?![a-z])", "想自杀"),
        (r"(?<![a-z])zi ?[s4]ha(?![a-z])|(?<![a-z])z[iī1] ?sh[aā](?![a-z])", "自杀"),
        (r"(?<![a-z])zi ?can(?![a-z])", "自残"),
        (r"(?<![a-z])xiang ?(?:qu ?)?si(?![a-z])(?: ?le(?![a-z]))?", "想死"),
        (r"(?<![a-z])qu ?si(?![a-z])", "去死"),
        (r"(?<![a-z])qing ?sheng(?![a-z])", "轻生"),
        (r"(?<![a-z])ge ?wan(?![a-z])", "割腕"),
        (r"(?<![a-z])tiao ?lou(?![a-z])", "跳楼"),
        (r"(?<![a-z])yi ?shu(?=[\u3400-\u9fff]|$)", "遗书"),
        # half pinyin
        (r"自sha|zi杀|z杀|自s(?![a-z])|自[鲨沙刹煞纱莎]|[字孜]杀|紫[杀鲨沙]", "自杀"),
        (
            r"(?<=[想要过去])(?:z ?s|zisha)(?![a-z])|(?<![a-z])z ?s(?=的?(?:念头|想法|倾向|冲动|了))",
            "自杀",
        ),
        (
            r"紫砂(?!壶|锅|煲|杯|陶|泥|茶|器|花盆|艺)(?=$|[了啊吧,，。!！?？的~～\s]|未遂)"
            r"|(?<=[想要去])紫砂(?!壶|锅|煲|杯|陶|泥|茶|器|花盆|艺)",
            "自杀",
        ),
        (r"自can|zi残|自c(?![a-z])|(?<![a-z])zc(?=了|$)", "自残"),
        (r"割wan|割w(?![a-z])|ge腕|g腕", "割腕"),
        (r"跳l(?![a-z])|tiao楼|(?<![a-z])tl(?=的?(?:念头|想法|冲动))|(?<=想)tl(?![a-z])", "跳楼"),
        (r"遗shu|遗s(?![a-z])|yi书", "遗书"),
        (r"不想huo|不想h(?![a-z])", "不想活"),
        (r"不想活[辣啦喇]", "不想活了"),
        (r"活不[^\w\s]?去", "活不下去"),
        # signs that stand for 死
        (r"想[s4][一1][s4](?![a-z])", "想死一死"),
        (r"亖", "死"),
        (rf"(?<=想)(?:去)?(?:4|s(?![a-z])|si(?![a-z])|鼠|四|似){END}", "死"),
        (rf"(?<=[要去])(?:4|鼠){END}(?!的)", "死"),
        (r"鼠掉", "死掉"),
        (r"去4(?=$|[了吧啊,，。!！\s])", "去死"),
        (r"(?<![a-z])od(?=了|\d|过)", "过量吃药"),
    )
]


@cache
def converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def plain_chinese(text: str) -> str:
    """The plain form of a text that is lower case already; another language's stays as it is."""
    if not HAN.search(text):
        return _said_plainly(text) if PINYIN.search(text) else text
    text = converter().convert(DOTS.sub("…", text))
    for word, plain in CANTONESE:
        text = text.replace(word, plain)
    for pattern, word in APART_FORMS:
        text = pattern.sub(word, text)
    return _said_plainly(text)


def _said_plainly(text: str) -> str:
    for pattern, word in FORMS:
        text = pattern.sub(word, text)
    return text
