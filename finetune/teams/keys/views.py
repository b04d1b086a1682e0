"""API keys of the team: make one (shown once), see when it was used, replace or revoke it."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from finetune.exceptions import StudioError
from finetune.teams.access import SiteRequest, in_team
from finetune.teams.models import ApiKey
from finetune.teams.selectors import is_owner

from . import services as key_services
from .forms import KeyForm, ReplaceForm

PAGE = 20
LIMITS = {"may", "rights", "expires", "day", "requests_per_minute", "processor_hours"}


def keys_page(
    request: SiteRequest,
    form: KeyForm,
    *,
    secret: str = "",
    made: ApiKey | None = None,
    status: int = 200,
) -> HttpResponse:
    rows = ApiKey.objects.filter(team=request.team, revoked_at=None).select_related("user")
    context = {
        "form": form,
        "limits_open": bool(LIMITS & form.errors.keys()),
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "secret": secret,
        "made": made,
        "is_owner": is_owner(request.user, request.team),
        "api_url": f"{settings.SITE_URL.rstrip('/')}/v1",
    }
    name = "finetune/teams/_keys.html" if request.htmx else "finetune/teams/keys.html"
    return render(request, name, context, status=status)


@never_cache
@in_team
@require_safe
def keys(request: SiteRequest) -> HttpResponse:
    return keys_page(request, KeyForm())


@never_cache
@in_team
@require_POST
def key_create(request: SiteRequest) -> HttpResponse:
    """The answer itself carries the secret: it is stored nowhere, not even in the session."""
    form = KeyForm(request.POST)
    if not form.is_valid():
        return keys_page(request, form, status=422)
    key, secret = key_services.key_create(
        team=request.team,
        user=request.user,
        name=form.cleaned_data["name"],
        limits=form.limits(),
    )
    return keys_page(request, KeyForm(), secret=secret, made=key)


@never_cache
@in_team
@require_POST
def key_replace(request: SiteRequest, pk: int) -> HttpResponse:
    """Only its maker, who gets the new secret: the key acts in that person's name."""
    key = get_object_or_404(ApiKey, pk=pk, team__members=request.user, revoked_at=None)
    if key.user_id != request.user.pk:
        raise PermissionDenied(_("Only the person who made a key can replace it."))
    form = ReplaceForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose how long the old key goes on."))
        return redirect("keys")
    try:
        made, secret = key_services.key_replace(key=key, hours=form.cleaned_data["hours"])
    except StudioError as error:  # it was revoked meanwhile
        messages.error(request, error.message)
        return redirect("keys")
    return keys_page(request, KeyForm(), secret=secret, made=made)


@in_team
@require_POST
def key_revoke(request: SiteRequest, pk: int) -> HttpResponse:
    """A key can be revoked by the person who made it and by an owner of the team."""
    key = get_object_or_404(ApiKey, pk=pk, team__members=request.user, revoked_at=None)
    if key.user_id != request.user.pk and not is_owner(request.user, key.team):
        raise PermissionDenied(_("Only the person who made a key or an owner can revoke it."))
    key_services.key_revoke(key=key)
    messages.success(
        request,
        _("“%(name)s” is revoked. Programs that use it get an error now.") % {"name": key.name},
    )
    return redirect("keys")
