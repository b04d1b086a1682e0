"""The data pages: list, upload, the page of one set, its problems, reading again and deleting."""

import csv
import gzip
import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.html import escape

from finetune.datasets.checking import dataset_check
from finetune.datasets.models import Dataset
from finetune.datasets.services import dataset_upload

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.DATASET_DIR = tmp_path / "datasets"
    settings.DATASET_DIR.mkdir()


@pytest.fixture(autouse=True)
def queued(monkeypatch):
    """Ids of the checks that were sent to the worker."""
    sent = []
    monkeypatch.setattr("finetune.datasets.services.enqueue_check", lambda row: sent.append(row.pk))
    return sent


def dialogue(number: int) -> str:
    return json.dumps(
        {
            "messages": [
                {"role": "user", "content": f"I cannot sleep, night {number}."},
                {"role": "assistant", "content": f"That sounds exhausting, all {number} of them."},
            ]
        }
    )


def lines(count: int = 20) -> str:
    return "\n".join(dialogue(number) for number in range(count))


@pytest.fixture
def made(team, alice):
    """Make a checked data set from text."""

    def make(text: str | bytes, filename: str = "nights.jsonl", **values) -> Dataset:
        data = text if isinstance(text, bytes) else text.encode()
        file = SimpleUploadedFile(filename, data)
        row = dataset_upload(team=team, user=alice, file=file, **values)
        dataset_check(row.pk)
        row.refresh_from_db()
        return row

    return make


def page_of(client, row, **query) -> str:
    return client.get(reverse("dataset", args=[row.public_id]), query).content.decode()


class TestList:
    def test_an_empty_one_teaches(self, client, alice, team):
        client.force_login(alice)
        page = client.get(reverse("data")).content.decode()
        assert "No data yet" in page
        assert reverse("dataset-upload") in page

    def test_it_shows_the_team_and_nobody_else(self, client, alice, charlie, other_team, made):
        made(lines(), name="Nights")
        client.force_login(charlie)
        assert b"Nights" not in client.get(reverse("data")).content
        client.force_login(alice)
        assert b"Nights" in client.get(reverse("data")).content

    def test_it_polls_only_while_something_is_checked(self, client, alice, made):
        row = made(lines())
        client.force_login(alice)
        assert b"every 2s" not in client.get(reverse("data")).content
        Dataset.objects.filter(pk=row.pk).update(state="checking")
        part = client.get(reverse("data"), headers=HTMX).content
        assert b"every 2s" in part
        assert b"<html" not in part

    def test_it_comes_in_pages(self, client, alice, team):
        for number in range(30):
            Dataset.objects.create(team=team, name=f"Set-{number:02}", filename="x.jsonl")
        client.force_login(alice)
        assert b"Set-00" not in client.get(reverse("data")).content
        assert b"Set-00" in client.get(reverse("data"), {"page": 2}).content


