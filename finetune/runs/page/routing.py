"""Websocket routes of runs."""

from django.urls import path

from .consumers import RunConsumer

websocket_urlpatterns = [path("ws/runs/<slug:public_id>/", RunConsumer.as_asgi())]
