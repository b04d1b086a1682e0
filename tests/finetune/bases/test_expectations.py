"""What a base of a size can do is said beside its replies; judging danger is never its job."""

import pytest
from django.urls import reverse

from finetune.bases.expectations import DANGER, LARGER, WORDS, expectation


@pytest.mark.parametrize(
    ("parameters", "begins", "words"),
    [
        (134_515_008, "A base of 135 million parameters.", WORDS[0][1]),
        (494_032_768, "A base of 494 million parameters.", WORDS[1][1]),
        (1_543_714_304, "A base of 1.5 billion parameters.", WORDS[2][1]),
        (7_600_000_000, "A base of 7.6 billion parameters.", LARGER),
        (9_000, "A base of less than a million parameters.", WORDS[0][1]),
    ],
)
def test_the_words_follow_the_size(parameters, begins, words):
    assert expectation(parameters) == f"{begins} {words} {DANGER}"


def test_nothing_is_said_of_a_base_whose_size_is_not_known():
    assert expectation(0) == ""


@pytest.mark.django_db
def test_a_run_page_says_what_its_base_can_do(client, alice, run_made):
    client.force_login(alice)
    page = client.get(reverse("run", args=[run_made.public_id])).content.decode()
    assert "A base of 135 million parameters. It can learn a manner" in page
    assert (
        page.index('id="samples-title"') < page.index("A base of 135") < page.index("run-samples")
    )
    run_made.base.parameters = 0
    run_made.base.save()
    assert "A base of" not in client.get(reverse("run", args=[run_made.public_id])).content.decode()
