"""A web server of files that can be read in parts, put and deleted, as those with WebDAV."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit


@dataclass
class WebFiles:
    """The running server.

    Attributes:
        address: Of its root.
        files: By their paths.
        sent: Bytes of files that were sent.
        busy: How many requests are refused for now, with 503, before others are answered.
        knows_parts: Whether it sends parts of files; otherwise all is sent, whatever is asked for.
    """

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    sent: int = 0
    busy: int = 0
    knows_parts: bool = True


@contextmanager
def running_web_files() -> Iterator[WebFiles]:
    """Run a server without files."""
    web = WebFiles()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if web.busy:
                web.busy -= 1
                self._answer(HTTPStatus.SERVICE_UNAVAILABLE)
                return
            content = web.files.get(urlsplit(self.path).path)
            if content is None:
                self._answer(HTTPStatus.NOT_FOUND)
                return
            asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
            if asked and web.knows_parts:
                start, last = int(asked[1]), min(int(asked[2]), len(content) - 1)
                place = {"Content-Range": f"bytes {start}-{last}/{len(content)}"}
                self._answer(HTTPStatus.PARTIAL_CONTENT, content[start : last + 1], place)
            else:
                self._answer(HTTPStatus.OK, content)

        do_HEAD = do_GET

        def do_PUT(self) -> None:
            web.files[urlsplit(self.path).path] = self._sent()
            self._answer(HTTPStatus.CREATED)

        def do_DELETE(self) -> None:
            known = web.files.pop(urlsplit(self.path).path, None) is not None
            self._answer(HTTPStatus.NO_CONTENT if known else HTTPStatus.NOT_FOUND)

        def _sent(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers["Content-Length"]))
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def _answer(
            self, status: HTTPStatus, content: bytes = b"", headers: dict[str, str] | None = None
        ) -> None:
            self.send_response(status)
            if not web.knows_parts:
                self.send_header("Accept-Ranges", "none")
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            if status != HTTPStatus.NO_CONTENT:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                web.sent += len(content)
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    web.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield web
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
