"""The table of help lines is complete, honest about its age, and works offline."""

import json

from chat.safety import CARDS, COUNTRIES, card_get, country_get
from chat.safety.cards import KEYS
from chat.safety.library.lines import TABLE


def test_enough_countries_with_a_line_at_any_hour() -> None:
    with_one = [
        one for one in COUNTRIES.values() if any(line.hours.startswith("24") for line in one.lines)
    ]
    assert len(with_one) >= 12
    for code in ("US", "CA", "GB", "IE", "AU", "NZ", "IN", "CN", "TW", "JP", "DE", "FR", "ES"):
        assert country_get(code), code


def test_every_entry_is_whole() -> None:
    for code, country in COUNTRIES.items():
        assert len(code) == 2
        assert country.emergency
        assert all(number.isdigit() for number in country.emergency)
        assert country.lines
        assert country.verified_on
        assert "verified by an operator" in country.note
        for line in country.lines:
            assert line.phone or line.text, line
            for shown, dial in line.dial:
                assert shown
                assert dial.lstrip("+").isdigit()


def test_both_of_a_pair_are_shown() -> None:
    assert len(COUNTRIES["DE"].lines[0].phone) >= 2
    assert {line.name.split(" (")[-1] for line in COUNTRIES["BE"].lines} == {
        "Nederlands)",
        "français)",
    }


def test_abuse_lines_come_first_where_they_are_asked_for() -> None:
    assert COUNTRIES["US"].lines_for("abuse")[0].kind == "abuse"
    assert COUNTRIES["US"].lines_for("crisis")[0].kind == "crisis"


def test_each_card_is_there_in_each_language() -> None:
    assert set(CARDS) == {(key, language) for key in KEYS for language in ("en", "zh", "id")}
    assert card_get("suicide", "xx").language == "en"


def test_table_is_sorted_json_without_links_that_load() -> None:
    text = TABLE.read_text(encoding="utf-8")
    assert json.loads(text)
    assert "http" not in text
