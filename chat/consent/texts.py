"""The text that a person agrees to, in each language, word for word as it was shown.

A change of any word is a new version: raise `CURRENT`; git keeps what an earlier one said. Rows of
`Consent` refer to what stands here. What differs from site to site is part of the version: the
longest time that the operator keeps talks, and whether replies are written on another server.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import get_language

CURRENT = "2"


@dataclass(frozen=True)
class Circumstances:
    """What the text has to say about this very site.

    Attributes:
        keep_days: the operator's longest time for a stored talk; 0 for none.
        elsewhere: the engine that writes replies is not on this server.
        log_words: the safety log keeps the message as well (`WUKONG_SAFETY_LOG_TEXT`).
        handover: people of this site answer whoever asks for one (`WUKONG_HANDOVER`).
        visitor: the reader has no account.
    """

    keep_days: int = 0
    elsewhere: bool = False
    log_words: bool = False
    handover: bool = False
    visitor: bool = False

    @property
    def version(self) -> str:
        """Which text, and what it said of here: a longer time or another server asks again."""
        parts = [CURRENT]
        if self.keep_days:
            parts.append(f"{self.keep_days}d")
        if self.elsewhere:
            parts.append("elsewhere")
        if self.log_words:
            parts.append("log")
        if self.handover:
            parts.append("handover")
        if self.visitor:
            parts.append("visitor")
        return "+".join(parts)


@dataclass(frozen=True)
class ConsentText:
    """One version in one language. Sections are pairs of heading and paragraph."""

    language: str
    title: str
    lede: str
    sections: tuple[tuple[str, str], ...]
    adult: str
    agree: str
    agree_button: str
    decline_button: str
    missing: str
    help_link: str


def page_language() -> str:
    """The language of the page, as reviewed texts name it: `zh` or `en`."""
    return "zh" if (get_language() or "").startswith("zh") else "en"


def consent_text(language: str, here: Circumstances) -> ConsentText:
    """The current text in English or, for `zh`, in Chinese."""
    return chinese(here) if language == "zh" else english(here)


def english(here: Circumstances) -> ConsentText:
    if here.visitor:
        kept = (
            "What you write and what it answers is stored on this site’s server for at most one "
            "day, and belongs to this browser alone. When you end the visit it is deleted at once."
        )
    elif here.keep_days:
        kept = (
            "What you write and what it answers is stored on this site’s server, so that you can "
            "come back to it: until you delete it, until a time runs out that you choose under "
            f"“Your chats”, and never for longer than {here.keep_days} days after the last message."
        )
    else:
        kept = (
            "What you write and what it answers is stored on this site’s server, so that you can "
            "come back to it, until you delete it or until a time runs out that you choose under "
            "“Your chats”."
        )
    logged = (
        "and, until you delete your talks, the message itself"
        if here.log_words
        else "without your words"
    )
    reviewers = (
        " Reviewers whom the operator has named can read the messages in the safety log."
        if here.log_words
        else ""
    )
    person = (
        " If you ask for a person, people of this site see what you choose to share with them."
        if here.handover
        else ""
    )
    where = (
        "Your words are passed to a program on another server, chosen by the operator of this "
        "site, which writes the replies."
        if here.elsewhere
        else "The replies are written on the operator’s own server; your words are not passed on "
        "to another company."
    )
    team = (
        ""
        if here.visitor
        else " Below a reply you can tick a box that lets your team use that one exchange; it is "
        "off unless you tick it, and you can end it."
    )
    return ConsentText(
        language="en",
        title="Before you write",
        lede="Please read this once. It takes about a minute.",
        sections=(
            (
                "What this is",
                "You will be writing with an AI: a small language model, a computer program. It is "
                "not a person, not a therapist and not a doctor, and it does not know you. It can "
                "be wrong, and it can say things that do not fit. Nothing about it has been tested "
                "clinically.",
            ),
            (
                "What it cannot do",
                "It cannot diagnose or treat anything, and it cannot call anybody for you. Nobody "
                "reads along while you write. If you or somebody near you may be in danger, please "
                "call the emergency number of your country or a help line instead.",
            ),
            (
                "What is stored, and for how long",
                f"{kept} An incognito talk is not stored at all. If a message sounds like danger, "
                "a safety log keeps the kind of danger, the time and what the site did, "
                f"{logged}. The log stays when you delete your talks, so that the site can be "
                "held to account.",
            ),
            (
                "Who sees it",
                "On this site only you see your talks: no one in a team does, and no "
                "administrator’s page shows them. Whoever runs the server could read its database "
                f"and its backups.{team}{reviewers}{person} {where}",
            ),
            (
                "It stays your decision",
                "You can stop at any time, take a copy of everything, delete it, and withdraw this "
                "agreement under “Your chats”.",
            ),
        ),
        adult="I am 18 years old or older.",
        agree="I have read this, and I want to talk with an AI on these terms.",
        agree_button="Agree and go on",
        decline_button="No, thank you",
        missing="Both boxes are needed to go on. If you are under 18, or would rather not, choose "
        "“No, thank you”: the next page has people whom you can call or write to.",
        help_link="Help lines, without agreeing to anything",
    )


def chinese(here: Circumstances) -> ConsentText:
    if here.visitor:
        kept = (
            "您写下的内容和得到的回复最多在本站服务器上保存一天，"
            "且只属于这个浏览器。您结束访问时会立即删除。"
        )
    elif here.keep_days:
        kept = (
            "您写下的内容和得到的回复会保存在本站服务器上，方便您以后再看，"
            "直到您删除它们，或到您在“您的对话”里选择的期限为止；"
            f"无论如何，不会超过最后一条消息之后 {here.keep_days} 天。"
        )
    else:
        kept = (
            "您写下的内容和得到的回复会保存在本站服务器上，方便您以后再看，"
            "直到您删除它们，或到您在“您的对话”里选择的期限为止。"
        )
    logged = "以及那条消息本身（直到您删除对话为止）" if here.log_words else "但不含您的文字"
    reviewers = "运营者指定的审阅人员可以阅读安全日志里的消息。" if here.log_words else ""
    person = "如果您请求与真人交谈，本站工作人员只会看到您选择分享的内容。" if here.handover else ""
    where = (
        "您的文字会传给本站运营者选定的另一台服务器上的程序，由它来写回复。"
        if here.elsewhere
        else "回复在运营者自己的服务器上生成，您的文字不会转交给其他公司。"
    )
    team = (
        ""
        if here.visitor
        else "您可以在某条回复下面勾选，让您的团队使用那一次问答；"
        "不勾选就不会分享，也可以随时停止。"
    )
    return ConsentText(
        language="zh",
        title="在您开始之前",
        lede="请先读完这一页，大约需要一分钟。",
        sections=(
            (
                "这是什么",
                "与您对话的是人工智能：一个小型语言模型，一个电脑程序。它不是真人，"
                "不是心理咨询师，也不是医生，它并不认识您。它可能出错，也可能说出不合适的话。"
                "它没有经过任何临床检验。",
            ),
            (
                "它做不到什么",
                "它不能诊断或治疗任何疾病，也不能替您联系任何人。您写的时候，没有人在旁边看着。"
                "如果您或身边的人可能有危险，请直接拨打当地的急救或报警电话，或联系求助热线。",
            ),
            (
                "保存什么，保存多久",
                f"{kept}无痕对话完全不保存。如果某条消息听起来有危险，安全日志会记下危险的类别、"
                f"时间和本站所做的处理，{logged}。您删除对话之后，这份日志仍会保留，"
                "以便日后核查本站是否尽责。",
            ),
            (
                "谁能看到",
                "在本站上只有您能看到自己的对话：团队里的人看不到，管理员页面也不显示。"
                f"运营服务器的人在技术上可以读取数据库和备份。{team}{reviewers}{person}{where}",
            ),
            (
                "决定权始终在您手里",
                "您随时可以停下，也可以在“您的对话”里取走全部内容的副本、删除它们，"
                "或撤回这份同意。",
            ),
        ),
        adult="我已年满 18 岁。",
        agree="我已读完以上内容，愿意在这些条件下与人工智能对话。",
        agree_button="同意并继续",
        decline_button="不，谢谢",
        missing="两项都勾选之后才能继续。如果您未满 18 岁，或不愿意继续，请选择“不，谢谢”："
        "下一页有可以打电话或写信求助的真人热线。",
        help_link="查看求助热线（无需同意任何内容）",
    )
