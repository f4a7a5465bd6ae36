"""Middleware for every request: records it, checks its token, and may make it fail."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.hub import problems
from tests.hub.accounts import VISITORS, Visitor
from tests.hub.faults import Faults
from tests.hub.storage import Commit, Kind, Repository, Storage


@dataclass
class Recorded:
    """A request that the Hub received.

    Attributes:
        method: "GET", "PUT" and so on.
        path: Path of its address, decoded.
        token: What it came with, or None.
        received: Bytes of its body that arrived.
        status: Of the answer; 0 as long as there is none, and after an interrupted upload.
    """

    method: str
    path: str
    token: str | None
    received: int = 0
    status: int = 0


@dataclass
class State:
    """Shared state of all routes.

    Attributes:
        endpoint: The Hub's address.
        content_host: Address from which large files come, another origin as at the real Hub.
        storage: What it keeps.
        faults: What goes wrong.
        requests: All requests, in order.
    """

    endpoint: str
    content_host: str
    storage: Storage = field(default_factory=Storage)
    faults: Faults = field(default_factory=Faults)
    requests: list[Recorded] = field(default_factory=list)


class RequestMiddleware:
    """Records each request, and makes it fail if a test requested that."""

    def __init__(self, app: ASGIApp, state: State) -> None:
        """Stand before an application."""
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Record a request and pass it on."""
        request = Request(scope)
        recorded = Recorded(request.method, request.url.path, _token(request))
        self._state.requests.append(recorded)

        async def counting_receive() -> Message:
            message = await receive()
            recorded.received += len(message.get("body", b""))
            return message

        async def noting_send(message: Message) -> None:
            gone = scope["state"]["transport"].is_closing()
            if message["type"] == "http.response.start" and not gone:
                recorded.status = message["status"]
            await send(message)

        try:
            self._state.faults.strike(request.method, request.url.path)
            visitor(self._state, request)
        except problems.HubError as error:
            answer = await problems.answer_refusal(request, error)
            await answer(scope, counting_receive, noting_send)
        else:
            await self._app(scope, counting_receive, noting_send)


def state_of(request: Request) -> State:
    """Return the shared state."""
    return cast(State, request.app.state.hub)


def visitor(state: State, request: Request) -> Visitor:
    """Return who sent a request.

    Raises:
        HubError: Its token is invalid.
    """
    token = _token(request)
    if token is None:
        return Visitor()
    if state.faults.rejects(token) or token not in VISITORS:
        raise problems.unknown_token()
    return VISITORS[token]


def repository(request: Request, *, writes: bool = False) -> Repository:
    """Return the repository that a request's path names.

    Raises:
        HubError: It is not there for the visitor, or must not be changed by them.
    """
    parameters = request.path_params
    name = f"{parameters['owner']}/{parameters['name']}"
    return named_repository(request, kind_of(parameters.get("kinds")), name, writes=writes)


def named_repository(request: Request, kind: Kind, name: str, *, writes: bool) -> Repository:
    """Return a repository by its kind and `owner/name`.

    Raises:
        HubError: It is not there for the visitor, or must not be changed by them.
    """
    state = state_of(request)
    who = visitor(state, request)
    found = state.storage.repositories.get((kind, name))
    if found is None or not who.may_read(found.owner, private=found.private):
        raise problems.no_repository(anonymous=who.name is None)
    if writes:
        require_rights(who, found.owner)
    return found


def require_rights(who: Visitor, owner: str) -> None:
    """Let only those pass who may change an owner's repositories.

    Raises:
        HubError: They may not.
    """
    if who.name is None:
        raise problems.needs_token()
    if not who.writes:
        raise problems.forbidden("You must use a write token for this operation.")
    if not who.may_write(owner):
        raise problems.forbidden(f'You have no write access to the namespace "{owner}".')


def revision(request: Request, found: Repository) -> Commit:
    """Return the commit that a request's path names.

    Raises:
        HubError: The repository does not have it.
    """
    return found.at(request.path_params.get("revision", "main"))


def kind_of(name: str | None) -> Kind:
    """Return the kind that a request names, in the singular or the plural."""
    return cast(Kind, name.removesuffix("s")) if name else "model"


def _token(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme == "Bearer" and token else None
