"""Names, where somebody says that it is one: "My name is Ann Lee", 我叫李雷.

A name that just stands in a sentence is not found: without a model that knows names, most of what
looks like one is something else.
"""

# A pattern reads better whole than broken.
# ruff: noqa: E501

from __future__ import annotations

import re
from collections.abc import Iterator

ONE = r"(?:[A-Z]['’])?[A-Z][a-z]+(?:[-'’][A-Z][a-z]+)?"
SAID = re.compile(
    rf"(?:[Mm]y (?:full |first |real )?name(?: is|'s|’s)|[Mm]y name:|[Cc]all me|[Tt]he name(?:'s|’s| is))"
    rf"\s+(?P<name>{ONE}(?:\s+{ONE}){{0,2}})"
)
SAID_WHO = re.compile(
    rf"\b(?:I am|I'm|I’m|[Tt]his is)\s+(?P<name>{ONE}\s+{ONE})(?=[,.!;]| from| and I)"
)
TITLED = re.compile(rf"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.?\s+(?P<name>{ONE}(?:\s+{ONE})?)")
CHINA = re.compile(
    r"(?:我的?(?:真名|名字|全名|姓名)?(?:叫|是叫|名叫)|我的(?:名字|姓名|全名)是|姓名[:\uff1a])\s*(?:做|作)?"
    r"(?P<name>[\u4e00-\u9fff]{2,4}?)(?=[\s,.!?;\uff0c\u3002\uff01\uff1f\uff1b\u3001]|$)"
)
SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
    "小阿"  # as people are called
)
NO_NAMES = frozenset(
    """Me You He She It They We The This That A An And Or But If So Not No Yes Crazy Sir Maam Madam Doctor
    Mom Mum Dad Back Now When Later Again Today Tomorrow Christian Muslim Jewish Hindu Buddhist Catholic
    American British English Chinese Indian Black White Asian Hispanic Mexican African God Jesus""".split()  # noqa: SIM905
)


def names(text: str) -> Iterator[tuple[int, int]]:
    for pattern in (SAID, SAID_WHO, TITLED):
        for found in pattern.finditer(text):
            if found["name"].split()[0] not in NO_NAMES:
                yield found.span("name")
    for found in CHINA.finditer(text):
        if found["name"][0] in SURNAMES:
            yield found.span("name")
