"""Tickets: signed credentials that stand for a visitor for a few minutes, in place of the token."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from itsdangerous import BadSignature, TimestampSigner, base64_decode, base64_encode

from hf_space.errors import CredentialsError
from hf_space.schemas.tickets import TICKET_PREFIX, Ticket

if TYPE_CHECKING:
    from pydantic import SecretStr

# Owner, time and signature. The signer alone ignores characters outside the base64 alphabet, and
# the last character of most digests has unused bits. SHA-384 fills 64 characters, so each ticket
# can be written in one way only.
_TICKET: Final = re.compile(
    re.escape(TICKET_PREFIX) + r"([\w-]{43}\.[\w-]{6}\.[\w-]{64})", re.ASCII
)
_SECRET_BYTES: Final = 32
# Part of the signing key, so that a signature made for another purpose is not a ticket.
_PURPOSE: Final = b"biopsia ticket 2"


class Tickets:
    """Issues and checks tickets; nothing is stored, so processes with one secret agree."""

    def __init__(
        self, secret: SecretStr | None = None, *, lifetime: timedelta = timedelta(minutes=5)
    ) -> None:
        """Sign with a secret, or with a random one that no other process knows."""
        self._signer = TimestampSigner(
            secret.get_secret_value() if secret else secrets.token_bytes(_SECRET_BYTES),
            salt=_PURPOSE,
            key_derivation="hmac",
            digest_method=hashlib.sha384,
        )
        self._lifetime = lifetime

    def issue(self, owner: bytes) -> Ticket:
        """Return a ticket for an owner that is valid from now on."""
        text = self._signer.sign(base64_encode(owner)).decode("ascii")
        _, issued_at = self._signer.unsign(text, return_timestamp=True)
        return Ticket(ticket=TICKET_PREFIX + text, expires_at=issued_at + self._lifetime)

    def owner(self, ticket: str) -> bytes:
        """Return the owner of a ticket; raises CredentialsError where it is invalid or expired."""
        match = _TICKET.fullmatch(ticket)
        if not match:
            raise _refused("malformed")
        try:
            owner, issued_at = self._signer.unsign(match[1], return_timestamp=True)
        except BadSignature as error:
            raise _refused("altered, or not from this service") from error
        # The signer's own `max_age` also refuses tickets of a process whose clock runs ahead.
        if issued_at + self._lifetime <= datetime.now(UTC):
            raise _refused("expired")
        return base64_decode(owner)


def _refused(why: str) -> CredentialsError:
    return CredentialsError(f"This ticket is {why}; ask for a new one with POST /tickets/.")
