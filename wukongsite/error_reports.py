"""What an error report may show: secrets stay hidden on debug pages too, not only in mails."""

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter


class AlwaysHiding(SafeExceptionReporterFilter):
    """Django's own filter rests while `WUKONG_DEBUG` is on; this one never does."""

    def is_active(self, request: HttpRequest | None) -> bool:
        return True
