"""Versions of pairs of replies: left out, edited, tagged and masked like dialogues."""

import json

import pytest
from django.urls import reverse

from finetune.datasets.models import Dataset
from finetune.datasets.versions import changes
from finetune.datasets.versions.dialogues import Dialogues, Wanted
from finetune.datasets.versions.exports import Export
from finetune.exceptions import StudioError

pytestmark = pytest.mark.django_db
NEW = [
    {"role": "user", "content": "Hello"},
    {"role": "assistant", "content": "How was your day?"},
    {"role": "assistant", "content": "Go away."},
]


def pair(number, **more):
    return {
        "prompt": f"I cannot sleep, night {number}.",
        "chosen": f"That sounds exhausting, all {number} of them.",
        "rejected": f"Just count {number} sheep.",
        **more,
    }


@pytest.fixture
def pairs(made):
    rows = [pair(number) for number in range(14)]
    rows[6]["rejected"] = "Write to ann.lee@example.org."
    row = made("\n".join(map(json.dumps, rows)), "pairs.jsonl")
    assert row.kind == "preference"
    return row


def test_pairs_are_changed(pairs, changed, records):
    made = changed(
        pairs,
        changes.edit(3, NEW), changes.exclude(5), changes.tag(6, ["sheep"]), changes.mask(7),
    )  # fmt: skip
    assert (made.state, made.kind, made.version) == ("ready", "preference", 2), made.problem
    assert made.report["unused"] == []
    rows = records(made)
    assert len(rows) == 13
    assert (rows[2]["messages"], rows[2]["chosen"], rows[2]["rejected"]) == (NEW[:1], *NEW[1:])
    assert rows[3]["source"] == "line 4 of version 1"
    assert rows[4]["tags"] == ["sheep"]
    assert rows[5]["rejected"]["content"] == "Write to [EMAIL]."
    assert made.changes["counts"] == {"edit": 1, "exclude": 1, "tag": 1, "mask": 1}
    again = changed(made, changes.exclude(1))  # what stands beside a pair is kept
    assert [one.get("tags") for one in records(again)][3] == ["sheep"]
    found = Dialogues(again).page(Wanted(tag="sheep")).talks
    assert [one.messages[-1]["content"] for one in found] == ["Just count 5 sheep."]
    written = "".join(Export(again, "trl_preference", "all").blocks())
    assert '"tags": ["sheep"]' in written


@pytest.mark.parametrize(
    "messages",
    [
        NEW[:2],
        NEW[1:],
        [NEW[0], NEW[1], NEW[1]],  # equal replies
        [NEW[0], NEW[1], NEW[0]],
        [*NEW, NEW[0]],
    ],
)
def test_what_is_no_pair_is_refused(pairs, changed, messages):
    with pytest.raises(StudioError) as refused:
        changed(pairs, changes.edit(3, messages))
    assert refused.value.code == "invalid_dialogue"


def test_the_pages_show_and_change_pairs(pairs, client, alice):
    client.force_login(alice)
    address = reverse("dataset-dialogues", args=[pairs.public_id])
    page = client.get(address, {"q": "count 4 sheep"}).content.decode()
    assert page.index("Preferred") < page.index("Not preferred")
    assert page.count('class="bubble ') == 3
    one = reverse("dataset-dialogue", args=[pairs.public_id, 5])
    form = client.get(one).content.decode()
    assert "the preferred reply" in form
    assert "learn this reply" not in form
    values = {
        "role-1": "user", "content-1": "Hello",
        "role-2": "assistant", "content-2": "Good evening.",
        "role-3": "user", "content-3": "Go away.",
    }  # fmt: skip
    assert client.post(one, values).status_code == 422
    assert client.post(one, values | {"role-3": "assistant"}).status_code == 302
    client.post(reverse("dataset-draft-end", args=[pairs.public_id]), {"do": "save"})
    assert Dataset.objects.get(previous=pairs).changes["asked"] == {"edit": 1}
