"""Whether a sentence is in the language that the person writes."""

import re

HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
OTHER_SCRIPT = re.compile(
    r"[\u0400-\u052f\u0590-\u06ff\u0900-\u0e7f\u3040-\u30ff\uac00-\ud7af\u0370-\u03ff]"
)
QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|「[^」]*」|『[^』]*』|《[^》]*》|\([^()]*\)|（[^（）]*）")
ADDRESS = re.compile(r"https?://\S+|\b[\w.-]+@[\w.-]+|\b[\w-]+(?:\.[\w-]+)+(?:/\S*)?")
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
FEW_WORDS = 3  # a name, "OK", "thank you"
# Words that English does not have and that a sentence of the other language can hardly avoid.
FOREIGN = frozenset(
    """que de la el los las una es por para con está estás como pero muy eres lo siento más
    le les une est pour avec vous je ne pas suis qui mais nous dans et ce der das und ist nicht ich
    du ein eine mit zu sie auf dir wir il di che non sono della anche não você uma isso meu são
    seu""".split()  # noqa: SIM905
)
ENGLISH = frozenset(
    """the a an and or but is are was were be been i you he she it we they my your his her its our
    their this that these those what when how why who to of in on for with at from by about not
    do does did have has had can could would will should if so as me him them there here just
    very more than up out no yes all some any feel sorry thank hello""".split()  # noqa: SIM905
)


def wrong_language(sentence: str, language: str) -> bool:
    """Whether a sentence should have been in another language.

    Args:
        sentence: as the model wrote it.
        language: "zh", "en", or "other", for which English words are shown too.
    """
    own = ADDRESS.sub(" ", QUOTED.sub(" ", sentence))
    han = len(HAN.findall(own))
    if len(OTHER_SCRIPT.findall(own)) > 2:
        return True
    words = [word.lower() for word in WORD.findall(HAN.sub(" ", own))]
    if language == "zh":
        return len(words) > FEW_WORDS and len(words) * 2 > han
    if han > 2:
        return True
    return language == "en" and foreign(words)


def foreign(words: list[str]) -> bool:
    """Whether these are words of a language written as English is, but not English."""
    strange = sum(word in FOREIGN for word in words)
    return strange > 1 and strange > sum(word in ENGLISH for word in words)
