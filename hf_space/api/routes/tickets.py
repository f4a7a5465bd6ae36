"""Tickets, for uploads that a browser sends straight to the API, as hosts of sites limit bodies."""

from __future__ import annotations

from fastapi import APIRouter, status

from hf_space.api.dependencies import ChargedRoute, OwnerDep, TicketsDep
from hf_space.api.errors import ERROR_RESPONSES
from hf_space.schemas.tickets import Ticket

router = APIRouter(route_class=ChargedRoute, tags=["predict"], responses=ERROR_RESPONSES)


@router.post("/tickets/", status_code=status.HTTP_201_CREATED)
async def issue_ticket(owner: OwnerDep, tickets: TicketsDep) -> Ticket:
    """Return a bearer token that stands for you for a few minutes, for predictions only."""
    return tickets.issue(owner)
