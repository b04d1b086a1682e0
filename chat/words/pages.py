"""Two pages of the console: `/admin/words/` and `/admin/lines/`.

Both list what the files hold with what an operator said about it, and take one judgement at a time.
"""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from chat.safety.library.lines import COUNTRIES, country_get
from chat.words import services
from chat.words.catalogue import words
from chat.words.models import WordReview
from chat.words.selectors import STATES, ReviewedWord, lines_of_all, reviewed

LONGEST_NOTE = 400


def page(request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
    return render(
        request, template, {**admin.site.each_context(request), "title": title, **context}
    )


def allowed(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(f"chat.{permission}"):
        raise PermissionDenied("Your account may look at this page, not decide here.")


def chosen(request: HttpRequest, rows: list[ReviewedWord]) -> tuple[dict[str, str], list[Any]]:
    """The filters of the address, and the rows that pass them."""
    filters = {name: request.GET.get(name, "") for name in ("kind", "language", "state")}
    kept = [
        row
        for row in rows
        if filters["kind"] in ("", row.word.kind)
        and filters["language"] in ("", row.word.language)
        and filters["state"] in ("", row.state)
    ]
    return filters, kept


@require_http_methods(["GET", "HEAD", "POST"])
def words_page(request: HttpRequest) -> HttpResponse:
    """Every reviewed text with its version and its reviewer; ticked ones are judged together."""
    if request.method == "POST":
        return words_judge(request)
    rows = reviewed(words())
    filters, kept = chosen(request, rows)
    counts = Counter(row.state for row in rows)
    return page(
        request,
        "admin/words.html",
        "Words",
        rows=kept,
        total=len(rows),
        counts=[(state, text, counts[state]) for state, text in STATES.items()],
        kinds=sorted({row.word.kind for row in rows}),
        languages=sorted({row.word.language for row in rows}),
        states=STATES,
        filters=filters,
        verdicts=WordReview.Verdict.choices,
        longest_note=LONGEST_NOTE,
    )


def words_judge(request: HttpRequest) -> HttpResponse:
    allowed(request, "add_wordreview")
    keys = set(request.POST.getlist("word"))
    read = [word for word in words() if f"{word.key}@{word.digest}" in keys]
    verdict = request.POST.get("verdict", "")
    back = reverse("admin:words")
    query = {name: request.POST.get(name, "") for name in ("kind", "language", "state")}
    if verdict not in WordReview.Verdict.values or not keys:
        messages.error(request, "Tick the words that you have read, and choose a verdict.")
    elif len(read) != len(keys):
        messages.error(
            request, "Some of these texts have changed since the page was loaded. Read them again."
        )
    else:
        count = services.words_review(
            words=read,
            reviewer=request.user,  # type: ignore[arg-type]
            verdict=verdict,
            note=request.POST.get("note", "").strip()[:LONGEST_NOTE],
        )
        messages.success(request, f"Kept: {count} reviewed.")
    return redirect(f"{back}?{urlencode({key: value for key, value in query.items() if value})}")


@require_http_methods(["GET", "HEAD", "POST"])
def lines_page(request: HttpRequest) -> HttpResponse:
    """Every help line with its source; an operator who reached one confirms it here."""
    if request.method == "POST":
        return line_judge(request)
    rows = lines_of_all()
    wanted = request.GET.get("country", "")
    return page(
        request,
        "admin/lines.html",
        "Help lines",
        rows=[row for row in rows if wanted in ("", row.country.code)],
        total=len(rows),
        confirmed=sum(row.verification is not None for row in rows),
        unchecked=sum(not row.line.checked for row in rows),
        countries=COUNTRIES.values(),
        wanted=wanted,
        longest_note=LONGEST_NOTE,
    )


def line_judge(request: HttpRequest) -> HttpResponse:
    allowed(request, "add_lineverification")
    code = request.POST.get("country", "")
    country = country_get(code)
    lines = country.lines if country else ()
    line = next((each for each in lines if each.id == request.POST.get("line")), None)
    if country is None or line is None:
        messages.error(request, "This line is not in the table any more.")
        return redirect("admin:lines")
    operator: Any = request.user
    if request.POST.get("action") == "withdraw":
        services.line_withdraw(country=country, line=line, operator=operator)
        messages.success(request, f"The confirmation of {line.name} is withdrawn.")
    elif request.POST.get("numbers") != line.numbers:
        messages.error(request, "The numbers have changed since the page was loaded. Look again.")
    else:
        note = request.POST.get("note", "").strip()[:LONGEST_NOTE]
        services.line_confirm(country=country, line=line, operator=operator, note=note)
        messages.success(request, f"{line.name} is confirmed with {line.numbers}.")
    return redirect(f"{reverse('admin:lines')}?country={country.code}")
