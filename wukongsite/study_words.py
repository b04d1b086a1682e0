"""What a study found, marked for translation; pages fill the gaps.

The statistics know nothing of Django, so the sentences stand here once more; a test compares them.
"""

from django.utils.translation import gettext_noop as _

SENTENCES = (
    _(
        "There is not enough to compare %(a)s with %(b)s on test: it takes ten dialogues, and a"
        " seed that both were trained with."
    ),
    _("%(a)s and %(b)s scored the same on each dialogue of test, under every seed."),
    _(
        "%(a)s added %(estimate)s (%(low)s to %(high)s) over %(b)s on test, with one seed: the "
        "interval is over dialogues, not over seeds."
    ),
    _("%(a)s added %(estimate)s (%(low)s to %(high)s) over %(b)s on test: lower, which is better."),
    _("%(a)s added %(estimate)s (%(low)s to %(high)s) over %(b)s on test: higher, which is worse."),
    _("%(a)s added %(estimate)s (%(low)s to %(high)s) over %(b)s on test: lower, which is worse."),
    _(
        "%(a)s added %(estimate)s (%(low)s to %(high)s) over %(b)s on test: higher, which is "
        "better."
    ),
    _(
        "%(a)s added %(estimate)s (%(low)s to %(high)s) over %(b)s on test: lower, which is "
        "better, but by less than %(size)s."
    ),
    _(
        "%(a)s added %(estimate)s (%(low)s to %(high)s) over %(b)s on test: higher, which is "
        "worse, but by less than %(size)s."
    ),
    _(
        "%(a)s added %(estimate)s (%(low)s to %(high)s) over %(b)s on test: lower, which is "
        "worse, but by less than %(size)s."
    ),
    _(
        "%(a)s added %(estimate)s (%(low)s to %(high)s) over %(b)s on test: higher, which is "
        "better, but by less than %(size)s."
    ),
    _(
        "%(a)s added %(estimate)s (%(low)s to %(high)s) over %(b)s on test: no difference "
        "larger than %(size)s."
    ),
    _(
        "%(a)s added %(estimate)s (%(low)s to %(high)s) over %(b)s on test: no difference was "
        "found; one of %(size)s would have been seen four times in five."
    ),
    _(
        "%(a)s added %(estimate)s (%(low)s to %(high)s) over %(b)s on test: no difference was "
        "found; 1 more seed would be needed to see %(size)s."
    ),
    _(
        "%(a)s added %(estimate)s (%(low)s to %(high)s) over %(b)s on test: no difference was "
        "found; %(seeds)s more seeds would be needed to see %(size)s."
    ),
    _(
        "%(a)s added %(estimate)s (%(low)s to %(high)s) over %(b)s on test: no difference was "
        "found; more than %(seeds)s seeds would be needed to see %(size)s."
    ),
    _(
        "%(a)s added %(estimate)s (%(low)s to %(high)s) over %(b)s on test: no difference was "
        "found; %(dialogues)s dialogues would be needed to see %(size)s."
    ),
    _(
        "%(a)s added %(estimate)s (%(low)s to %(high)s) over %(b)s on test: no difference was "
        "found; %(dialogues)s dialogues and 1 more seed would be needed to see %(size)s."
    ),
    _(
        "%(a)s added %(estimate)s (%(low)s to %(high)s) over %(b)s on test: no difference was "
        "found; %(dialogues)s dialogues and %(seeds)s more seeds would be needed to see "
        "%(size)s."
    ),
    _(
        "%(a)s added %(estimate)s (%(low)s to %(high)s) over %(b)s on test: no difference was "
        "found; %(dialogues)s dialogues and more than %(seeds)s seeds would be needed to see "
        "%(size)s."
    ),
)
