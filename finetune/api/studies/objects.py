"""What the endpoints of studies take and answer."""

from typing import Annotated, Any, Literal

from ninja import Field, Schema

from finetune.api.errors import without_paths_in
from finetune.api.pages import ListPage
from finetune.api.times import moment
from finetune.studies.models import Study
from finetune.studies.orders import study_arms
from finetune.studies.outlook import study_left
from finetune.studies.results import cells_of


class StudyBody(Schema):
    model_config = {"extra": "forbid"}

    name: str = Field(default="", max_length=80)
    from_job: str | None = Field(
        default=None,
        description="A finished job: its base, data and settings, with every arm that there is for "
        "its adapter, the usual rates and three seeds. What else is given counts instead.",
    )
    model: str | None = Field(default=None, description="The base. Needed without `from_job`.")
    training_file: str | None = Field(default=None, description="Needed without `from_job`.")
    validation_file: str | None = Field(
        default=None, description="Rates and checkpoints are chosen by it."
    )
    test_file: str | None = Field(
        default=None,
        description="Scored once, after the choice. Without it, held-out dialogues that no "
        "evaluation looks at.",
    )
    priority: Literal["low", "normal", "high"] = "low"
    adapter: str | None = None
    adapter_options: dict[str, Any] | None = None
    settings: dict[str, Any] | None = Field(
        default=None, description="Settings of a job that all arms share."
    )
    arms: list[str] | None = Field(
        default=None, description="The first one is compared with the others. Empty: all."
    )
    rates: dict[str, list[float]] | None = Field(
        default=None, description="Learning rates by arm, where they are not the usual ones."
    )
    sweep: dict[str, list[Any]] | None = None
    extensions: int | None = Field(
        default=None, description="How often a grid is made longer where its best is at its edge."
    )
    seeds: list[int] | None = None
    task: Literal["none", "replies", "arithmetic"] | None = Field(
        default=None,
        description="What the chosen checkpoints are scored by once, after the test file: ROUGE-L "
        "of replies to the test dialogues, or arithmetic.",
    )
    task_most: int | None = Field(
        default=None, description="Dialogues or problems of the task, at most."
    )
    task_file: str | None = Field(
        default=None, description="Problems. Needed by the task `arithmetic`, and by it alone."
    )
    size: float | None = Field(default=None, description="The difference that one wants to see.")


class StudyRuns(Schema):
    made: int
    ended: int
    failed: int
    total: int


class StudyError(Schema):
    code: str
    message: str


class StudyObject(Schema):
    id: str
    object: Literal["wukong.study"] = "wukong.study"
    name: str
    created_at: int
    finished_at: int | None
    status: Literal["running", "scoring", "done", "stopped"]
    model: str
    training_file: str
    validation_file: str | None
    test_file: str | None
    task_file: str | None
    settings: dict[str, Any]
    runs: StudyRuns
    seconds_left: Annotated[
        float | None, Field(description="Until its last run ends, if nothing else waits.")
    ]
    chosen: Annotated[
        dict[str, Any], Field(description="By arm the point that held-out loss chose.")
    ]
    sentences: Annotated[list[str], Field(description="What was found, once it is done.")]
    error: Annotated[StudyError | None, Field(description="Why no run is made now.")]


class StudyList(ListPage):
    data: list[StudyObject]


class KeptJob(Schema):
    id: str
    reason: Annotated[
        str | None, Field(description="What it is used for elsewhere; null: it was asked to stay.")
    ]


class StudyDeleted(Schema):
    id: str
    object: Literal["wukong.study"] = "wukong.study"
    deleted: bool
    jobs_deleted: list[str]
    jobs_kept: list[KeptJob]


class StudyTableObject(Schema):
    id: str
    object: Literal["wukong.study.table"] = "wukong.study.table"
    status: Literal["running", "scoring", "done", "stopped"]
    table: Annotated[
        dict[str, Any],
        Field(
            description="Rows by arm, best by held-out loss first; differences of the first arm, "
            "with intervals; warnings. Test and task scores are in it once the study is done, "
            "as means over seeds, and `test_losses` and `task_scores` by seed."
        ),
    ]


def study_object(study: Study) -> dict[str, Any]:
    cells = cells_of(study)
    left = study_left(study, study_arms(study), cells)
    validation, test = study.validation_dataset, study.test_dataset
    problem = study.problem
    return {
        "id": study.public_id,
        "object": "wukong.study",
        "name": study.name,
        "created_at": int(study.created_at.timestamp()),
        "finished_at": moment(study.finished_at),
        "status": study.state,
        "model": study.base.slug,
        "training_file": study.dataset.public_id,
        "validation_file": validation.public_id if validation else None,
        "test_file": test.public_id if test else None,
        "task_file": study.task_dataset.public_id if study.task_dataset else None,
        "settings": study.config,
        "runs": {
            "made": left.made, "ended": left.ended, "failed": left.failed, "total": left.total,
        },
        "seconds_left": left.seconds if study.is_live else None,
        "chosen": study.chosen,
        "sentences": sentences_of(study.table),
        "error": without_paths_in({"code": problem["code"], "message": problem["message"]})
        if problem
        else None,
    }  # fmt: skip


def sentences_of(table: dict[str, Any]) -> list[str]:
    said = [one["sentence"] for one in table.get("added", ())]
    return [one["text"] % one["values"] for one in said]
