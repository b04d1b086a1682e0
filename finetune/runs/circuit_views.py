"""Pictures of circuits: drawn once in a worker, served from one folder."""

from __future__ import annotations

import re
from pathlib import Path

from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from finetune.teams.access import signed_in
from finetune.training.run_circuit import circuit_for
from finetune.training.settings import RunSettings

from .circuits import THEMES, picture_file
from .drawings import picture_ready

KEY = re.compile(r"[a-z0-9]{1,30}-[0-9a-f]{16}")


@signed_in
@require_safe
def circuit_picture(request: HttpRequest) -> HttpResponse:
    """The picture, or a fragment that asks again in a moment while a worker draws."""
    options = request.GET.dict()
    values = {"adapter": options.pop("adapter", ""), "adapter_options": options}
    chosen, problems = RunSettings.draft(values)
    circuit = None if problems else circuit_for(chosen, (), for_picture=True)
    if circuit is None:
        raise Http404("No such circuit.")
    context = {"circuit": circuit, "picture_ready": picture_ready(circuit), "picture_delay": "1s"}
    return render(request, "finetune/runs/_circuit_picture.html", context)


@csp_replace({"default-src": ["'none'"]})
@signed_in
@require_safe
def circuit_image(request: HttpRequest, key: str, theme: str) -> HttpResponse:
    """One SVG file. Nothing in it may load anything."""
    if theme not in THEMES or not KEY.fullmatch(key):
        raise Http404("No such picture.")
    return drawing_answer(picture_file(key, theme))


def drawing_answer(path: Path) -> HttpResponse:
    """A drawing that a worker made; 404 until it has."""
    try:
        drawing = path.read_bytes()
    except FileNotFoundError:
        raise Http404("This picture is not drawn yet.") from None
    answer = HttpResponse(drawing, content_type="image/svg+xml")
    answer["Cache-Control"] = "private, max-age=86400"
    return answer
