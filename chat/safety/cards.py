"""The care cards: reviewed words in three languages, by key. Their numbers are in the table.

A card validates, asks openly, and urges both a professional and a person one trusts. It never
diagnoses, never blames and never ends the conversation.
"""

import re
from dataclasses import dataclass

KEYS = ("emergency", "suicide", "self_harm", "harm_to_others", "abuse")
HAN = re.compile(r"[\u3400-\u9fff]")
INDONESIAN = re.compile(r"\b(?:aku|nggak|yang|udah|banget|saya|tidak|gak|dari|buat)\b")


@dataclass(frozen=True)
class Card:
    """What is shown above a reply. `lines` says which numbers of a country come first."""

    key: str
    language: str
    heading: str
    text: str
    urge: str
    danger: str

    @property
    def lines(self) -> str:
        return "abuse" if self.key == "abuse" else "crisis"


DANGER = {
    "en": "If you or someone else is in danger right now, call your local emergency number",
    "zh": "如果你或身边的人此刻有危险，请立即拨打当地紧急电话",
    "id": "Jika kamu atau orang lain sedang dalam bahaya, hubungi nomor darurat setempat",
}
URGE = {
    "en": (
        "Please let two people know today: a professional, such as a doctor, a counsellor or one of"
        " the lines below, and someone you trust: a friend, someone in your family, a neighbour."
    ),
    "zh": "请在今天告诉两个人：一位专业人士（医生、心理咨询师，或下面的热线），以及一个你信任的人：朋友、家人或邻居。",  # noqa: E501
    "id": (
        "Tolong beri tahu dua orang hari ini: seorang profesional (dokter, psikolog, atau layanan"
        " di bawah) dan seseorang yang kamu percaya: teman, keluarga, atau tetangga."
    ),
}
WORDS: dict[str, dict[str, tuple[str, str]]] = {
    "emergency": {
        "en": (
            "This needs a person's help now",
            "What you describe can be dangerous to your body, even if you feel all right. Please"
            " call for medical help, or ask someone near you to call and to stay with you.",
        ),
        "zh": (
            "现在就需要有人来帮你",
            "你说的情况可能会伤害身体，即使你现在感觉还好。请马上打急救电话，或者请身边的人帮你打，并陪着你。",
        ),
        "id": (
            "Ini butuh bantuan orang sekarang",
            "Yang kamu ceritakan bisa membahayakan tubuhmu, meski terasa baik-baik saja. Tolong"
            " panggil bantuan medis, atau minta orang di dekatmu menelepon dan menemanimu.",
        ),
    },
    "suicide": {
        "en": (
            "You don't have to carry this alone",
            "It sounds as if it hurts very much right now, and it matters that you put it into"
            " words. Are you safe at this moment? A person can stay with you in this, at any hour.",
        ),
        "zh": (
            "你不必一个人扛着",
            "听起来你现在很痛苦。谢谢你愿意说出来，这很重要。你此刻安全吗？无论几点，都有人可以陪你说说话。",
        ),
        "id": (
            "Kamu tidak harus menanggungnya sendirian",
            "Kedengarannya ini sangat menyakitkan, dan berani mengatakannya itu penting. Apakah"
            " kamu aman saat ini? Ada orang yang bisa menemanimu, kapan pun.",
        ),
    },
    "self_harm": {
        "en": (
            "You deserve gentleness, also from yourself",
            "When something hurts this much, wanting relief makes sense. Are you safe at this"
            " moment? A person can help you through the next hour and the ones after it.",
        ),
        "zh": (
            "你值得被温柔对待",
            "痛到这个程度，想要一点缓解是可以理解的。你此刻安全吗？有人可以陪你度过接下来的这一小时，以及之后的日子。",
        ),
        "id": (
            "Kamu layak diperlakukan dengan lembut",
            "Saat rasanya sesakit ini, wajar ingin lega. Apakah kamu aman saat ini? Ada orang yang"
            " bisa menemanimu melewati jam berikutnya.",
        ),
    },
    "harm_to_others": {
        "en": (
            "Before anything else: a little distance",
            "Anger this strong is hard to hold alone. If you can, step away from the person and"
            " from anything that could hurt them. A person can listen now, without judging you.",
        ),
        "zh": (
            "先离开一会儿，好吗",
            "这么强烈的愤怒，一个人很难承受。如果可以，请先离开那个人，也离开可能伤人的东西。现在就有人愿意听你说，不会评判你。",
        ),
        "id": (
            "Sebelum apa pun: ambil jarak dulu",
            "Marah sekuat ini berat ditanggung sendiri. Kalau bisa, menjauhlah dari orang itu dan"
            " dari benda yang bisa melukai. Ada orang yang siap mendengarkan tanpa menghakimi.",
        ),
    },
    "abuse": {
        "en": (
            "What is being done to you is not your fault",
            "Nobody has the right to hurt or frighten you. You can decide yourself what to do next,"
            " and people who know about this can help you to be safe, in confidence.",
        ),
        "zh": (
            "这不是你的错",
            "没有人有权利伤害你、让你害怕。接下来怎么做由你决定；有懂这些的人可以保密地帮助你先保证安全。",
        ),
        "id": (
            "Yang terjadi padamu bukan salahmu",
            "Tidak ada yang berhak menyakiti atau menakutimu. Kamu yang menentukan langkah"
            " berikutnya, dan ada orang yang bisa membantumu aman, secara rahasia.",
        ),
    },
}
CARDS: dict[tuple[str, str], Card] = {
    (key, language): Card(key, language, *words, URGE[language], DANGER[language])
    for key, languages in WORDS.items()
    for language, words in languages.items()
}


def card_get(key: str, language: str = "en") -> Card:
    """The card with this key, in English where the language is not there."""
    if key not in KEYS:
        raise KeyError(f"There is no card {key!r}. Known: {', '.join(KEYS)}.")
    return CARDS.get((key, language)) or CARDS[key, "en"]


def language_of(text: str) -> str:
    """The language of the card for this text: zh, id or en."""
    if len(HAN.findall(text)) >= 2:
        return "zh"
    return "id" if len(INDONESIAN.findall(text.lower())) >= 2 else "en"
