"""The pages of findings: the table, the dialogues of one, what can be done, licence and sheet."""

import re

import pytest
from django.urls import reverse

from finetune.datasets.checking import dataset_check
from finetune.datasets.findings.licences import is_non_commercial, licence_words
from finetune.datasets.findings.models import Findings
from finetune.datasets.models import Dataset
from finetune.datasets.services import dataset_recheck, dataset_upload

from .conftest import filler, talk

pytestmark = pytest.mark.django_db
LONG = filler(77)["messages"][0]["content"]


@pytest.fixture
def looked_at(team, alice):
    """A checked set with an e-mail address, a near-duplicate and a dialogue without a reply."""
    import json

    from django.core.files.uploadedfile import SimpleUploadedFile

    from finetune.datasets.findings.execution import findings_make

    rows = [filler(n) for n in range(12)]
    rows[3] = talk("Hello to you", "Write to ann.lee@example.org then.")
    rows[5], rows[7] = talk(LONG, "So."), talk(LONG + " again", "So.")
    rows[9] = talk("One", "Two and three", "Four")
    content = "\n".join(map(json.dumps, rows)).encode()
    made = dataset_upload(
        team=team, user=alice, file=SimpleUploadedFile("rows.jsonl", content), name="Rows",
        options={"validation_fraction": 0.2, "seed": 3},
    )  # fmt: skip
    dataset_check(made.pk)
    row = Findings.objects.get(dataset=made)
    findings_make(row.pk)
    made.refresh_from_db()
    assert made.findings.state == "done", made.findings.message
    return made


def page(client, name, dataset, *arguments):
    return client.get(reverse(name, args=[dataset.public_id, *arguments]))


def test_the_table_says_what_was_found(client, alice, looked_at):
    client.force_login(alice)
    text = page(client, "dataset", looked_at).content.decode()
    for words in ("Personal data", "e-mail addresses 1", "Nearly alike", "Turns without a reply"):
        assert words in text
    assert "by heart, and the assistant say it to anybody" in text
    assert text.index("finding-personal_data") < text.index(
        "finding-near_duplicates"
    )  # what matters comes first
    assert "ann.lee" not in page(client, "dataset-findings", looked_at).content.decode()


def test_a_finding_shows_its_dialogues(client, alice, looked_at):
    client.force_login(alice)
    text = page(client, "dataset-finding", looked_at, "near_duplicates").content.decode()
    assert text.count("Group 1") == 2
    assert "The dialogue in line 6" in text
    assert "The dialogue in line 8" in text
    assert page(client, "dataset-finding", looked_at, "nothing").status_code == 404


def test_masks_make_a_version(client, alice, looked_at):
    client.force_login(alice)
    address = reverse("finding-change", args=[looked_at.public_id, "personal_data"])
    client.post(address, {"do": "mask"})
    made = Dataset.objects.get(previous=looked_at)
    dataset_check(made.pk)
    made.refresh_from_db()
    assert made.state == "ready", made.problem
    text = made.train_file.read_text() + made.validation_file.read_text()
    assert "[EMAIL]" in text
    assert "ann.lee" not in text
    assert made.changes["counts"] == {"mask": 1}
    assert made.report["dialogues"] == looked_at.report["dialogues"]


def test_leaving_out_makes_a_version(client, alice, looked_at):
    client.force_login(alice)
    client.post(reverse("finding-change", args=[looked_at.public_id, "personal_data"]))
    made = Dataset.objects.get(previous=looked_at)
    dataset_check(made.pk)
    made.refresh_from_db()
    assert made.report["dialogues"] == looked_at.report["dialogues"] - 1


def stays(text):
    """Which lines the page offers, and whether each is ticked."""
    boxes = re.findall(r'name="stay" value="(\d+)"( checked)?', text)
    return {line: bool(ticked) for line, ticked in boxes}


