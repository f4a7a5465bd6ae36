"""Says why a call of the page was refused before it came to the demo."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers, MutableHeaders

from hf_space.messages.language import accepted_language
from hf_space.schemas.errors import ErrorReport
from hf_space.ui.backend import error_text

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_CALL: Final = "/gradio_api/queue/join"


class RefusalTextMiddleware:
    """Adds a `detail` to rate limit refusals.

    Gradio's page shows this text; of the service's own format it only shows that there was an
    error.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application that charges calls."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and complete the response."""
        if scope["type"] != "http" or not scope["path"].rstrip("/").endswith(_CALL):
            await self._app(scope, receive, send)
            return
        refused: Message | None = None

        async def complete(message: Message) -> None:
            nonlocal refused
            starts = message["type"] == "http.response.start"
            if starts and message["status"] == HTTPStatus.TOO_MANY_REQUESTS:
                refused = message
                return
            if refused is not None:
                body = _with_detail(message["body"], Headers(scope=scope))
                MutableHeaders(scope=refused)["Content-Length"] = str(len(body))
                await send(refused)
                message, refused = {**message, "body": body}, None
            await send(message)

        await self._app(scope, receive, complete)


def _with_detail(body: bytes, asked: Headers) -> bytes:
    report = ErrorReport.model_validate_json(body)
    detail = error_text(report.error, accepted_language(asked.get("accept-language", "")))
    return json.dumps(report.model_dump(mode="json") | {"detail": detail}).encode()
