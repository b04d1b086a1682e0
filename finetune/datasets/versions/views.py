"""The dialogues of a version: finding them, changing single ones, and saving that as a version."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from finetune.datasets.formats.calls import said
from finetune.datasets.models import Dataset
from finetune.datasets.read_as import WHO
from finetune.datasets.selectors import dataset_get
from finetune.exceptions import StudioError
from finetune.teams.access import SiteRequest, signed_in

from . import draft
from .dialogues import Dialogues, Talk
from .forms import TagsForm, TurnsForm, WantedForm
from .models import DialogueDraft


def dialogues_or_404(found: Dataset) -> Dialogues:
    """The dialogues of a set that is ready. Raises Http404: it has none that can be shown."""
    if found.state != Dataset.State.READY:
        raise Http404
    try:
        return Dialogues(found)
    except FileNotFoundError:
        raise Http404 from None


def talk_or_404(found: Dataset, line: int) -> Talk:
    talk = dialogues_or_404(found).of_line(line)
    if talk is None:
        raise Http404
    return talk


@never_cache
@signed_in
@require_safe
def dialogues(request: SiteRequest, public_id: str) -> HttpResponse:
    """A page of dialogues; a set that was checked before they had places asks for another check."""
    found = dataset_get(request.user, public_id)
    if found.state == Dataset.State.READY and not found.places_file.is_file():
        messages.info(request, _("Check this data set once more to see all its dialogues."))
        return redirect("dataset", public_id)
    context = dialogues_context(request, found)
    fragment = "finetune/datasets/versions/_dialogues.html"
    whole = "finetune/datasets/versions/dialogues.html"
    return render(request, fragment if request.htmx else whole, context)


def dialogues_context(request: SiteRequest, found: Dataset) -> dict[str, Any]:
    form = WantedForm(request.GET, label_suffix="")
    wanted = form.wanted()
    raw = request.GET.get("from", "")
    first = min(int(raw), 10**12) if raw.isascii() and raw.isdigit() else 0
    page = dialogues_or_404(found).page(wanted, first)
    changes = draft.draft_of(found, request.user)
    asked = {
        name: request.GET[name] for name in ("q", "tag", "part", "lines") if name in request.GET
    }
    return {
        "dataset": found,
        "form": form,
        "wanted": wanted,
        "page": page,
        "rows": [shown(talk, changes.get(talk.line)) for talk in page.talks],
        "changes": changes,
        "query": urlencode({**asked, "from": first}),
        "next_query": urlencode({**asked, "from": page.after}) if page.after is not None else "",
        "first_query": urlencode(asked),
    }


def shown(talk: Talk, change: DialogueDraft | None) -> dict[str, Any]:
    """One dialogue as its draft leaves it."""
    turns = change.messages if change and change.messages is not None else talk.messages
    whose: list[Any] = [WHO[one["role"]] for one in turns]
    if talk.is_pair:
        whose[-2:] = [_("Preferred"), _("Not preferred")]
    tags = change.tags if change and change.tags is not None else talk.record.get("tags", [])
    return {
        "line": talk.line,
        "held_out": talk.held_out,
        "source": talk.record.get("source", ""),
        "turns": [
            {
                "role": one["role"],
                "who": who,
                "text": said(one),
                "unlearned": one.get("weight", 1) == 0,
            }
            for one, who in zip(turns, whose, strict=True)
        ],
        "tags": tags,
        "tags_text": ", ".join(tags),
        "left_out": bool(change and change.left_out),
        "edited": bool(change and change.messages is not None),
        "tagged": bool(change and change.tags is not None),
    }


@signed_in
@require_POST
def dialogue_change(request: SiteRequest, public_id: str, line: int) -> HttpResponse:
    """Leave one dialogue out or take it back in, tag it, or undo what was changed in it."""
    found = dataset_get(request.user, public_id)
    talk = talk_or_404(found, line)
    values: dict[str, Any] = {}
    form = TagsForm(request.POST)
    match request.POST.get("do"):
        case "exclude":
            values = {"left_out": True}
        case "include":
            values = {"left_out": False}
        case "tag" if form.is_valid():
            values = {"tags": form.cleaned_data["tags"]}
        case "undo":
            values = {"left_out": False, "messages": None, "tags": None}
    if values:
        try:
            draft.draft_change(dataset=found, user=request.user, talk=talk, **values)
        except StudioError as error:
            messages.error(request, error.message)
    elif form.errors:
        messages.error(request, str(form.errors["tags"][0]))
    if request.htmx:
        context = dialogues_context(request, found)
        return render(request, "finetune/datasets/versions/_dialogues.html", context)
    return redirect(back_to(request, found, line))


def back_to(request: SiteRequest, found: Dataset, line: int) -> str:
    query = request.GET.urlencode()
    address = reverse("dataset-dialogues", args=[found.public_id])
    return f"{address}{'?' + query if query else ''}#dialogue-{line}"


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def dialogue(request: SiteRequest, public_id: str, line: int) -> HttpResponse:
    """One dialogue as a form, a field for each turn; it works without a script."""
    found = dataset_get(request.user, public_id)
    talk = talk_or_404(found, line)
    status = 200
    if request.method == "POST":
        form = TurnsForm.of_post(request.POST)
        asked = request.POST.get("do", "save")
        if asked == "add":
            form.add()
        elif asked.startswith("remove-") and asked[7:].isdecimal():
            form.remove(int(asked[7:]))
        else:
            try:
                draft.draft_change(
                    dataset=found, user=request.user, talk=talk, messages=form.messages()
                )
            except StudioError as error:
                form.refuse(error.message)
                status = 422
            else:
                return redirect(back_to(request, found, line))
    else:
        change = draft.draft_of(found, request.user).get(line)
        edited = change.messages if change and change.messages is not None else talk.messages
        form = TurnsForm.of_messages(edited)
    context = {
        "dataset": found,
        "talk": talk,
        "form": form,
        "query": request.GET.urlencode(),
        "back": back_to(request, found, line),
    }
    return render(request, "finetune/datasets/versions/dialogue.html", context, status=status)


@signed_in
@require_POST
def draft_end(request: SiteRequest, public_id: str) -> HttpResponse:
    """Save a person's changes as a version, or discard them."""
    found = dataset_get(request.user, public_id)
    if request.POST.get("do") == "discard":
        count = draft.draft_discard(dataset=found, user=request.user)
        words = ngettext("%(n)s change is discarded.", "%(n)s changes are discarded.", count)
        messages.success(request, words % {"n": count})
        return redirect("dataset-dialogues", public_id)
    try:
        made = draft.draft_save(dataset=found, user=request.user)
    except StudioError as error:
        messages.error(request, error.message)
        return redirect("dataset-dialogues", public_id)
    return redirect("dataset", made.public_id)
