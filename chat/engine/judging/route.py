"""`POST /v1/judgements`: the scores of texts, for the site's safety policy and its gate."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chat.engine.access import read_body
from chat.engine.exceptions import RequestError
from chat.engine.judging.judge import Judge
from chat.engine.protocol import parse_json
from chat.safety.heads.head import Kind

MOST_TEXTS = 128
LONGEST_TEXT = 8_000


class JudgementRequest(BaseModel):
    """Texts of one kind: what a person wrote, or sentences of a reply."""

    model_config = ConfigDict(strict=True, frozen=True)

    kind: Kind
    texts: Annotated[
        list[Annotated[str, Field(max_length=LONGEST_TEXT)]], Field(max_length=MOST_TEXTS)
    ]


def parse_judgements(body: dict[str, object]) -> JudgementRequest:
    try:
        return JudgementRequest.model_validate(body)
    except ValidationError as error:
        way = error.errors(include_url=False)[0]["loc"]
        param = "".join(f"[{name}]" if isinstance(name, int) else str(name) for name in way)
        reason = (
            "must be person or reply"
            if param == "kind"
            else f"up to {MOST_TEXTS} texts of up to {LONGEST_TEXT} characters are needed"
        )
        raise RequestError(f"{param}: {reason}.", param=param, code="invalid_value") from None


async def judgements(request: Request) -> Response:
    judge: Judge = request.app.state.judge
    limit: int = request.app.state.engine.options.max_body
    asked = parse_judgements(parse_json(await read_body(request, limit)))
    given = await judge.judge(asked.kind, asked.texts)
    data = [{"language": one.language, "scores": one.scores} for one in given]
    return JSONResponse({"object": "list", "data": data})
