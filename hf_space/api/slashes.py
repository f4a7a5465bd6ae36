"""Every path answers with and without its final slash, with no redirect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import BaseRoute, Match, Mount

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send


class SlashMiddleware:
    """Adds or removes the final slash when only the other spelling has a route.

    Redirects would lose a POST's body with some clients and fail health checks that count them as
    errors. Mounted applications are left to judge their own paths.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        """Wrap an application.

        Args:
            app: The application to call.
            routes: Its routes; later additions to the list count too.
        """
        self._app = app
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, respelled where needed."""
        if scope["type"] == "http" and not self._has_route(scope):
            path = scope["path"]
            respelled = {**scope, "path": path[:-1] if path.endswith("/") else f"{path}/"}
            if self._has_route(respelled):
                scope = respelled
        await self._app(scope, receive, send)

    def _has_route(self, scope: Scope) -> bool:
        return any(
            route.matches(scope)[0] is not Match.NONE
            for route in self._routes
            if not isinstance(route, Mount)
        )
