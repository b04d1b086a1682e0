"""A version in every form that can be written: read back it is the same."""

import json

import pytest
from django.urls import reverse

from finetune.datasets.versions.exports import Export, writable
from finetune.exceptions import StudioError

from .conftest import lines, talk

pytestmark = pytest.mark.django_db


def text_of(row, form, part="all"):
    return "".join(Export(row, form, part).blocks())


def messages_of(row):
    both = row.train_file.read_text().splitlines() + row.validation_file.read_text().splitlines()
    return sorted(json.dumps(json.loads(line)["messages"]) for line in both)


@pytest.mark.parametrize("form", sorted(writable()))
def test_it_is_read_back(made, form):
    first = made(lines(15))
    name = "again.csv" if form == "table" else "again.jsonl"
    again = made(text_of(first, form), name, options={"format": form if form != "table" else ""})
    assert again.state == "ready", again.problem
    assert messages_of(again) == messages_of(first)


def test_parts(made):
    row = made(lines(30))
    train, held, both = (text_of(row, "openai", part) for part in ("train", "validation", "all"))
    assert len(both.splitlines()) == 30
    assert sorted(both.splitlines()) == sorted([*train.splitlines(), *held.splitlines()])
    assert [json.loads(line)["messages"] for line in both.splitlines()] == [
        talk(number)["messages"] for number in range(30)
    ]


def test_tags_are_kept_in_our_own_form(made):
    row = made(lines(12, json.dumps(talk(50, tags=["grief"], person="p7"))))
    last = json.loads(text_of(row, "openai").splitlines()[-1])
    assert last == talk(50, tags=["grief"], person="p7")


def test_formulas_are_neutralised_in_a_table(made):
    evil = talk(50)
    evil["messages"][1]["content"] = "=HYPERLINK(1)"
    shown = text_of(made(lines(12, json.dumps(evil))), "table")
    assert ",'=HYPERLINK(1)" in shown


def test_what_a_form_cannot_say_is_refused_with_its_first_line(made):
    long = {"messages": talk(50)["messages"] + talk(51)["messages"]}
    row = made(lines(12, json.dumps(long)))
    with pytest.raises(StudioError, match="line 13") as refused:
        Export(row, "table", "all")
    assert refused.value.code == "cannot_write"


@pytest.mark.parametrize(
    ("form", "part", "code"),
    [("docx", "all", "unknown_format"), ("openai", "some", "unknown_part")],
)
def test_unknown(made, form, part, code):
    with pytest.raises(StudioError) as refused:
        Export(made(lines(12)), form, part)
    assert refused.value.code == code


def test_the_page_sends_a_file_or_says_why_not(made, client, alice):
    long = {"messages": talk(50)["messages"] + talk(51)["messages"]}
    row = made(lines(12, json.dumps(long)), name="Nights")
    client.force_login(alice)
    address = reverse("dataset-export", args=[row.public_id])
    answer = client.get(address, {"format": "sharegpt", "part": "all"})
    assert answer["Content-Disposition"] == 'attachment; filename="Nights-v1-sharegpt.jsonl"'
    assert len(answer.content.splitlines()) == 13
    refused = client.get(address, {"format": "alpaca-of-nobody"}, follow=True)
    assert "There is no format" in refused.content.decode()
