"""The gate's rules for English replies."""

# ruff: noqa: E501

import re

from ..rule import Excuses
from .advice import ADVICE
from .company import COMPANY
from .harm import HARM

RULES = (*HARM, *ADVICE, *COMPANY)

EXCUSES = Excuses(
    clause_end=re.compile(r"[,;:.!?](?=\s|$)|\b(?:but|then|because|so just)\b"),
    negation=re.compile(
        r"\b(?:not|never|no|cannot|cant|dont|wont|without|neither|nor|nobody|nothing|none|against"
        r"|unable|refuse|avoid|rather than|instead of|far from|isnt|doesnt|myth|lie|untrue|wrong)\b"
        r"|\w+n't\b"
    ),
    false_negation=re.compile(
        r"\bnot only\b|\bnot just\b|\bwhy not\b|\bwhy don't you\b|\bno doubt\b|\bno wonder\b"
        r"|\bdon't you (?:think|see|know)\b|\bcan't help\b|\bdon't (?:worry|be afraid|hesitate)\b"
        r"|\bno longer\b|\bnever mind\b|\bnothing wrong\b|\bnot wrong\b|\bno (?:shame|harm|problem)\b"
        r"|\bno one\b|\bisn't it\b|\baren't you\b|\bnot to mention\b|\bno reason not\b|\bno matter\b"
        r"|\bwhether or not\b|\bnot a bad\b|\bwon't hurt\b|\bno choice\b|\bif not\b|\bor not\b"
    ),
    reporting=re.compile(
        r"\b(?:you|part of you|some of you|your (?:mind|head|thoughts?|heart)|people|some|others|many"
        r"|he|she|they|mother|father|depression|the voices?)\b(?:'ve|'re)?(?: \w+){0,4}? "
        r"(?:says?|said|saying|tells?|told|telling|feel|feels|felt|feeling|think|thinks|thought"
        r"|thinking|believe|believes|wrote|write|mention\w*|wonder\w*|describ\w*|worr\w+|fear\w*"
        r"|asked|imagin\w+|whisper\w*|convinced|afraid|scared|insists?|called|shared?|express\w*)\b"
        r"|\b(?:feels?|felt|seems?|seemed|looks?|looked|appears?)(?: \w+){0,3}? (?:like|as if|as though|to you)\b"
        r"|\bthoughts? (?:of|about|that|like)\b|\bidea that\b|\bfeeling (?:that|like|as)\b|\burges? to\b"
    ),
    asking=re.compile(
        r"^[\s\"'*-]*(?:and |so |may i ask[ ,]*|can i ask[ ,]*|could you tell me )?(?:are|have|has|do|did|does|is|was|were"
        r"|what|when|who|how (?:often|long|did|do|is)|if|whether|would you (?:like|be)|which)\b[^.!]*\?"
    ),
    window=70,
)
