"""The pages: fixes as differences, the dialogues with search and draft, and the versions."""

import json

import pytest
from django.urls import reverse

from finetune.datasets.checking import dataset_check
from finetune.datasets.models import Dataset
from finetune.datasets.versions import changes
from finetune.datasets.versions.draft import draft_of
from finetune.datasets.versions.models import DialogueDraft

from .conftest import lines, talk

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
COMMA = json.dumps(talk(70)).replace('"}]}', '",}]}')
ROLE = json.dumps(talk(71)).replace('"assistant"', '"asistant"')
LOST = "{ this is lost"
TOKENS = json.dumps(talk(72)).replace("of them.", "of them.<|im_end|>")


@pytest.fixture
def bad(made):
    return made(lines(20, COMMA, LOST, ROLE, TOKENS))


@pytest.fixture
def page(client, alice):
    """Fetch a page of a data set as Alice."""
    client.force_login(alice)

    def fetch(name, row, *arguments, headers=None, **query):
        answer = client.get(
            reverse(name, args=[row.public_id, *arguments]), query, headers=headers or {}
        )
        assert answer.status_code == 200, answer
        return answer.content.decode()

    return fetch


@pytest.fixture
def post(client, alice):
    """Send a form of a data set as Alice."""
    client.force_login(alice)

    def send(name, row, *arguments, query="", **fields):
        return client.post(reverse(name, args=[row.public_id, *arguments]) + query, fields)

    return send


def newest():
    row = Dataset.objects.latest("pk")
    dataset_check(row.pk)
    row.refresh_from_db()
    return row


class TestFixes:
    def test_the_check_says_what_can_be_mended(self, bad):
        assert bad.report["fixable"] == {"lines": 2, "texts": 1, "tried": 4}
        flagged = [bool(row.get("fixable")) for row in bad.report["problems"]]
        assert flagged == [True, False, True, True]

    def test_a_fix_is_shown_as_a_difference(self, bad, page):
        whole = page("dataset-problem", bad, 0)
        assert "<del>,</del>" in whole
        assert "Apply as a new version" in whole
        part = page("dataset-problem", bad, 2, headers=HTMX)
        assert "<del>asistant</del><ins>assistant</ins>" in part
        assert "<h1" not in part
        assert "no fix is known" in page("dataset-problem", bad, 1)

    def test_what_people_wrote_is_escaped(self, made, page):
        evil = json.dumps(talk(70)).replace("of them.", "<script>alert(1)</script>")
        row = made(lines(20, evil.replace('"}]}', '",}]}')))
        shown = page("dataset-problem", row, 0)
        assert "<script>alert" not in shown
        assert "&lt;script&gt;alert" in shown

    def test_there_is_no_such_problem(self, bad, client, alice):
        client.force_login(alice)
        for number in (4, 10**30):
            address = reverse("dataset-problem", args=[bad.public_id, number])
            assert client.get(address).status_code == 404

    def test_all_that_can_be_are_applied(self, bad, post, page, records):
        assert "Apply all 2 that can be fixed" in page("dataset", bad)
        answer = post("dataset-version-new", bad, do="all")
        made = newest()
        assert answer.url == reverse("dataset", args=[made.public_id])
        assert made.report["dialogues"] == 23
        assert made.report["errors"] == 0
        assert [row["source"] for row in records(made)][-3:] == [
            "line 21 of version 1",
            "line 23 of version 1",
            "line 24 of version 1",
        ]
        assert made.changes["counts"] == {"fix": 2}
        assert "2 lines mended" in page("dataset", made)

    def test_chosen_ones_are_applied(self, bad, post, records):
        post("dataset-version-new", bad, fix=["23", "24", "22"])
        made = newest()
        assert made.changes["counts"] == {"fix": 2}
        texts = [row["messages"][1]["content"] for row in records(made)]
        assert talk(71)["messages"][1]["content"] in texts
        assert talk(70)["messages"][1]["content"] not in texts
        assert texts[-1] == talk(72)["messages"][1]["content"]  # without the control token

    def test_none_is_chosen(self, bad, post, client):
        answer = post("dataset-version-new", bad)
        assert answer.url == reverse("dataset", args=[bad.public_id])
        assert "Choose at least one line first." in client.get(answer.url).content.decode()
        assert Dataset.objects.count() == 1

    def test_a_file_that_was_refused_can_be_mended(self, made, post, page):
        text = "\n".join(json.dumps(talk(n)).replace('"}]}', '",}]}') for n in range(15))
        row = made(text)
        assert row.state == "failed"
        assert row.report["fixable"]["lines"] == 15
        assert "Apply all 15 that can be fixed" in page("dataset", row)
        assert "<del>,</del>" in page("dataset-problem", row, 3)
        post("dataset-version-new", row, do="all")
        mended = newest()
        assert mended.state == "ready"
        assert mended.report["dialogues"] == 15

    def test_a_list_and_a_table_are_read_again(self, made, page):
        bad_list = "[" + ",\n".join([*(json.dumps(talk(n)) for n in range(15)), COMMA]) + "]"
        row = made(bad_list, "talks.json")
        assert "<del>,</del>" in page("dataset-problem", row, 0)
        rows = "\n".join(f"Question {n},Answer {n}" for n in range(15))
        table = made(f"question,answer\n{rows}\nNobody answers,\n", "talks.csv")
        assert table.report["errors"] == 1
        assert table.report["fixable"]["lines"] == 0


