"""Blind votes on replies: no name before the end, one vote a pair and person, honest numbers."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from scipy import stats

from finetune.evaluation import execution
from finetune.evaluation.models import Evaluation
from finetune.evaluation.process.order import DATA, RESULT, Terms
from finetune.evaluation.votes import services
from finetune.evaluation.votes.interval import wilson
from finetune.evaluation.votes.models import Ballot
from finetune.evaluation.votes.pairs import base_done, pairs_of, run_is_left
from finetune.evaluation.votes.results import totals_of
from finetune.exceptions import StudioError
from finetune.teams.keys.services import key_create
from finetune.teams.models import User
from tests.finetune.evaluation.conftest import signed_in

pytestmark = pytest.mark.django_db
ROWS = 12  # of the data; the third gets the same words from both


def dialogue(line: int) -> dict[str, Any]:
    words = ((("system", "Be kind."),) if line == 1 else ()) + (
        ("user", f"First question {line}"),
        ("assistant", f"First answer {line}"),
        ("user", f"Second question {line}"),
        ("assistant", f"Reference {line}"),
    )
    return {"messages": [{"role": role, "content": content} for role, content in words]}


def evaluated(run: Any, user: Any, name: str, **values: Any) -> Evaluation:
    """A finished evaluation as a worker leaves it: row, data and result."""
    terms = Terms(tokens=16).model_dump()
    result = {"data": {"sha256": "5" * 64, "dialogues": ROWS, "scored": ROWS}}
    made = Evaluation.objects.create(
        **{
            "team": run.team, "created_by": user, "kind": "replies", "run": run, "base": run.base,
            "state": "done", "terms": terms, "result": result, **values,
        }
    )  # fmt: skip
    made.folder.mkdir(parents=True)
    lines = [json.dumps(dialogue(line)) + "\n" for line in range(1, ROWS + 1)]
    (made.folder / DATA).write_text("".join(lines))
    rows = [
        {"line": line, "reply": "The same." if line == 3 else f"{name} {line}"}
        for line in range(1, ROWS + 1)
    ]
    (made.folder / RESULT).write_text(json.dumps({**result, "dialogues": rows}))
    return made


@pytest.fixture
def ours(run_made: Any, alice: Any) -> Any:
    run_made.state = "succeeded"
    run_made.save()
    yield evaluated(run_made, alice, "pear")
    shutil.rmtree(run_made.folder, ignore_errors=True)


@pytest.fixture
def theirs(ours: Evaluation, alice: Any) -> Evaluation:
    return evaluated(ours.run, alice, "quince", checkpoint="base")


def address(evaluation: Evaluation, name: str = "evaluation-votes") -> str:
    return reverse(name, args=[evaluation.run.public_id, evaluation.public_id])


def vote(evaluation: Evaluation, other: Evaluation, voter: Any, line: int, wanted: str) -> Ballot:
    """Vote for the run, the base, both or neither, wherever they stand for this person."""
    side = wanted
    if wanted in ("run", "base"):
        left = run_is_left(evaluation, voter, line)
        side = "left" if (wanted == "run") == left else "right"
    return services.vote_cast(evaluation=evaluation, other=other, voter=voter, line=line, vote=side)


def test_pairs_are_the_turns_that_both_answered_otherwise(
    ours: Evaluation, theirs: Evaluation
) -> None:
    found = pairs_of(ours, theirs)
    assert (found.rows, found.alike) == (ROWS, 1)
    assert {pair.line for pair in found.pairs} == set(range(1, ROWS + 1)) - {3}
    first = next(pair for pair in found.pairs if pair.line == 1)
    assert (first.run, first.base) == ("pear 1", "quince 1")
    assert [one["content"] for one in first.before] == [
        "Be kind.", "First question 1", "First answer 1", "Second question 1",
    ]  # fmt: skip
    (ours.folder / RESULT).unlink()
    assert pairs_of(ours, theirs) == found, "drawn once"


def test_the_base_s_replies_have_to_be_to_the_same_turns(ours: Evaluation, alice: Any) -> None:
    for values in (
        {"terms": Terms(tokens=17).model_dump()},
        {"terms": Terms(tokens=16, limit=4).model_dump()},
        {"result": {"data": {"sha256": "6" * 64}}},
        {"state": "failed"},
        {"kind": "scores"},
    ):
        evaluated(ours.run, alice, "other", **{"checkpoint": "base", **values})
    assert base_done(ours) is None
    same = evaluated(ours.run, alice, "quince", checkpoint="base")
    evaluated(ours.run, alice, "later", checkpoint="base")
    assert base_done(ours) == same


def test_chance_says_who_is_on_the_left(ours: Evaluation, alice: Any, bob: Any) -> None:
    for voter in (alice, bob):
        sides = [run_is_left(ours, voter, line) for line in range(1, 401)]
        assert 140 < sum(sides) < 260
        assert sides == [run_is_left(ours, voter, line) for line in range(1, 401)]
    assert sides != [run_is_left(ours, alice, line) for line in range(1, 401)]


def test_a_vote_may_be_changed_until_the_names_are_seen(
    ours: Evaluation, theirs: Evaluation, alice: Any, bob: Any
) -> None:
    with pytest.raises(StudioError, match="Vote on a pair first"):
        services.ballot_finish(evaluation=ours, other=theirs, voter=alice)
    vote(ours, theirs, alice, 1, "base")
    assert vote(ours, theirs, alice, 1, "run").choices == {"1": "run"}
    assert vote(ours, theirs, bob, 1, "bad").choices == {"1": "bad"}
    for line, wanted, field in ((3, "run", "pair"), (99, "run", "pair"), (2, "nobody", "vote")):
        with pytest.raises(StudioError) as refused:
            vote(ours, theirs, alice, line, wanted)
        assert refused.value.field == field
    services.ballot_finish(evaluation=ours, other=theirs, voter=alice)
    with pytest.raises(StudioError, match="votes stand"):
        vote(ours, theirs, alice, 2, "run")
    assert vote(ours, theirs, bob, 2, "good").choices == {"1": "bad", "2": "good"}


def test_totals_count_pairs_and_leave_open_ballots_aside(
    ours: Evaluation, theirs: Evaluation, alice: Any, bob: Any
) -> None:
    for line, wanted in {1: "run", 2: "run", 4: "base", 5: "good", 6: "run"}.items():
        vote(ours, theirs, alice, line, wanted)
    for line, wanted in {1: "run", 2: "base", 4: "bad", 7: "run"}.items():
        vote(ours, theirs, bob, line, wanted)
    ballots = Ballot.objects.filter(evaluation=ours)
    assert totals_of(ballots).people == 0
    services.ballot_finish(evaluation=ours, other=theirs, voter=alice)
    alone = totals_of(ballots.all())
    assert (alone.people, alone.votes) == (1, 5)
    assert (alone.pairs_won, alone.pairs_lost, alone.pairs_tied) == (3, 1, 1)
    services.ballot_finish(evaluation=ours, other=theirs, voter=bob)
    both = totals_of(ballots.all())
    assert (both.wins, both.losses, both.both_good, both.both_bad) == (5, 2, 1, 1)
    # 1, 6 and 7 are the run's, 4 the base's, 2 is even, 5 got no vote for one of the two
    assert (both.pairs_won, both.pairs_lost, both.pairs_tied) == (3, 1, 2)
    expected = stats.binomtest(3, 4).proportion_ci(0.95, "wilson")
    assert both.share == 0.75
    assert (both.low, both.high) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_wilson_s_interval_is_scipy_s() -> None:
    assert wilson(0, 0) is None
    for hits, of in ((0, 1), (1, 1), (5, 9), (60, 100), (100, 100)):
        expected = stats.binomtest(hits, of).proportion_ci(0.95, "wilson")
        assert wilson(hits, of) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_the_page_shows_no_name_before_the_end(
    ours: Evaluation, theirs: Evaluation, bob: Any
) -> None:
    client = signed_in(bob)
    listed = client.get(reverse("run-evaluations", args=[ours.run.public_id])).content.decode()
    assert listed.count(address(ours)) == 1
    assert address(theirs) not in listed
    for number in range(1, ROWS):
        page = client.get(address(ours)).content.decode()
        assert f"Pair {number} of 11" in page
        assert "1 of 12 user turns got the same words" in page
        assert ("See the result" in page) == (number > 1)
        line = next(pair.line for pair in pairs_of(ours, theirs).pairs[number - 1 :])
        pear, quince = page.index(f"pear {line}<"), page.index(f"quince {line}<")
        assert (pear < quince) == run_is_left(ours, bob, line)
        assert f"Second question {line}" in page
        assert f"Reference {line}" not in page
        wrong = client.post(address(ours), {"pair": line, "vote": "none"})
        assert wrong.status_code == 422
        assert "There is no such vote." in wrong.content.decode()
        answer = client.post(address(ours), {"pair": line, "vote": "left"})
        assert answer.headers["Location"] == f"{address(ours)}#pair"
    page = client.get(address(ours)).content.decode()
    assert "You have voted on every pair" in page
    assert "pear" not in page
    back = client.get(address(ours), {"number": "2"}).content.decode()
    assert 'value="left" class="button" data-key="1 ArrowLeft" aria-pressed="true"' in back
    client.post(address(ours, "evaluation-votes-finish"))
    page = client.get(address(ours)).content.decode()
    assert "Who is who" in page
    assert "Wilson" in page
    assert client.post(address(ours), {"pair": 1, "vote": "left"}).status_code == 422


def test_only_the_team_votes_and_only_on_a_run_s_replies(
    ours: Evaluation, theirs: Evaluation, alice: Any, charlie: Any
) -> None:
    for name in ("evaluation-votes", "evaluation-votes-finish", "evaluation-votes-base"):
        assert signed_in(charlie).post(address(ours, name), {}).status_code == 404
        assert signed_in(alice).post(address(theirs, name), {}).status_code == 404
    assert not Ballot.objects.exists()


def test_one_click_queues_the_base(
    ours: Evaluation, alice: Any, dataset: Any, sent: list[Any]
) -> None:
    client = signed_in(alice)
    assert "Let the base answer them" in client.get(address(ours)).content.decode()
    (ours.run.folder / "validation.jsonl").write_text(json.dumps(dialogue(1)))
    for _ in range(2):
        answer = client.post(address(ours, "evaluation-votes-base"))
        assert answer.headers["Location"] == address(ours)
    queued = Evaluation.objects.exclude(pk=ours.pk).get()
    assert sent == [("evaluation_run", queued.pk)]
    assert (queued.kind, queued.checkpoint, queued.run) == ("replies", "base", ours.run)
    assert queued.terms == ours.terms
    page = client.get(address(ours)).content.decode()
    assert "Waiting for a worker" in page
    assert "Let the base answer them" not in page
    Evaluation.objects.filter(pk=queued.pk).update(state="done", result=ours.result)
    polled = client.get(address(ours), headers={"HX-Request": "true"})
    assert polled.headers["HX-Refresh"] == "true"
    assert "gone from the server" in client.get(address(ours)).content.decode()
    Evaluation.objects.filter(pk=queued.pk).delete()
    Evaluation.objects.filter(pk=ours.pk).update(dataset=None, data_name="Gone", part="all")
    with pytest.raises(StudioError, match="data set was deleted"):
        services.base_evaluate(evaluation=Evaluation.objects.get(pk=ours.pk), user=alice)


def test_the_api_has_the_totals_of_who_has_finished(
    ours: Evaluation, theirs: Evaluation, alice: Any, bob: Any, client: Client
) -> None:
    _, secret = key_create(team=ours.team, user=alice, name="test")
    headers = {"Authorization": f"Bearer {secret}"}
    path = f"/v1/wukong/evaluations/{ours.public_id}"
    vote(ours, theirs, alice, 1, "run")
    assert client.get(path, headers=headers).json()["votes"] is None
    services.ballot_finish(evaluation=ours, other=theirs, voter=alice)
    found = client.get(path, headers=headers).json()["votes"]
    assert found["base_evaluation"] == theirs.public_id
    assert (found["people"], found["wins"], found["pairs_won"], found["share"]) == (1, 1, 1, 1.0)
    assert 0 < found["low"] < 1 == found["high"]
    rows = client.get("/v1/wukong/evaluations", headers=headers).json()["data"]
    assert {row["id"]: row["votes"] and row["votes"]["votes"] for row in rows} == {
        ours.public_id: 1,
        theirs.public_id: None,
    }
    User.objects.get(pk=alice.pk).delete()
    assert not Ballot.objects.exists()


def test_computed_replies_can_be_voted_on(run: Any, made: Any, alice: Any, sent: Any) -> None:
    """From two processes: the same turns, and what the files say of them."""
    evaluation = made(kind="replies", terms=Terms(limit=3, tokens=6))
    execution.evaluation_run(evaluation.pk)
    evaluation.refresh_from_db()
    assert evaluation.can_be_voted_on, evaluation.message
    other = services.base_evaluate(evaluation=evaluation, user=alice)
    execution.evaluation_run(other.pk)
    assert base_done(evaluation) == other
    found = pairs_of(evaluation, Evaluation.objects.get(pk=other.pk))
    assert found.rows == 3
    assert found.alike + len(found.pairs) == 3
    assert all(pair.before[-1]["role"] == "user" for pair in found.pairs)
