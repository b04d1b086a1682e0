"""The table of help lines is complete, honest about where it comes from, and works offline."""

import json
import re
from datetime import date

import pytest

from chat.safety import COUNTRIES, country_get
from chat.safety.library.lines import (
    COUNTRY_CHOICES,
    INTERNATIONAL,
    LANGUAGES,
    SHOWN,
    TABLE,
    country_guess,
)
from tests.conftest import ROOT

NAMED = {
    "CN", "TW", "HK", "SG", "MY", "ID", "IN", "JP", "KR", "PH", "TH", "VN",
    "AU", "NZ", "US", "CA", "GB", "IE", "DE", "AT", "CH", "FR", "BE", "NL",
    "ES", "PT", "IT", "SE", "NO", "DK", "FI", "PL", "CZ", "GR", "TR", "IL",
    "ZA", "KE", "NG", "EG", "BR", "MX", "AR", "CL", "CO",
}  # fmt: skip


def test_enough_countries_and_the_common_ones() -> None:
    assert len(COUNTRIES) >= 60
    assert NAMED - set(COUNTRIES) == set()
    with_one_at_any_hour = [
        country
        for country in COUNTRIES.values()
        if any(line.hours.startswith("24") for line in country.lines)
    ]
    assert len(with_one_at_any_hour) >= 60


@pytest.mark.parametrize("country", COUNTRY_CHOICES, ids=lambda country: country.code)
def test_every_country_is_whole(country) -> None:
    assert re.fullmatch("[A-Z]{2}", country.code)
    assert country.name
    assert country.emergency
    assert all(re.fullmatch(r"\d{2,5}", number) for number in country.emergency)
    assert country.lines
    for line in country.lines:
        assert line.id.startswith((country.code.lower() + "-", "international-"))
        assert line.phone or line.text or line.web, line.id
        assert line.name
        assert line.hours
        assert line.kind in ("crisis", "abuse")
        assert len(line.phone) <= 2
        assert re.fullmatch(r"[\w.-]+\.\w+", line.source), line.id
        assert date(2020, 1, 1) <= date.fromisoformat(line.as_of) <= date(2026, 11, 26)
        for shown, dial in line.dial:
            assert shown
            assert re.fullmatch(r"[+*]?\d{3,15}(,\d+)?", dial), line.id


def test_a_card_always_has_something_to_dial_and_three_resources() -> None:
    for country in COUNTRY_CHOICES:
        for kind in ("crisis", "abuse"):
            shown = country.lines_for(kind)
            assert 1 <= len(shown) <= SHOWN == 2
            if country is not INTERNATIONAL:
                assert any(line.dial for line in shown), country.code


def test_ids_are_unique() -> None:
    ids = [line.id for country in COUNTRY_CHOICES for line in country.lines]
    assert len(ids) == len(set(ids))


def test_an_extension_waits() -> None:
    [line] = [line for line in COUNTRIES["ID"].lines if "ext" in line.phone[0]]
    assert line.dial[0] == ("119 ext. 8", "119,8")
    assert COUNTRIES["CL"].lines[0].dial[0][1] == "*4141"


def test_both_of_a_pair_are_shown() -> None:
    assert len(COUNTRIES["DE"].lines[0].phone) == 2
    for kind in ("crisis", "abuse"):
        assert {line.name.split(" (")[-1] for line in COUNTRIES["BE"].lines_for(kind)} == {
            "Nederlands)",
            "français)",
        }


def test_abuse_lines_come_first_where_they_are_asked_for() -> None:
    assert COUNTRIES["US"].lines_for("abuse")[0].kind == "abuse"
    assert COUNTRIES["US"].lines_for("crisis")[0].kind == "crisis"


def test_most_numbers_were_read_somewhere_and_the_rest_say_so() -> None:
    lines = [line for country in COUNTRIES.values() for line in country.lines]
    checked = [line for line in lines if line.checked]
    assert len(checked) / len(lines) >= 0.7
    text = TABLE.read_text(encoding="utf-8")
    assert "verified" not in text
    assert "None of this is a confirmation" in json.loads(text)["about"]


def test_the_table_has_no_links_that_load() -> None:
    assert "http" not in TABLE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("accept_language", "code"),
    [
        ("zh-TW,zh;q=0.9,en-US;q=0.8", "TW"),
        ("zh-Hant-HK,zh;q=0.9", "HK"),
        ("zh-CN", "CN"),
        ("zh", "ZZ"),
        ("en-GB,en;q=0.5", "GB"),
        ("en", "ZZ"),
        ("en,en-US;q=0.5", "US"),
        ("ja,en-US;q=0.9", "JP"),
        ("ko", "KR"),
        ("de", "ZZ"),
        ("de-AT", "AT"),
        ("en;q=0.3, pt-BR;q=0.9", "BR"),
        ("pt-AO,en-US;q=0.5", "ZZ"),
        ("id-ID,id;q=0.9", "ID"),
        ("EN_gb", "GB"),
        ("en-US;q=0,ja;q=0.1", "JP"),
        ("*", "ZZ"),
        ("", "ZZ"),
        ("en-US;q=high", "US"),
        ("x" * 100_000, "ZZ"),
        ("<script>,\x00,;;;q=", "ZZ"),
    ],
)
def test_the_country_is_guessed_from_the_browser(accept_language: str, code: str) -> None:
    country = country_guess(accept_language)
    assert country.code == code
    assert country.guessed
    assert country.emergency


def test_a_language_that_points_to_a_country_points_to_one_of_the_table() -> None:
    assert set(LANGUAGES.values()) <= set(COUNTRIES)
    assert not {"en", "zh", "es", "fr", "de", "pt", "ar", "ru"} & set(LANGUAGES)


def test_no_country_is_one_too() -> None:
    assert country_get("zz") is INTERNATIONAL
    assert country_get("us") is COUNTRIES["US"]
    assert country_get("XX") is None


def test_the_docs_count_the_same() -> None:
    lines = [line for country in COUNTRIES.values() for line in country.lines]
    checked = sum(bool(line.checked) for line in lines)
    docs = (ROOT / "docs" / "safety.md").read_text()
    assert f"{len(lines)} lines in {len(COUNTRIES)} countries" in docs
    assert f"{checked} of the {len(lines)} numbers" in docs
    assert f"{len(lines) - checked} are from memory" in docs