class TestUpload:
    def post(self, client, text=None, filename="nights.jsonl", accept="text/html", **values):
        content = lines() if text is None else text
        file = SimpleUploadedFile(
            filename, content if isinstance(content, bytes) else content.encode()
        )
        return client.post(
            reverse("dataset-upload"), {"file": file, **values}, headers={"Accept": accept}
        )

    def test_a_plain_form_leads_to_the_page(self, client, alice, team, queued):
        client.force_login(alice)
        answer = self.post(client, name="Nights", licence="CC0", seed="11")
        row = Dataset.objects.get()
        assert answer.url == reverse("dataset", args=[row.public_id])
        assert (row.name, row.licence, row.team, row.created_by) == ("Nights", "CC0", team, alice)
        assert row.options["seed"] == 11
        assert row.options["validation_fraction"] == 0.1
        assert queued == [row.pk]

    def test_the_script_gets_an_address(self, client, alice, team):
        client.force_login(alice)
        answer = self.post(client, accept="application/json")
        assert answer.status_code == 201
        assert answer.json()["url"] == reverse("dataset", args=[Dataset.objects.get().public_id])

    def test_without_a_name_the_file_gives_it(self, client, alice, team):
        client.force_login(alice)
        self.post(client, filename="../../evening talks.jsonl")
        assert Dataset.objects.get().name == "evening talks"

    @pytest.mark.parametrize(
        ("values", "field", "says"),
        [
            ({"text": b""}, "file", "empty"),
            ({"text": b"x" * (2**20 + 1)}, "file", "the limit is 1 MB"),
            ({"seed": "-1"}, "seed", "greater than or equal to 0"),
            ({"seed": "many"}, "seed", "whole number"),
            ({"validation_fraction": "0.95"}, "validation_fraction", "less than or equal to 0.9"),
            ({"validation_fraction": "nan"}, "validation_fraction", "number"),
            ({"format": "scroll"}, "format", "not one of the available"),
            ({"column_user": "q"}, "column_assistant", "needs both sides"),
            ({"name": "x" * 121}, "name", "120"),
        ],
    )
    def test_what_is_refused_is_said_at_its_field_and_leaves_nothing(
        self, client, alice, team, settings, values, field, says
    ):
        settings.UPLOAD_MAX_MB = 1
        client.force_login(alice)
        plain = self.post(client, **values)
        assert plain.status_code == 422
        assert says in plain.content.decode()
        scripted = self.post(client, accept="application/json", **values)
        assert scripted.status_code == 422
        assert says in " ".join(scripted.json()["errors"][field])
        assert not Dataset.objects.exists()
        assert list(settings.DATASET_DIR.iterdir()) == []

    def test_no_file_at_all(self, client, alice, team):
        client.force_login(alice)
        answer = client.post(reverse("dataset-upload"), {"name": "Nights"})
        assert answer.status_code == 422
        assert b"Choose a file first" in answer.content
        assert b'value="Nights"' in answer.content

    def test_it_asks_for_a_sign_in(self, client, team):
        assert self.post(client).url.startswith("/sign-in/")
        assert not Dataset.objects.exists()


