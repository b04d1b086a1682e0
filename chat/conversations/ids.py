"""Public ids of the chat app: a prefix that names the kind and 24 random hexadecimal digits."""

import secrets


def conversation_id() -> str:
    return f"conv-{secrets.token_hex(12)}"


def message_id() -> str:
    return f"msg-{secrets.token_hex(12)}"
