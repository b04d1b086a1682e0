"""Shapes of a data set's report, findings, problems, dialogues and versions."""

from typing import Annotated, Any, Literal

from ninja import Field, Query, Schema

from finetune.api.pages import DIGITS, ListPage

# The defaults stand in `Query`: Ninja loses that of a parameter with a validator.
Limit100 = Annotated[int, DIGITS, Query(100, ge=1, le=1000)]
Limit20 = Annotated[int, DIGITS, Query(20, ge=1, le=100)]
After = Annotated[
    int | None, DIGITS, Query(None, ge=0, le=10**12, description="The last_id of the page before.")
]
Level = Literal["error", "warning", "note"]
Status = Literal["fetching", "queued", "checking", "ready", "failed", "cancelled"]
LookStatus = Literal["none", "queued", "running", "succeeded", "failed", "cancelled"]


class SplitObject(Schema):
    by: Literal["dialogue", "person"]
    seed: int
    share: Annotated[float, Field(description="That was to be held out, 0 to 0.9.")]
    train: Annotated[int, Field(description="Dialogues to train on.")]
    validation: Annotated[int, Field(description="Dialogues that are held out.")]
    persons: Annotated[int | None, Field(description="Told apart, where it is by person.")]


class ReadAsObject(Schema):
    format: Annotated[str | None, Field(description="As in `docs/data.md`; null: not recognised.")]
    container: str | None
    encoding: str | None
    mapping: dict[str, str]
    columns: Annotated[list[str], Field(description="What a mapping can name.")]
    speakers: Annotated[list[str], Field(description="People of a transcript or a chat.")]
    pause_hours: Annotated[
        int | None, Field(description="Of a chat: a longer pause begins another dialogue.")
    ]
    unused: Annotated[
        list[dict[str, Any]], Field(description="Keys of which nothing is made: key, records.")
    ]


class DatasetObject(Schema):
    id: str
    object: Literal["wukong.dataset"] = "wukong.dataset"
    name: str
    kind: Literal["dialogues", "preference"]
    version: int
    made_of: Annotated[str | None, Field(description="The version that this one was made of.")]
    status: Status
    progress: Annotated[float, Field(description="Share that is read, 0 to 1.")]
    error: str | None
    error_code: str | None
    bytes: int
    sha256: str | None
    created_at: int
    checked_at: int | None
    licence: str | None
    licence_tag: str | None
    source: str | None
    for_evaluation: bool
    read_as: ReadAsObject
    split: SplitObject | None
    counts: Annotated[
        dict[str, int],
        Field(description="records, dialogues, turns, tokens, left_out, duplicates, …"),
    ]
    lengths: Annotated[dict[str, float], Field(description="In tokens of a dialogue.")]
    fixable: Annotated[
        dict[str, int], Field(description="lines and texts with a proposed fix, of those tried")
    ]
    formats: Annotated[list[str], Field(description="In which it can be exported.")]


class PlaceObject(Schema):
    id: str
    line: int
    part: Literal["train", "validation"] | None
    text: Annotated[
        str, Field(description="A few words of it, masked, or what is wrong with the line.")
    ]
    note: str | None
    group: Annotated[int | None, Field(description="The same of those that belong together.")]
    problem: Annotated[int | None, Field(description="Its number among the problems.")]
    fixable: bool


class PlaceList(ListPage):
    data: list[PlaceObject]


class FindingObject(Schema):
    kind: str
    source: Annotated[
        Literal["check", "look"], Field(description="The check, or the second look behind it.")
    ]
    level: Annotated[
        Level,
        Field(
            description="error: lines are left out. warning: what is learned or measured is "
            "spoiled, or a line deserves a look. note: worth knowing."
        ),
    ]
    title: str
    count: int
    share: Annotated[float, Field(description="Of what was read, 0 to 1.")]
    read: Annotated[int | None, Field(description="How many were read; null: all.")]
    sentence: Annotated[str, Field(description="What it does to a run.")]
    kinds: Annotated[dict[str, int], Field(description="What is inside, with counts.")]
    can: Annotated[
        list[Literal["fix", "mask", "exclude", "keep_first"]],
        Field(description="What a new version can do about it."),
    ]
    listed: Annotated[int, Field(description="How many places there are to read.")]
    places: Annotated[list[PlaceObject], Field(description="The first five.")]


class FindingsObject(Schema):
    object: Literal["wukong.dataset.findings"] = "wukong.dataset.findings"
    file_id: str
    status: Annotated[LookStatus, Field(description="Of the second look.")]
    progress: float
    error: str | None
    created_at: int | None
    finished_at: int | None
    data: list[FindingObject]
    clear: Annotated[list[str], Field(description="What was looked for and not found.")]
    languages: Annotated[dict[str, int], Field(description="Dialogues by language.")]
    test_sets: Annotated[list[str], Field(description="With which it was compared.")]


class ProblemObject(Schema):
    id: str
    line: int
    member: Annotated[str | None, Field(description="File of an archive, and the line there.")]
    check: str
    level: Literal["error", "warning"]
    reason: str
    advice: str
    fixable: bool


class ProblemList(ListPage):
    data: list[ProblemObject]


class FixStep(Schema):
    what: list[str]
    before: str
    after: str


class FixObject(ProblemObject):
    dialogues: Annotated[
        int | None, Field(description="What the line becomes; null: no fix is proposed.")
    ]
    steps: list[FixStep]


class DialogueObject(Schema):
    id: str
    line: int
    part: Literal["train", "validation"]
    messages: Annotated[
        list[dict[str, Any]],
        Field(
            description="`role`, `content`, and of tools `tool_calls`, `tool_call_id` and `name`. "
            "Of a pair: the preferred reply and the other one stand last."
        ),
    ]
    tools: Annotated[list[dict[str, Any]], Field(description="Those that may be called.")]
    tags: list[str]
    person: str | None
    source: str | None


class DialogueList(ListPage):
    data: list[DialogueObject]


class VersionObject(Schema):
    id: str
    object: Literal["wukong.dataset.version"] = "wukong.dataset.version"
    version: int
    made_of: str | None
    status: Status
    created_at: int
    by: str | None
    note: str | None
    bytes: int
    sha256: str | None
    asked: Annotated[dict[str, int], Field(description="Changes that were asked for, by kind.")]
    changes: Annotated[dict[str, int], Field(description="Those that were made, by kind.")]
    unmet: Annotated[int | None, Field(description="Lines that no dialogue has.")]


class VersionList(ListPage):
    data: list[VersionObject]