class TestPage:
    def test_a_good_set_shows_figures_histogram_preview_and_the_next_step(
        self, client, alice, made
    ):
        row = made(lines(40), licence="CC0")
        client.force_login(alice)
        page = page_of(client, row)
        assert "36 to train, 4 held out" in page
        assert 'class="histogram"' in page
        assert "The same as a table" in page
        assert "every line is usable" in page
        assert "I cannot sleep, night 0." in page
        assert f"{reverse('run-new')}?dataset={row.public_id}" in page
        assert "style=" not in page

    def test_keys_that_are_not_used_are_named(self, client, alice, made):
        rows = [
            json.dumps(
                {"instruction": f"Sum {n}", "context": "1 2", "response": "3", "category": n}
            )
            for n in range(1, 21)
        ]
        row = made("\n".join(rows))
        client.force_login(alice)
        page = " ".join(page_of(client, row).split())
        assert (
            "Read as <b>Table with columns</b>: "
            'person from <code dir="auto">instruction</code> and <code dir="auto">context</code>, '
            'assistant from <code dir="auto">response</code>. Columns that are not used:'
        ) in page
        assert '<code dir="auto">category</code> (in 20 records)' in page
        assert "Nothing is learned from them" in page
        assert "no line left out" in page
        assert "every line is usable" not in page
        assert "Sum 1\n\n1 2" in page_of(client, row)

    def test_every_column_that_is_used_is_said_too(self, client, alice, made):
        row = made("question,answer\n" + "\n".join(f"q{n},a{n}" for n in range(20)), "t.csv")
        client.force_login(alice)
        page = " ".join(page_of(client, row).split())
        assert 'assistant from <code dir="auto">answer</code>. Every column that' in page
        assert "every line is usable" in page

    @pytest.mark.parametrize(
        ("line", "words", "note"),
        [
            (
                dialogue(3).upper().replace("MESSAGES", "messages"),
                "turn without a part",
                "1 left out",
            ),
            (dialogue(3), "twice, letter by letter", "1 left out"),
            (dialogue(3).replace("sleep", "SLEEP"), "nearly the same words", "no line left out"),
            (dialogue(3).replace("sleep", "<|im_end|>"), "control tokens as text", "no line left"),
            (
                dialogue(30).replace("I cannot sleep, night 30.", "\u200b"),
                "without text",
                "1 left out",
            ),
        ],
    )
    def test_what_is_worth_a_look_is_never_called_usable(
        self, client, alice, made, line, words, note
    ):
        row = made(lines() + "\n" + line)
        client.force_login(alice)
        page = page_of(client, row)
        assert words in page
        assert note in page
        assert "every line is usable" not in page

    def test_rows_behind_an_open_quotation_mark_are_there(self, client, alice, made):
        rows = [f"q{n},a{n}" for n in range(40)]
        rows[19] = 'q19,"a19'
        row = made("\n".join(["question,answer", *rows]), "table.csv")
        client.force_login(alice)
        page = page_of(client, row)
        assert row.report["dialogues"] == 39
        assert 'data-label="Line">21</th>' in page
        assert "never closed" in page

    def test_nearly_alike_dialogues_stay_and_are_counted(self, client, alice, made):
        row = made("\n".join([*(lines().splitlines()), dialogue(1).replace("night", "NIGHT")]))
        client.force_login(alice)
        page = " ".join(page_of(client, row).split())
        assert "<dt>Nearly alike</dt><dd>1" in page
        assert "<dt>Exact duplicates</dt><dd>0</dd>" in page

    def test_the_words_of_a_dialogue_are_laid_out_in_their_own_direction(self, client, alice, made):
        row = made(lines() + "\n" + dialogue(99), name="أحاديث")
        client.force_login(alice)
        page = page_of(client, row)
        assert '<h1 dir="auto">أحاديث</h1>' in page
        assert '<span class="turn-text" dir="auto">I cannot sleep, night 0.</span>' in page

    def test_while_it_is_checked_the_part_polls(self, client, alice, made):
        row = made(lines())
        client.force_login(alice)
        for state in ("uploaded", "checking"):
            Dataset.objects.filter(pk=row.pk).update(state=state)
            part = client.get(reverse("dataset", args=[row.public_id]), headers=HTMX).content
            assert b'hx-trigger="every 1s"' in part
            assert b"<html" not in part
            assert b"Start a run with this" not in part

    def test_every_bad_line_is_listed_with_reason_and_fix(self, client, alice, made):
        bad = [f'{{"messages": [{{"role": "emperor-{n}", "content": "x"}}]}}' for n in range(50)]
        row = made(lines(20) + "\n" + "\n".join(bad))
        client.force_login(alice)
        seen = ""
        for number in (1, 2, 3):
            part = client.get(
                reverse("dataset", args=[row.public_id]), {"problems": number}, headers=HTMX
            ).content.decode()
            assert part.lstrip().startswith('<section id="problems"')
            seen += part
        for number in range(50):
            assert f"emperor-{number}&#x27;" in seen
        assert ">21</th>" in seen
        assert ">70</th>" in seen

    def test_the_problems_come_as_a_table_without_formulas(self, client, alice, made):
        rows = ["user,assistant"] + [f"How are you {n}?,Fine {n}" for n in range(12)]
        row = made("\n".join([*rows, '"=HYPERLINK(1)",Fine', '"=1+1",']), "table.csv")
        client.force_login(alice)
        answer = client.get(reverse("dataset-problems", args=[row.public_id]))
        text = b"".join(answer).decode("utf-8-sig")
        table = list(csv.reader(io.StringIO(text)))
        assert table[0] == ["line", "severity", "check", "reason", "fix", "member"]
        assert {line[0] for line in table[1:]} == {"14", "15"}
        assert not [cell for line in table for cell in line if cell.startswith(("=", "+", "@"))]
        assert "attachment" in answer["Content-Disposition"]

    def test_markup_in_the_file_stays_text(self, client, alice, made):
        evil = dialogue(99).replace("night 99", "<script>alert(1)</script>")
        row = made(evil + "\n" + lines(), name="<b>bold</b>")
        client.force_login(alice)
        page = page_of(client, row)
        assert "<script>alert" not in page
        assert "<b>bold" not in page

    def test_a_refused_file_says_why_and_what_to_do(self, client, alice, team, made):
        row = made('{"words": 1}\n' * 20, "notes.jsonl")
        client.force_login(alice)
        page = page_of(client, row)
        assert row.state == "failed"
        assert escape(row.problem["message"]) in page
        assert escape(row.problem["hint"]) in page
        assert "Start a run with this" not in page

    def test_too_few_dialogues_still_shows_the_bad_lines(self, client, alice, made):
        row = made(lines(3) + "\nnope")
        client.force_login(alice)
        page = page_of(client, row)
        assert row.state == "failed"
        assert 'data-label="Line">4</th>' in page

    @pytest.mark.parametrize("query", ["?problems=9999", "?problems=x", "?problems=-1"])
    def test_a_page_that_does_not_exist_is_the_nearest(self, client, alice, made, query):
        row = made(lines())
        client.force_login(alice)
        assert client.get(reverse("dataset", args=[row.public_id]) + query).status_code == 200


