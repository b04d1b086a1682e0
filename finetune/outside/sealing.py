"""Secrets that the site has to be able to use again: encrypted at rest.

The encryption key is derived from the site's secret (`var/secrets/django-key`, or
`WUKONG_SECRET_KEY`); an older secret listed in `WUKONG_SECRET_KEY_FALLBACKS` still opens what it
closed. Losing the secret loses what was sealed, and nothing else.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.views.decorators.debug import sensitive_variables


class CannotOpen(Exception):
    """It was sealed under another secret of the site."""


@sensitive_variables()
def sealed(secret: str, purpose: bytes) -> str:
    """A text that only `opened` with the same purpose makes the secret again of."""
    return box(purpose).encrypt(secret.encode()).decode()


@sensitive_variables()
def opened(text: str, purpose: bytes) -> str:
    """The secret itself. Never log it or return it further than needed.

    Raises:
        CannotOpen: with the secrets that the site has now.
    """
    try:
        return box(purpose).decrypt(text.encode()).decode()
    except InvalidToken:
        raise CannotOpen from None


@sensitive_variables()
def box(purpose: bytes) -> MultiFernet:
    """Encrypts with the newest secret, decrypts with any."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(derived(secret, purpose)) for secret in secrets])


@sensitive_variables()
def derived(secret: str, purpose: bytes) -> bytes:
    raw = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret.encode())
    return base64.urlsafe_b64encode(raw)
