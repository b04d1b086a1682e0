"""What an error report may show: secrets stay hidden on debug pages too, not only in mails; and a
fault of the machine (`finetune.faults`) is a line now and then, not a traceback for each request.
"""

import logging
import threading
import time

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

from finetune.faults import fault_of

FAULT_SECONDS = 60.0
FAULT_STATUSES = {503, 507}


class AlwaysHiding(SafeExceptionReporterFilter):
    """Django's own filter rests while `WUKONG_DEBUG` is on; this one never does."""

    def is_active(self, request: HttpRequest | None) -> bool:
        return True


class FaultsOnce(logging.Filter):
    """A full disk or a locked database fails every request and every periodic task: its first
    record in a minute passes as one line, and the next one says how many were left out."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()
        self.passed: dict[str, float] = {}
        self.left_out: dict[str, int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        kind, words = kind_of(record)
        if not kind:
            return True
        now = time.monotonic()
        with self.lock:
            last = self.passed.get(kind)
            if last is not None and now - last < FAULT_SECONDS:
                self.left_out[kind] = self.left_out.get(kind, 0) + 1
                return False
            self.passed[kind] = now
            more = self.left_out.pop(kind, 0)
        record.msg = record.getMessage() + words + (f" ({more} more before it)" if more else "")
        record.args = ()
        record.exc_info = record.exc_text = None
        return True


def kind_of(record: logging.LogRecord) -> tuple[str, str]:
    """What is counted together, and the fault in words; empty for a record of anything else."""
    error = record.exc_info[1] if record.exc_info else None
    if fault := fault_of(error):
        return fault.code, f" [{fault.code}: {error}]"
    status = getattr(record, "status_code", 0)
    if error is None and record.name == "django.request" and status in FAULT_STATUSES:
        return str(status), ""
    return "", ""
