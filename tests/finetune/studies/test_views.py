"""The pages of studies: form, list, page, files, links."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from finetune.datasets.models import Dataset
from finetune.runs.models import Run
from finetune.studies import links
from finetune.studies.advance import study_advance
from finetune.studies.models import Study, StudyScore
from finetune.studies.services import study_create
from tests.finetune.conftest import run_ordered
from tests.finetune.studies.conftest import runs_end
from tests.finetune.studies.test_advance import advance_to_choice, loss_of

pytestmark = pytest.mark.django_db
State = Study.State


@pytest.fixture
def browser(alice: Any, team: Any) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def scores_end(study: Study, gap: float = 0.05) -> None:
    """Score twenty dialogues of ten tokens: the circuit better than the others by `gap` a token."""
    for score in study.scores.select_related("cell"):
        if score.kind == StudyScore.Kind.TASK:
            score.result = {
                "rouge_l": 0.1 * (score.cell.seed if score.cell else 0),
                "dialogues": [],
            }
            score.state = StudyScore.State.DONE
            score.save()
            continue
        worse = 0.0 if score.cell and score.cell.arm == "circuit" else gap
        seed = score.cell.seed if score.cell else 0
        dialogues = [
            {
                "line": at + 1,
                "nll": 10 * (2.0 + worse + 0.001 * (at % 5) * (seed + 1)),
                "tokens": 10,
            }
            for at in range(20)
        ]
        loss = sum(one["nll"] for one in dialogues) / 200
        score.result = {"loss": loss, "tokens": 200, "accuracy": 0.5, "dialogues": dialogues}
        score.state = StudyScore.State.DONE
        score.save()


@pytest.fixture
def done(study: Study) -> Study:
    advance_to_choice(study)
    scores_end(study)
    study_advance(study.pk)
    study.refresh_from_db()
    assert study.state == State.DONE
    return study


def page_of(client: Client, study: Study, query: str = "") -> str:
    answer = client.get(f"/studies/{study.public_id}/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_empty_list_teaches(browser: Client) -> None:
    text = browser.get("/studies/").content.decode()
    assert "No studies yet" in text
    assert "/studies/new/" in text


def test_a_finished_run_leads_to_its_matched_study(
    browser: Client, run_made: Run, dataset: Any
) -> None:
    assert "Study this run" not in browser.get(f"/runs/{run_made.public_id}/").content.decode()
    Run.objects.filter(pk=run_made.pk).update(state=Run.State.SUCCEEDED)
    run_made.refresh_from_db()
    text = browser.get(f"/runs/{run_made.public_id}/").content.decode()
    assert f"/studies/new/?from={run_made.public_id}" in text
    answer = browser.get(f"/studies/new/?from={run_made.public_id}")
    form = answer.context["form"]
    assert len(form.arms) > 4
    assert answer.context["cost"].runs == sum(
        len(arm.rates) for arm in form.arms.values()
    ) + 2 * len(form.arms)
    assert f"<b>{answer.context['cost'].runs}</b>" in answer.content.decode()
    typed = typed_of(answer)
    made = browser.post("/studies/new/", typed)
    assert made.status_code == 302, made.context["form"].errors
    study = Study.objects.get()
    chosen, shared = run_made.settings, study.settings.settings
    assert (study.dataset, study.base, study.source) == (dataset, run_made.base, run_made)
    assert study.settings.adapter_options["r"] == chosen.adapter_options["r"]
    assert study.settings.seeds == [chosen.seed, chosen.seed + 1, chosen.seed + 2]
    aside = {"sample_tokens", "keep_checkpoints", "eval_dialogues"}
    before = chosen.to_dict()
    assert {k: v for k, v in shared.items() if k not in aside} == {
        name: value for name, value in before.items() if name in shared and name not in aside
    }
    again = browser.post("/studies/new/", typed)
    assert again.status_code == 302
    assert Study.objects.count() == 1


def typed_of(answer: Any) -> dict[str, Any]:
    """The form of a page as a browser sends it."""
    from finetune.studies.form.views import filled

    form = answer.context["form"]
    values = dict(filled(form).lists())
    token = re.search(r'name="form_token" value="([\w-]+)"', answer.content.decode())
    assert token
    values["form_token"] = [token[1]]
    if form.source:
        values["from"] = [form.source.public_id]
    return values


def test_what_cannot_be_used_stands_beside_its_field(
    browser: Client, dataset: Any, base: Any
) -> None:
    typed = typed_of(browser.get(f"/studies/new/?adapter=qgs&dataset={dataset.public_id}"))
    typed |= {"seeds": ["1, x"], "rates-circuit": ["2"], "test_dataset": [dataset.public_id]}
    answer = browser.post("/studies/new/", typed)
    assert answer.status_code == 422
    errors = answer.context["form"].errors
    assert "“x” is no number" in errors["seeds"][0]
    assert "from 0 to 1" in errors["rates-circuit"][0]
    typed |= {"seeds": ["1; 2"], "rates-circuit": ["0.01，3e-2"]}
    answer = browser.post("/studies/new/", typed)
    assert answer.context["form"].errors["test_dataset"]
    assert not Study.objects.exists()
    typed |= {"test_dataset": [""]}
    for name in list(typed):
        if name.startswith("arm-") and name != "arm-circuit":
            del typed[name]
    answer = browser.post("/studies/new/", typed)
    assert "two arms" in str(answer.context["form"].non_field_errors())


def test_the_summary_follows_what_is_typed(browser: Client, dataset: Any, base: Any) -> None:
    page = browser.get("/studies/new/?adapter=qtha")
    typed = typed_of(page)
    first = browser.post("/studies/new/summary/", typed).context["cost"].runs
    typed |= {"seeds": ["1"], "sweep_steps": ["10, 20"]}
    second = browser.post("/studies/new/summary/", typed).context["cost"].runs
    form = page.context["form"]
    rates = sum(len(arm.rates) for arm in form.arms.values())
    assert (first, second) == (rates + 2 * len(form.arms), 2 * rates)
    answer = browser.post("/studies/new/summary/", {"adapter": "qtha"})
    assert answer.status_code == 200
    assert "Choose data" in answer.content.decode()


def test_a_running_study_tells_what_is_left(browser: Client, study: Study) -> None:
    study_advance(study.pk)
    runs_end(study, loss_of)
    text = page_of(browser, study)
    assert "12 of 16 runs have ended" in text
    assert 'hx-trigger="every 8s' in text
    assert "Test loss" not in text
    study_advance(study.pk)
    text = page_of(browser, study)
    assert "4 left" in text
    fragment = browser.get(f"/studies/{study.public_id}/", headers={"hx-request": "true"})
    assert fragment.content.decode().lstrip().startswith("{#") is False
    assert 'id="study-live"' in fragment.content.decode()
    assert "<html" not in fragment.content.decode()
    listed = browser.get("/studies/").content.decode()
    assert "12 of 16 runs" in listed


def test_a_study_that_is_done_says_what_was_found(browser: Client, done: Study) -> None:
    text = page_of(browser, done)
    assert "The circuit added −0.05" in text
    assert "lower, which is better" in text
    assert "Test loss" in text
    assert text.count('class="whisker') == 3
    assert "hx-trigger" not in text.split('id="study-live"')[1][:200]


def test_no_ranking_on_test(browser: Client, done: Study) -> None:
    order = [row.line.arm.name for row in browser.get(
        f"/studies/{done.public_id}/?sort=test").context["rows"]]  # fmt: skip
    text = page_of(browser, done, "?sort=test")
    assert "Arms are not ranked on the test set" in text
    losses = {row["arm"]: row["validation_loss"] for row in done.table["rows"]}
    assert order == sorted(order, key=lambda name: losses[name])
    assert "sort=test" not in page_of(browser, done)


def test_a_task_has_a_column_and_no_order(browser: Client, order: Any) -> None:
    settings = order.settings.model_copy(update={"task": "replies", "task_most": 7})
    study = study_create(replace(order, settings=settings))
    advance_to_choice(study)
    assert [score.kind for score in study.scores.all()] == ["test"] * 9 + ["task"] * 9
    assert "Then the task: ROUGE-L of greedy replies to at most 7" in page_of(browser, study)
    scores_end(study)
    study_advance(study.pk)
    study.refresh_from_db()
    row = study.table["rows"][0]
    assert row["task_scores"] == {"1": pytest.approx(0.1), "2": pytest.approx(0.2)}
    text = page_of(browser, study, "?sort=task")
    assert "0.1500" in text
    assert "the untouched base: 0.0000" in text
    assert browser.get(f"/studies/{study.public_id}/?sort=task").context["sort"] == "validation"
    report = browser.get(f"/studies/{study.public_id}/report.html").content.decode()
    assert "ROUGE-L" in report
    table = browser.get(f"/studies/{study.public_id}/table.csv").content.decode()
    assert float(next(csv.DictReader(io.StringIO(table)))["task_score"]) == pytest.approx(0.15)
    values = json.loads(browser.get(f"/studies/{study.public_id}/study.json").content)
    assert len(values["task_scores"]) == len(values["scores"]) == 9


def test_the_problems_of_a_task_stand_apart(browser: Client, order: Any, dataset: Any) -> None:
    chosen = {"task": "arithmetic", "task_most": "5"}
    typed = typed_of(browser.get(f"/studies/new/?adapter=qtha&dataset={dataset.public_id}"))
    for problems, words in (
        ("", "Choose the data set of problems."),
        (dataset.public_id, "learnt from"),
        (order.test_dataset.public_id, "no problem whose answer is a number"),
    ):
        answer = browser.post("/studies/new/", {**typed, **chosen, "task_dataset": problems})
        assert answer.status_code == 422
        assert words in str(answer.context["form"].errors["task_dataset"])
    problems = problems_made(order.test_dataset)
    answer = browser.post("/studies/new/", {**typed, **chosen, "task_dataset": problems.public_id})
    assert answer.status_code == 302, answer.context["form"].errors
    study = Study.objects.get()
    assert (study.settings.task, study.settings.task_most) == ("arithmetic", 5)
    assert study.task_dataset == problems


def problems_made(dataset: Dataset) -> Dataset:
    """Let a data set hold sums."""
    turns = [
        [
            {"role": "user", "content": f"{n} + 1?"},
            {"role": "assistant", "content": f"#### {n + 1}"},
        ]
        for n in range(4)
    ]
    lines = (json.dumps({"messages": one}) + "\n" for one in turns)
    dataset.train_file.write_text("".join(lines), encoding="utf-8")
    dataset.validation_file.write_text("", encoding="utf-8")
    return dataset


def test_stop_and_resume(browser: Client, study: Study) -> None:
    study_advance(study.pk)
    browser.post(f"/studies/{study.public_id}/stop/", {"runs": "cancel"})
    study.refresh_from_db()
    assert study.state == State.STOPPED
    assert "Resume" in page_of(browser, study)
    browser.post(f"/studies/{study.public_id}/stop/")  # says why not, and changes nothing
    browser.post(f"/studies/{study.public_id}/resume/")
    study.refresh_from_db()
    assert study.state == State.RUNNING


def test_the_table_as_a_file(browser: Client, done: Study) -> None:
    answer = browser.get(f"/studies/{done.public_id}/table.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode().lstrip("\ufeff"))))
    assert [row["arm"] for row in rows][0] == done.table["rows"][0]["arm"]
    other = next(row for row in rows if row["arm"] != "circuit")
    assert float(other["added_estimate"]) == pytest.approx(-0.05)
    assert other["sentence"].startswith("The circuit added")


def test_all_of_it_as_json(browser: Client, done: Study, alice: Any) -> None:
    text = browser.get(f"/studies/{done.public_id}/study.json").content.decode()
    values = json.loads(text)
    assert len(values["results"]) == 16
    assert len(values["scores"]) == 9
    assert values["table"] == done.table
    assert alice.username not in text


def test_the_report_needs_nothing_else(browser: Client, done: Study) -> None:
    answer = browser.get(f"/studies/{done.public_id}/report.html")
    text = answer.content.decode()
    assert "attachment" in answer["Content-Disposition"]
    assert not re.findall(r'(?:src|href)="', text.replace('href="?', ""))
    assert "<script" not in text
    assert "The circuit added −0.05" in text
    assert '<path data-line="0"' in text
    assert "--paper" in text


# -- links ----------------------------------------------------------------------------------------


@pytest.fixture
def link(browser: Client, done: Study) -> str:
    """The path of a link that Alice has made."""
    answer = browser.post(f"/studies/{done.public_id}/links/new/")
    found = re.search(r"http://testserver(/studies/shared/[\w-]+/)", answer.content.decode())
    assert found
    return found[1]


def test_a_link_is_read_without_an_account(
    link: str, done: Study, alice: Any, dataset: Any
) -> None:
    answer = Client().get(link)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "The circuit added −0.05" in text
    for hidden in (alice.username, dataset.name, "Kept apart", '"/runs/', "csrf", '"/data/'):
        assert hidden not in text, hidden
    assert "noindex" in answer["X-Robots-Tag"]
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]
    assert not answer.cookies
    report = Client().get(f"{link}report.html")
    assert report.status_code == 200
    assert "noindex" in report["X-Robots-Tag"]
    for hidden in (alice.username, dataset.name, "Kept apart", "/runs/"):
        assert hidden not in report.content.decode(), hidden


def test_the_database_does_not_tell_a_link(link: str, done: Study) -> None:
    token = link.rstrip("/").rpartition("/")[2]
    row = done.links.get()
    assert token not in (row.digest, row.public_id)
    assert Client().get(f"/studies/shared/{row.digest}/").status_code == 404


def test_a_revoked_link_leads_nowhere(browser: Client, link: str, done: Study) -> None:
    row = done.links.get()
    browser.post(f"/studies/{done.public_id}/links/{row.public_id}/revoke/")
    assert Client().get(link).status_code == 404
    assert Client().get(f"{link}report.html").status_code == 404


def test_looks_at_links_are_limited(link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "A_MINUTE", 2)
    monkeypatch.setattr(links.time, "time", lambda: 1_000_000.0)
    cache.clear()
    codes = [Client().get(link).status_code for _ in range(4)]
    assert codes == [200, 200, 429, 429]
    answer = Client().get(link)
    assert answer["Retry-After"] == "60"
    assert "noindex" in answer["X-Robots-Tag"]


def test_a_study_that_goes_on_can_be_shared_too(browser: Client, order: Any) -> None:
    study = study_create(order)
    _link, token = links.link_create(study=study, user=order.user)
    study_advance(study.pk)
    text = Client().get(f"/studies/shared/{token}/").content.decode()
    assert "0 of 16 runs have ended" in text
    fragment = Client().get(f"/studies/shared/{token}/", headers={"hx-request": "true"})
    assert "<html" not in fragment.content.decode()
    assert f'hx-get="/studies/shared/{token}/"' in fragment.content.decode()


def test_a_run_that_others_are_compared_with_has_no_study(
    browser: Client, team: Any, alice: Any, base: Any, dataset: Any
) -> None:
    run = run_ordered(team, alice, base, dataset, {"adapter": "lora", "adapter_options": {"r": 8}})
    answer = browser.get(f"/studies/new/?from={run.public_id}", follow=True)
    assert answer.redirect_chain[-1][0] == f"/runs/{run.public_id}/"
    assert "nothing to compare it with" in answer.content.decode()
    other = run_ordered(team, alice, base, dataset, {"adapter": "dora"})
    form = browser.get(f"/studies/new/?from={other.public_id}").context["form"]
    assert (form.spec.name, list(form.arms)) == ("dora", ["adapter", "lora-8"])
