"""Finds the service's route for a path before the application mounted at `/` gets it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from starlette.routing import BaseRoute, Match, Mount

from hf_space.api.errors import biopsia_response
from hf_space.errors import WrongMethodError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

# Set in the scope by routing: the route, and the root path of a mounted application.
_FOUND: Final = ("route", "app_root_path")
_METHODS: Final = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")


class PathMiddleware:
    """Adds or removes a final slash, treats HEAD as GET, and refuses other wrong methods.

    Redirects would lose a POST's body with some clients and fail health checks that count them as
    errors. A wrong method on one of our paths would otherwise reach the application mounted at
    `/`, which gives 404. Paths of no route are passed on unchanged.

    A proxy may have removed a prefix, with which the application and the demo write their links.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute], root_path: str) -> None:
        """Wrap an application.

        Args:
            app: The application to call.
            routes: Its routes; later additions to the list count too, mounted ones do not.
            root_path: The prefix that proxies remove; empty for none.
        """
        self._app = app
        self._routes = routes
        self._root_path = root_path
        # Matching is the most expensive step of routing, and few paths are in use.
        self._resolve = lru_cache(maxsize=512)(self._find)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with the route's own path and method."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path, method = self._resolve(scope["path"], scope["method"])
        if method is None:
            await self._refuse({**scope, "path": path}, receive, send)
            return
        # By the ASGI specification the path begins with the root path.
        published = {"root_path": self._root_path, "path": self._root_path + path}
        respelled = {**scope, **published, "method": method}
        try:
            await self._app(respelled, receive, send)
        finally:
            # The middleware that counts requests wraps this one and reads the route.
            scope.update((key, respelled[key]) for key in _FOUND if key in respelled)

    def _find(self, path: str, method: str) -> tuple[str, str | None]:
        """Return a route's path and method; None as method where the path allows others only."""
        for spelling in (path, path[:-1] if path.endswith("/") else f"{path}/"):
            # The server removes the body of a response to HEAD.
            for verb in (method, "GET") if method == "HEAD" else (method,):
                if self._match(spelling, verb) is Match.FULL:
                    return spelling, verb
            if self._match(spelling, method) is Match.PARTIAL:
                return spelling, None
        return path, method

    def _match(self, path: str, method: str) -> Match:
        scope = {"type": "http", "path": path, "method": method, "headers": []}
        own = (route for route in self._routes if not isinstance(route, Mount))
        return max((route.matches(scope)[0] for route in own), key=lambda match: match.value)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = {verb: self._find(scope["path"], verb)[1] for verb in _METHODS}
        allowed = [verb for verb, matched in found.items() if matched]
        error = WrongMethodError(
            f"{scope['method']} is not allowed on {self._root_path}{scope['path']}; "
            f"use {' or '.join(allowed)}."
        )
        response = biopsia_response(error, headers={"Allow": ", ".join(allowed)})
        await response(scope, receive, send)
