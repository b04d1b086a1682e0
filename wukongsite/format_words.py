"""What the formats of data sets say in English, as `library_words` does for the other libraries."""

from django.utils.translation import gettext_noop as _

WORDS = (
    _("Turns with their roles"),
    _("Exchanges"),
    _("Texts in turn"),
    _("Text with marks"),
    _("Transcript"),
    _("Client: ... Therapist: ... (a line for each turn, an empty line or --- between dialogues)"),
    _("Chat export"),
    _("WhatsApp's exported chat (.txt) or Telegram's result.json, one chat"),
    _("ChatGPT export"),
)
