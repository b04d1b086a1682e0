"""Asking for alerts, webhooks, tests, and another try."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from finetune.exceptions import StudioError
from finetune.outside.addresses import leads_inside
from finetune.queue import enqueue
from finetune.teams.audit.services import audit_write
from finetune.teams.models import Team, User

from .kinds import ALL, Kind
from .mail import mail_goes_out
from .models import Alert, AlertChoice, Delivery, Webhook
from .webhooks import secret_new, secret_sealed

MOST = 10  # webhooks of one team


@sensitive_variables("secret")
@transaction.atomic
def webhook_create(
    *, team: Team, user: User, name: str, url: str, kinds: Sequence[str]
) -> tuple[Webhook, str]:
    """Make a webhook; its signing secret is returned here and nowhere again.

    Raises:
        StudioError: the address or a kind cannot be used, there are too many, or the person is not
            in the team.
    """
    Team.objects.select_for_update().get(pk=team.pk)  # so that the limit holds
    if not team.memberships.filter(user=user).exists():
        raise StudioError(
            _("Only a member of the team can make a webhook for it."), code="not_a_member"
        )
    if Webhook.objects.filter(team=team).count() >= MOST:
        raise StudioError(
            _("This team has %(most)d webhooks already. Delete one first.") % {"most": MOST},
            code="too_many",
        )
    name = name.strip()
    if not 1 <= len(name) <= 60:
        raise StudioError(
            _("Give it a name of 1 to 60 characters."), code="invalid_value", field="name"
        )
    url = url.strip()
    url_check(url)
    secret = secret_new()
    hook = Webhook.objects.create(
        team=team,
        created_by=user,
        name=name,
        url=url,
        sealed_secret=secret_sealed(secret),
        kinds=kinds_checked(kinds),
    )
    audit_write("webhook.made", hook, by=user)
    return hook, secret


def kinds_checked(kinds: Sequence[str]) -> list[str]:
    """The kinds in our order.

    Raises:
        StudioError: one is not known, or there is none.
    """
    unknown = [kind for kind in kinds if kind not in ALL]
    if unknown:
        raise StudioError(
            _("%(kind)s is nothing that is told; there are %(known)s.")
            % {"kind": unknown[0][:40], "known": ", ".join(ALL)},
            code="invalid_value",
            field="kinds",
        )
    if not kinds:
        raise StudioError(
            _("Choose at least one thing to be told."), code="invalid_value", field="kinds"
        )
    return [kind for kind in ALL if kind in kinds]


def url_check(url: str) -> None:
    """Refuse an address that is not http(s), or that leads into the site's own network now. What
    it leads to is looked at again before each try.

    Raises:
        StudioError: with the reason.
    """

    def refused(reason: str) -> StudioError:
        return StudioError(reason, code="invalid_value", field="url")

    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise refused(
            _("This is not an address. Write it like https://example.org/hook.")
        ) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise refused(_("The address begins with https:// or http:// and names a host."))
    if len(url) > 500 or not (url.isascii() and url.isprintable()) or " " in url:
        raise refused(
            _("The address has at most 500 plain letters, digits and signs, and no spaces.")
        )
    if parts.username or parts.password or parts.fragment:
        raise refused(_("Write the address without a name, a password or a part after #."))
    if not settings.WEBHOOK_PRIVATE_URLS and leads_inside(parts.hostname, port or 443):
        raise refused(
            _(
                "%(hostname)s is in this server's own network. An administrator can allow that "
                "with WUKONG_WEBHOOK_PRIVATE_URLS."
            )
            % {"hostname": parts.hostname}
        )


@transaction.atomic
def webhook_delete(*, hook: Webhook) -> None:
    """Remove a webhook with its deliveries; one that is being sent may still arrive."""
    audit_write("webhook.deleted", hook)
    Webhook.objects.filter(pk=hook.pk).delete()


def webhook_switch(*, hook: Webhook, on: bool) -> None:
    Webhook.objects.filter(pk=hook.pk).update(on=on, gone_at=None)


def webhook_test(*, hook: Webhook) -> Delivery:
    """Send a test, once.

    Raises:
        StudioError: it is off, or does not work without its maker.
    """
    if not hook.on or not hook.maker_is_there:
        raise StudioError(
            _("“%(name)s” is off. Turn it on first.") % {"name": hook.name}, code="wrong_state"
        )
    return trial_create(hook.team, webhook=hook)


def mail_test(*, team: Team, user: User) -> Delivery:
    """Send a test to oneself, once.

    Raises:
        StudioError: the site sends no mail, or the account has no address.
    """
    mail_possible(user)
    return trial_create(team, user=user)


@transaction.atomic
def trial_create(
    team: Team, *, webhook: Webhook | None = None, user: User | None = None
) -> Delivery:
    alert = Alert.objects.create(
        team=team,
        kind=Kind.TEST,
        kinds=[Kind.TEST.value],
        facts={"url": settings.SITE_URL.rstrip("/") + reverse("alerts")},
    )
    made = Delivery.objects.create(
        alert=alert, webhook=webhook, user=user, kind=Kind.TEST, allowed=1
    )
    enqueue("alert_deliver", made.pk)
    return made


def mail_possible(user: User) -> None:
    """Raises:
    StudioError: why this person can get no mail.
    """
    if not mail_goes_out():
        raise StudioError(
            _("This site sends no e-mail: its administrator has set up no mail server."),
            code="no_mail",
            field="by_mail",
        )
    if not user.email:
        raise StudioError(
            _("Your account has no e-mail address. An administrator can write one into it."),
            code="no_address",
            field="by_mail",
        )


def choice_set(
    *, team: Team, user: User, kinds: Sequence[str], mine_only: bool, by_mail: bool
) -> AlertChoice:
    """Keep what a person wants to be told, in the language in which they asked.

    Raises:
        StudioError: a kind is not known, or mail is asked for where none goes out.
    """
    if by_mail:
        mail_possible(user)
    values = {
        "kinds": kinds_checked(kinds),
        "mine_only": mine_only,
        "by_mail": by_mail,
        "language": translation.get_language() or settings.LANGUAGE_CODE,
    }
    choice, _made = AlertChoice.objects.update_or_create(team=team, user=user, defaults=values)
    return choice


@transaction.atomic
def delivery_again(*, delivery: Delivery) -> None:
    """Try once more what was given up.

    Raises:
        StudioError: it was not.
    """
    row = Delivery.objects.select_for_update().get(pk=delivery.pk)
    if row.state != Delivery.State.FAILED:
        raise StudioError(_("Only what was given up can be sent again."), code="wrong_state")
    row.state, row.due_at, row.allowed = Delivery.State.WAITING, timezone.now(), row.tries + 1
    row.save(update_fields=["state", "due_at", "allowed"])
    enqueue("alert_deliver", row.pk)
