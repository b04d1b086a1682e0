"""What a study found, and what it compared, marked for translation; pages fill the gaps.

Statistics and design of studies know nothing of Django, so their words stand here once more; tests
compare them.
"""

from django.utils.translation import gettext_noop as _

SENTENCES = (
    _(
        "%(a)s cannot be compared with %(b)s on test yet: it takes ten dialogues, and a"
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
WARNINGS = (
    _(
        "The best learning rate is at the edge of those that were tried, so that a better one may "
        "lie beyond: %(arms)s."
    ),
    _("Runs of %(arm)s without a result: %(count)s. %(why)s"),
    _("Runs were computed in different number formats: %(formats)s."),
    _("With one seed nothing can be said about other seeds."),
    _("One learning rate alone was tried, so that another arm may only be better tuned: %(arms)s."),
)
TASKS = (
    _("ROUGE-L"),
    _("Arithmetic"),
    _("ROUGE-L of greedy replies to at most %(most)s test dialogues"),
    _("Strict accuracy on at most %(most)s arithmetic problems"),
)
ARMS = (
    _("the circuit"),
    _("the same without entanglers"),
    _("its equal-size classical twin"),
    _("a polynomial of equal size with its frequencies"),
    _("every polynomial that it could span"),
    _("the same with frozen angles"),
    _("the same with random angles"),
    _("the adapter without a middle"),
    _("LoRA r = 8"),
    _("LoRA of equal size"),
    _("the adapter"),
)
