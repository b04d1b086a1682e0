"""How each head is made: one line a language and kind."""

from chat.safety.fitting.fit import Recipe
from chat.safety.heads.head import UNSAFE

RECIPES = {
    ("en", "person"): Recipe("en", "person", ("minilm",)),
    ("en", "reply"): Recipe(
        "en", "reply", ("minilm", "reply-en"), 0.06, 0.06, penalty=1e-4, together=UNSAFE
    ),
    ("zh", "reply"): Recipe(
        "zh", "reply", ("reply-zh",), 0.06, 0.06, penalty=1e-4, together=UNSAFE
    ),
}


def recipe_get(language: str, kind: str) -> Recipe:
    try:
        return RECIPES[language, kind]
    except KeyError:
        known = ", ".join(f"{one} {other}" for one, other in RECIPES)
        raise KeyError(f"There is no recipe for {language} {kind}. Known: {known}.") from None