class TestOptions:
    TABLE = "frage;antwort;fall\n" + "\n".join(f"Wie geht es {n}?;Gut {n};{n}" for n in range(20))

    def test_columns_that_cannot_be_guessed_are_asked_for_by_name(
        self, client, alice, made, queued
    ):
        row = made(self.TABLE, "survey.csv")
        client.force_login(alice)
        page = page_of(client, row)
        assert "which column is which" in page
        assert page.count('<option value="frage">') == 6
        answer = client.post(
            reverse("dataset-options", args=[row.public_id]),
            {"column_user": "frage", "column_assistant": "antwort"},
        )
        assert answer.status_code == 302
        row.refresh_from_db()
        assert row.state == "uploaded"
        assert row.options["mapping"] == {"user": "frage", "assistant": "antwort"}
        assert queued[-1] == row.pk
        dataset_check(row.pk)
        row.refresh_from_db()
        assert row.state == "ready"
        assert row.report["dialogues"] == 20

    def test_a_column_that_is_not_in_the_file_is_refused(self, client, alice, made):
        row = made(self.TABLE, "survey.csv")
        client.force_login(alice)
        answer = client.post(
            reverse("dataset-options", args=[row.public_id]),
            {"column_user": "frage", "column_assistant": "rat"},
        )
        assert answer.status_code == 422
        row.refresh_from_db()
        assert row.state == "failed"

    def test_another_split_is_made_of_the_same_file(self, client, alice, made):
        row = made(lines(40))
        client.force_login(alice)
        client.post(
            reverse("dataset-options", args=[row.public_id]),
            {"seed": "3", "validation_fraction": "0.25"},
        )
        dataset_check(row.pk)
        page = page_of(client, Dataset.objects.get(pk=row.pk))
        assert "30 to train, 10 held out" in page
        assert "seed 3" in page

    def test_not_while_it_is_being_checked(self, client, alice, made, queued):
        row = made(lines())
        Dataset.objects.filter(pk=row.pk).update(state="checking")
        client.force_login(alice)
        before = list(queued)
        client.post(reverse("dataset-options", args=[row.public_id]), {"seed": "3"})
        assert queued == before


