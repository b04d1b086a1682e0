"""Undoes what hides a grave word: signs for letters, spaces between them, repeats, wrong letters.

Only towards a small list of words, so that every other word stays as it was typed.
"""

import re

# Words that change what a message means; what is closest to one of these is read as it.
GRAVE = frozenset(
    """
    kill killing killed suicide suicidal die dying dead death myself overdose hang hanging cut
    cutting cuts harm pills noose jump razor blade blades gun alive live living wake anymore want
    wanna end ending life hurt hurting starve purge rape raped abuse abused hopeless goodbye bleed
    unalive tonight tomorrow commit wrist wrists
    """.split()  # noqa: SIM905
)
LETTERS = str.maketrans(
    {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s"}
    | {"!": "i", "|": "i", "+": "t", "€": "e", "а": "a", "е": "e", "о": "o", "і": "i", "ѕ": "s"}
    | {"с": "c", "р": "p", "у": "y", "ӏ": "l", "ո": "n", "α": "a", "ε": "e", "ι": "i", "ο": "o"}
)
KNOWN = {
    "sucide": "suicide",
    "suicid": "suicide",
    "suiside": "suicide",
    "sewerslide": "suicide",
    "sucidal": "suicidal",
    "suicidl": "suicidal",
    "suisidal": "suicidal",
    "comit": "commit",
    "mysef": "myself",
    "myslef": "myself",
    "miself": "myself",
    "meself": "myself",
    "mahself": "myself",
    "slef": "self",
    "kil": "kill",
    "killin": "killing",
    "kllng": "killing",
    "dyin": "dying",
    "cuttin": "cutting",
    "hurtin": "hurting",
    "endin": "ending",
    "livin": "living",
    "bein": "being",
    "wana": "wanna",
    "wnat": "want",
    "wnt": "want",
    "anymor": "anymore",
    "anymoer": "anymore",
    "nemore": "anymore",
    "dont": "don't",
    "cnt": "can't",
    "gunna": "gonna",
    "goin": "going",
    "tn": "tonight",
    "2nite": "tonight",
    "tonite": "tonight",
    "2nyt": "tonight",
    "tmr": "tomorrow",
    "tmrw": "tomorrow",
    "shud": "should",
    "thinkin": "thinking",
    "bout": "about",
    "abt": "about",
    "smth": "something",
    "lyfe": "life",
    "h8": "hate",
    "self-harm": "self-harm",
    "oding": "overdosing",
    "agian": "again",
    "agn": "again",
}
SPACED = re.compile(r"(?<![\w])(?:[\w@$!|*]([ .\-_*/]{1,2}))(?:[\w@$!|*]\1){1,}[\w@$!|*](?![\w])")
TOKEN = re.compile(r"[\w@$!|+*€'\-]+")
REPEATED = re.compile(r"(.)\1{2,}")
MYSELF = re.compile(r"\b(?:my|me)[ ]self\b")
JOINED = re.compile(r"\b(?:i)?(kill|hurt|cut|hang|harm|end)(myself|me|it|mylife)\b")


def respelled(plain: str) -> str:
    """Lower-case text with its hidden grave words written out."""
    text = SPACED.sub(together, plain)
    text = TOKEN.sub(lambda hit: word(hit.group()), text)
    text = JOINED.sub(lambda hit: f"{hit[1]} {'my life' if hit[2] == 'mylife' else hit[2]}", text)
    return MYSELF.sub("myself", text)


def together(hit: re.Match[str]) -> str:
    """`k i l l` as `kill`, where the letters make grave words; otherwise as it stands."""
    letters = "".join(sign for sign in hit.group() if sign not in " .-_/")
    parts = split(letters.translate(LETTERS).rstrip("*"))
    return " ".join(parts) if parts else hit.group()


def split(letters: str) -> list[str]:
    """The letters as words of the list and a few small ones, or nothing."""
    if not letters:
        return []
    for length in range(min(len(letters), 9), 0, -1):
        head, rest = letters[:length], letters[length:]
        if head in GRAVE or head in {"i", "me", "my", "it", "to", "self", "am", "be"}:
            tail = split(rest)
            if not rest or tail:
                return [head, *tail]
    return []


def word(token: str) -> str:
    """One word as it was meant, or as it was typed."""
    if token in GRAVE:
        return token
    if token in KNOWN:
        return KNOWN[token]
    if token.isdigit():
        return token
    if "*" in token.strip("*"):
        return starred(token)
    bare = token.rstrip("!|+-'")
    tail = token[len(bare) :]
    meant = bare.translate(LETTERS)
    for candidate in (meant, REPEATED.sub(r"\1\1", meant), REPEATED.sub(r"\1", meant)):
        if candidate in GRAVE:
            return candidate + tail
        if candidate in KNOWN:
            return KNOWN[candidate] + tail
    return REPEATED.sub(r"\1\1", token) if bare.isalpha() else token


def starred(token: str) -> str:
    """`k*ll` and `su*cide` as the grave word that fits, each star one letter."""
    pattern = re.compile("".join("." if sign == "*" else re.escape(sign) for sign in token))
    fitting = sorted(each for each in GRAVE if pattern.fullmatch(each))
    return fitting[0] if fitting else token
