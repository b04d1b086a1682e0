"""“Your chats”: what is stored of a person, for how long, a copy of it and its end."""

from __future__ import annotations

from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chat.consent.services import circumstances_for, consent_given
from chat.conversations.exceptions import ChatRefused
from chat.conversations.generation import replies_stop
from chat.conversations.models import Conversation, Message
from chat.conversations.selectors import conversation_get
from chat.notes.models import SessionNote
from chat.privacy.deletion import everything_delete
from chat.privacy.export import (
    conversation_json,
    conversation_markdown,
    export_zip,
    receipt_data,
)
from chat.privacy.models import DeletionReceipt, PrivacyChoice
from chat.privacy.periods import UNDO, days_kept, periods_allowed
from chat.privacy.services import choice_make, choice_of
from chat.ratings.selectors import opinion_count
from finetune.teams.access import SiteRequest, signed_in

RECEIPTS = 20  # newest ones listed
# What no receipt counts, because it stays.
KEPT = (
    gettext_lazy(
        "The safety log: that a message sounded like danger, of which kind, when, and what the "
        "site did. None of your words are left in it. It stays so that the site can be held to "
        "account."
    ),
    gettext_lazy(
        "A mark without words that keeps replies careful for some time after such a message; it "
        "fades by itself."
    ),
    gettext_lazy("Your agreements and receipts with their dates, and what you chose on this page."),
    gettext_lazy(
        "Copies that owners of your team took of exchanges which you had shared with it; your "
        "ratings themselves are deleted."
    ),
    gettext_lazy(
        "Copies of the database that the operator made before, until they are thrown away."
    ),
)
# A receipt keeps the kinds of rows in English; its page says them in its own language.
KINDS = (
    gettext_noop("conversations"),
    gettext_noop("messages"),
    gettext_noop("votes"),
    gettext_noop("ratings"),
    gettext_noop("session notes"),
    gettext_noop("handovers"),
    gettext_noop("handover looks"),
    gettext_noop("safety texts"),
)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def your_chats(request: SiteRequest) -> HttpResponse:
    """Look, and choose for how long."""
    problem = ""
    if request.method == "POST":
        try:
            choice_make(
                user=request.user,
                keep_days=request.POST.get("keep_days", ""),
                tab=request.POST.get("tab", ""),
            )
        except ChatRefused as refusal:
            problem = refusal.message
        else:
            messages.success(request, _("Your choice is kept."))
            return redirect("your-chats")
    choice = choice_of(request.user)
    mine = Conversation.objects.filter(user=request.user)
    hidden = mine.exclude(deleted_at=None)
    context = {
        "talks": mine.filter(deleted_at=None).count(),
        "letters": Message.objects.filter(conversation__in=mine).count(),
        "opinions": opinion_count(request.user),
        "notes": SessionNote.objects.filter(user=request.user).count(),
        "hidden": hidden.filter(deleted_at__gte=timezone.now() - UNDO),
        "undo_minutes": int(UNDO.total_seconds() // 60),
        "choice": choice,
        "periods": periods_allowed(settings.CHAT_KEEP_DAYS),
        "tabs": PrivacyChoice.Tab.choices,
        "days": days_kept(choice.keep_days, settings.CHAT_KEEP_DAYS),
        "limit": settings.CHAT_KEEP_DAYS,
        "receipts": DeletionReceipt.objects.filter(user=request.user)[:RECEIPTS],
        "consents": request.user.consents.all()[:RECEIPTS],
        "agreed": consent_given(request.user),
        "version": circumstances_for(request.user).version,
        "kept": KEPT,
        "problem": problem,
    }
    return render(request, "chat/privacy/yours.html", context, status=422 if problem else 200)


@signed_in
@require_GET
def export(request: SiteRequest) -> HttpResponse:
    """Everything in one file."""
    answer = HttpResponse(export_zip(request.user), content_type="application/zip")
    name = f"your-chats-{timezone.localdate():%Y-%m-%d}.zip"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@signed_in
@require_GET
def talk_copy(request: SiteRequest, public_id: str) -> HttpResponse:
    """One talk as a file, Markdown or with `?format=json`; its name says nothing of the talk."""
    talk = conversation_get(request.user, public_id)
    if request.GET.get("format") == "json":
        kind, ending, text = "application/json", "json", conversation_json(talk)
    else:
        kind, ending, text = "text/markdown", "md", conversation_markdown(talk)
    answer = HttpResponse(text, content_type=f"{kind}; charset=utf-8")
    name = f"chat-{talk.created_at:%Y-%m-%d}-{talk.public_id[-6:]}.{ending}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@signed_in
@require_POST
def delete(request: SiteRequest) -> HttpResponse:
    """Delete everything for good and show the receipt."""
    writing = Message.objects.filter(conversation__user=request.user, state=Message.State.STREAMING)
    async_to_sync(replies_stop)(list(writing))
    made = everything_delete(user=request.user)
    answer = redirect("deletion-receipt", public_id=made.public_id)
    answer["Clear-Site-Data"] = '"cache", "storage"'  # drafts that this browser kept
    return answer


@signed_in
@require_GET
def receipt(request: SiteRequest, public_id: str) -> HttpResponse:
    """What was deleted, as a page or with `?format=json`."""
    found = DeletionReceipt.objects.filter(user=request.user, public_id=public_id).first()
    if found is None:
        raise Http404("There is no such receipt.")
    if request.GET.get("format") == "json":
        answer = JsonResponse(receipt_data(found) | {"not_deleted": [str(one) for one in KEPT]})
        answer["Content-Disposition"] = f'attachment; filename="{found.public_id}.json"'
        return answer
    return render(request, "chat/privacy/receipt.html", {"receipt": found, "kept": KEPT})
