"""How each head is made: one entry a language and kind."""

from chat.safety.fitting.fit import Recipe
from chat.safety.gate.rule import CLASSES
from chat.safety.heads.head import UNSAFE

DANGER = {
    "danger": frozenset(
        ["suicide", "self_harm", "harm_to_others", "abuse", "eating", "psychosis"],
    )
}
ANY = {UNSAFE: frozenset(CLASSES)}  # whether a sentence may be shown; the classes only name why not
RECIPES = {
    ("en", "person"): Recipe(
        "en", "person", ("minilm",), DANGER, penalty=1e-5, calm=0.6, width=2.4
    ),
    # Runs of characters find much that rules miss, and near-misses too: it may be wrong seldom.
    ("zh", "person"): Recipe(
        "zh",
        "person",
        ("characters",),
        DANGER,
        near=(0.0001, 0.0007),
        heard=(0.0001, 0.0007),
        penalty=1e-5,
        calm=0.6,
    ),
    ("en", "reply"): Recipe(
        "en", "reply", ("minilm", "reply-en"), ANY, near=(0.06, 0.06), penalty=1e-4
    ),
    ("zh", "reply"): Recipe("zh", "reply", ("reply-zh",), ANY, near=(0.06, 0.06), penalty=1e-4),
}


def recipe_get(language: str, kind: str) -> Recipe:
    try:
        return RECIPES[language, kind]
    except KeyError:
        known = ", ".join(f"{one} {other}" for one, other in RECIPES)
        raise KeyError(f"There is no recipe for {language} {kind}. Known: {known}.") from None
