"""Why dialogues are left out of a run, in the words that log, result and pages share."""

from __future__ import annotations

KINDS = {
    "refused": "refused by the chat template",
    "changed": "with a reply that the chat template changes",
    "too_long": "too long",
    "without_reply": "without a reply to learn",
    "unreadable": "not readable",
}
