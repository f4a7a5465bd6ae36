"""A ticket as it is given out."""

from __future__ import annotations

from datetime import datetime

from hf_space.schemas.base import Schema


class Ticket(Schema):
    """A bearer token for `POST /predict/` and `POST /predict/batch/`, in place of the visitor's."""

    ticket: str
    expires_at: datetime