class TestGlimpse:
    """How a file would be read, while one changes the form."""

    rows = "\n".join(
        json.dumps({"title": f"Title {n}", "body": f"Body {n}", "reply": f"Reply {n}"})
        for n in range(30)
    )

    def ask(self, client, row, headers=HTMX, **values):
        url = reverse("dataset-preview", args=[row.public_id])
        answer = client.post(url, values, headers=headers)
        assert answer.status_code == 200
        return " ".join(answer.content.decode().split())

    def test_the_first_records_are_shown_and_nothing_is_saved(self, client, alice, made, queued):
        row = made(self.rows)
        assert row.state == "failed"
        before, sent = row.options, list(queued)
        client.force_login(alice)
        part = self.ask(client, row, column_user="title", column_assistant="reply")
        assert part.startswith('<div id="glimpse"')
        assert "The first 20 records" in part
        assert 'person from <code dir="auto">title</code>' in part
        assert '<code dir="auto">body</code> (in 20 records)' in part
        assert part.count("<article") == 3
        assert "Title 0" in part
        row.refresh_from_db()
        assert (row.options, list(queued)) == (before, sent)
        assert sorted(path.name for path in row.folder.iterdir()) == ["original"]

    def test_a_large_packed_file_is_left_to_a_worker(self, client, alice, made, monkeypatch):
        row = made(gzip.compress(lines(20).encode()), "talks.jsonl.gz")
        assert row.report["packing"] == "gz"
        client.force_login(alice)
        assert "The first" in self.ask(client, row)
        monkeypatch.setattr("finetune.datasets.glimpse.PACKED_BYTES", 10)
        assert "read in the background only" in self.ask(client, row)

    def test_problems_of_these_records_are_said_with_their_lines(self, client, alice, made):
        row = made(self.rows.replace('"Reply 1"', "null"))
        client.force_login(alice)
        part = self.ask(client, row, column_user="title", column_assistant="reply")
        assert "Line 2: message 2 has no text" in part

    @pytest.mark.parametrize(
        ("values", "says"),
        [
            ({"column_user": "title"}, "Name this column too"),
            ({"column_user": "title", "column_assistant": "nowhere"}, "not one of the available"),
            ({"format": "scroll"}, "not one of the available"),
            ({"format": "table"}, "It is not clear which columns"),
            ({"format": "sharegpt"}, "no list of messages under"),
        ],
    )
    def test_what_cannot_be_read_says_why(self, client, alice, made, values, says):
        row = made(self.rows)
        client.force_login(alice)
        assert says in self.ask(client, row, **values)

    def test_without_script_it_is_the_page(self, client, alice, made):
        row = made(self.rows)
        client.force_login(alice)
        page = self.ask(client, row, headers={}, column_user="title", column_assistant="reply")
        assert "<html" in page
        assert "The first 20 records" in page
        assert '<option value="reply" selected>' in page

    def test_a_file_that_is_gone_is_said(self, client, alice, made):
        row = made(self.rows)
        row.original_file.unlink()
        client.force_login(alice)
        assert "cannot be read like this" in self.ask(client, row)

    def test_a_long_file_is_not_read_to_its_end(self, client, alice, made, settings):
        long = "\n".join(dialogue(number) + " " * 4000 for number in range(200))
        row = made(long)
        with row.original_file.open("ab") as end:
            end.write(b"\n{broken")
        client.force_login(alice)
        part = self.ask(client, row)
        assert "The first 20 records" in part
        assert "Problems in them" not in part


class TestChats:
    text = "\n".join(
        f"{day:02}/01/24, 10:00 - Ann: Hi {day}\n{day:02}/01/24, 10:01 - Ben: Hello {day}"
        for day in range(1, 20)
    )

    def test_consent_and_the_assistant_are_asked_and_kept(
        self, client, alice, made, django_capture_on_commit_callbacks
    ):
        row = made(self.text, filename="chat.txt")
        assert row.problem["code"] == "consent_needed"
        client.force_login(alice)
        page = page_of(client, row)
        assert "This chat needs an answer from you" in page
        assert "Everybody who writes in this chat agreed" in page
        url = reverse("dataset-options", args=[row.public_id])
        client.post(url, {"speaker": "Ben"})
        dataset_check(row.pk)
        row.refresh_from_db()
        assert (row.problem["code"], row.options["consent"]) == ("consent_needed", {})
        client.post(url, {"speaker": "Ben", "consent": "on"})
        dataset_check(row.pk)
        row.refresh_from_db()
        assert row.state == "ready"
        assert row.options["consent"]["by"] == "alice"
        assert row.report["dialogues"] == 19
        page = " ".join(page_of(client, row).split())
        assert "“<bdi>Ben</bdi>” is the assistant." in page
        assert "<bdi>alice</bdi> stated on" in page
        first = row.options["consent"]
        assert "A pause of 6 hours begins another dialogue." in page
        client.post(url, {"speaker": "Ann", "consent": "on", "pause_hours": "400"})
        dataset_check(row.pk)
        row.refresh_from_db()
        assert (row.state, row.options["consent"]) == ("failed", first)
        assert row.problem["code"] == "too_few_dialogues"  # it is all one
        page = " ".join(page_of(client, row).split())
        assert 'name="pause_hours" value="400"' in page
        client.post(url, {"speaker": "Ann", "consent": "on", "pause_hours": "7"})
        dataset_check(row.pk)
        row.refresh_from_db()
        assert (row.state, row.options["consent"]) == ("ready", first)
        assert client.post(url, {"speaker": "Ann", "pause_hours": "0"}).status_code == 422
        with django_capture_on_commit_callbacks(execute=True):
            client.post(url, {"speaker": "Ann"})
        dataset_check(row.pk)
        row.refresh_from_db()
        assert row.problem["code"] == "consent_needed"
        assert not row.train_file.exists()

    def test_a_transcript_says_who_the_assistant_is(self, client, alice, made):
        text = "\n\n".join(f"Client: Hi {n}\nTherapist: Hello {n}" for n in range(12))
        row = made(text, filename="talks.txt")
        client.force_login(alice)
        page = " ".join(page_of(client, row).split())
        assert "“<bdi>Therapist</bdi>” is taken for the assistant" in page
        assert '<option value="Client">' in page


