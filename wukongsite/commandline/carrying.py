"""Carrying out a subcommand: who asks, what is printed, what a refusal looks like."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from django.core.management.base import OutputWrapper
from django.db import DatabaseError
from django.utils.module_loading import import_string
from redis.exceptions import RedisError

from finetune.api.errors import ApiError, api_error_of, fault_error
from finetune.exceptions import StudioError
from finetune.faults import fault_of
from finetune.teams.audit.origin import asked_by

from .asking import member_of
from .printing import Printer

REFUSED = 1
INTERRUPTED = 130
NOT_PREPARED = (
    "The studio's database is not prepared, or is of another version. Start the studio once "
    "(make run), or set WUKONG_DATA_DIR to its folder."
)


def carried_out(options: Mapping[str, Any], out: OutputWrapper, errors: OutputWrapper) -> int:
    """Do what was typed and return the exit status. What is refused is one sentence on `errors`,
    with `--json` the API's error object."""
    printer = Printer(out, as_json=options["json"])
    try:
        asked = member_of(options["user"], options["team"])
        with asked_by(asked.user):
            status: int = import_string(options["does"])(asked, options, printer)
    except ApiError as error:
        refusal = error
    except StudioError as error:
        refusal = api_error_of(error)
    except BrokenPipeError:
        # Whoever read has left, as `head` does; nothing more is written at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return REFUSED
    except (DatabaseError, RedisError, OSError) as error:
        refusal = refusal_of(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    else:
        return status
    words = refusal.as_json()
    errors.write(json.dumps(words, ensure_ascii=False) if printer.as_json else words_of(refusal))
    return REFUSED


def refusal_of(error: Exception) -> ApiError:
    """A fault of the machine in words; anything else is a bug and stays one.

    Raises:
        Exception: the error itself, where nothing is known of it.
    """
    if (fault := fault_of(error)) is not None:
        return fault_error(fault)
    if isinstance(error, DatabaseError) and ("no such" in str(error) or "exist" in str(error)):
        return ApiError(503, NOT_PREPARED, code="not_prepared")
    raise error


def words_of(refusal: ApiError) -> str:
    message: str = refusal.as_json()["error"]["message"]
    return message
