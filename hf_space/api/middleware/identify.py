"""Says to whom each request belongs, and gives newcomers a token."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser

from hf_space.access.owners import ApiKeys, new_token, owner_of_token
from hf_space.access.tickets import is_ticket
from hf_space.access.visitor import Visitor
from hf_space.api.errors import biopsia_response
from hf_space.errors import ApiKeyRequiredError, CredentialsError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from hf_space.access.tickets import Tickets

VISITOR_HEADER: Final = "X-Biopsia-Visitor"
API_KEY_HEADER: Final = "X-API-Key"
# The prefix makes browsers refuse it from other paths, subdomains, and plain HTTP (RFC 6265bis).
COOKIE: Final = "__Host-biopsia-visitor"
# The longest that browsers keep a cookie.
_COOKIE_SECONDS: Final = 400 * 24 * 3600
_COOKIE_FLAGS: Final = f"Path=/; Max-Age={_COOKIE_SECONDS}; HttpOnly; Secure; SameSite=Lax"
# A private Space is asked with a token of the Hub, which is none of ours.
_HUB_TOKEN: Final = "hf_"  # noqa: S105 -- a prefix
_OPEN_PATHS: Final = ("/health", "/health/live")
_TICKET_PATHS: Final = ("/predict", "/predict/batch")


class IdentifyMiddleware:
    """Puts a `Visitor` into the request's state.

    An API key comes as bearer token, as `X-API-Key`, or as the password of basic authentication,
    which browsers ask for; a visitor's token as bearer token, as `X-Biopsia-Visitor`, or as cookie;
    a ticket as bearer token.
    """

    def __init__(self, app: ASGIApp, keys: ApiKeys, *, require_key: bool, tickets: Tickets) -> None:
        """Wrap an application.

        Args:
            app: The application to call.
            keys: The known API keys.
            require_key: Refuse whoever has none, except for the paths that tell of health.
            tickets: What reads tickets, of whoever was given one.
        """
        self._app = app
        self._keys = keys
        self._require_key = require_key
        self._tickets = tickets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its visitor, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            visitor = self._visitor(scope)
        except (CredentialsError, ApiKeyRequiredError) as error:
            response = biopsia_response(error)
            response.headers["WWW-Authenticate"] = 'Basic realm="Biopsia API key", Bearer'
            await response(scope, receive, send)
            return
        scope.setdefault("state", {})["visitor"] = visitor

        async def introduce(message: Message) -> None:
            if message["type"] == "http.response.start" and visitor.used:
                headers = MutableHeaders(scope=message)
                headers["Cache-Control"] = "no-store"
                if visitor.token:
                    _hand_over(visitor.token, Headers(scope=scope), headers)
            await send(message)

        await self._app(scope, receive, introduce)

    def _visitor(self, scope: Scope) -> Visitor:
        if scope["path"].rstrip("/") in _OPEN_PATHS:
            return _newcomer()
        headers = Headers(scope=scope)
        owner = self._key_owner(headers)
        if owner:
            return Visitor(owner)
        bearer = _bearer(headers) or ""
        if is_ticket(bearer):
            return self._ticket_visitor(bearer, scope)
        if self._require_key:
            raise ApiKeyRequiredError(f"Send an API key, as bearer token or in {API_KEY_HEADER}.")
        token = bearer or headers.get(VISITOR_HEADER) or ""
        if token:
            owner = owner_of_token(token)
            if owner is None:
                raise CredentialsError("This is neither an API key nor a visitor's token.")
            return Visitor(owner)
        # Browsers send whatever once was set; a cookie that is no token is as good as none.
        owner = owner_of_token(_cookie(headers))
        return Visitor(owner, by_cookie=True) if owner else _newcomer()

    def _ticket_visitor(self, ticket: str, scope: Scope) -> Visitor:
        owner = self._tickets.owner(ticket)
        if scope["method"] != "POST" or scope["path"].rstrip("/") not in _TICKET_PATHS:
            raise CredentialsError(f"A ticket is good for POST {' and '.join(_TICKET_PATHS)} only.")
        return Visitor(owner)

    def _key_owner(self, headers: Headers) -> bytes | None:
        key = headers.get(API_KEY_HEADER) or _basic_password(headers)
        if key is None:
            return self._keys.owner(_bearer(headers) or "")
        owner = self._keys.owner(key)
        if owner is None:
            raise CredentialsError("This API key is not known.")
        return owner


def _newcomer() -> Visitor:
    token = new_token()
    owner = owner_of_token(token)
    assert owner is not None  # noqa: S101 -- the service's own tokens are well-formed
    return Visitor(owner, token)


def _hand_over(token: str, asked: Headers, answer: MutableHeaders) -> None:
    """Give browsers a cookie that no script can read, and everybody else a header."""
    # Only browsers send it. A page of another origin cannot use our cookie, so it gets the header.
    if asked.get("Sec-Fetch-Site") not in ("same-origin", "none"):
        answer[VISITOR_HEADER] = token
    else:
        answer.append("Set-Cookie", f"{COOKIE}={token}; {_COOKIE_FLAGS}")


def _bearer(headers: Headers) -> str | None:
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    token = token.strip()
    return token if scheme.lower() == "bearer" and not token.startswith(_HUB_TOKEN) else None


def _basic_password(headers: Headers) -> str | None:
    scheme, _, encoded = headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(encoded.strip()).decode().partition(":")[2]
    except (binascii.Error, UnicodeError):
        return ""


def _cookie(headers: Headers) -> str:
    # The standard library's parser gives up on cookies of others that browsers send all the same.
    return cookie_parser(headers.get("Cookie", "")).get(COOKIE, "")