def test_a_person_chooses_which_of_a_group_stay(client, alice, looked_at):
    client.force_login(alice)
    address = reverse("finding-change", args=[looked_at.public_id, "near_duplicates"])
    text = page(client, "dataset-finding", looked_at, "near_duplicates").content.decode()
    assert stays(text) == {"6": True, "8": True}
    sent = {"do": "choose", "page": "1", "line": ["6", "8"], "stay": ["8"]}
    answer = client.post(address, sent)
    assert answer.url.endswith("/findings/near_duplicates/?page=1")
    assert not Dataset.objects.filter(previous=looked_at).exists()  # nothing goes by itself
    text = client.get(answer.url).content.decode()
    assert "Your draft leaves 1 dialogue out." in text
    assert stays(text) == {"6": False, "8": True}
    client.post(address, sent | {"stay": ["6", "8"]})  # taken back
    assert "Your draft leaves" not in client.get(answer.url).content.decode()
    client.post(address, sent)
    client.post(reverse("dataset-draft-end", args=[looked_at.public_id]), {"do": "save"})
    made = Dataset.objects.get(previous=looked_at)
    assert made.changes["asked"] == {"exclude": 1}
    dataset_check(made.pk)
    assert '"line 6 of version 1"' not in made.original_file.read_text()
    assert '"line 8 of version 1"' in made.original_file.read_text()


def test_all_but_the_first_of_each_group_are_left_out(client, alice, looked_at):
    client.force_login(alice)
    address = reverse("finding-change", args=[looked_at.public_id, "near_duplicates"])
    client.post(address, {"do": "first"})
    made = Dataset.objects.get(previous=looked_at)
    assert made.changes["asked"] == {"exclude": 1}
    client.post(address.replace("near_duplicates", "invisible"), {"do": "choose", "line": ["1"]})
    assert not looked_at.drafts.exists()


@pytest.mark.parametrize("name", ["near_duplicates", "invisible", "nothing"])
def test_nothing_is_left_out_that_is_not_offered(client, alice, looked_at, name):
    client.force_login(alice)
    client.post(reverse("finding-change", args=[looked_at.public_id, name]))
    assert not Dataset.objects.filter(previous=looked_at).exists()


def test_start_and_stop(client, alice, looked_at):
    client.force_login(alice)
    row = looked_at.findings
    client.post(reverse("findings-start", args=[looked_at.public_id]))
    row.refresh_from_db()
    assert row.state == "waiting"
    assert b"Waiting for a worker to look further" in page(client, "dataset", looked_at).content
    client.post(reverse("findings-cancel", args=[looked_at.public_id]))
    row.refresh_from_db()
    assert row.state == "cancelled"
    assert b"Stopped before the end" in page(client, "dataset", looked_at).content


def test_a_set_that_is_being_checked_is_not_looked_at(client, alice, dataset):
    client.force_login(alice)
    dataset_recheck(dataset=dataset, options={})
    client.post(reverse("findings-start", args=[dataset.public_id]))
    assert not Findings.objects.filter(dataset=dataset).exists()


def test_licence_and_source_are_kept_and_told(client, alice, looked_at):
    client.force_login(alice)
    address = reverse("dataset-about", args=[looked_at.public_id])
    values = {
        "licence_tag": "CC-BY-NC-4.0",
        "licence": "",
        "source": "From a | friend.",
        "for_evaluation": "on",
    }
    assert client.post(address, values).status_code == 302
    assert client.post(address, values | {"licence_tag": "none"}).status_code == 422
    looked_at.refresh_from_db()
    assert (looked_at.licence_tag, looked_at.for_evaluation) == ("CC-BY-NC-4.0", True)
    sheet = page(client, "dataset-sheet", looked_at).getvalue().decode()
    assert "CC BY-NC 4.0. **Not for commercial use**" in sheet
    assert "From a | friend." in sheet
    assert "| Personal data | 1 (8.3 %) | e-mail addresses 1 |" in sheet
    assert "ann.lee" not in sheet


def test_a_sheet_of_a_set_that_nobody_has_described(client, alice, dataset):
    client.force_login(alice)
    sheet = page(client, "dataset-sheet", dataset).getvalue().decode()
    assert "Nobody has said where it comes from." in sheet
    assert "It has not been looked at further." in sheet


@pytest.mark.parametrize(
    ("tag", "text", "closed"),
    [
        ("CC-BY-NC-4.0", "", True),
        ("research-only", "", True),
        ("MIT", "", False),
        ("", "CC BY-NC-SA 4.0", True),
        ("", "for non-commercial use", True),
        ("other", "仅供研究使用", True),
        ("own", "", False),
        ("", "CC BY 4.0", False),
        ("", "synchronous", False),
    ],
)
def test_which_licences_leave_no_commercial_use(tag, text, closed):
    assert is_non_commercial(tag, text) == closed


def test_a_licence_in_words():
    assert licence_words("CC-BY-4.0", "by the clinic") == "CC BY 4.0, by the clinic"
    assert licence_words("other", "mine") == "mine"
    assert licence_words("", "") == ""
