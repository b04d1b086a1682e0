"""What the libraries say of pairs of replies, marked for translation beside `library_words`."""

from django.utils.translation import gettext_noop as _

PREFERENCE_WORDS = (
    _("Kind"),
    _(
        "What is learned from. supervised: the assistant's replies in dialogues. preference: pairs "
        "of replies, of which one was preferred (DPO)."
    ),
    _("Beta"),
    _("Of a preference run: how closely it stays to the reference. Higher stays closer."),
    _("Weight of the chosen reply"),
    _(
        "Of a preference run: how much the loss of the chosen reply itself counts beside the "
        "preference. 0: not at all."
    ),
    _("Preferences"),
    _("For pairs of replies of which one was preferred: a twentieth of the usual rate."),
    _("Chosen and rejected"),
)