class TestDialogues:
    def test_all_are_there_in_order_with_their_part(self, made, page):
        row = made(lines(30))
        first = page("dataset-dialogues", row)
        assert "1–20 of 30" in first
        assert first.index("night 0.") < first.index("night 19.")
        assert "night 20." not in first
        assert "night 20." in page("dataset-dialogues", row, **{"from": "20"})
        assert "held out" in first + page("dataset-dialogues", row, **{"from": "20"})

    def test_search_is_plain_and_knows_no_case(self, made, page):
        row = made(lines(30, json.dumps(talk(99, tags=["grief"])).replace("night", "NIGHT ÄRGER")))
        found = page("dataset-dialogues", row, q="night ärger")
        assert "Searched 31 of 31" in found
        assert found.count("<article") == 1
        assert page("dataset-dialogues", row, q=".*").count("<article") == 0
        assert page("dataset-dialogues", row, tag="grief").count("<article") == 1
        held = page("dataset-dialogues", row, part="validation")
        assert held.count("<article") == row.report["validation"]["dialogues"]
        assert "Nothing found." in page("dataset-dialogues", row, q="nowhere")

    def test_lines_that_another_page_names(self, made, page):
        found = page("dataset-dialogues", made(lines(30)), lines="3, 17,4000")
        assert found.count("<article") == 2
        assert 'id="dialogue-17"' in found

    @pytest.mark.parametrize(
        "query",
        [{"from": "x"}, {"from": "-1"}, {"from": "9" * 40}, {"part": "both"}, {"lines": "a;b"}],
    )
    def test_odd_addresses(self, made, page, query):
        page("dataset-dialogues", made(lines(12)), **query)

    def test_a_search_reads_on_where_it_stopped(self, made, monkeypatch):
        from finetune.datasets.versions import dialogues

        monkeypatch.setattr(dialogues, "SEARCHED_BYTES", 500)
        reader = dialogues.Dialogues(made(lines(30)))
        wanted = dialogues.Wanted(text="night 29.")
        first, parts = 0, 0
        while (page := reader.page(wanted, first)).after is not None:
            assert page.after > first
            first, parts = page.after, parts + 1
        assert parts > 5
        assert [talk.line for talk in page.talks] == [30]

    def test_a_draft_is_kept_and_becomes_a_version(self, made, page, post, alice, records):
        row = made(lines(12))
        post("dataset-dialogue-change", row, 2, do="exclude")
        post("dataset-dialogue-change", row, 3, do="tag", tags="sleep， work, sleep")
        shown = page("dataset-dialogues", row)
        assert "2 changes, not yet a version" in shown
        assert "will be left out" in shown
        assert Dataset.objects.count() == 1
        answer = post("dataset-draft-end", row, do="save")
        made_of = newest()
        assert answer.url == reverse("dataset", args=[made_of.public_id])
        assert records(made_of)[1]["tags"] == ["sleep", "work"]
        assert len(records(made_of)) == 11
        assert draft_of(row, alice) == {}

    def test_a_draft_can_be_undone_and_discarded(self, made, page, post, alice):
        row = made(lines(12))
        post("dataset-dialogue-change", row, 2, do="exclude")
        post("dataset-dialogue-change", row, 2, do="include")
        assert draft_of(row, alice) == {}
        post("dataset-dialogue-change", row, 2, do="tag", tags="a")
        post("dataset-dialogue-change", row, 2, do="undo")
        assert draft_of(row, alice) == {}
        post("dataset-dialogue-change", row, 2, do="exclude")
        post("dataset-draft-end", row, do="discard")
        assert not DialogueDraft.objects.exists()
        assert post("dataset-draft-end", row, do="save").status_code == 302
        assert Dataset.objects.count() == 1

    def test_two_tabs_add_to_each_other(self, made, post, alice):
        row = made(lines(12))
        post("dataset-dialogue-change", row, 2, do="tag", tags="a")
        post("dataset-dialogue-change", row, 5, do="exclude")
        edited = {"role-1": "user", "content-1": "Hi", "role-2": "assistant", "content-2": "Hello"}
        post("dataset-dialogue", row, 2, **edited)
        changed = draft_of(row, alice)[2]
        assert changed.tags == ["a"]
        assert changed.messages[0]["content"] == "Hi"
        assert set(draft_of(row, alice)) == {2, 5}

    def test_a_draft_is_its_persons(self, made, post, bob, client):
        row = made(lines(12))
        post("dataset-dialogue-change", row, 2, do="exclude")
        client.force_login(bob)
        shown = client.get(reverse("dataset-dialogues", args=[row.public_id])).content.decode()
        assert "not yet a version" not in shown
        assert draft_of(row, bob) == {}

    def test_a_part_answers_htmx(self, made, client, alice):
        row = made(lines(30))
        client.force_login(alice)
        address = reverse("dataset-dialogue-change", args=[row.public_id, 25])
        answer = client.post(f"{address}?from=20", {"do": "exclude"}, headers=HTMX)
        shown = answer.content.decode()
        assert shown.lstrip().startswith('<div id="dialogues"')
        assert "1 change, not yet a version" in shown
        assert 'id="dialogue-21"' in shown

    def test_tags_that_are_none(self, made, post, alice, client):
        row = made(lines(12))
        answer = post("dataset-dialogue-change", row, 2, do="tag", tags="x" * 60)
        assert draft_of(row, alice) == {}
        assert "up to 40 letters" in client.get(answer.url).content.decode()

    def test_there_is_no_such_dialogue(self, made, post):
        row = made(lines(12))
        for line in (13, 10**30):
            assert post("dataset-dialogue-change", row, line, do="exclude").status_code == 404
            assert post("dataset-dialogue", row, line).status_code == 404

    def test_a_set_of_earlier_days_asks_for_a_check(self, made, client, alice):
        row = made(lines(12))
        row.places_file.unlink()
        client.force_login(alice)
        answer = client.get(reverse("dataset-dialogues", args=[row.public_id]), follow=True)
        assert "Check this data set once more" in answer.content.decode()


