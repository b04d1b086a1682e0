"""What trainer and exporter say of what goes wrong, marked for translation; pages fill the gaps.

They know nothing of Django, so their sentences stand here once more; a test compares them.
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
    _("The export ended without a result: %(line)s"),
    _("Its weights are gone: the checkpoint was replaced by a later one. Export that."),
    _(
        "The base takes %(needed)s GiB of memory, and %(free)s GiB are free. Try again when no"
        " run trains, or on a larger machine."
    ),
    _("It was killed, most often because memory ran out. Try again when no run trains."),
    _("The worker that made it was lost. Export it again."),
    _("The server's disk became full. Delete old exports, or leave a part out."),
    _("Refused:"),
    _("The adapter cannot be exported: %(problem)s."),
    _("the chat template refuses every golden prompt"),
    _("The adapter cannot be loaded on %(base)s: %(words)s"),
    _("%(name)s is gone from the server. Export another checkpoint, or run it again."),
    _("Take the merged model, and llama.cpp's convert_hf_to_gguf.py for it."),
    _("%(name)s holds a number that 16-bit GGUF cannot hold. Take the merged model."),
    _("GGUF is written for %(known)s, and this base is a %(kind)s."),
    _("This base has a sliding window or biases that GGUF is not written with."),
    _("GGUF is not written for positions stretched by “%(kind)s”."),
    _("GGUF is not written for this base's tokenizer."),
    _("GGUF has no place for the tensor %(key)s of this base."),
    _("llama.cpp cannot load the GGUF file: %(words)s."),
    _(
        "llama.cpp did not answer the golden prompts within %(seconds)s s. Try again when the "
        "machine has less to do, or leave GGUF out."
    ),
    _(
        "llama.cpp makes %(there)s tokens of golden prompt %(number)s, the trained model has "
        "%(here)s: its tokenizer or template differ"
    ),
    _(
        "llama.cpp answers golden prompt %(number)s with %(said)s; the trained model begins "
        "with %(trained)s"
    ),
    _("This adapter does not merge into the base: %(words)s"),
    _("merged into the base,"),
    _("%(name)s cannot be read (%(error)s)"),
    _(
        "its prompts have other tokens than in training, from token %(at)s on (%(then)s then, "
        "%(now)s now): tokenizer or template differ"
    ),
    _(
        "the chat template has SHA-256 %(found)s…, it was trained with %(trained)s…. Put the "
        "%(name)s of the run back"
    ),
    _(
        "to golden prompt %(number)s it answers otherwise than the trained model, from token "
        "%(at)s on: %(now)s instead of %(trained)s"
    ),
)
