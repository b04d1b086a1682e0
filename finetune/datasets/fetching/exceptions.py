"""Why a file could not be fetched."""


class FetchFailed(Exception):
    """What is wrong, and what to do; `code` is stable."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


class FetchStopped(Exception):
    """Somebody wanted it stopped, or has deleted the data set."""
