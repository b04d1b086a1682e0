"""The page before the first message, and the one for who does not agree: it asks for nothing."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chat.consent.services import (
    circumstances_for,
    consent_give,
    consent_given,
    consent_withdraw,
)
from chat.consent.texts import consent_text, page_language
from chat.conversations.selectors import country_of
from chat.safety import COUNTRIES, country_get
from chat.safety.library.lines import country_guess
from chat.visitors.exceptions import VisitorsRefused
from chat.visitors.selectors import visitors_welcome
from chat.visitors.services import visitor_begin
from finetune.teams.access import SiteRequest, signed_in, way_back
from finetune.teams.models import User


def language_of(request: HttpRequest) -> str:
    """In which the text was read, as the form says; before that, the language of the page."""
    sent = request.POST.get("language", "")
    return sent if sent in ("en", "zh") else page_language()


def person_of(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def consent(request: SiteRequest) -> HttpResponse:
    """Read, and agree or not. Who has no account becomes a visitor by agreeing, not before."""
    user = person_of(request)
    if user is None and not visitors_welcome():
        return redirect_to_login(request.get_full_path())
    back = way_back(request, request.POST.get("next") or request.GET.get("next", ""))
    back = back or reverse("chat")
    problem = ""
    if request.method == "POST":
        if request.POST.get("answer") == "no":
            return redirect("chat-help")
        if request.POST.get("adult") and request.POST.get("agree"):
            try:
                user = user or visitor_begin(request=request)
            except VisitorsRefused as refusal:
                problem = refusal.message
            else:
                consent_give(user=user, language=language_of(request))
                return redirect(back)
        else:
            problem = consent_text(language_of(request), circumstances_for(user)).missing
    elif user is not None and consent_given(user):
        return redirect(back)
    language = language_of(request)
    context = {
        "text": consent_text(language, circumstances_for(user)),
        "next": back,
        "problem": problem,
        "adult": bool(request.POST.get("adult")),
        "agree": bool(request.POST.get("agree")),
    }
    return render(request, "chat/around/consent.html", context, status=422 if problem else 200)


@signed_in
@require_POST
def withdraw(request: SiteRequest) -> HttpResponse:
    """Take the agreement back; what is stored stays until it is deleted or its time runs out."""
    consent_withdraw(user=request.user)
    return redirect(reverse("your-chats") + "#consent")


@require_GET
def help_lines(request: HttpRequest) -> HttpResponse:
    """People to call or write to. Nothing is asked, nothing is kept."""
    asked = request.GET.get("country", "")
    user = person_of(request)
    language = request.headers.get("accept-language", "")
    country = country_get(asked) or (
        country_of(user, language) if user is not None else country_guess(language)
    )
    context = {
        "countries": COUNTRIES.values(),
        "country": country,
        "stranger": isinstance(request.user, AnonymousUser),
        "exit_url": settings.QUICK_EXIT_URL,
    }
    return render(request, "chat/around/help.html", context)
