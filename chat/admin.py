"""The console's pages of the chat, for Django, which looks for them here."""

from chat.consent import admin as consent
from chat.conversations import admin as conversations
from chat.policy import admin as policy
from chat.words import admin as words

__all__ = ["consent", "conversations", "policy", "words"]
