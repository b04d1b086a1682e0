"""The chat's models, gathered where Django looks for them."""

from chat.consent.models import Consent
from chat.conversations.models import ChatPreference, Conversation, Message, Vote
from chat.notes.models import SessionNote
from chat.notices.models import TalkClock
from chat.policy.models import Clearance, RiskState, SafetyEntry, SafetyText
from chat.privacy.models import DeletionReceipt, PrivacyChoice
from chat.visitors.models import Visitor
from chat.words.models import LineVerification, WordReview

__all__ = [
    "ChatPreference",
    "Clearance",
    "Consent",
    "Conversation",
    "DeletionReceipt",
    "LineVerification",
    "Message",
    "PrivacyChoice",
    "RiskState",
    "SafetyEntry",
    "SafetyText",
    "SessionNote",
    "TalkClock",
    "Visitor",
    "Vote",
    "WordReview",
]
