"""Form fields of an upload that say how a chat or a transcript is read."""

from typing import Annotated

from ninja import Form

from finetune.datasets.forms import PAUSE_MOST

Consent = Annotated[
    bool,
    Form(
        description="Of a messenger's exported chat: whether everybody who writes in it agreed "
        "that a model learns from it. Kept with the key's person and the time."
    ),
]
Speaker = Annotated[
    str,
    Form(
        max_length=200,
        description="Of a transcript or a chat: the name of the one who is the assistant.",
    ),
]
Pause = Annotated[
    int | None,
    Form(
        ge=1,
        le=PAUSE_MOST,
        description="Of an exported chat: after so many hours without a message, it goes on as "
        "another dialogue.",
    ),
]
