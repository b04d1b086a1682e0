"""The chat's models, gathered where Django looks for them."""

from chat.conversations.models import ChatPreference, Conversation, Message, Vote

__all__ = ["ChatPreference", "Conversation", "Message", "Vote"]
