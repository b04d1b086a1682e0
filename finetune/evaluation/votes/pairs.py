"""The pairs to vote on: the same user turns, answered by a run and by its base.

Drawn once, and kept in the folder of the run's evaluation, since whole results may be large.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.db.models import QuerySet
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from finetune.datasets.formats.calls import said
from finetune.evaluation.models import Evaluation
from finetune.evaluation.process.order import DATA
from finetune.evaluation.replies.turns import cut
from finetune.exceptions import StudioError
from finetune.files import write_whole
from finetune.teams.models import User
from finetune.training.dialogues.folding import Message
from finetune.training.dialogues.lines import dialogue_at, lines_of
from finetune.training.exceptions import BadData, LeftOut

MOST_PAIRS = 100
SHARED = ("limit", "tokens")  # terms that both evaluations must have alike


@dataclass(frozen=True)
class Pair:
    """Two replies to one user turn.

    Attributes:
        line: of the data, from 1.
        before: the dialogue up to that turn.
        run: the run's reply.
        base: the base's.
    """

    line: int
    before: list[Message]
    run: str
    base: str


@dataclass(frozen=True)
class Pairs:
    """What is voted on.

    Attributes:
        pairs: in the order in which they are shown, the same for everybody.
        rows: dialogues that both answered.
        alike: of these, how many got the same words from both; nobody is asked about them.
    """

    pairs: list[Pair]
    rows: int
    alike: int


def base_rows(evaluation: Evaluation) -> QuerySet[Evaluation]:
    """The replies of the base of the evaluation's run, of whatever data."""
    return Evaluation.objects.filter(
        team=evaluation.team_id,
        run=evaluation.run_id,
        kind=Evaluation.Kind.REPLIES,
        checkpoint="base",
    ).select_related("run", "base", "team")


def alike(one: Evaluation, other: Evaluation) -> bool:
    """Whether two evaluations were asked for on the same rows with the same longest reply."""
    return all(one.terms.get(name) == other.terms.get(name) for name in SHARED)


def base_done(evaluation: Evaluation) -> Evaluation | None:
    """The base's replies to the same turns, where they are there: the oldest, so that it stays."""
    digest = evaluation.result.get("data", {}).get("sha256")
    done = base_rows(evaluation).filter(state=Evaluation.State.DONE).order_by("created_at", "id")
    for row in done:
        if row.result.get("data", {}).get("sha256") == digest and alike(evaluation, row):
            return row
    return None


def base_live(evaluation: Evaluation) -> Evaluation | None:
    """The base's evaluation on the same data that waits or is being computed."""
    live = base_rows(evaluation).filter(
        state__in=Evaluation.LIVE,
        dataset=evaluation.dataset_id,
        data_name=evaluation.data_name,
        part=evaluation.part,
    )
    return next((row for row in live if alike(evaluation, row)), None)


def pairs_of(evaluation: Evaluation, other: Evaluation) -> Pairs:
    """The pairs of two evaluations, drawn at the first call.

    Raises:
        StudioError: a result or the data is gone from the server.
    """
    path = evaluation.folder / f"pairs-{other.public_id}.json"
    try:
        return read(path)
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not drawn yet, or not whole
    found = drawn(evaluation, other)
    write_whole(path, json.dumps(asdict(found), ensure_ascii=False))
    return found


def read(path: Path) -> Pairs:
    values = json.loads(path.read_text(encoding="utf-8"))
    return Pairs([Pair(**one) for one in values["pairs"]], values["rows"], values["alike"])


def drawn(evaluation: Evaluation, other: Evaluation) -> Pairs:
    """Draw pairs whose replies differ; the same ones whenever the same evaluation is asked."""
    ours, theirs = replies_of(evaluation), replies_of(other)
    both = sorted(ours.keys() & theirs.keys())
    unlike = [line for line in both if ours[line].strip() != theirs[line].strip()]
    chance = random.Random(evaluation.public_id)
    lines = chance.sample(unlike, min(MOST_PAIRS, len(unlike)))
    before = dialogues_before(evaluation.folder / DATA, set(lines))
    pairs = [Pair(line, before[line], ours[line], theirs[line]) for line in lines if line in before]
    return Pairs(pairs, len(both), len(both) - len(unlike))


def replies_of(evaluation: Evaluation) -> dict[int, str]:
    """Each reply by its line."""
    if evaluation.file is None:
        raise gone()
    try:
        rows: list[Mapping[str, Any]] = json.loads(evaluation.file.read_text(encoding="utf-8"))[
            "dialogues"
        ]
    except (OSError, ValueError, KeyError):
        raise gone() from None
    return {row["line"]: row["reply"] for row in rows}


def dialogues_before(data: Path, wanted: set[int]) -> dict[int, list[Message]]:
    """What was said before each reply, by line."""
    found: dict[int, list[Message]] = {}
    try:
        lines = lines_of(data)
        with data.open("rb") as handle:
            for index in range(len(lines)):
                number, offset = lines[index]
                if number in wanted:
                    messages = cut(dialogue_at(handle, offset))[0]
                    found[number] = [
                        {"role": one["role"], "content": said(dict(one))} for one in messages
                    ]
    except (BadData, LeftOut, OSError):
        raise gone() from None
    return found


def gone() -> StudioError:
    return StudioError(_("The replies are gone from the server. Evaluate again."), code="gone")


def run_is_left(evaluation: Evaluation, voter: User, line: int) -> bool:
    """On which side a person sees the run's reply of a pair: by chance, the same at each look."""
    mark = f"{evaluation.public_id} {voter.pk} {line}"
    return salted_hmac("finetune.evaluation.votes", mark).digest()[0] % 2 == 0
