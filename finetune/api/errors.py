"""The one shape in which the API says no: `{"error": {message, type, param, code}}`."""

from collections.abc import Mapping
from typing import Any

from finetune.exceptions import StudioError, without_paths
from finetune.faults import BY_CODE, Fault

TYPES = {403: "permission_error", 429: "rate_limit_error"}
CONFLICTS = frozenset({"wrong_state", "dataset_in_use", "not_checked"})
BODY_TOO_LARGE = "body_too_large"  # of any body: JSON, form or file; the engine says the same
QUOTA = "quota"
LONGEST_PARAM = 200


class ApiError(Exception):
    """A failure with its HTTP status. `param` names the field that it is about."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.headers = dict(headers or {})
        if status == 409:
            # The official client repeats a 409 unless it is told that this would not help.
            self.headers.setdefault("x-should-retry", "false")

    def as_json(self) -> dict[str, Any]:
        kind = TYPES.get(
            self.status, "server_error" if self.status >= 500 else "invalid_request_error"
        )
        return {
            "error": {
                "message": without_paths(self.message),
                "type": kind,
                "param": self.param and self.param[:LONGEST_PARAM],
                "code": self.code,
            }
        }


def without_paths_in(value: Any) -> Any:
    """The same for every text in a value from JSON."""
    if isinstance(value, str):
        return without_paths(value)
    if isinstance(value, list):
        return [without_paths_in(item) for item in value]
    if isinstance(value, dict):
        return {name: without_paths_in(item) for name, item in value.items()}
    return value


def not_found(kind: str, name: str, *, param: str = "id") -> ApiError:
    """The same answer for what does not exist and for what belongs to another team."""
    code = "model_not_found" if kind == "model" else "not_found"
    return ApiError(404, f"No such {kind}: {name[:200]!r}.", code=code, param=param)


def api_error_of(error: StudioError) -> ApiError:
    """A refusal of a service, with the status that its code stands for."""
    if error.code in BY_CODE:
        return fault_error(BY_CODE[error.code], error.message, error.field or None)
    status = 400
    if error.code == QUOTA:  # trying again at once, as the official client would, does not help
        headers = {"x-should-retry": "false"}
        return ApiError(429, error.message, code=QUOTA, param=error.field or None, headers=headers)
    if error.code in CONFLICTS:
        status = 409
    elif error.code == BODY_TOO_LARGE:
        status = 413
    return ApiError(status, error.message, code=error.code, param=error.field or None)


def fault_error(fault: Fault, message: str = "", param: str | None = None) -> ApiError:
    """A fault of the machine: what is wrong, what to do, and when to try again."""
    headers = {"Retry-After": str(fault.retry_after)} if fault.retry_after else {}
    text = message or str(fault.message)
    return ApiError(fault.status, text, code=fault.code, param=param, headers=headers)
