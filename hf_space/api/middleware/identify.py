"""Identifies the visitor of each request, and returns a new visitor's token in the response."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser

from hf_space.access.visitor import (
    ApiKeys,
    Visitor,
    client_address,
    new_visitor,
    owner_of_token,
)
from hf_space.api.errors import biopsia_response
from hf_space.errors import (
    ApiKeyRequiredError,
    CredentialsError,
    CrossSiteError,
    RateLimitedError,
)
from hf_space.schemas.tickets import HUB_TOKEN_PREFIX, TICKET_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import SecretStr
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from hf_space.access.key_guesses import KeyGuesses
    from hf_space.access.tickets import Tickets
    from hf_space.api.dependencies import PolicyRoute

VISITOR_HEADER: Final = "X-Biopsia-Visitor"
API_KEY_HEADER: Final = "X-API-Key"
RATE_LIMIT_HEADERS: Final = {
    "X-RateLimit-Limit": "limit",
    "X-RateLimit-Remaining": "remaining",
    "X-RateLimit-Reset": "reset_seconds",
}
"""Headers of every response to a charged request, and their fields of an `Allowance`."""
# The prefix makes browsers refuse it from other paths, subdomains, and plain HTTP (RFC 6265bis).
COOKIE: Final = "__Host-biopsia-visitor"
# The longest that browsers keep a cookie.
_COOKIE_SECONDS: Final = 400 * 24 * 3600
_COOKIE_FLAGS: Final = f"Path=/; Max-Age={_COOKIE_SECONDS}; HttpOnly; Secure; SameSite=Lax"
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# Values of Sec-Fetch-Site, https://www.w3.org/TR/fetch-metadata/
_OTHER_SITES: Final = frozenset({"cross-site", "same-site"})
_DEFAULT_PORT: Final = re.compile(r":(80|443)$")
_CHALLENGE: Final = 'Basic realm="Biopsia API key", Bearer'


class IdentifyMiddleware:
    """Puts a `Visitor` into the request's state, or refuses the request.

    An API key comes as bearer token, as `X-API-Key`, or as the password of basic authentication,
    which browsers ask for; a visitor's token as bearer token, as `X-Biopsia-Visitor`, or as cookie;
    a ticket as bearer token. Requests outside the routes, such as the demo's, need a key where keys
    are required, and take no tickets.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        routes: Iterable[PolicyRoute],
        keys: ApiKeys,
        require_key: bool,
        tickets: Tickets,
        guesses: KeyGuesses,
        trusted_hops: int,
        site_secret: SecretStr | None,
    ) -> None:
        """Wrap an application.

        Args:
            app: The application to call.
            routes: Its routes; those that need no key or take tickets have no path parameters.
            keys: The known API keys.
            require_key: Refuse requests without a key, except to routes that need none.
            tickets: Checks tickets.
            guesses: Counts unknown keys.
            trusted_hops: Number of proxies that are trusted to state the client's address.
            site_secret: Secret with which the site signs the client's address.
        """
        self._app = app
        self._keys = keys
        self._require_key = require_key
        self._tickets = tickets
        self._guesses = guesses
        self._trusted_hops = trusted_hops
        self._site_secret = site_secret.get_secret_value().encode() if site_secret else None
        routes = list(routes)
        self._open_uses = _uses(route for route in routes if not route.needs_key)
        self._ticket_uses = _uses(route for route in routes if route.takes_tickets)
        self._ticket_uses_text = " and ".join(map(" ".join, sorted(self._ticket_uses)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its visitor, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        address = client_address(scope, self._trusted_hops, self._site_secret)
        try:
            visitor = await self._known(scope, address)
        except (CredentialsError, ApiKeyRequiredError) as error:
            response = biopsia_response(error, headers={"WWW-Authenticate": _CHALLENGE})
            await response(scope, receive, send)
            return
        except (CrossSiteError, RateLimitedError) as error:
            await biopsia_response(error)(scope, receive, send)
            return
        scope.setdefault("state", {})["visitor"] = visitor

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(visitor, Headers(scope=scope), MutableHeaders(scope=message))
            await send(message)

        await self._app(scope, receive, send_with_headers)

    async def _known(self, scope: Scope, address: str) -> Visitor:
        if _use(scope["method"], scope["path"]) in self._open_uses:
            return new_visitor(address)
        headers = Headers(scope=scope)
        key = _possible_key(headers)
        if key is None:
            return self._visitor(scope, headers, address)
        owner = self._keys.owner(key)
        await self._guesses.check(address, owner, key)
        if owner:
            self._guesses.note_use(address, owner)
        return self._visitor(scope, headers, address)

    def _visitor(self, scope: Scope, headers: Headers, address: str) -> Visitor:
        owner = self._key_owner(headers)
        if owner:
            if _basic_password(headers) is not None:
                _refuse_other_sites(scope["method"], headers)
            return Visitor(owner, address)
        bearer = _bearer(headers) or ""
        if bearer.startswith(TICKET_PREFIX):
            return Visitor(self._ticket_owner(bearer, scope), address)
        if self._require_key:
            raise ApiKeyRequiredError(f"Send an API key, as bearer token or in {API_KEY_HEADER}.")
        token = bearer or headers.get(VISITOR_HEADER) or ""
        if token:
            owner = owner_of_token(token)
            if owner is None:
                raise CredentialsError("This is neither an API key nor a visitor's token.")
            return Visitor(owner, address, has_token=True)
        # Browsers also send old cookies: one that is not a token is ignored.
        owner = owner_of_token(_cookie(headers))
        if owner is None:
            return new_visitor(address)
        _refuse_other_sites(scope["method"], headers)
        return Visitor(owner, address, by_cookie=True, has_token=True)

    def _ticket_owner(self, ticket: str, scope: Scope) -> bytes:
        owner = self._tickets.owner(ticket)
        if _use(scope["method"], scope["path"]) not in self._ticket_uses:
            raise CredentialsError(f"A ticket is valid for {self._ticket_uses_text} only.")
        return owner

    def _key_owner(self, headers: Headers) -> bytes | None:
        key = headers.get(API_KEY_HEADER) or _basic_password(headers)
        if key is None:
            return self._keys.owner(_bearer(headers) or "")
        owner = self._keys.owner(key)
        if owner is None:
            raise CredentialsError("This API key is not known.")
        return owner


def _add_headers(visitor: Visitor, request: Headers, response: MutableHeaders) -> None:
    if visitor.allowance:
        for header, fact in RATE_LIMIT_HEADERS.items():
            response[header] = str(visitor.allowance[fact])
    if visitor.used:
        said = response.get("Cache-Control", "")
        if "no-store" not in said:
            response["Cache-Control"] = f"no-store, {said}" if said else "no-store"
        if visitor.token:
            _add_token(visitor.token, request, response)


def _add_token(token: str, request: Headers, response: MutableHeaders) -> None:
    """Give browsers a cookie that no script can read, and everybody else a header."""
    # Only browsers send it. A page of another origin cannot use our cookie, so it gets the header.
    if request.get("Sec-Fetch-Site") not in ("same-origin", "none"):
        response[VISITOR_HEADER] = token
    else:
        response.append("Set-Cookie", f"{COOKIE}={token}; {_COOKIE_FLAGS}")


def _uses(routes: Iterable[PolicyRoute]) -> set[tuple[str, str]]:
    return {_use(method, route.path) for route in routes for method in route.methods or ()}


def _use(method: str, path: str) -> tuple[str, str]:
    """Return a method and path as the routes have them, without a final slash."""
    return "GET" if method == "HEAD" else method, path.rstrip("/")


def _possible_key(headers: Headers) -> str | None:
    """Return a credential that could be a guessed key, see `_key_owner`; no token or ticket."""
    key = headers.get(API_KEY_HEADER) or _basic_password(headers)
    if key is not None:
        return key
    bearer = _bearer(headers) or ""
    is_known = bearer.startswith(TICKET_PREFIX) or owner_of_token(bearer) is not None
    return bearer if bearer and not is_known else None


def _refuse_other_sites(method: str, headers: Headers) -> None:
    """Refuse writes that use only credentials which browsers attach to requests of other sites."""
    if method not in _SAFE_METHODS and _is_of_other_site(headers):
        raise CrossSiteError("A page of another site cannot write with a cookie or a password.")


def _is_of_other_site(headers: Headers) -> bool:
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in _OTHER_SITES
    # Over plain HTTP browsers send only the origin. Programs send neither header.
    origin = headers.get("Origin")
    if origin is None:
        return False
    # A page cannot add the second header without a preflight, and a proxy may change the host.
    hosts = (headers.get("Host"), headers.get("X-Forwarded-Host"))
    return _host(origin.partition("://")[2]) not in {_host(host) for host in hosts if host}


def _host(text: str) -> str:
    return _DEFAULT_PORT.sub("", text.lower())


def _bearer(headers: Headers) -> str | None:
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    token = token.strip()
    return token if scheme.lower() == "bearer" and not token.startswith(HUB_TOKEN_PREFIX) else None


def _basic_password(headers: Headers) -> str | None:
    scheme, _, encoded = headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(encoded.strip()).decode().partition(":")[2]
    except (binascii.Error, UnicodeError):
        return ""


def _cookie(headers: Headers) -> str:
    # The standard library's parser stops at cookies of others that break the standard.
    return cookie_parser(headers.get("Cookie", "")).get(COOKIE, "")
