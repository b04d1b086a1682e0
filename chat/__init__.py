"""Talking to assistants. Reaches models over HTTP only, through `chat.engine.client`."""
