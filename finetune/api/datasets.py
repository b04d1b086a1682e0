"""`/v1/wukong/datasets`: data sets that the studio fetches, where the operator allows it."""

from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema

from finetune.datasets.fetching.addresses import LENGTH
from finetune.datasets.fetching.services import dataset_fetch

from .files import FileObject, file_object, key_of

router = Router(tags=["Files"])


class DatasetBody(Schema):
    model_config = {"extra": "forbid"}

    address: str = Field(
        min_length=1,
        max_length=LENGTH,
        description="Of a file: `https://…`, its page at the hub, or "
        "`hf://datasets/OWNER/NAME/path`.",
        examples=["hf://datasets/openai/gsm8k/main/train-00000-of-00001.parquet"],
    )
    name: str = Field(default="", max_length=120, description="None: the file's own.")
    licence: str = Field(default="", max_length=80, description="Under which terms it is used.")


@router.post("", response=FileObject, summary="Fetch a file from an address")
def datasets_create(request: HttpRequest, body: DatasetBody) -> dict[str, Any]:
    """Fetch a file in the background and check it; the answer is a file, whose `status` says when
    it is `processed`. Only from hosts that the operator names (`WUKONG_DATA_URLS`)."""
    key = key_of(request)
    made = dataset_fetch(
        team=key.team, user=key.user, address=body.address, name=body.name, licence=body.licence
    )
    return file_object(made)
