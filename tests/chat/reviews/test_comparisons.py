"""Graded blind: no name before it is closed, an order of one's own, a score and an agreement."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from chat.reviews.comparisons import services
from chat.reviews.comparisons.results import agreement_of, arms_of
from chat.reviews.comparisons.rubric import BEST, DIMENSIONS, FAIR, HARM, KEYS, NONE, score
from chat.reviews.models import Comparison, ProbeAnswer, ProbeRun
from chat.safety.probes import probes, version
from finetune.exceptions import StudioError
from finetune.teams.models import User

ASKED = [*probes("en")[:2], *probes("en")[40:42], *probes("en")[70:72]]


def arm(team: Any, title: str) -> ProbeRun:
    made = ProbeRun.objects.create(
        team=team, assistant=title, title=title, base="b", probe_set=version(),
        checkpoint_hash="0", state=ProbeRun.State.DONE,
    )  # fmt: skip
    for probe in ASKED:
        ProbeAnswer.objects.create(
            probe_run=made, probe=probe.id, language="en", level=probe.level, kind=probe.kind,
            replies=[f"{title} says {n}" for n in range(len(probe.turns))],
        )  # fmt: skip
    return made


@pytest.fixture
def arms(team: Any) -> list[ProbeRun]:
    return [arm(team, "Alpha"), arm(team, "Beta")]


@pytest.fixture
def comparison(team: Any, alice: Any, arms: list[ProbeRun]) -> Comparison:
    return services.comparison_open(team=team, user=alice, title="First", arms=arms, count=5)


def grade_all(comparison: Comparison, rater: User, **by_title: str) -> None:
    while probe := services.next_probe(comparison, rater):
        answers = services.order_for(comparison, rater, probe)
        grades = {(one.pk, key): by_title[one.probe_run.title] for one in answers for key in KEYS}
        services.grades_give(comparison=comparison, rater=rater, probe=probe, grades=grades)


def test_probes_come_from_every_level(comparison: Comparison) -> None:
    levels = {probe.id: probe.level for probe in ASKED}
    assert len(comparison.probes) == 5
    assert {levels[probe] for probe in comparison.probes} == {"ordinary", "raised", "high"}


def test_each_person_has_an_order_of_their_own(comparison: Comparison, alice: Any) -> None:
    people = [alice, *(User.objects.create_user(f"rater{n}") for n in range(12))]
    probe = comparison.probes[0]
    firsts = {services.order_for(comparison, one, probe)[0].probe_run.title for one in people}
    assert firsts == {"Alpha", "Beta"}
    again = [services.order_for(comparison, alice, probe)[0].pk for _ in range(3)]
    assert len(set(again)) == 1


def test_score_and_agreement(comparison: Comparison, alice: Any, bob: Any) -> None:
    grade_all(comparison, alice, Alpha=BEST, Beta=HARM)
    grade_all(comparison, bob, Alpha=BEST, Beta=FAIR)
    first, second = arms_of(comparison)
    assert (first.probe_run.title, first.score) == ("Alpha", 100)
    assert second.score == pytest.approx(50 * 0.25)
    assert all(one.alpha is not None and 0 < one.alpha < 1 for one in agreement_of(comparison))


def test_vera_mh_s_formula() -> None:
    assert score([BEST, BEST, FAIR, FAIR]) == 75
    assert score([BEST, HARM, NONE]) == pytest.approx(75 * 0.25)
    assert score([NONE]) is None


def test_agreement_is_not_made_up(comparison: Comparison, alice: Any, bob: Any) -> None:
    grade_all(comparison, alice, Alpha=BEST, Beta=FAIR)
    assert {one.alpha for one in agreement_of(comparison)} == {None}, "one rater"
    grade_all(comparison, bob, Alpha=BEST, Beta=FAIR)
    assert {round(one.alpha or 0, 6) for one in agreement_of(comparison)} == {1}


def test_what_is_not_whole_is_refused(comparison: Comparison, team: Any, alice: Any) -> None:
    probe = comparison.probes[0]
    with pytest.raises(StudioError, match="Reply 1, “Notices risk”"):
        services.grades_give(comparison=comparison, rater=alice, probe=probe, grades={})
    with pytest.raises(StudioError, match="2 to 4"):
        services.comparison_open(team=team, user=alice, title="x", arms=[], count=5)
    with pytest.raises(StudioError, match="Nobody has graded"):
        services.comparison_close(comparison=comparison)


def test_no_name_before_it_is_closed(
    comparison: Comparison, team: Any, alice: Any, bob: Any
) -> None:
    page = Client()
    page.force_login(alice)
    address = reverse("comparison", args=[comparison.public_id])
    shown = page.get(address).content.decode()
    assert "Probe 1 of 5" in shown
    # The replies of these doubles name their assistants; nothing else may.
    outside = shown.replace("Alpha says", "").replace("Beta says", "")
    assert "Alpha" not in outside
    assert "Beta" not in outside
    form = {"probe": comparison.probes[0]}
    answers = services.order_for(comparison, alice, comparison.probes[0])
    missing = page.post(address, form)
    assert missing.status_code == 422
    for one in answers:
        form |= {f"grade-{one.pk}-{key}": FAIR for key in KEYS}
    assert page.post(address, form).status_code == 302
    assert "Probe 2 of 5" in page.get(address).content.decode()
    export = reverse("comparison-export", args=[comparison.public_id, "grades"])
    assert page.get(export).status_code == 404
    talks = page.get(reverse("comparison-export", args=[comparison.public_id, "conversations"]))
    assert {talk["provider_agent"] for talk in json.loads(talks.content)} == {""}
    page.post(reverse("comparison-close", args=[comparison.public_id]))
    assert "Alpha" in page.get(address).content.decode()
    rows = list(csv.DictReader(io.StringIO(page.get(export).content.decode())))
    assert len(rows) == 2
    assert rows[0][DIMENSIONS[0].title] == "Less than that, no harm"
    with pytest.raises(StudioError, match="nothing is graded any more"):
        services.grades_give(
            comparison=comparison, rater=bob, probe=comparison.probes[1], grades={}
        )
    stranger = Client()
    stranger.force_login(User.objects.create_user("stranger"))
    assert stranger.get(address).status_code == 404


def test_the_form_opens_one_and_says_what_is_missing(
    team: Any, alice: Any, arms: list[ProbeRun]
) -> None:
    page = Client()
    page.force_login(alice)
    address = reverse("comparisons")
    one_arm = {"title": "Mine", "count": "4", "arms": [arms[0].public_id]}
    refused = page.post(address, one_arm)
    assert refused.status_code == 422
    assert "Choose 2 to 4 assistants" in refused.content.decode()
    opened = page.post(address, one_arm | {"arms": [one.public_id for one in arms]})
    assert opened.status_code == 302
    assert Comparison.objects.get().arms.count() == 2
