"""A ticket as it is given out."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from hf_space.schemas.base import Schema

TICKET_PREFIX: Final = "ticket."
"""Prefix of every ticket; a visitor's token has no dot."""
HUB_TOKEN_PREFIX: Final = "hf_"  # noqa: S105 -- a prefix
"""Prefix of the Hub's tokens, which come with requests to a private Space and are ignored."""


class Ticket(Schema):
    """A bearer token for `POST /predict/` and `POST /predict/batch/`, in place of the visitor's."""

    ticket: str
    expires_at: datetime
