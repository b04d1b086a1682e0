"""Websocket routes of the chat."""

from django.urls import path

from chat.conversations.consumers import ChatConsumer

websocket_urlpatterns = [path("ws/chat/<slug:public_id>/", ChatConsumer.as_asgi())]
