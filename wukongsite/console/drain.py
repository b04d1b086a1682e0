"""`/admin/drain/`: let workers begin nothing new, or let them begin again."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from finetune.exceptions import StudioError
from finetune.operations.models import MOST_REASON
from finetune.operations.services import drain_end, drain_start


@require_POST
def drain_switch(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("finetune.add_drain"):
        raise PermissionDenied
    try:
        if request.POST.get("do") == "end":
            drain_end()
            said = "Workers begin what waits again."
        else:
            reason = request.POST.get("reason", "")[:MOST_REASON]
            drain_start(user=request.user, reason=reason)  # type: ignore[arg-type]
            said = "Workers end what they do and begin nothing new."
    except StudioError as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, said)
    return redirect("admin:queue")
