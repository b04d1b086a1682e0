"""Pages of a team's personas: list, write, try, retire."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chat.personas import services
from chat.personas.forms import PersonaForm
from chat.personas.models import Persona
from chat.personas.selectors import persona_get, persona_list_for
from chat.personas.starts import STARTS
from finetune.exceptions import StudioError
from finetune.runs.assistants import assistant_get
from finetune.submissions import submission_digest, submission_once
from finetune.teams.access import SiteRequest, in_team
from finetune.teams.selectors import is_owner


@in_team
@require_GET
def personas(request: SiteRequest) -> HttpResponse:
    rows = persona_list_for(request.team)
    context = {"personas": rows, "may_publish": is_owner(request.user, request.team)}
    return render(request, "chat/personas/personas.html", context)


@in_team
@require_http_methods(["GET", "HEAD", "POST"])
def persona_new(request: SiteRequest) -> HttpResponse:
    """Write a persona, from nothing or from one of the starts."""
    if request.method == "POST":
        return saved(request, None)
    start = STARTS.get(request.GET.get("start", ""))
    initial = vars(start) if start else {"languages": ["en"]}
    return form_page(request, None, PersonaForm(team=request.team, initial=initial))


@in_team
@require_http_methods(["GET", "HEAD", "POST"])
def persona(request: SiteRequest, public_id: str) -> HttpResponse:
    """Read and change a persona; what is saved is its next version."""
    row = persona_get(request.team, public_id)
    if request.method == "POST":
        return saved(request, row)
    newest = row.versions.latest("number")
    initial = {name: getattr(newest, name) for name in PersonaForm.base_fields}
    initial["languages"] = newest.language_codes
    return form_page(request, row, PersonaForm(team=request.team, initial=initial))


def saved(request: SiteRequest, row: Persona | None) -> HttpResponse:
    form = PersonaForm(request.POST, team=request.team)
    publish = request.POST.get("save") == "publish"
    if not form.is_valid():
        return form_page(request, row, form, status=422)

    def make() -> str:
        version = services.persona_save(
            team=request.team, user=request.user, persona=row, draft=form.draft(), publish=publish
        )
        return version.persona.public_id

    kind = f"persona {row.public_id if row else 'new'}"
    try:
        public_id, _ = submission_once(
            user=request.user, digest=submission_digest(kind, request.team, request.POST), make=make
        )
    except services.PersonaRefused as refusal:
        for problem in refusal.problems:
            form.add_error(problem.field or None, problem.text)
        return form_page(request, row, form, status=422)
    messages.success(request, gettext("Published.") if publish else gettext("Saved as a draft."))
    return redirect("persona", public_id=public_id)


def form_page(
    request: SiteRequest, row: Persona | None, form: PersonaForm, status: int = 200
) -> HttpResponse:
    versions = (
        row.versions.select_related("created_by", "published_by", "persona__team") if row else ()
    )
    context = {
        "persona": row,
        "versions": list(versions),
        "form": form,
        "starts": STARTS,
        "may_publish": is_owner(request.user, request.team),
    }
    return render(request, "chat/personas/persona.html", context, status=status)


def action(view: Callable[[SiteRequest, Persona], None]) -> Callable[..., HttpResponse]:
    """A POST on one of the team's personas; a refusal is said on its page."""

    @in_team
    @require_POST
    def guarded(request: SiteRequest, public_id: str) -> HttpResponse:
        row = persona_get(request.team, public_id)
        try:
            view(request, row)
        except StudioError as error:
            messages.error(request, error.message)
        return redirect("persona", public_id=public_id)

    return guarded  # type: ignore[return-value]


@action
def persona_retire(request: SiteRequest, row: Persona) -> None:
    services.persona_retire(persona=row, user=request.user)
    messages.success(request, gettext("Retired. Nobody can begin or go on with it."))


@action
def persona_return(request: SiteRequest, row: Persona) -> None:
    services.persona_return(persona=row, user=request.user)
    messages.success(request, gettext("It speaks again."))


@in_team
@require_GET
def chosen(request: SiteRequest) -> HttpResponse:
    """What is known of the assistant that is chosen on the new-chat page, while one chooses."""
    found = assistant_get(request.team, request.GET.get("assistant", ""))
    compares = bool(request.GET.get("compare"))
    return render(request, "chat/personas/_chosen.html", {"chosen": found, "compares": compares})
