"""Addresses of the chat, under `/chat/`.

What stands before a page is said here: `consented` wherever a message can be sent, `limited` where
a visitor's messages are counted. No page of the chat is kept in a browser's cache.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponseBase
from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache

from chat.branches import views as branches
from chat.consent import views as consent
from chat.consent.doors import consented
from chat.conversations import views
from chat.finding import views as finding
from chat.handovers import views as handovers
from chat.incognito import views as incognito
from chat.notes import views as notes
from chat.personas import views as personas
from chat.pins import views as pins
from chat.privacy import views as privacy
from chat.ratings import views as ratings
from chat.ratings.signing import views as signing
from chat.visitors import views as visitors
from chat.visitors.doors import limited, or_visitor


def page(route: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
    return path(route, never_cache(view), name=name)


def talking(view: Callable[..., Any]) -> Callable[..., HttpResponseBase]:
    """A view with which a message can be sent."""
    return consented(limited(view))


new = or_visitor(talking(views.conversation_new), talking(visitors.conversation_new))

urlpatterns = [
    page("", new, "chat"),
    page("new/", new, "conversation-new"),
    page("country/", views.country, "chat-country"),
    page("assistants/", views.assistants, "chat-assistants"),
    page("consent/", consent.consent, "chat-consent"),
    page("consent/withdraw/", consent.withdraw, "consent-withdraw"),
    page("help/", consent.help_lines, "chat-help"),
    page("end/", visitors.visit_ended, "visit-end"),
    page("incognito/", talking(incognito.incognito), "incognito"),
    page("find/", finding.find, "chat-find"),
    page("yours/", privacy.your_chats, "your-chats"),
    page("yours/export/", privacy.export, "chats-export"),
    page("yours/delete/", privacy.delete, "chats-delete"),
    page("yours/receipts/<str:public_id>/", privacy.receipt, "deletion-receipt"),
    page("yours/ratings/", ratings.your_ratings, "your-ratings"),
    page("yours/ratings/file/", ratings.ratings_file, "ratings-file"),
    page("yours/ratings/stop/", ratings.sharing_stop, "sharing-stop"),
    page("team-ratings/", ratings.team_ratings, "team-ratings"),
    page("team-ratings/file/", ratings.team_ratings_file, "team-ratings-file"),
    page("team-ratings/sets/", signing.pair_sets, "pair-sets"),
    page("team-ratings/sets/<str:public_id>/", signing.pair_set, "pair-set"),
    page("notes/", notes.notes, "notes"),
    page("notes/<str:public_id>/", notes.note, "note"),
    page("notes/<str:public_id>/share/", notes.note_share, "note-share"),
    page("notes/<str:public_id>/unshare/", notes.note_unshare, "note-unshare"),
    page("notes/<str:public_id>/delete/", notes.note_delete, "note-delete"),
    page("personas/", personas.personas, "personas"),
    page("personas/new/", personas.persona_new, "persona-new"),
    page("personas/chosen/", personas.chosen, "persona-chosen"),
    page("personas/<str:public_id>/", personas.persona, "persona"),
    page("personas/<str:public_id>/retire/", personas.persona_retire, "persona-retire"),
    page("personas/<str:public_id>/return/", personas.persona_return, "persona-return"),
    page("shared/<str:public_id>/<str:token>/", notes.note_shared, "note-shared"),
    page("<str:public_id>/", consented(views.conversation), "conversation"),
    page("<str:public_id>/send/", talking(views.message_send), "message-send"),
    page("<str:public_id>/again/", talking(views.reply_again), "reply-again"),
    page("<str:public_id>/stop/", views.reply_stop, "reply-stop"),
    page("<str:public_id>/vote/", views.vote, "conversation-vote"),
    page("<str:public_id>/rate/", ratings.reply_rate, "reply-rate"),
    page("<str:public_id>/vote/share/", ratings.vote_share, "vote-share"),
    page("<str:public_id>/rename/", views.conversation_rename, "conversation-rename"),
    page("<str:public_id>/at/<str:turn>/", finding.place, "conversation-place"),
    page("<str:public_id>/copy/", privacy.talk_copy, "conversation-copy"),
    page("<str:public_id>/pin/", pins.pin, "conversation-pin"),
    page("<str:public_id>/assistant/", views.conversation_assistant, "conversation-assistant"),
    page("<str:public_id>/edit/", talking(branches.branch_edit), "branch-edit"),
    page("<str:public_id>/branch/", consented(branches.branch_continue), "branch-continue"),
    page("<str:public_id>/delete/all/", branches.versions_delete, "versions-delete"),
    page("<str:public_id>/delete/", views.conversation_delete, "conversation-delete"),
    page("<str:public_id>/person/", handovers.handover, "handover"),
    page("<str:public_id>/person/withdraw/", handovers.withdraw, "handover-withdraw"),
    page("<str:public_id>/restore/", views.conversation_restore, "conversation-restore"),
    page("<str:public_id>/note/", notes.note_create, "note-create"),
]