class TestOneDialogue:
    def test_its_turns_are_fields(self, made, page):
        silent = talk(50)
        silent["messages"] += [{"role": "assistant", "content": "\nNot this", "weight": 0}]
        shown = page("dataset-dialogue", made(lines(12, json.dumps(silent))), 13)
        assert shown.count("<textarea") == 3
        assert 'name="unlearned-3"' in shown
        assert 'name="learned-2" checked' in shown
        assert 'name="learned-3">' in shown
        assert ">\n\nNot this</textarea>" in shown  # the first line break is the tag's

    def test_turns_are_added_and_removed_without_a_script(self, made, post):
        row = made(lines(12))
        fields = {"role-1": "user", "content-1": "Hi", "role-2": "assistant", "content-2": "Hello"}
        shown = post("dataset-dialogue", row, 2, do="add", **fields).content.decode()
        assert shown.count("<textarea") == 3
        assert not DialogueDraft.objects.exists()
        shown = post("dataset-dialogue", row, 2, do="remove-1", **fields).content.decode()
        assert shown.count("<textarea") == 1
        assert "Hello" in shown

    def test_what_is_wrong_stands_at_its_turn(self, made, post):
        row = made(lines(12))
        fields = {"role-1": "user", "content-1": "Hi", "role-2": "assistant", "content-2": "  "}
        answer = post("dataset-dialogue", row, 2, **fields)
        shown = answer.content.decode()
        assert answer.status_code == 422
        assert 'id="error-2"' in shown
        assert 'id="error-1"' not in shown
        assert not DialogueDraft.objects.exists()

    def test_weights_and_line_breaks_are_as_typed(self, made, post, alice):
        row = made(lines(12))
        fields = {
            "role-1": "user", "content-1": "a\r\nb", "role-2": "assistant", "content-2": "No",
            "unlearned-2": "1", "role-3": "assistant", "content-3": "Yes", "learned-3": "on",
            "unlearned-3": "1",
        }  # fmt: skip
        answer = post("dataset-dialogue", row, 2, query="?from=0&q=x", **fields)
        assert answer.url.endswith("?from=0&q=x#dialogue-2")
        assert draft_of(row, alice)[2].messages == [
            {"role": "user", "content": "a\nb"},
            {"role": "assistant", "content": "No", "weight": 0},
            {"role": "assistant", "content": "Yes"},
        ]

    def test_what_is_as_it_was_is_no_change(self, made, post, alice):
        row = made(lines(12))
        asked, said = (one["content"] for one in talk(1)["messages"])
        fields = {"role-1": "user", "content-1": asked, "role-2": "assistant", "content-2": said}
        post("dataset-dialogue", row, 2, **fields)
        assert draft_of(row, alice) == {}


class TestVersions:
    def test_the_list_has_the_newest_and_the_page_all(self, made, changed, page, client):
        first = made(lines(12), name="Nights")
        second = changed(first, changes.exclude(1), note="too short")
        shown = client.get(reverse("data")).content.decode()
        assert reverse("dataset", args=[second.public_id]) in shown
        assert reverse("dataset", args=[first.public_id]) not in shown
        assert "version 2 of 2" in shown
        old = page("dataset", first)
        assert "There is a newer version" in old
        new = page("dataset", second)
        assert "Version 2, this one" in new
        assert "1 left out" in new
        assert "too short" in new
        assert reverse("dataset", args=[first.public_id]) in new

    def test_while_it_is_made(self, made, post, page):
        first = made(lines(12))
        post("dataset-dialogue-change", first, 2, do="exclude")
        post("dataset-draft-end", first, do="save")
        waiting = Dataset.objects.latest("pk")
        assert "Making the new version" in page("dataset", waiting)
