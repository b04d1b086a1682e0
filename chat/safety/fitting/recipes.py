"""How each head is made: one line a language and kind."""

from chat.safety.fitting.fit import Recipe

RECIPES = {
    ("en", "person"): Recipe("en", "person", ("minilm",)),
}


def recipe_get(language: str, kind: str) -> Recipe:
    try:
        return RECIPES[language, kind]
    except KeyError:
        known = ", ".join(f"{one} {other}" for one, other in RECIPES)
        raise KeyError(f"There is no recipe for {language} {kind}. Known: {known}.") from None
