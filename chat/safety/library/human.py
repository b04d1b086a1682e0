"""Whether somebody asks if a human being writes here. The law wants a plain answer to that.

Sentence by sentence; the question has to be about whoever answers, not about people at large.
"""

# A pattern reads better whole than broken at 100 signs.
# ruff: noqa: E501

import re

from chat.safety.library.moments import pattern, plain

SENTENCE = re.compile(r"[^.?!。？！\n]+[.?!。？！]*")
SOFTENER = (
    r"(?:(?:really|actually|even|truly|just|only|like|honestly|still|secretly|maybe|seriously)\ )*"
)
KIND = r"""(?:real|actual|living|live|genuine|true)?\ ?
    (?:human\ beings?|humans?|persons?|people|robots?|bots?|machines?|chat\ ?bots?|a\.?i\.?|computers?
    |programm?e?s?|automated|llm|language\ model|chat\ ?gpt|gpt|therapist|counsell?or|doctor|real|alive)"""
OTHER = rf"(?:\ ?(?:,\ )?(?:or|and\ not|not)\ (?:an?\ )?{SOFTENER}(?:{KIND}|not|something|someone|somebody)(?:\ else)?)?"
END = r"\s*(?:,?\ (?:right\ now|now|here|at\ all|then|though|typing|writing|please|are\ you|right|or\ what|or\ not|isn't\ it)\b)*\s*[?!.…,]*\s*$"
# A therapist, a doctor: only "real" or an alternative makes it this question.
PROFESSION = re.compile(r"\b(?:therapist|counsell?or|doctor)\b(?!.*\bor\b)")
REAL = re.compile(r"\b(?:real|actual|human|live|living)\b")

ENGLISH = [
    pattern(rf"(?:^|\W)(?:are|r|aren't|were)\ (?:you|u|ya)\ {SOFTENER}(?:an?\ |some\ )?{KIND}{OTHER}{END}"),
    pattern(rf"(?:^|\W)(?:you|u)(?:\ are|'re|\ r)\ {SOFTENER}(?:not\ )?{SOFTENER}(?:an?\ )?{KIND}(?:,?\ (?:aren't|are|right|correct|huh)\b[\w\ ]*\?|{OTHER}\s*\?)"),
    pattern(
        rf"""(?:^|\W)(?:am\ i|i'm|i\ am|are\ we|was\ i|do\ i)\ {SOFTENER}(?:talk|speak|chat|writ|text)(?:ing|e)?\ (?:to|with)
        \ (?:an?\ |some\ )?{SOFTENER}{KIND}{OTHER}{END}"""
    ),
    pattern(rf"(?:^|\W)who\ (?:am\ i|is\ this|are\ you)\b[\w\ ]*,\ (?:an?\ )?{KIND}{OTHER}{END}"),
    pattern(rf"(?:^|\W)(?:is|isn't)\ (?:this|it|that)\ {SOFTENER}(?:an?\ |some\ )?(?!(?:real|alive)\W*$){KIND}(?:\ (?:i'm|i\ am|that\ i'm|answering|replying|writing|talking)\b[\w\ ]*)?{OTHER}{END}"),
    pattern(
        r"""(?:^|\W)is\ (?:there|this)\ (?:really\ |actually\ |even\ )?(?:an?\ |any\ |some)?(?:real\ |actual\ |live\ )?(?:person|human(?:\ being)?|body|one|somebody|someone)
        \ (?:real\ )?(?:there|here|behind\ (?:this|it|that|the\ \w+)|reading|typing|writing|answering)[\w\ ]{0,20}\?"""
    ),
    pattern(r"(?:^|\W)is\ (?:anyone|anybody|someone|somebody|a\ human|a\ person|a\ real\ person)\ (?:real|human|typing|writing|answering|reading)\b[\w\ ]{0,30}\?"),
    pattern(r"(?:^|\W)(?:do\ you\ have\ (?:a\ body|real\ feelings)|what\ are\ you)(?:,?\ (?:a\ |an\ )?(?:bot|robot|ai|human|person|machine)\b.{0,30})?\s*\?*\s*$"),
]  # fmt: skip
SELF = r"[你您妳](?:们|們)?"
BEING = r"""(?:真(?:正|实|實)?的?)?(?:真人|活人|人类|人類|机器人|機器人|人工智能|人工智慧|ai|gpt|chatgpt|程序|程式|电脑程式|電腦程式|电脑程序|电脑|電腦|机器|機器
    |聊天机器人|聊天機器人|(?:真人)?客服|咨询师|諮詢師|医生|醫生|人)"""
ASKING = r"(?:吗|嗎|么|麼|吧|呢|啊|呀|嘛)"
CHINESE = [
    pattern(
        rf"""{SELF}(?:到底|究竟|其实|其實|真的|难道|難道|该不会|該不會|会不会|會不會|不会|不會|现在|現在)*
        (?:是不是|不是|是|算)(?:一个|一個|个|個|一台|台|在用)?{BEING}
        (?:[，,\ ]*(?:还是|還是|或者|或)(?:一个|一個|个)?(?:真的)?{BEING}{ASKING}?|{ASKING}+|(?=\s*[?？]))(?:[，,\ ]*(?:还是|還是)(?:一个|一個)?{BEING}{ASKING}?)?\s*[?？。!！…]*$"""
    ),
    pattern(rf"{SELF}(?:到底|究竟|真的)?是不是(?:一个|一個)?(?:真的)?{BEING}{ASKING}*\s*[?？。!！…]*$"),
    pattern(rf"{SELF}真的是(?:真)?人{ASKING}"),
    pattern(
        rf"""(?:我)(?:现在|現在|是|到底)*(?:不是)?(?:在)?(?:跟|和|与|與)(?:一个|一個|个)?{BEING}(?:在)?(?:聊天?|说话|說話|对话|對話|讲话|講話)
        {ASKING}?\s*[?？]*$"""
    ),
    pattern(rf"(?:跟|和|与|與)我(?:聊天|说话|說話|聊|对话|對話)的?(?:到底|究竟)?(?:是不是|是){BEING}(?:(?:还是|還是){BEING})?{ASKING}?\s*[?？。]*$"),
    pattern(rf"(?:是不是|是){BEING}在(?:跟|和|与|與)?(?:回复|回覆|回答|跟我|和我|我|打字|说话|聊)[^。]{{0,6}}(?:{ASKING}\s*[?？。]*$|\s*[?？]$)"),
    pattern(rf"(?:有|没有|有没有|有沒有)(?:真人|活人)在?{ASKING}?\s*[?？]*$"),
    pattern(rf"(?:这|這|这里|這裡|这边|对面|對面|后面|後面|屏幕那边|那边|那邊|背后|背後)(?:(?:是不是|是|坐着)(?:一个|一個|个)?(?:真人|活人|机器人|機器人|ai|人工智能|人)|有(?:真人|活人))(?:(?:还是|還是){BEING})?(?:在[^。]{{0,4}})?{ASKING}?\s*[?？。]*$"),
]  # fmt: skip


def asks_whether_human(text: str) -> bool:
    """Whether somebody asks if they are talking to a person or to a program."""
    return any(asks(part.strip()) for part in SENTENCE.findall(plain(text)))


def asks(sentence: str) -> bool:
    if any(rule.search(sentence) for rule in CHINESE):
        return True
    found = next((hit for rule in ENGLISH if (hit := rule.search(sentence))), None)
    if found is None:
        return False
    return not PROFESSION.search(found.group()) or bool(REAL.search(found.group()))
