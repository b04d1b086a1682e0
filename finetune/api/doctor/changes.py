"""Versions of a data set: which there are, making one, and checking again with other options."""

from collections.abc import Iterator
from itertools import chain
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema

from finetune.api.errors import ApiError
from finetune.api.files import dataset_of, key_of
from finetune.api.pages import page_of
from finetune.datasets.checking import dataset_cancel
from finetune.datasets.findings.changing import finding_changes
from finetune.datasets.forms import PAUSE_MOST, options_form, options_now
from finetune.datasets.models import Dataset
from finetune.datasets.report import ReportView
from finetune.datasets.services import dataset_recheck
from finetune.datasets.versions import changes
from finetune.datasets.versions.changes import Change
from finetune.datasets.versions.selectors import versions_of
from finetune.datasets.versions.services import version_make

from .objects import dataset_object, version_object
from .schemas import After, DatasetObject, Limit20, VersionList, VersionObject

router = Router(tags=["Data"])
MOST = 5000  # lines of one kind of change
OF_CHATS = {
    "speaker": "nobody speaks by name in this file.",
    "pause_hours": "this file is no chat.",
}
OF_FORM = {"seed": "split.seed", "validation_fraction": "split.share", "by_person": "split.by"}
Line = Annotated[int, Field(ge=1, le=10**12)]


class EditBody(Schema):
    model_config = {"extra": "forbid"}

    line: Line
    messages: list[dict[str, Any]] = Field(
        max_length=10_000,
        description="What it says afterwards. Of a pair: what was said, the preferred reply, the "
        "other one.",
    )


class TagBody(Schema):
    model_config = {"extra": "forbid"}

    line: Line
    tags: list[str] = Field(max_length=20, description="In the place of those it has.")


class FindingBody(Schema):
    model_config = {"extra": "forbid"}

    kind: str = Field(max_length=40, description="Of a finding of the second look.")
    do: Literal["mask", "exclude", "keep_first"] = Field(
        description="mask: `[EMAIL]` and the like in the place of what it points at. exclude: "
        "leave its dialogues out. keep_first: leave all but the first of each group out."
    )


class VersionBody(Schema):
    """What is changed; everything that is named together makes one version."""

    model_config = {"extra": "forbid"}

    fix: list[Line] = Field(
        default=[], max_length=MOST, description="Lines that get their proposed fix."
    )
    fix_all: bool = Field(
        default=False, description="Mend every line that was left out and can be mended."
    )
    exclude: list[Line] = Field(default=[], max_length=MOST, description="Lines to leave out.")
    edit: list[EditBody] = Field(default=[], max_length=MOST)
    tag: list[TagBody] = Field(default=[], max_length=MOST)
    finding: FindingBody | None = Field(default=None, description="Do something about one.")
    note: str = Field(default="", max_length=200, description="Why, in a few words.")


class MappingBody(Schema):
    model_config = {"extra": "forbid"}

    user: str = Field(default="", max_length=200)
    assistant: str = Field(default="", max_length=200)
    system: str = Field(default="", max_length=200)
    context: str = Field(default="", max_length=200)
    person: str = Field(default="", max_length=200)
    group: str = Field(default="", max_length=200)


class SplitBody(Schema):
    model_config = {"extra": "forbid"}

    by: Literal["dialogue", "person"] | None = Field(
        default=None, description="person: those of one person stay on one side."
    )
    seed: int | None = Field(default=None, ge=0, le=2**32 - 1)
    share: float | None = Field(default=None, ge=0, le=0.9, description="To hold out.")


class CheckBody(Schema):
    """How it is to be read and split; what is left out stays as it was."""

    model_config = {"extra": "forbid"}

    format: str | None = Field(
        default=None, max_length=40, description="Of the table in `docs/data.md`; empty: find out."
    )
    encoding: str | None = Field(default=None, max_length=20)
    mapping: MappingBody | None = Field(default=None, description="Columns of a table.")
    speaker: str | None = Field(default=None, max_length=200, description="Who is the assistant.")
    consent: bool | None = Field(
        default=None, description="Of a chat: whether everybody who writes in it agreed."
    )
    pause_hours: int | None = Field(
        default=None,
        ge=1,
        le=PAUSE_MOST,
        description="Of a chat: a longer pause begins another dialogue.",
    )
    split: SplitBody | None = None


