"""The chat's models, gathered where Django looks for them."""

from chat.consent.models import Consent
from chat.conversations.models import ChatPreference, Conversation, Message, Vote
from chat.handovers.models import Handover, HandoverLook
from chat.notes.models import SessionNote
from chat.notices.models import TalkClock
from chat.personas.models import Persona, PersonaVersion
from chat.policy.models import Clearance, RiskState, SafetyEntry, SafetyText
from chat.privacy.models import DeletionReceipt, PrivacyChoice
from chat.ratings.models import Rating, SharedDownload
from chat.ratings.signing.models import PairSet
from chat.reviews.models import Comparison, Grade, ProbeAnswer, ProbeRun, Release
from chat.visitors.models import Visitor
from chat.words.models import LineVerification, WordReview

__all__ = [
    "ChatPreference",
    "Clearance",
    "Comparison",
    "Consent",
    "Conversation",
    "DeletionReceipt",
    "Grade",
    "Handover",
    "HandoverLook",
    "LineVerification",
    "Message",
    "PairSet",
    "Persona",
    "PersonaVersion",
    "PrivacyChoice",
    "ProbeAnswer",
    "ProbeRun",
    "Rating",
    "Release",
    "RiskState",
    "SafetyEntry",
    "SafetyText",
    "SessionNote",
    "SharedDownload",
    "TalkClock",
    "Visitor",
    "Vote",
    "WordReview",
]
