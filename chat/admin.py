"""The console's pages of the chat, for Django, which looks for them here."""

from chat.consent import admin as consent
from chat.conversations import admin as conversations

__all__ = ["consent", "conversations"]
