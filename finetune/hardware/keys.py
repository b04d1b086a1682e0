"""Keys of quantum clouds: encrypted at rest, decrypted only where a job is sent, never shown.

The encryption key is derived from the site's secret (`var/secrets/django-key`, or
`WUKONG_SECRET_KEY`); an older secret listed in `WUKONG_SECRET_KEY_FALLBACKS` still opens what it
closed. Losing the secret loses the keys, and nothing else.
"""

from __future__ import annotations

import base64
import ipaddress
import socket
from urllib.parse import urlsplit

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_variables

from finetune.exceptions import StudioError
from finetune.queue import enqueue
from finetune.teams.models import Team, User
from quantum.backends.base import JobState
from quantum.backends.wukong_options import FIELDS
from quantum.exceptions import OptionError
from quantum.options import validate_options

from .models import QuantumJob, QuantumKey

KEY_LENGTH = 512
PURPOSE = b"wukong studio: keys of quantum clouds"
# IPv6 networks whose addresses carry an IPv4 address in their last 32 bits.
TRANSITION = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::/96"))


@sensitive_variables()
def box() -> MultiFernet:
    """Encrypts with the newest secret, decrypts with any."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(derived(secret)) for secret in secrets])


@sensitive_variables()
def derived(secret: str) -> bytes:
    raw = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret.encode())
    return base64.urlsafe_b64encode(raw)


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
            encrypted=box().encrypt(secret.encode()).decode(),
            last_four=secret[-4:],
        )
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
    if any(private(address) for address in addresses(parts.hostname, port or 443)):
        raise refused(
            _(
                "%(hostname)s is in this server's own network, so it cannot be a quantum "
                "cloud. An administrator can allow it with WUKONG_QUANTUM_PRIVATE_URLS."
            )
            % {"hostname": parts.hostname}
        )


def addresses(host: str, port: int) -> list[str]:
    """What the host's name leads to; none where it has no entry here (the SDK will say so)."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # the second for a name with an empty or too long part
        return []
    return [str(entry[4][0]) for entry in found]


def private(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    inner = embedded(found) if isinstance(found, ipaddress.IPv6Address) else None
    checked = [found] if inner is None else [found, inner]
    return any(not one.is_global or one.is_multicast for one in checked)


def embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an address of a transition scheme (6to4, NAT64, compatible) ends at."""
    if address.sixtofour is not None:
        return address.sixtofour
    if any(address in network for network in TRANSITION):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped


@sensitive_variables()
def cloud_key_text(key: QuantumKey) -> str:
    """The key itself, for the process that talks to the cloud. Never log or return it further.

    Raises:
        StudioError: it was encrypted under another secret; it has to be entered again.
    """
    try:
        return box().decrypt(key.encrypted.encode()).decode()
    except InvalidToken:
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
    QuantumKey.objects.filter(pk=key.pk).delete()
