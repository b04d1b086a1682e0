"""What the trainer says of a run that goes wrong, marked for translation; pages fill the gaps.

The trainer knows nothing of Django, so its sentences stand here once more; a test compares them.
"""

from django.utils.translation import gettext_noop as _

SENTENCES = (
    _("No sign of life from the trainer for %(seconds)s s: it is stopped or hangs."),
    _("After %(bound)s s it is ended, and the run goes on from its checkpoint."),
    _(
        "The loss jumped to %(now)s in step %(step)s, after %(before)s on average over the "
        "%(steps)s steps before. The run goes on; if the loss does not come down again, stop it."
    ),
    _("The system ended the trainer because memory ran out."),
    _("It held %(size)s GB last."),
    _("There is not enough memory for a step."),
    _(
        "The last good checkpoint, of step %(step)s, is kept: checkpoints/%(name)s, and so is "
        "the best one, of step %(best)s: checkpoints/%(best_name)s"
    ),
    _("No checkpoint was written before it."),
    _("The last good checkpoint, of step %(step)s, is kept: checkpoints/%(name)s"),
    _(
        "The disk that holds %(folder)s is full. Free some space, then resume: the last "
        "checkpoint is kept."
    ),
    _("Choose a smaller batch size."),
    _(
        "The learning rate (%(now)s) is probably too high: try %(rate)s (learning_rate) in a "
        "new run."
    ),
    _(
        "Nothing was learned yet, so it is not the learning rate that is too high: the base "
        "model itself gives such numbers in %(format)s, or the adapter does. Try another base "
        "model (base_model), or leave out %(source)s."
    ),
    _("The held-out loss became %(loss)s after step %(step)s."),
    _("The held-out loss is %(loss)s before training."),
    _("And limit the gradient: try 1 (max_grad_norm)."),
    _("The loss became %(number)s at step %(step)s."),
    _("The gradient became %(norm)s at step %(step)s; it was not applied."),
    _("Weights of the adapter became infinite or no numbers at step %(step)s; they were not kept."),
    _("After step %(step)s, %(name)s holds numbers that are not finite; nothing of it was kept."),
    _("Start a new run with a learning rate of %(rate)s instead of %(now)s."),
    _(
        "Start a new run with a learning rate of %(rate)s instead of %(now)s, and limit the "
        "gradient to 1 (max_grad_norm)."
    ),
    _("Start a new run with a smaller base model, or on a machine with more memory."),
    _("Start a new run with a narrower circuit, or another seed."),
    _(
        "Start a new run with batch size %(smaller)s instead of %(batch)s and gradient "
        "accumulation %(more)s instead of %(added)s: a step learns from as many dialogues, in "
        "passes of half the size."
    ),
    _(
        "Start a new run with a sequence length of %(length)s instead of %(now)s, or with a "
        "smaller base model."
    ),
    _(
        "Start a new run with %(fewer)s circuit layers (%(option)s) instead of %(layers)s, or a"
        " narrower circuit."
    ),
    _(
        "The circuit is dead: in %(steps)s steps its gradient was less than a ten-millionth of "
        "the adapter's, so its angles do not move."
    ),
    _(
        "No progress: half of the steps are done, and the loss is %(last)s after %(first)s at "
        "the start."
    ),
    _(
        "No progress: after %(step)s of %(steps)s steps the best held-out loss is %(best)s, and"
        " it was %(before)s before training."
    ),
    _(
        "The loss exploded: %(now)s on average over the last %(window)s steps, after %(before)s"
        " before training."
    ),
    _(
        "The loss exploded: %(now)s on average over the last %(window)s steps, after %(before)s"
        " in the %(steps)s before."
    ),
)
