"""The engine's failures as refusals of the API."""

from chat.engine.exceptions import EngineError
from finetune.api.errors import ApiError

RETRY_SECONDS = "5"


def refusal(error: Exception) -> ApiError:
    """What the engine says, in the words of this API."""
    if isinstance(error, EngineError) and error.status in (400, 413):
        param = "messages" if error.code == "context_length_exceeded" else None
        return ApiError(error.status, error.message, code=error.code, param=param)
    if isinstance(error, EngineError) and error.status == 429:
        return ApiError(429, error.message, code=error.code, headers={"Retry-After": "2"})
    if isinstance(error, EngineError) and error.code == "assistant_broken":
        text = "This assistant cannot be loaded. The administrator finds the reason in the log."
        return ApiError(503, text, code=error.code, headers={"x-should-retry": "false"})
    text = "The assistants are not available right now. Try again in a few seconds."
    return ApiError(503, text, code="engine_unavailable", headers={"Retry-After": RETRY_SECONDS})
