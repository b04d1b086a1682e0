"""Short words for what the check says of pairs and of tools, beside those in `report`."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

PAIR_WORDS = {
    "mixed_kinds": gettext_lazy("dialogues and pairs mixed"),
    "equal_replies": gettext_lazy("two equal replies"),
    "missing_prompt": gettext_lazy("replies without a question"),
    "another_prompt": gettext_lazy("more than one question"),
    "tool_call": gettext_lazy("call of a tool that cannot be read"),
    "preference_not_one_reply": gettext_lazy("more than one reply"),
}
