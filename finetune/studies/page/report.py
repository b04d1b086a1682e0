"""The report: one HTML file that needs nothing else, to be kept, sent and printed."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.safestring import mark_safe

from finetune.studies.models import Study

from .data import study_page
from .drawing import chart_svg

STYLES = ("css/variables.css", "css/studies/marks.css", "css/studies/report.css")


def report_page(request: HttpRequest, study: Study, *, shared: bool = False) -> HttpResponse:
    """Render it as a download.

    Args:
        shared: for who has a link: no names of people or data.
    """
    page = study_page(study, sort="arms")
    context: dict[str, Any] = {
        **page,
        "shared": shared,
        "report": True,
        "styles": styles(),
        "chart": chart_svg(page["lines"]),
        "now": timezone.now(),
    }
    answer = render(request, "finetune/studies/report.html", context)
    # Opened by its address it must not run into the site's policy for styles: it has its own.
    answer["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    )
    answer["Content-Disposition"] = (
        content_disposition_header(True, f"{study.public_id}.html") or "attachment"
    )
    return answer


def styles() -> str:
    """Our own style sheets as text."""
    return mark_safe("\n".join(map(style_text, STYLES)))  # noqa: S308 (files of ours)


def style_text(name: str) -> str:
    return style_read(name) if settings.DEBUG is False else style_read.__wrapped__(name)


@cache
def style_read(name: str) -> str:
    path = finders.find(name)
    if path is None:
        raise FileNotFoundError(name)
    return Path(str(path)).read_text(encoding="utf-8")
