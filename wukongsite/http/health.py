"""`/health`: can this site do its work? Open to everybody, so it names no path, process or version.

`ready`: everything is there. `degraded`: people are served and nothing is lost, but something
waits (the queue is away) or is refused (uploads, on a disk that is nearly full). `failing`: what
people send cannot be kept; answered with 503, so that a load balancer or a monitor notices.
"""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from finetune.condition import condition_now

RETRY_SECONDS = "10"


@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """Each part's state in a word; 503 while the site cannot keep what people send."""
    now = condition_now()
    status = "ready" if now.is_ready else "degraded" if now.can_keep else "failing"
    parts = {"database": now.database, "data": now.data, "broker": now.broker}
    answer = JsonResponse({"status": status, **parts}, status=200 if now.can_keep else 503)
    if not now.can_keep:
        answer["Retry-After"] = RETRY_SECONDS
    return answer
