"""What the docs list is what there is: settings, make targets, adapters, data set formats, pins."""

import re
from pathlib import Path

import pytest

from finetune.datasets.formats.registry import FORMATS
from quantum.adapters.registry import ADAPTERS
from quantum.backends.registry import BACKENDS
from tests.conftest import ROOT


def text(name: str) -> str:
    return (ROOT / name).read_text()


def test_every_setting_is_documented():
    sources = (ROOT / "wukongsite" / "settings").glob("*.py")
    source = "\n".join(path.read_text() for path in sources)
    used = set(re.findall(r'env\(\s*"(\w+)"', source))
    told = set(re.findall(r"^\| `(\w+)` \|", text("docs/settings.md"), re.M))
    assert used
    assert used == told


def test_every_make_target_has_help_and_is_in_the_readme():
    targets = set(re.findall(r"^([a-z-]+):(?!=)", text("Makefile"), re.M))
    helped = set(re.findall(r"^([a-z-]+):.*## ", text("Makefile"), re.M))
    assert targets == helped
    assert all(f"`make {name}`" in text("README.md") for name in targets - {"help"})


@pytest.mark.parametrize("name", sorted(ADAPTERS))
def test_every_adapter_is_documented(name):
    assert f"`{name}`" in text("docs/methods.md")


@pytest.mark.parametrize("name", sorted(BACKENDS))
def test_every_backend_is_documented(name):
    assert f"`{name}`" in text("docs/methods.md")


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_is_documented(name):
    assert f"`{name}`" in text("docs/data.md")


def test_every_pin_has_a_reason():
    files = (
        "requirements.txt",
        "requirements-dev.txt",
        "requirements-wukong.txt",
        "requirements-liger.txt",
        "requirements-lm-eval.txt",
    )
    pins = re.findall(r"^([\w-]+)==", "\n".join(map(text, files)), re.M)
    table = text("docs/dependencies.md")
    assert pins
    missing = [name for name in pins if not re.search(rf"\b{name}\b", table, re.I)]
    assert missing == []


def test_links_between_docs_lead_somewhere():
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *Path(ROOT / "docs").glob("*.md")]
    for page in pages:
        for target in re.findall(r"\]\((?!http|#)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
