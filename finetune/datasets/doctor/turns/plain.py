"""Dialogues that are already as they are kept: most of most files, seen in one short pass.

`is_plain` says yes only where settling would change nothing and the checks would find nothing;
whoever gets a no asks those. So it decides how long a file takes, never what is said of it.
"""

from __future__ import annotations

from typing import Any

from finetune.datasets.reading.visibility import HALVES, is_visible


def is_plain(messages: Any, most: int) -> bool:
    """Tell whether these are 1 to `most` messages of a role and a text alone, well in order."""
    if type(messages) is not list or not 0 < len(messages) <= most:
        return False
    replied = False
    for index, message in enumerate(messages):
        if type(message) is not dict or len(message) != 2:
            return False
        role, content = message.get("role"), message.get("content")
        if type(content) is not str or not content or "\0" in content:
            return False
        if role == "assistant":
            replied = True
        elif role != "user" and (role != "system" or index):
            return False
        if not "!" <= content[0] <= "~" and not is_visible(content):
            return False
        if not content.isascii() and HALVES.search(content):
            return False
    return replied