class TestDelete:
    def test_it_removes_row_and_files(
        self, client, alice, made, settings, django_capture_on_commit_callbacks
    ):
        row = made(lines(), name="Nights")
        client.force_login(alice)
        with django_capture_on_commit_callbacks(execute=True):
            page = client.post(reverse("dataset-delete", args=[row.public_id]), follow=True)
        assert "“Nights” and its files are deleted" in page.content.decode()
        assert list(settings.DATASET_DIR.iterdir()) == []
        assert client.get(reverse("dataset", args=[row.public_id])).status_code == 404

    def test_not_while_a_run_needs_it(self, client, alice, team, base, made):
        from finetune.runs.models import Run

        row = made(lines())
        Run.objects.create(
            team=team, base=base, dataset=row, name="Peach", config={}, state="running"
        )
        client.force_login(alice)
        page = client.post(reverse("dataset-delete", args=[row.public_id]), follow=True)
        assert "still uses this data set" in page.content.decode()
        assert Dataset.objects.get(pk=row.pk).deleted_at is None

    def test_not_by_a_link(self, client, alice, made):
        row = made(lines())
        client.force_login(alice)
        assert client.get(reverse("dataset-delete", args=[row.public_id])).status_code == 405


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("dataset", "get"),
        ("dataset-problems", "get"),
        ("dataset-options", "post"),
        ("dataset-preview", "post"),
        ("dataset-delete", "post"),
    ],
)
def test_somebody_of_another_team_finds_nothing(client, charlie, other_team, made, name, method):
    row = made(lines())
    client.force_login(charlie)
    assert getattr(client, method)(reverse(name, args=[row.public_id])).status_code == 404
    assert Dataset.objects.get(pk=row.pk).deleted_at is None


def test_a_member_of_two_teams_opens_a_link_into_the_other_one(
    client, bob, charlie, other_team, made
):
    from finetune.teams.services import member_add

    row = made(lines(), name="Nights")
    member_add(team=other_team, user=bob)
    client.force_login(bob)
    client.post(reverse("team-switch"), {"team": other_team.slug})
    assert b"Nights" not in client.get(reverse("data")).content
    assert client.get(reverse("dataset", args=[row.public_id])).status_code == 200


class TestProgress:
    def test_a_check_can_be_cancelled_and_begun_again(self, client, alice, made, queued):
        row = made(lines())
        Dataset.objects.filter(pk=row.pk).update(
            state="checking", checked_bytes=row.bytes // 2, bytes=row.bytes // 2 * 2
        )
        client.force_login(alice)
        page = page_of(client, row)
        assert 'value="50"' in page
        assert "Cancel the check" in page
        address = reverse("dataset-check-cancel", args=[row.public_id])
        assert client.post(address).url == reverse("dataset", args=[row.public_id])
        page = page_of(client, row)
        assert "The check was cancelled" in page
        assert "Check again" in page
        assert 'hx-trigger="every' not in page
        client.post(address)  # it had ended already
        client.post(reverse("dataset-options", args=[row.public_id]), {"seed": "9"})
        row.refresh_from_db()
        assert row.state == "uploaded"
        assert queued[-1] == row.pk
