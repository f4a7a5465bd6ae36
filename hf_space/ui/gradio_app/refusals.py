"""Says why a call was refused: before it came to the demo, and where it went by the queue."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers, MutableHeaders

from hf_space.api.errors import biopsia_response
from hf_space.errors import BiopsiaError, RequestError
from hf_space.messages.language import accepted_language
from hf_space.schemas.errors import ErrorReport
from hf_space.ui.backend import error_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_CALL: Final = "/gradio_api/queue/join"
_DIRECT: Final = re.compile(r"/gradio_api/(?:run|api)/")


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


class DirectCallMiddleware:
    """Answers calls that are made without the queue with the status of their error.

    Gradio answers all that a function refuses with 500, also what is the caller's mistake.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap Gradio's application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and put a response in place of the one that failed."""
        if scope["type"] != "http" or not _DIRECT.search(scope["path"]):
            await self._app(scope, receive, send)
            return
        failed: Message | None = None

        async def replace(message: Message) -> None:
            nonlocal failed
            starts = message["type"] == "http.response.start"
            if starts and message["status"] == HTTPStatus.INTERNAL_SERVER_ERROR:
                failed = message
            elif failed is None:
                await send(message)
            elif error := _refused(message["body"]):
                await biopsia_response(error)(scope, receive, send)
            else:
                await send(failed)
                await send(message)

        await self._app(scope, receive, replace)


def _refused(body: bytes) -> BiopsiaError | None:
    """Return the error that Gradio tells of; None where it is the service's own mistake."""
    content = json.loads(body)
    told, code = content.get("error"), content.get("title")
    if not told:
        # It came before the function: Gradio could not read the inputs.
        return RequestError("The function takes other inputs; see the demo's API.")
    kind = next((each for each in _kinds(BiopsiaError) if each.code == code), BiopsiaError)
    message = str(told).removesuffix(f" ({code})")
    return kind(message) if kind.status != HTTPStatus.INTERNAL_SERVER_ERROR else None


def _kinds(kind: type[BiopsiaError]) -> Iterator[type[BiopsiaError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _kinds(below)
