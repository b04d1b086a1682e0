"""Addresses of the chat, under `/chat/`."""

from django.urls import path

from chat.conversations import views
from chat.handovers import views as handovers

urlpatterns = [
    path("", views.conversation_new, name="chat"),
    path("new/", views.conversation_new, name="conversation-new"),
    path("country/", views.country, name="chat-country"),
    path("assistants/", views.assistants, name="chat-assistants"),
    path("<str:public_id>/", views.conversation, name="conversation"),
    path("<str:public_id>/send/", views.message_send, name="message-send"),
    path("<str:public_id>/again/", views.reply_again, name="reply-again"),
    path("<str:public_id>/stop/", views.reply_stop, name="reply-stop"),
    path("<str:public_id>/vote/", views.vote, name="conversation-vote"),
    path("<str:public_id>/rename/", views.conversation_rename, name="conversation-rename"),
    path("<str:public_id>/assistant/", views.conversation_assistant, name="conversation-assistant"),
    path("<str:public_id>/delete/", views.conversation_delete, name="conversation-delete"),
    path("<str:public_id>/person/", handovers.handover, name="handover"),
    path("<str:public_id>/person/withdraw/", handovers.withdraw, name="handover-withdraw"),
    path("<str:public_id>/restore/", views.conversation_restore, name="conversation-restore"),
]
