"""The visitor's token: replaced by another one, or taken from this browser."""

from __future__ import annotations

from fastapi import APIRouter, Response, status

from hf_space.access.visitor import new_visitor
from hf_space.api.dependencies import ChargedRoute, HistoryDep, VisitorDep
from hf_space.api.errors import ERROR_RESPONSES
from hf_space.api.middleware.identify import COOKIE
from hf_space.errors import RequestError

router = APIRouter(
    route_class=ChargedRoute, prefix="/visitor", tags=["history"], responses=ERROR_RESPONSES
)


@router.post("/token", status_code=status.HTTP_204_NO_CONTENT, response_class=Response)
async def replace_token(visitor: VisitorDep, history: HistoryDep) -> None:
    """Replace your visitor's token: your history moves to the new one, the old one ends."""
    if not visitor.has_token:
        raise RequestError(
            "An API key cannot be replaced here, only in the settings of the service."
        )
    other = new_visitor(visitor.address)
    await history.change_owner(visitor.owner, other.owner)
    visitor.token = other.token
    visitor.use()


@router.delete("/token", status_code=status.HTTP_204_NO_CONTENT, response_class=Response)
async def sign_out(response: Response) -> None:
    """Remove the token from this browser; your records stay until they are deleted."""
    response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="lax")
