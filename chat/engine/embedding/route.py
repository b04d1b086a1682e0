"""`POST /v1/embeddings`: vectors of texts, in OpenAI's form."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chat.engine.access import read_body
from chat.engine.embedding.embedder import Embedder
from chat.engine.embedding.protocol import NAME, embedding_answer, parse_embedding
from chat.engine.exceptions import RequestError
from chat.engine.protocol import parse_json


async def embeddings(request: Request) -> Response:
    embedder: Embedder = request.app.state.embedder
    limit: int = request.app.state.engine.options.max_body
    asked = parse_embedding(parse_json(await read_body(request, limit)))
    if asked.model != NAME:
        raise RequestError(
            f"The model {asked.model!r} makes no embeddings here; {NAME} does.",
            status=404,
            param="model",
            code="model_not_found",
        )
    vectors, tokens = await embedder.embed(asked, request.is_disconnected)
    return JSONResponse(embedding_answer(asked, vectors, tokens))
