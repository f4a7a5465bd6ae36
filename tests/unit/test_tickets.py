from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from hf_space.access.owners import new_token, owner_of_token
from hf_space.access.tickets import Tickets, is_ticket
from hf_space.errors import CredentialsError

SECRET = SecretStr("s" * 32)
OWNER = bytes(range(32))


def test_a_ticket_names_its_owner_to_whoever_has_the_secret() -> None:
    ticket = Tickets(SECRET).issue(OWNER).ticket
    assert is_ticket(ticket)
    assert Tickets(SECRET).owner(ticket) == OWNER
    # It is no visitor's token, whatever those look like.
    assert owner_of_token(ticket) is None
    assert not is_ticket(new_token())


def test_a_ticket_says_when_it_ends() -> None:
    before = datetime.now(UTC)
    ticket = Tickets(SECRET, lifetime=timedelta(minutes=3)).issue(OWNER)
    left = ticket.expires_at - before
    assert timedelta(minutes=3, seconds=-1) <= left <= timedelta(minutes=3, seconds=1)
    content = base64.urlsafe_b64decode(ticket.ticket.partition(".")[2])
    assert content[:32] == OWNER
    assert int.from_bytes(content[32:40]) == ticket.expires_at.timestamp()


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


def test_no_bit_of_a_ticket_can_be_changed() -> None:
    tickets = Tickets(SECRET)
    prefix, _, text = tickets.issue(OWNER).ticket.partition(".")
    content = base64.urlsafe_b64decode(text)
    for place in range(len(content) * 8):
        changed = bytearray(content)
        changed[place // 8] ^= 1 << place % 8
        spelled = base64.urlsafe_b64encode(changed).decode()
        with pytest.raises(CredentialsError, match="altered"):
            tickets.owner(f"{prefix}.{spelled}")


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
