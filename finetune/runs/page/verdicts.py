"""What a run's held-out losses and its circuit come to, in sentences for its page."""

from __future__ import annotations

import math
from typing import Any

from django.utils.translation import gettext as _

from finetune.runs.circuits import circuit_of_run
from finetune.runs.models import Run
from finetune.templatetags.words import count
from finetune.training.log.verdicts import SMALLEST, verdict
from quantum.adapters.registry import ADAPTERS
from quantum.adapters.spec import Controls


def base_loss(run: Run) -> float | None:
    """Held-out loss of the untouched base on this run's validation dialogues."""
    value: float | None = run.result.get("base_validation_loss")
    return value if value is not None else run.latest.get("base_validation_loss")


def before_words(run: Run) -> str:
    """What its first measurement was of: the untouched base, or the run that it goes on from."""
    return _("start") if run.continues_id else _("base")


def tuned_loss(run: Run) -> float | None:
    """Newest held-out loss."""
    value: float | None = run.result.get("validation_loss")
    return value if value is not None else run.latest.get("validation_loss")


def run_change(run: Run) -> str:
    """The outcome with its size, such as "worse by 0.0031"; empty where nothing was measured."""
    before, after = base_loss(run), tuned_loss(run)
    return change_told(before, after) if before is not None and after is not None else ""


def change_told(before: float, after: float) -> str:
    """`change_words`, in the language of the page."""
    word, size = verdict(before, after), abs(after - before)
    if word == "equal":
        return _("equal")
    if size < SMALLEST:
        return (
            _("better by less than 0.0001") if word == "better" else _("worse by less than 0.0001")
        )
    words = _("better by %(size)s") if word == "better" else _("worse by %(size)s")
    return words % {"size": f"{size:.4f}"}


def run_verdict(run: Run) -> str:
    """The result as one sentence; empty where nothing was measured."""
    before, after = base_loss(run), tuned_loss(run)
    if before is None or after is None:
        return ""
    gain, first = before - after, before_words(run)
    where = _("the run that it goes on from") if run.continues_id else _("the base")
    if gain == 0:
        return _(
            "On the held-out dialogues the loss stayed at %(after)s: the tuned model "
            "is no better than %(where)s, and no worse."
        ) % {"after": f"{after:.3f}", "where": where}
    if abs(gain) < 0.005:
        words = (
            _(
                "On the held-out dialogues the loss fell from %(before)s (%(first)s) by only "
                "%(size)s: the tuned model is hardly better than %(where)s."
            )
            if gain > 0
            else _(
                "On the held-out dialogues the loss rose from %(before)s (%(first)s) by only "
                "%(size)s: the tuned model is no better than %(where)s, but %(change)s."
            )
        )
        return words % {
            "before": f"{before:.3f}",
            "first": first,
            "size": metric(abs(gain), 2),
            "where": where,
            "change": change_told(before, after),
        }
    if gain < 0:
        return _(
            "On the held-out dialogues the loss rose from %(before)s (%(first)s) to "
            "%(after)s (tuned): the tuned model is worse than %(where)s. A lower "
            "learning rate or fewer steps may help."
        ) % {"before": f"{before:.3f}", "first": first, "after": f"{after:.3f}", "where": where}
    return _(
        "On the held-out dialogues the loss fell from %(before)s (%(first)s) to "
        "%(after)s (tuned), by %(gain)s: token by token, the tuned model finds "
        "the real replies %(times)s times as likely as %(where)s does."
    ) % {
        "before": f"{before:.3f}",
        "first": first,
        "after": f"{after:.3f}",
        "gain": f"{gain:.3f}",
        "times": f"{math.exp(gain):.3g}",
        "where": where,
    }


def circuit_remark(run: Run) -> str:
    """What may honestly be said about the circuit's part in the result."""
    circuit = circuit_of_run(run)
    total = run.trainable_parameters
    controls = run_controls(run)
    options = run.settings.adapter_options
    if circuit is None:
        remark = controls.remark(options) if controls else ""
        return _(remark) if remark else ""
    counted = _("%(angles)s circuit angles") % {"angles": count(circuit.trained)}
    if total:
        counted = _(
            "%(angles)s circuit angles of %(total)s trainable parameters (%(share)s %%)"
        ) % {
            "angles": count(circuit.trained),
            "total": count(total),
            "share": f"{100 * circuit.trained / total:.2g}",
        }
    if circuit.machine.exact:
        where = _("simulated exactly; no quantum hardware was used")
    elif circuit.machine.billable:
        where = _("run on %(title)s") % {"title": _(circuit.machine.title)}
    else:
        where = _("sampled on %(title)s; no quantum hardware was used") % {
            "title": _(circuit.machine.title)
        }
    if controls and (reduced := controls.reduced(options)):
        return _("%(counted)s, %(where)s. %(remark)s") % {
            "counted": counted,
            "where": where,
            "remark": _(reduced),
        }
    compared = _(controls.words) if controls else _("the same settings without the circuit")
    return _(
        "%(counted)s, %(where)s. This run alone cannot tell what the circuit "
        "adds: compare it with %(compared)s."
    ) % {"counted": counted, "where": where, "compared": compared}


def run_controls(run: Run) -> Controls | None:
    """What a run of this adapter is compared with; None where it has no circuit to leave out."""
    spec = ADAPTERS.get(run.settings.adapter)
    return spec.controls if spec else None


def metric(value: Any, digits: int = 4) -> str:
    """A number in `digits` significant digits without needless zeros; a dash for none."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        return "–"
    size = abs(value)
    if size == 0:
        return "0"
    if size < 1e-3:
        mantissa, _, power = f"{value:.{max(0, digits - 2)}e}".partition("e")
        if "." in mantissa:
            mantissa = mantissa.rstrip("0").rstrip(".")
        return f"{mantissa}e{int(power)}"
    if size >= 10_000:
        return count(round(value))
    text = f"{value:.{max(0, digits - 1 - math.floor(math.log10(size)))}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
