"""Voting on a pair, ending one's votes, and asking for the base's replies."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from finetune.evaluation.models import Evaluation
from finetune.evaluation.process.order import Terms
from finetune.evaluation.services import evaluation_create
from finetune.exceptions import StudioError
from finetune.teams.models import User

from .models import Ballot
from .pairs import base_done, base_live, pairs_of, run_is_left

LEFT, RIGHT = "left", "right"
VOTES = (LEFT, RIGHT, Ballot.Choice.GOOD.value, Ballot.Choice.BAD.value)


@transaction.atomic
def vote_cast(
    *, evaluation: Evaluation, other: Evaluation, voter: User, line: int, vote: str
) -> Ballot:
    """Keep one person's vote on a pair; it takes the place of an earlier one.

    Args:
        evaluation: the run's.
        other: the base's.
        voter: who votes.
        line: of the pair.
        vote: `left`, `right`, `good` (both) or `bad` (both).

    Raises:
        StudioError: there is no such pair or vote, or the person has seen who is who.
    """
    if vote not in VOTES:
        raise StudioError(_("There is no such vote."), code="invalid_value", field="vote")
    if line not in {pair.line for pair in pairs_of(evaluation, other).pairs}:
        raise StudioError(_("There is no such pair."), code="invalid_value", field="pair")
    ballot = locked(evaluation, other, voter)
    if ballot.finished_at is not None:
        raise StudioError(
            _("You have seen who is who: your votes stand as they are."), code="finished"
        )
    choice = vote
    if vote in (LEFT, RIGHT):
        choice = "run" if (vote == LEFT) == run_is_left(evaluation, voter, line) else "base"
    ballot.choices[str(line)] = choice
    ballot.save(update_fields=["choices"])
    return ballot


def locked(evaluation: Evaluation, other: Evaluation, voter: User) -> Ballot:
    """The person's ballot, which nobody else writes to meanwhile."""
    made, _made = Ballot.objects.get_or_create(evaluation=evaluation, other=other, voter=voter)
    return Ballot.objects.select_for_update().get(pk=made.pk)


@transaction.atomic
def ballot_finish(*, evaluation: Evaluation, other: Evaluation, voter: User) -> Ballot:
    """Show a person who is who; their votes stand from then on.

    Raises:
        StudioError: they have not voted yet.
    """
    ballot = locked(evaluation, other, voter)
    if not ballot.choices:
        raise StudioError(_("Vote on a pair first."), code="wrong_state")
    if ballot.finished_at is None:
        ballot.finished_at = timezone.now()
        ballot.save(update_fields=["finished_at"])
    return ballot


def base_evaluate(*, evaluation: Evaluation, user: User) -> Evaluation:
    """Queue the base's replies to the same turns, unless they are there or wait already.

    Raises:
        StudioError: it is no evaluation of a run's replies, or its data is gone.
    """
    if not evaluation.can_be_voted_on:
        raise StudioError(_("There are no replies of a run to vote on."), code="wrong_state")
    found = base_done(evaluation) or base_live(evaluation)
    if found is not None:
        return found
    dataset = evaluation.dataset
    if evaluation.data_name and (dataset is None or dataset.deleted_at is not None):
        raise StudioError(_("The data set was deleted."), code="gone")
    return evaluation_create(
        team=evaluation.team,
        user=user,
        kind=Evaluation.Kind.REPLIES,
        run=evaluation.run,
        checkpoint="base",
        dataset=dataset,
        part=evaluation.part,
        terms=Terms.model_validate(evaluation.terms),
    )
