"""Tickets, which name a visitor for a few minutes, to a program that must not know the token."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from hf_space.errors import CredentialsError
from hf_space.schemas.tickets import Ticket

if TYPE_CHECKING:
    from pydantic import SecretStr

# No visitor's token has a dot.
_PREFIX: Final = "ticket."
# Owner, end and signature are 72 bytes: base64 without rest, so each ticket has one spelling.
_TICKET: Final = re.compile(re.escape(_PREFIX) + "[A-Za-z0-9_-]{96}")
_OWNER_BYTES: Final = 32
_END_BYTES: Final = 8
_SECRET_BYTES: Final = 32
# The same secret signs nothing else by mistake.
_PURPOSE: Final = b"biopsia ticket 1"


def is_ticket(text: str) -> bool:
    """Tell whether a bearer token is meant as a ticket, good or not."""
    return text.startswith(_PREFIX)


class Tickets:
    """Gives out and reads tickets; nothing is stored, so all processes with one secret agree."""

    def __init__(
        self, secret: SecretStr | None = None, *, lifetime: timedelta = timedelta(minutes=5)
    ) -> None:
        """Sign with a secret, or with a random one that no other process knows."""
        self._key = (
            secret.get_secret_value().encode() if secret else secrets.token_bytes(_SECRET_BYTES)
        )
        self._lifetime = lifetime

    def issue(self, owner: bytes) -> Ticket:
        """Return a ticket that names an owner from now on."""
        expires_at = (datetime.now(UTC) + self._lifetime).replace(microsecond=0)
        signed = owner + int(expires_at.timestamp()).to_bytes(_END_BYTES)
        text = base64.urlsafe_b64encode(signed + self._signature(signed)).decode("ascii")
        return Ticket(ticket=_PREFIX + text, expires_at=expires_at)

    def owner(self, ticket: str) -> bytes:
        """Return whom a ticket names; raises CredentialsError where it is not valid, or no more."""
        if not _TICKET.fullmatch(ticket):
            raise _refused("malformed")
        content = base64.urlsafe_b64decode(ticket.removeprefix(_PREFIX))
        signed = content[: _OWNER_BYTES + _END_BYTES]
        if not hmac.compare_digest(content[len(signed) :], self._signature(signed)):
            raise _refused("altered, or not from this service")
        if int.from_bytes(signed[_OWNER_BYTES:]) <= datetime.now(UTC).timestamp():
            raise _refused("expired")
        return signed[:_OWNER_BYTES]

    def _signature(self, signed: bytes) -> bytes:
        return hmac.digest(self._key, _PURPOSE + signed, hashlib.sha256)


def _refused(why: str) -> CredentialsError:
    return CredentialsError(f"This ticket is {why}; ask for a new one with POST /tickets/.")
