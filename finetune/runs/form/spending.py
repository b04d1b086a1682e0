"""What a person agrees to before a run may send anything that costs money.

The numbers agreed to are kept on the run and are its cap: no job beyond them is planned.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from finetune.exceptions import RunRefused
from finetune.hardware.models import QuantumKey
from finetune.runs.checks import Agreement, RunOrder
from finetune.runs.models import Run
from finetune.teams.audit.services import audit_write
from finetune.teams.models import Team, User
from finetune.training.plan import RunPlan
from quantum.backends.registry import BACKENDS
from quantum.sampling.costs import Cost


def agreement_note(run: Run, order: RunOrder) -> None:
    """Note in the audit log what a person agreed to; nothing for a run that costs nothing."""
    if run.spending and order.agreement is not None:
        circuits = order.agreement.circuits
        audit_write("quantum.agreed", run, by=order.user, circuits=circuits)


def spending_check(order: RunOrder, plan: RunPlan) -> dict[str, Any]:
    """The agreement as the run keeps it; empty where nothing can be spent.

    Raises:
        RunRefused: nobody agreed, the key is not this team's, or the run needs more than that.
    """
    spec = BACKENDS[plan.settings.backend]
    if not spec.billable:
        return {}
    if order.epochs is not None:
        raise RunRefused(
            _(
                "On %(title)s a run is given in steps, not in epochs: its circuits must "
                "be known before anything is sent."
            )
            % {"title": spec.title},
            code="invalid",
            field="steps",
        )
    if plan.cost is None:
        raise RunRefused(_("There is no circuit to send."), code="invalid", field="backend")
    return agreement_check(
        plan.cost,
        order.agreement,
        team=order.team,
        user=order.user,
        chip=str(plan.settings.machine.get("chip", "")),
        title=spec.title,
        hint=_(
            "Take fewer steps, SPSA in place of the parameter shift, or fewer shots; an "
            "administrator can raise the cap."
        ),
    )


def agreement_check(
    need: Cost,
    agreement: Agreement | None,
    *,
    team: Team,
    user: User | None,
    chip: str,
    title: str,
    hint: str,
    field: str = "steps",
) -> dict[str, Any]:
    """Hold what a person agreed to against what is needed.

    Args:
        need: circuits, shots and seconds, with their longest guess.
        agreement: what was agreed to; None: nothing yet.
        team: whose key pays.
        user: who agrees.
        chip: the machine's chip.
        title: of that machine.
        hint: what takes less, in words, for where the site's own cap is passed.
        field: that it is then about.

    Returns:
        The agreement as it is kept.

    Raises:
        RunRefused: nobody agreed, the key is not this team's, or more is needed than that.
    """
    words = _(
        "It needs up to %(circuits)s circuits, %(shots)s shots and about "
        "%(seconds)s s of processor time on %(title)s"
    ) % {
        "circuits": f"{need.circuits:,}",
        "shots": f"{need.shots:,}",
        "seconds": f"{need.seconds[1]:,.0f}",
        "title": title,
    }
    if problem := cap_problem(need, hint):
        raise RunRefused(f"{words}; {problem}", code="cap", field=field)
    if agreement is None:
        raise RunRefused(
            _("%(words)s, and nobody has agreed to that yet.") % {"words": words},
            code="agreement_needed",
            field="spending",
        )
    key = QuantumKey.objects.for_team(team).filter(public_id=agreement.key).first()
    if key is None:
        raise RunRefused(
            _("There is no such quantum key in this team. Add one on the Quantum page."),
            code="not_found",
            field="quantum_key",
        )
    enough = (
        agreement.circuits >= need.circuits
        and agreement.shots >= need.shots
        and agreement.seconds >= need.seconds[1]
    )
    if not enough:
        raise RunRefused(
            _(
                "%(words)s, which is more than was agreed to (%(circuits)s circuits, "
                "%(shots)s shots, %(seconds)s s): it would stop half-way."
            )
            % {
                "words": words,
                "circuits": f"{agreement.circuits:,}",
                "shots": f"{agreement.shots:,}",
                "seconds": f"{agreement.seconds:,.0f}",
            },
            code="agreement_too_small",
            field="spending",
        )
    return {
        "key": key.public_id,
        "chip": chip,
        "circuits": agreement.circuits,
        "shots": agreement.shots,
        "seconds": agreement.seconds,
        "confirmed_by": user.get_username() if user else "",
        "confirmed_at": timezone.now().isoformat(),
    }


def cap_problem(need: Cost, hint: str) -> str:
    """Why the site's own cap on one run does not allow it; empty if it does."""
    cap = settings.QUANTUM_CAPS["run"]
    for noun, wanted in (
        ("circuits", need.circuits),
        ("shots", need.shots),
        ("seconds", need.seconds[1]),
    ):
        if cap[noun] and wanted > cap[noun]:
            words = {"number": f"{cap[noun]:,}", "kind": _(noun), "hint": hint}
            return _("this site allows %(number)s %(kind)s a run. %(hint)s") % words
    return ""
