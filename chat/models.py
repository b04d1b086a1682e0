"""The chat's models, gathered where Django looks for them."""

from chat.conversations.models import ChatPreference, Conversation, Message, Vote
from chat.handovers.models import Handover, HandoverLook
from chat.policy.models import Clearance, RiskState, SafetyEntry, SafetyText
from chat.reviews.models import Comparison, Grade, ProbeAnswer, ProbeRun, Release
from chat.words.models import LineVerification, WordReview

__all__ = [
    "ChatPreference",
    "Clearance",
    "Comparison",
    "Conversation",
    "Grade",
    "Handover",
    "HandoverLook",
    "LineVerification",
    "Message",
    "ProbeAnswer",
    "ProbeRun",
    "Release",
    "RiskState",
    "SafetyEntry",
    "SafetyText",
    "Vote",
    "WordReview",
]
