"""Public ids in OpenAI's form: a prefix that names the kind and 24 random hexadecimal digits."""

import secrets


def file_id() -> str:
    return f"file-{secrets.token_hex(12)}"


def job_id() -> str:
    return f"ftjob-{secrets.token_hex(12)}"
