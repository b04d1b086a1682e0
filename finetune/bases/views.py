"""The page of base models: what is here, what can be downloaded, and how to bring a folder."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from finetune.exceptions import StudioError
from finetune.teams.access import SiteRequest, in_team

from .catalogue.sizes import CHAT_TOKENS, TRAIN_DIALOGUES, TRAIN_TOKENS
from .downloads import download_discard, download_stop, entry_download, may_download
from .models import BaseDownload
from .offers import chat_number, machine_memory, offers
from .reach import hub_reach


@never_cache
@in_team
@require_safe
def bases(request: SiteRequest) -> HttpResponse:
    """All models; while one is coming or being read, the fragment asks again."""
    here, more = offers()
    reach = hub_reach()
    working = [offer for offer in more if offer.download and offer.download.is_open]
    reading = [offer for offer in here if offer.base and offer.base.state == "checking"]
    context = {
        "here": here,
        "more": more,
        "reach": reach,
        "live": bool(working or reading or reach.reachable is None),
        "may": may_download(request.user),
        "hub": settings.HUB_URL,
        "token": settings.HUB_TOKEN_GIVEN,
        "machine": machine_memory(),
        "number": chat_number(),
        "chat_tokens": CHAT_TOKENS,
        "train_dialogues": TRAIN_DIALOGUES,
        "train_tokens": TRAIN_TOKENS,
        "folder": settings.BASE_MODEL_DIR,
        "operator": request.user.is_staff,
    }
    name = "finetune/bases/_bases.html" if request.htmx else "finetune/bases/bases.html"
    return render(request, name, context)


@in_team
@require_POST
def base_download(request: SiteRequest, slug: str) -> HttpResponse:
    """Begin a download of the catalogue, or go on with any."""
    only_who_may(request)
    try:
        download = entry_download(
            user=request.user, slug=slug, accepted=request.POST.get("accepted") == "on"
        )
    except StudioError as error:
        messages.error(request, error.message)
    else:
        words = _("“%(title)s” is being downloaded. You can leave this page.")
        messages.success(request, words % {"title": download.title})
    return redirect("bases")


@in_team
@require_POST
def base_stop(request: SiteRequest, slug: str) -> HttpResponse:
    """Stop a download; what came is kept."""
    only_who_may(request)
    download = download_get(slug)
    download_stop(download)
    words = _("“%(title)s” stops. What came is kept.")
    messages.success(request, words % {"title": download.title})
    return redirect("bases")


@in_team
@require_POST
def base_discard(request: SiteRequest, slug: str) -> HttpResponse:
    """Throw away what came of a download that is not done."""
    only_who_may(request)
    download = download_get(slug)
    try:
        download_discard(download)
    except StudioError as error:
        messages.error(request, error.message)
    else:
        words = _("What came of “%(title)s” is thrown away.")
        messages.success(request, words % {"title": download.title})
    return redirect("bases")


def only_who_may(request: SiteRequest) -> None:
    """The page shows the buttons to nobody else."""
    if not may_download(request.user):
        raise Http404


def download_get(slug: str) -> BaseDownload:
    download = BaseDownload.objects.filter(slug=slug).first()
    if download is None:
        raise Http404
    return download
