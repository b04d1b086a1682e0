"""The console's pages of the chat, for Django, which looks for them here."""

from chat.consent import admin as consent
from chat.conversations import admin as conversations
from chat.handovers import admin as handovers
from chat.policy import admin as policy
from chat.ratings import admin as ratings
from chat.reviews import admin as reviews
from chat.words import admin as words

__all__ = ["consent", "conversations", "handovers", "policy", "ratings", "reviews", "words"]
