"""Starts the local Hub, and the handle by which tests use it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from huggingface_hub import HfApi
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from tests.hub import (
    routes_commit,
    routes_files,
    routes_lfs,
    routes_repo,
    routes_space,
)
from tests.hub.accounts import OWNER, TOKENS, Tokens
from tests.hub.faults import Faults
from tests.hub.problems import HubError, answer_refusal
from tests.hub.requests import Recorded, RequestMiddleware, State
from tests.hub.storage import Kind, Repository
from tests.server import free_port
from tests.waiting import comes_true


class Hub:
    """A running local Hub.

    Attributes:
        endpoint: Its address, for `HF_ENDPOINT`.
        owner: The user whose tokens are `tokens.write` and `tokens.read`.
        tokens: All tokens of its users.
        state: What it keeps, records and does wrong.
    """

    owner: str = OWNER
    tokens: Tokens = TOKENS

    def __init__(self) -> None:
        """Choose the ports; nothing listens yet."""
        self._ports = (free_port(), free_port())
        self.endpoint, content_host = (f"http://127.0.0.1:{port}" for port in self._ports)
        self.state = State(self.endpoint, content_host)
        self._running: tuple[uvicorn.Server, threading.Thread] | None = None

    @property
    def faults(self) -> Faults:
        """The faults."""
        return self.state.faults

    @property
    def requests(self) -> list[Recorded]:
        """The requests so far, in order; a test may clear them."""
        return self.state.requests

    def mend(self) -> None:
        """Switch all faults off."""
        self.state.faults = Faults()

    def api(self, token: str | None = TOKENS.write) -> HfApi:
        """Return the real client with a token, or with none."""
        return HfApi(endpoint=self.endpoint, token=False if token is None else token)

    def environment(self, home: Path, token: str | None = TOKENS.write) -> dict[str, str]:
        """Return the variables by which a process of its own uses this Hub.

        Args:
            home: Folder for all that the client keeps, its cache included.
            token: What it finds as `HF_TOKEN`, if anything.
        """
        return {
            "HF_ENDPOINT": self.endpoint,
            "HF_HOME": str(home),
            "HF_HUB_CACHE": str(home / "hub"),
            "HF_TOKEN": token or "",
            "HF_HUB_OFFLINE": "0",
            "HF_DATASETS_OFFLINE": "0",
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
        }

    def repository(self, name: str, kind: Kind = "model") -> Repository:
        """Return the repository `owner/name`."""
        return self.state.storage.repositories[kind, name]

    def up(self) -> None:
        """Listen at its address, if it does not yet.

        Raises:
            RuntimeError: It did not start.
        """
        if self._running:
            return
        sockets = [socket.create_server(("127.0.0.1", port)) for port in self._ports]
        server = uvicorn.Server(_configuration(_application(self.state)))
        thread = threading.Thread(target=server.run, args=(sockets,), daemon=True)
        thread.start()
        self._running = server, thread
        comes_true(lambda: server.started or not thread.is_alive())
        if not server.started:
            raise RuntimeError("the local Hub did not start")

    def down(self) -> None:
        """Refuse connections until it is up again; all that it keeps stays."""
        if self._running:
            server, thread = self._running
            server.should_exit = True
            thread.join()
            self._running = None


@contextmanager
def running_hub() -> Iterator[Hub]:
    """Start an empty Hub; it is gone at the end.

    Raises:
        RuntimeError: It did not start.
    """
    hub = Hub()
    hub.up()
    try:
        yield hub
    finally:
        hub.down()


class _Protocol(H11Protocol):
    """Lets the application cut its connection."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        # asyncio does it for sockets of its own only; without it each answer takes 40 ms.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.app_state = {**self.app_state, "transport": transport}


def _application(state: State) -> ASGIApp:
    routes = [
        *routes_repo.ROUTES,
        *routes_commit.ROUTES,
        *routes_lfs.ROUTES,
        *routes_space.ROUTES,
        *routes_files.ROUTES,
    ]
    handlers = {HubError: answer_refusal, ClientDisconnect: _answer_nobody}
    application = Starlette(routes=routes, exception_handlers=handlers)
    application.state.hub = state
    return RequestMiddleware(application, state)


async def _answer_nobody(_: Request, __: Exception) -> Response:
    return Response()


def _configuration(application: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        loop="asyncio",
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
