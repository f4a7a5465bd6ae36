from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from itsdangerous import TimestampSigner, base64_encode
from pydantic import SecretStr

from hf_space.access.tickets import Tickets
from hf_space.access.visitor import new_token, owner_of_token
from hf_space.errors import CredentialsError
from hf_space.schemas.tickets import TICKET_PREFIX

SECRET = SecretStr("s" * 32)
OWNER = bytes(range(32))


def test_a_ticket_names_its_owner_to_whoever_has_the_secret() -> None:
    ticket = Tickets(SECRET).issue(OWNER).ticket
    assert ticket.startswith(TICKET_PREFIX)
    assert Tickets(SECRET).owner(ticket) == OWNER
    # It is no visitor's token, whatever those look like.
    assert owner_of_token(ticket) is None
    assert not new_token().startswith(TICKET_PREFIX)


def test_a_ticket_says_when_it_ends() -> None:
    before = datetime.now(UTC)
    ticket = Tickets(SECRET, lifetime=timedelta(minutes=3)).issue(OWNER)
    left = ticket.expires_at - before
    assert timedelta(minutes=3, seconds=-1) <= left <= timedelta(minutes=3, seconds=1)
    assert ticket.expires_at.microsecond == 0


def test_a_ticket_is_valid_until_it_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    clock = SimpleNamespace(now=lambda _: now)
    monkeypatch.setattr("hf_space.access.tickets.datetime", clock)
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _: int(now.timestamp()))
    tickets = Tickets(SECRET)
    ticket = tickets.issue(OWNER)
    # A process whose clock is behind accepts it too.
    for seconds in (-30, 0, 299):
        now = ticket.expires_at - timedelta(seconds=300 - seconds)
        assert tickets.owner(ticket.ticket) == OWNER
    now = ticket.expires_at
    with pytest.raises(CredentialsError, match="expired"):
        tickets.owner(ticket.ticket)


def test_a_signature_for_another_purpose_is_not_a_ticket() -> None:
    for other in (
        TimestampSigner("s" * 32, digest_method=hashlib.sha384, key_derivation="hmac"),
        TimestampSigner("s" * 32, digest_method=hashlib.sha384, salt=b"another"),
    ):
        text = other.sign(base64_encode(OWNER)).decode()
        with pytest.raises(CredentialsError, match="altered"):
            Tickets(SECRET).owner(TICKET_PREFIX + text)


@pytest.mark.parametrize("seconds", [0, -1, -86_400])
def test_a_ticket_that_is_over_is_refused(seconds: int) -> None:
    tickets = Tickets(SECRET, lifetime=timedelta(seconds=seconds))
    ticket = tickets.issue(OWNER).ticket
    with pytest.raises(CredentialsError, match=r"expired; ask for a new one with POST /tickets/\."):
        tickets.owner(ticket)


@pytest.mark.parametrize(
    "other",
    [Tickets(), Tickets(SecretStr("s" * 33)), Tickets(SecretStr("S" * 32))],
    ids=["random", "longer", "case"],
)
def test_another_secret_signs_otherwise(other: Tickets) -> None:
    with pytest.raises(CredentialsError, match="altered, or not from this service"):
        Tickets(SECRET).owner(other.issue(OWNER).ticket)


def test_random_secrets_differ() -> None:
    with pytest.raises(CredentialsError):
        Tickets().owner(Tickets().issue(OWNER).ticket)


def test_no_letter_of_a_ticket_can_be_changed() -> None:
    tickets = Tickets(SECRET)
    ticket = tickets.issue(OWNER).ticket
    for place in range(len(TICKET_PREFIX), len(ticket)):
        # Neighbours in the alphabet differ in the last bit, which base64 may ignore at an end.
        for letter in {chr(ord(ticket[place]) ^ 1), *"AQgw-_"} - {ticket[place]}:
            with pytest.raises(CredentialsError, match="altered|malformed"):
                tickets.owner(ticket[:place] + letter + ticket[place + 1 :])


@pytest.mark.parametrize(
    "change",
    [
        lambda ticket: ticket[:-1],
        lambda ticket: ticket + "A",
        lambda ticket: ticket + "=",
        lambda ticket: ticket + "\n",
        lambda ticket: ticket[:-1] + "+",
        lambda ticket: ticket[:-1] + "é",
        lambda ticket: ticket.upper(),
        lambda _: "ticket.",
        lambda _: "",
    ],
)
def test_what_is_no_ticket_is_refused(change: object) -> None:
    tickets = Tickets(SECRET)
    assert callable(change)
    with pytest.raises(CredentialsError, match="malformed"):
        tickets.owner(change(tickets.issue(OWNER).ticket))