@router.get("/{file_id}/versions", response=VersionList, summary="List versions")
def versions_list(
    request: HttpRequest, file_id: str, limit: Limit20, after: After = None
) -> dict[str, Any]:
    """Every version of the same data that is there, newest first; `after` takes a version's
    number."""
    rows = versions_of(dataset_of(key_of(request), file_id)).select_related(
        "previous", "created_by"
    )
    if after is not None:
        rows = rows.filter(version__lt=after)
    page = page_of(list(rows[: limit + 1]), limit=limit, shape=version_object)
    for end, place in (("first_id", 0), ("last_id", -1)):
        page[end] = str(page["data"][place]["version"]) if page["data"] else None
    return page


@router.post("/{file_id}/versions", response=VersionObject, summary="Make a version")
def versions_create(request: HttpRequest, file_id: str, body: VersionBody) -> dict[str, Any]:
    """Apply fixes, leave dialogues out, edit and tag them, or do something about a finding: the
    next version, made and checked in the background. This one stays as it is."""
    key = key_of(request)
    found = dataset_of(key, file_id)
    wanted, note = asked_for(body), body.note
    if body.finding is not None:
        more, said = finding_changes(found, body.finding.kind, body.finding.do)
        wanted, note = chain(wanted, more), note or said
    made = version_make(dataset=found, user=key.user, changes=wanted, note=note)
    return version_object(made)


def asked_for(body: VersionBody) -> Iterator[Change]:
    if body.fix_all:
        yield changes.fix_all()
    yield from map(changes.fix, body.fix)
    yield from map(changes.exclude, body.exclude)
    for edit in body.edit:
        yield changes.edit(edit.line, edit.messages)
    for one in body.tag:
        yield changes.tag(one.line, one.tags)


@router.post("/{file_id}/check", response=DatasetObject, summary="Check again")
def datasets_check(request: HttpRequest, file_id: str, body: CheckBody) -> dict[str, Any]:
    """Read the file another way, or split it another way: the same options as on its page. Runs
    keep their own copy of what they learn from."""
    key = key_of(request)
    found = dataset_of(key, file_id)
    if found.state in (Dataset.State.FETCHING, Dataset.State.UPLOADED, Dataset.State.CHECKING):
        words = f"{file_id} is being read already. Wait for it to end, or cancel that."
        raise ApiError(409, words, code="wrong_state", param="file_id")
    form = options_form(found, form_values(found, body))
    for name, words in OF_CHATS.items():
        if getattr(body, name) and name not in form.fields:
            raise ApiError(400, f"{name}: {words}", code="invalid_value", param=name)
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        param = OF_FORM.get(name, name.replace("column_", "mapping."))
        raise ApiError(400, f"{param}: {errors[0]}", code="invalid_value", param=param)
    consent = body.consent if ReportView(found).asks_consent else None
    options = form.options()
    if "speaker" not in form.fields:
        options.pop("speaker")
    dataset_recheck(dataset=found, options=options, consent=consent, user=key.user)
    return dataset_object(found)


def form_values(found: Dataset, body: CheckBody) -> dict[str, Any]:
    """What the page's form would send: what is asked for, and for the rest what is now."""
    now = options_now(found)
    split = body.split or SplitBody()
    mapping = body.mapping.dict() if body.mapping else now["mapping"]
    given = {
        "format": body.format,
        "encoding": body.encoding,
        "speaker": body.speaker,
        "pause_hours": body.pause_hours,
        "seed": split.seed,
        "validation_fraction": split.share,
        "by_person": None if split.by is None else split.by == "person",
    }
    values = {name: now.get(name, "") if one is None else one for name, one in given.items()}
    return values | {f"column_{name}": column for name, column in mapping.items()}


@router.post("/{file_id}/cancel", response=DatasetObject, summary="Cancel the check")
def datasets_cancel(request: HttpRequest, file_id: str) -> dict[str, Any]:
    """Stop reading the file, or making the version; its worker sees it within a second or two. The
    file stays, and so do the changes that were asked for: check it again to go on."""
    found = dataset_of(key_of(request), file_id)
    if not dataset_cancel(dataset=found):
        raise ApiError(409, "Its check has ended.", code="wrong_state", param="file_id")
    return dataset_object(found)
