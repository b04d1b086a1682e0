"""Sample replies and lines of a run's log, a page at a time, so that no page grows with the run."""

from __future__ import annotations

from dataclasses import dataclass, field

from finetune.runs.models import Run, RunEvent

from .curves import run_curves
from .samples import WAITING, samples_judge

NOT_LINES = frozenset({"metrics", "sample"})  # in the charts and beside the prompts
PROMPTS = 40
REPLIES = 8  # of one prompt at a time
LINES = 150


@dataclass
class PromptReplies:
    """One sample prompt with its replies: before training, and after it newest first."""

    prompt: str
    base: str = ""
    later: list[tuple[int, str]] = field(default_factory=list)

    @property
    def newest(self) -> tuple[int, str] | None:
        return self.later[0] if self.later else None

    @property
    def earlier(self) -> list[tuple[int, str]]:
        return self.later[1:]


@dataclass(frozen=True)
class Replies:
    """Some replies to every prompt, and the numbers in the log to go on from."""

    prompts: list[PromptReplies]
    before: int | None  # None: these are the newest
    earlier: int | None  # to ask for those before these; None: there are none


def sample_replies(run: Run, before: int | None = None) -> Replies:
    """The newest replies to each prompt, or the newest before a number of the log."""
    rows = RunEvent.objects.filter(run=run, type="sample")
    first = list(rows.order_by("seq")[:PROMPTS])
    first = [event for event in first if event.data.get("step") == first[0].data.get("step")]
    room = REPLIES * max(1, len(first))
    wanted = rows.filter(seq__lt=before) if before is not None else rows
    newest = list(wanted.order_by("-seq")[: room + 1])
    shown, more = newest[:room], len(newest) > room
    samples_judge(run, [*first, *shown])
    prompts: dict[int, PromptReplies] = {}
    for event in (*first, *shown):
        data = event.data
        entry = prompts.setdefault(data.get("index", 0), PromptReplies(data.get("prompt", "")))
        if not data.get("step"):
            entry.base = reply_of(event)
    for event in shown:
        if step := event.data.get("step"):
            later = prompts[event.data.get("index", 0)].later
            later.append((step, reply_of(event)))
    ordered = [prompts[index] for index in sorted(prompts)]
    return Replies(ordered, before, shown[-1].seq if more else None)


def reply_of(event: RunEvent) -> str:
    """A sample reply as it may be shown."""
    return event.data.get("reply", "") if event.data.get("judged") else str(WAITING)


def log_lines(run: Run, before: int | None = None, limit: int = LINES) -> list[RunEvent]:
    """The newest lines, oldest first, without metrics and samples; or the newest before a number.

    Each kind is asked for on its own: the newest of one kind are neighbours in the index, however
    many steps lie between them.
    """
    seqs: list[int] = []
    for kind in event_types(run):
        if kind not in NOT_LINES:
            rows = RunEvent.objects.filter(run=run, type=kind)
            rows = rows.filter(seq__lt=before) if before is not None else rows
            seqs += rows.order_by("-seq").values_list("seq", flat=True)[:limit]
    newest = sorted(seqs)[-limit:]
    return list(RunEvent.objects.filter(run=run, seq__in=newest).order_by("seq"))


def event_types(run: Run) -> list[str]:
    """The kinds of events in a log, by jumps through the index from one kind to the next."""
    kinds: list[str] = []
    rows = RunEvent.objects.filter(run=run).order_by("type").values_list("type", flat=True)
    kind = rows.first()
    while kind is not None:
        kinds.append(kind)
        kind = rows.filter(type__gt=kind).first()
    return kinds


def run_outline(run: Run, after: int) -> list[int]:
    """Numbers of the events that a page of this run would show, of those after one of them."""
    curves = run_curves(run)
    samples = RunEvent.objects.filter(run=run, type="sample").order_by("-seq")
    seqs = {
        *curves["metrics"]["seq"],
        *curves["evaluation"]["seq"],
        *(event.seq for event in log_lines(run)),
        *samples.values_list("seq", flat=True)[:REPLIES],
        run.last_seq,
    }
    return sorted(seq for seq in seqs if seq > after)
