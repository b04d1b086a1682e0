"""The site's own styles and scripts: each is loaded by a page, short, and without dead rules."""

import re
from pathlib import Path

import ninja
import pytest

from tests.conftest import ROOT

STATIC = ROOT / "static"
FILES = sorted(path for kind in ("css", "js") for path in (STATIC / kind).rglob("*.*"))
TEMPLATES = "\n".join(path.read_text() for path in sorted((ROOT / "templates").rglob("*.html")))

# Django's own names in its console, and those that a template puts together (f{{ level }}).
ELSEWHERE = {
    "deletelink", "deletelink-box", "field-name", "field-title", "inline-group", "messagelist",
    "theme-toggle", "changelist-filter", "logout-form", "nav-filter", "result_list", "searchbar",
    "field-noise", "field-topology", *(f"f{n}" for n in range(6)), "s1", "s2", "s3",
}  # fmt: skip


def test_there_are_files():
    assert len(FILES) > 30


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(STATIC)))
def test_it_is_short_and_some_page_loads_it(path):
    assert len(path.read_text().splitlines()) <= 400
    assert f"{{% static '{path.relative_to(STATIC)}' %}}" in TEMPLATES


def test_every_file_that_a_page_names_is_there():
    named = set(re.findall(r"\{% static '((?:css|js)/[^']+)' %\}", TEMPLATES))
    assert named == {str(path.relative_to(STATIC)) for path in FILES}


def test_every_rule_is_for_something():
    code = [path.read_text() for path in sorted((STATIC / "js").rglob("*.js"))]
    for folder in ("finetune", "chat", "wukongsite"):
        code += [path.read_text() for path in sorted((ROOT / folder).rglob("*.py"))]
    swagger = Path(ninja.__file__).parent / "static/ninja"  # the API's page has its names
    code += [path.read_text() for path in swagger.glob("swagger-ui*.*s")]
    known = {*re.findall(r"[\w-]+", "\n".join([TEMPLATES, *code])), *ELSEWHERE}
    unused = {}
    for path in (STATIC / "css").rglob("*.css"):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        selectors = " ".join(one for one in re.findall(r"([^{}]+)\{", text) if "@" not in one)
        names = set(re.findall(r"[.#]([a-zA-Z][\w-]*)", selectors))
        unused[str(path.relative_to(STATIC))] = sorted(names - known)
    assert not {path: names for path, names in unused.items() if names}
