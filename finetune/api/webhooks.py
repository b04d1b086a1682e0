"""`/v1/webhooks`: addresses that are told when a job ends or gets into trouble."""

from typing import Annotated, Any, Literal, cast

from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables
from ninja import Field, Router, Schema

from finetune.alerts.kinds import USUAL
from finetune.alerts.models import Webhook
from finetune.alerts.selectors import webhooks_of
from finetune.alerts.services import webhook_create, webhook_delete
from finetune.teams.selectors import is_owner

from .errors import ApiError, not_found
from .files import key_of

router = Router(tags=["Webhooks"])
Event = Literal[
    "run.finished",
    "run.failed",
    "run.cancelled",
    "run.stalled",
    "run.dead_circuit",
    "run.loss_spike",
    "study.finished",
    "study.failed",
    "study.stopped",
]


class WebhookBody(Schema):
    model_config = {"extra": "forbid"}

    name: str = Field(min_length=1, max_length=60)
    url: str = Field(max_length=500, description="http or https; gets a signed POST.")
    events: list[Event] = Field(
        default=cast("list[Event]", USUAL),
        min_length=1,
        description="What it is told; without it, all but run.cancelled.",
    )


class WebhookObject(Schema):
    id: str
    object: Literal["webhook"] = "webhook"
    created_at: int
    name: str
    url: Annotated[str, Field(description="Without its parameters.")]
    events: list[Event]
    enabled: bool


class WebhookMade(WebhookObject):
    secret: Annotated[
        str, Field(description="Signs each message; it is in this answer and in no other.")
    ]


class WebhookList(Schema):
    object: Literal["list"] = "list"
    data: list[WebhookObject]
    has_more: bool = False


class WebhookDeleted(Schema):
    id: str
    object: Literal["webhook"] = "webhook"
    deleted: bool


def webhook_object(hook: Webhook) -> dict[str, Any]:
    return {
        "id": hook.public_id,
        "object": "webhook",
        "created_at": int(hook.created_at.timestamp()),
        "name": hook.name,
        "url": hook.shown_url,
        "events": hook.kinds,
        "enabled": hook.on,
    }


@router.post("", response=WebhookMade, summary="Create a webhook")
@sensitive_variables()
def webhooks_create(request: HttpRequest, body: WebhookBody) -> dict[str, Any]:
    """Messages are signed as the Standard Webhooks specification says."""
    key = key_of(request)
    made, secret = webhook_create(
        team=key.team, user=key.user, name=body.name, url=body.url, kinds=body.events
    )
    return {**webhook_object(made), "secret": secret}


@router.get("", response=WebhookList, summary="List webhooks")
def webhooks_list(request: HttpRequest) -> dict[str, Any]:
    """Those of the team, newest first, all of them: there are ten at most."""
    rows = webhooks_of(key_of(request).team)
    return {"object": "list", "data": [webhook_object(hook) for hook in rows]}


@router.delete("/{webhook_id}", response=WebhookDeleted, summary="Delete a webhook")
def webhooks_delete(request: HttpRequest, webhook_id: str) -> dict[str, Any]:
    """Allowed to the person who made it and to owners of the team, as on the page."""
    key = key_of(request)
    hook = webhooks_of(key.team).filter(public_id=webhook_id).first()
    if hook is None:
        raise not_found("webhook", webhook_id, param="webhook_id")
    if hook.created_by_id != key.user_id and not is_owner(key.user, key.team):
        raise ApiError(
            403,
            "Only the person who made a webhook or an owner of the team can delete it.",
            code="not_allowed",
            param="webhook_id",
        )
    webhook_delete(hook=hook)
    return {"id": webhook_id, "deleted": True}
