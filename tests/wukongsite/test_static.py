"""The site's own styles and scripts: each is loaded by a page, short, and without dead rules."""

import re

import pytest

from finetune.studies.page.report import STYLES
from tests.conftest import ROOT

STATIC = ROOT / "static"
FILES = sorted(path for kind in ("css", "js") for path in (STATIC / kind).rglob("*.*"))
TEMPLATES = "\n".join(path.read_text() for path in sorted((ROOT / "templates").rglob("*.html")))

# They dress pages that are not ours: Django's console and Swagger UI.
FOREIGN = {"css/console.css", "css/api.css"}
# Set into the report itself, which is one file that needs no other.
INLINED = set(STYLES)
# Names that a template puts together, as in f{{ one.level }} or id="field-{{ name }}".
COMPOSED = {"field-noise", "field-topology", *(f"f{n}" for n in range(6)), "s1", "s2", "s3"}


def test_there_are_files():
    assert len(FILES) > 30


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(STATIC)))
def test_it_is_short_and_some_page_loads_it(path):
    assert len(path.read_text().splitlines()) <= 400
    name = str(path.relative_to(STATIC))
    assert f"{{% static '{name}' %}}" in TEMPLATES or name in INLINED


def test_every_file_that_a_page_names_is_there():
    named = set(re.findall(r"\{% static '((?:css|js)/[^']+)' %\}", TEMPLATES))
    assert named | INLINED == {str(path.relative_to(STATIC)) for path in FILES}


def test_every_rule_is_for_something():
    code = [path.read_text() for path in sorted((STATIC / "js").rglob("*.js"))]
    for folder in ("finetune", "chat", "wukongsite"):
        code += [path.read_text() for path in sorted((ROOT / folder).rglob("*.py"))]
    known = {*re.findall(r"[\w-]+", "\n".join([TEMPLATES, *code])), *COMPOSED}
    unused = {}
    for path in FILES:
        name = str(path.relative_to(STATIC))
        if path.suffix != ".css" or name in FOREIGN:
            continue
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        selectors = " ".join(one for one in re.findall(r"([^{}]+)\{", text) if "@" not in one)
        names = set(re.findall(r"[.#]([a-zA-Z][\w-]*)", selectors))
        unused[name] = sorted(names - known)
    assert not {path: names for path, names in unused.items() if names}
