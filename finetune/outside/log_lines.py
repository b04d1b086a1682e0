"""Lines of the log as JSON objects (`WUKONG_LOG_FORMAT=json`), for what collects logs.

`timestamp` (UTC), `level`, `logger`, `event`; `exception` with a traceback, without what variables
held; and what is bound where the work begins: `request_id` of a request, `task`, `task_id` and
`run` of a worker. A refused request is told by its route, never by its address, which may be a
one-time link. Knows nothing of Django, so that the engine writes such lines too.
"""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from http import HTTPStatus
from typing import Any

import structlog
from structlog.contextvars import merge_contextvars
from structlog.stdlib import ProcessorFormatter, add_log_level, add_logger_name

SETTING = "WUKONG_LOG_FORMAT"
PLAIN = "%(levelname)s %(name)s: %(message)s"


def json_formatter() -> logging.Formatter:
    """For a handler of the standard library's `logging`, by which everything here is logged."""
    return ProcessorFormatter(
        foreign_pre_chain=[
            merge_contextvars,
            add_log_level,
            add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            request_told,
            structlog.processors.format_exc_info,
            ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ],
    )


def formatter(log_format: str) -> logging.Formatter:
    """`json`, or words for people."""
    return json_formatter() if log_format == "json" else logging.Formatter(PLAIN)


def request_told(
    logger: Any, method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Put method, route and status in the place of the address that Django logs."""
    record: logging.LogRecord = event["_record"]
    request = getattr(record, "request", None)
    status = getattr(record, "status_code", None)
    if request is None or status is None:
        return event
    match = getattr(request, "resolver_match", None)
    event["event"] = HTTPStatus(status).phrase
    event["status"] = status
    event["method"] = request.method
    event["route"] = f"/{match.route}" if match is not None else "none"
    event.setdefault("request_id", getattr(request, "id", None))
    return event
