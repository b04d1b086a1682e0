"""The gate's rules for Chinese replies, written in simplified script."""

import re

from ..rule import Excuses
from .advice import ADVICE
from .company import COMPANY
from .harm import HARM

RULES = (*HARM, *ADVICE, *COMPANY)

EXCUSES = Excuses(
    clause_end=re.compile(r"[，,；;。！？!?：:]|但是?|可是|不过|所以|因为|然后"),
    negation=re.compile(
        r"不(?!如|过|妨|仅|只是?|管|论|用怕|要怕|断|得不|但)|没(?!关系|事|问题|人)|别(?!人|的|墅|怕)|无法|无权|并非|绝非|从未|未必|拒绝|避免|而非|难以|毫无|谎言"
    ),
    false_negation=re.compile(
        r"不得不|不错|对不起|不好意思|不再|不见得不|了不起|不容易|不由得|要不|不就|何不|何尝不|不需要谁|忍不住|受不了|不知不觉|说不定|不舒服|不安|不开心|不快乐"
    ),
    reporting=re.compile(
        r"(?:你|您|他|她|他们|有人|有些人|很多人|人们|大家|脑子里|心里|声音)[^，。！？]{0,8}(?:说|提到|讲|告诉我|写|觉得|感到|感觉|认为|以为|相信|想到|想着|在想|担心|害怕|怀疑|形容|描述)"
        r"|(?:好像|仿佛|似乎|像是|就像|感觉|觉得)|念头|想法|的话|这种声音"
    ),
    asking=re.compile(
        r"^[\s“\"]*(?:那|所以|现在|最近|此刻|请问|我想问问?，?|我想确认一下，?|可以告诉我)?[，,]?(?:你|您|是|有|他|她|这|什么|什麼|会|能)[^。！]*(?:是不是|有没有|有沒有|吗|嗎|呢|什么|多久|还是|是否)[^。！]*[？?]"
    ),
    window=24,
)
