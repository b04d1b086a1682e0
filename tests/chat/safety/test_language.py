import pytest

from chat.safety.language import language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I feel tired today", "en"),
        ("我今天很累", "zh"),
        ("我最近在看 Netflix, very chill", "zh"),
        ("My teacher said 加油 to me yesterday and I smiled", "en"),
        ("aku capek banget sama skripsi", "other"),
        ("I like nasi goreng from the stall downstairs", "en"),
        ("", "en"),
    ],
)
def test_language_of_a_text(text: str, language: str) -> None:
    assert language_of(text) == language
