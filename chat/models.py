"""The chat's models, gathered where Django looks for them."""

from chat.conversations.models import ChatPreference, Conversation, Message, Vote
from chat.words.models import LineVerification, WordReview

__all__ = ["ChatPreference", "Conversation", "LineVerification", "Message", "Vote", "WordReview"]
