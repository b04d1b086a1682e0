"""Signing in and out, and changing the password."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from finetune.teams.access import SiteRequest, signed_in, way_back
from finetune.teams.doors import too_many_tries
from finetune.teams.models import User
from finetune.teams.services import password_set, sign_in_link_find, sign_in_link_use

from .forms import OwnPasswordForm, SignInForm
from .sign_in import token_wrong

BACKEND = "finetune.teams.doors.LimitedBackend"


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    after = way_back(request, request.POST.get("next") or request.GET.get("next") or "")
    target = after or resolve_url(settings.LOGIN_REDIRECT_URL)
    if request.method == "POST":
        form = SignInForm(request, request.POST)
        if form.is_valid() and form.user is not None:
            login(request, form.user, backend=BACKEND)
            return redirect(target)
        status = 429 if form.refused else 422
    elif request.user.is_authenticated:
        return redirect(target)
    else:
        form, status = SignInForm(request), 200
    return render(request, "accounts/sign_in.html", {"form": form, "next": after}, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_link(request: HttpRequest, token: str) -> HttpResponse:
    """Looking at the link leaves it whole (mail and chat programs preview links); the button uses
    it up."""
    if request.method == "POST":
        user = sign_in_link_use(token)
        if user is not None:
            login(request, user, backend=BACKEND)
            if not user.has_usable_password():
                messages.info(request, _("You are in. Choose a password for the next time."))
                return redirect("password")
            return redirect(settings.LOGIN_REDIRECT_URL)
        link = None
    else:
        link = sign_in_link_find(token)
    status = 200 if link else 410
    if link is None and token_wrong(address=request.META.get("REMOTE_ADDR", "")):
        status = 429
    context = {"link": link, "refused": status == 429}
    return render(request, "accounts/sign_in_link.html", context, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@sensitive_post_parameters()
@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: SiteRequest) -> HttpResponse:
    """Change the password, or set the first one after coming in by a link."""
    has_one = request.user.has_usable_password()
    form: SetPasswordForm[User] = (
        OwnPasswordForm(request, request.POST or None)
        if has_one
        else SetPasswordForm(request.user, request.POST or None)
    )
    status = 200
    if request.method == "POST":
        if form.is_valid():
            password_set(form)
            update_session_auth_hash(request, form.user)
            messages.success(request, _("Your password is saved. Other browsers are signed out."))
            return redirect("home")
        status = 429 if too_many_tries(request) else 422
    context = {"form": form, "has_one": has_one}
    return render(request, "accounts/password.html", context, status=status)
