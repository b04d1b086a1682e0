"""Keys of quantum clouds: encrypted at rest (`outside/sealing.py`), decrypted only where a job is
sent, never shown.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_variables

from finetune.exceptions import StudioError
from finetune.outside.addresses import leads_inside
from finetune.outside.sealing import CannotOpen, opened, sealed
from finetune.queue import enqueue
from finetune.teams.audit.services import audit_write
from finetune.teams.models import Team, User
from quantum.backends.base import JobState
from quantum.backends.wukong_options import FIELDS
from quantum.exceptions import OptionError
from quantum.options import validate_options

from .models import QuantumJob, QuantumKey

KEY_LENGTH = 512
PURPOSE = b"wukong studio: keys of quantum clouds"


@sensitive_variables("secret")
def cloud_key_create(
    *, team: Team, user: User, label: str, secret: str, url: str = ""
) -> QuantumKey:
    """Store a key; its chips are read in the background right after.

    Raises:
        StudioError: the text cannot be a key, the address cannot be used, or the person is not in
            the team.
    """
    if not team.memberships.filter(user=user).exists():
        raise StudioError(_("Only a member of the team can add a key to it."), code="not_a_member")
    secret = secret.strip()
    if not 8 <= len(secret) <= KEY_LENGTH or not (secret.isascii() and secret.isprintable()):
        raise StudioError(
            _(
                "This cannot be a key: it needs 8 to %(most)d plain letters, "
                "digits and signs. Copy it again from the cloud's page, without spaces "
                "around it."
            )
            % {"most": KEY_LENGTH},
            code="invalid",
            field="secret",
        )
    if " " in secret:
        raise StudioError(
            _("A key has no spaces inside. Copy it again from the cloud's page."),
            code="invalid",
            field="secret",
        )
    url = url.strip().rstrip("/")
    url_check(url)
    with transaction.atomic():
        key = QuantumKey.objects.create(
            team=team,
            created_by=user,
            label=label.strip(),
            url=url,
            encrypted=sealed(secret, PURPOSE),
            last_four=secret[-4:],
        )
        audit_write("quantum.key_made", key, name=key.label, by=user)
        return cloud_key_read_again(key=key)


def url_check(url: str) -> None:
    """Refuse an address that is not http(s), or that leads into the site's own network.

    Raises:
        StudioError: with the reason.
    """
    if not url:
        return

    def refused(reason: str) -> StudioError:
        return StudioError(reason, code="invalid", field="url")

    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise refused(_("This is not an address. Write it like https://cloud.example.")) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise refused(_("The address begins with https:// or http:// and names a host."))
    try:
        validate_options(FIELDS, {"url": url})
    except OptionError as error:
        raise refused(str(error)) from None
    if parts.username or parts.password or parts.query or parts.fragment:
        raise refused(_("Write the address alone, without a name, a password or parameters."))
    if settings.QUANTUM_PRIVATE_URLS:
        return
    if leads_inside(parts.hostname, port or 443):
        raise refused(
            _(
                "%(hostname)s is in this server's own network, so it cannot be a quantum "
                "cloud. An administrator can allow it with WUKONG_QUANTUM_PRIVATE_URLS."
            )
            % {"hostname": parts.hostname}
        )


@sensitive_variables()
def cloud_key_text(key: QuantumKey) -> str:
    """The key itself, for the process that talks to the cloud. Never log or return it further.

    Raises:
        StudioError: it was encrypted under another secret; it has to be entered again.
    """
    try:
        return opened(key.encrypted, PURPOSE)
    except CannotOpen:
        raise StudioError(
            _(
                "The key “%(label)s” was encrypted under another secret of this site and "
                "cannot be read. Delete it and enter it again."
            )
            % {"label": key.label},
            code="key_unreadable",
        ) from None


def cloud_key_used(key_id: int) -> None:
    QuantumKey.objects.filter(pk=key_id).update(last_used_at=timezone.now())


def cloud_key_read_again(*, key: QuantumKey) -> QuantumKey:
    """Ask a worker to read the chips behind a key, and their calibrations."""
    key.chips_asked_at = timezone.now()
    QuantumKey.objects.filter(pk=key.pk).update(chips_asked_at=key.chips_asked_at)
    enqueue("quantum_chips_read", key.pk)
    return key


@transaction.atomic
def cloud_key_delete(*, key: QuantumKey) -> None:
    """Remove a key. Its ended jobs and calibrations stay.

    Raises:
        StudioError: a job that has not ended needs it.
    """
    waiting = [*QuantumJob.LIVE, JobState.SUBMIT_UNKNOWN]
    open_jobs = QuantumJob.objects.filter(key=key, state__in=waiting).count()
    if open_jobs:
        raise StudioError(
            ngettext(
                "%(number)d job of “%(name)s” has not ended. Without the key nobody could ask for "
                "the result: cancel or decide first.",
                "%(number)d jobs of “%(name)s” have not ended. Without the key nobody could ask "
                "for the result: cancel or decide first.",
                open_jobs,
            )
            % {"number": open_jobs, "name": key.label},
            code="key_in_use",
        )
    audit_write("quantum.key_deleted", key, name=key.label)
    QuantumKey.objects.filter(pk=key.pk).delete()
