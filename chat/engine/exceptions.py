"""What can go wrong in the engine and on the way to it; free of torch, starlette and Django."""


class RequestError(Exception):
    """A failure with its HTTP answer in OpenAI's error shape."""

    status = 400
    type = "invalid_request_error"
    code: str | None = None

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        status: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code or self.code
        self.status = status or self.status
        self.headers = headers or {}
        if self.status == 401:
            self.type = "authentication_error"
        elif self.status == 429:
            self.type = "rate_limit_error"
        elif self.status >= 500:
            self.type = "server_error"

    def as_json(self) -> dict[str, dict[str, str | None]]:
        return {
            "error": {
                "message": self.message,
                "type": self.type,
                "param": self.param,
                "code": self.code,
            }
        }


class UnknownAssistant(RequestError):
    """No assistant of that name is published."""

    status = 404
    code = "model_not_found"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The assistant {name[:200]!r} is not published on this engine.", param="model"
        )


class BrokenAssistant(RequestError):
    """An assistant is published, but its files cannot be loaded. Trying again does not help.

    The reason names files of this machine: it is for the log (`str(error)`), not for the client.
    """

    status = 503
    code = "assistant_broken"

    def __init__(self, reason: str) -> None:
        super().__init__(
            "The files of this assistant cannot be loaded. The reason is in the engine's log.",
            param="model",
            headers={"x-should-retry": "false"},
        )
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


class QueueFull(RequestError):
    """Every slot and every place in the queue is taken."""

    status = 429
    code = "engine_busy"

    def __init__(self, waiting: int) -> None:
        super().__init__(
            f"The engine is busy: {waiting} requests are waiting already. Try again shortly.",
            headers={"Retry-After": "2"},
        )


class GenerationFailed(RequestError):
    """The model failed in the middle of a reply."""

    status = 500
    code = "generation_failed"


class ClientError(Exception):
    """Base of what `chat.engine.client` raises."""


class EngineUnavailable(ClientError):
    """The engine cannot be reached, or the connection broke before the reply was complete."""


class EngineError(ClientError):
    """The engine answered with an error."""

    def __init__(self, status: int, code: str | None, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
