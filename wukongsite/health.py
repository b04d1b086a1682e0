"""`/health`: is this web process ready, and does it reach the database and the broker?"""

import os

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, JsonResponse


def health(request: HttpRequest) -> JsonResponse:
    """Answer 200 while the database answers; the broker's absence is told, not fatal."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    try:
        cache.set("health", 1, 5)
        broker = "ready"
    except Exception as error:  # whatever the client library raises while the broker is away
        broker = f"away: {type(error).__name__}"
    return JsonResponse({"status": "ready", "pid": os.getpid(), "broker": broker})
