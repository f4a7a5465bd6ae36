"""Which of the service's own routes a path means, before anything mounted at `/` sees it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from starlette.routing import BaseRoute, Match, Mount

from hf_space.api.errors import biopsia_response
from hf_space.errors import WrongMethodError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

# What routing notes in the scope: the route, and that it went to a mounted application.
_FOUND: Final = ("route", "app_root_path")
_METHODS: Final = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")


class PathMiddleware:
    """Adds or removes a final slash, answers HEAD as GET, and refuses other wrong methods.

    Redirects would lose a POST's body with some clients and fail health checks that count them as
    errors. A wrong method on one of our paths would otherwise reach the application mounted at
    `/`, which knows nothing of it. Paths that are not ours are passed on as they are.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        """Wrap an application.

        Args:
            app: The application to call.
            routes: Its routes; later additions to the list count too, mounted ones do not.
        """
        self._app = app
        self._routes = routes
        # Matching costs more than the rest of the way to a route; the paths in use are few.
        self._resolve = lru_cache(maxsize=512)(self._find)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, respelled where needed."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path, method = self._resolve(scope["path"], scope["method"])
        if method is None:
            await self._refuse({**scope, "path": path}, receive, send)
            return
        respelled = {**scope, "path": path, "method": method}
        try:
            await self._app(respelled, receive, send)
        finally:
            # Whoever counts requests outside wants to know which route it was.
            scope.update((key, respelled[key]) for key in _FOUND if key in respelled)

    def _find(self, path: str, method: str) -> tuple[str, str | None]:
        """Return our spelling of a path and method; no method where it is a wrong one."""
        for spelling in (path, path[:-1] if path.endswith("/") else f"{path}/"):
            # The server drops the body of an answer to HEAD by itself.
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
        allowed = [verb for verb, answered in found.items() if answered]
        error = WrongMethodError(
            f"{scope['method']} is not allowed on {scope['path']}; use {' or '.join(allowed)}."
        )
        response = biopsia_response(error, headers={"Allow": ", ".join(allowed)})
        await response(scope, receive, send)
