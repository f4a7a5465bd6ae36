"""A store of objects on this machine: moto's S3, which can refuse requests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import fsspec
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

_VARIABLES = {
    "AWS_ACCESS_KEY_ID": "tests",
    "AWS_SECRET_ACCESS_KEY": "tests",
    "AWS_DEFAULT_REGION": "us-east-1",
    # Errors are reported at once, without retries.
    "AWS_MAX_ATTEMPTS": "1",
}


@dataclass
class Request:
    """One request: what it wants of which object, and which bytes of it."""

    method: str
    path: str
    range: str


@dataclass
class Store:
    """The running store.

    Attributes:
        address: Of its only bucket, ``s3://...``.
        requests: Those that came, in their order.
        refuses: Tells whether a request is refused, with a status that may be tried again.
    """

    address: str
    requests: list[Request] = field(default_factory=list)
    refuses: Callable[[Request], bool] = lambda _: False

    def system(self) -> Any:
        """Return a client of its own."""
        return fsspec.filesystem("s3", use_listings_cache=False)

    def names(self, below: str = "") -> set[str]:
        """Name all objects, from the bucket on."""
        bucket = self.address.removeprefix("s3://")
        found = self.system().find(f"{bucket}/{below}")
        return {name.removeprefix(f"{bucket}/") for name in found}

    def read(self, name: str) -> bytes:
        """Return an object."""
        content: bytes = self.system().cat_file(f"{self.address}/{name}")
        return content

    def write(self, name: str, content: bytes) -> str:
        """Put an object, and return its address."""
        self.system().pipe_file(f"{self.address}/{name}", content)
        return f"{self.address}/{name}"


class _Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def running_s3(bucket: str = "slides") -> Iterator[Store]:
    """Run a store with an empty bucket; clients find it by the environment's variables."""
    application = DomainDispatcherApplication(create_backend_app)
    store = Store(f"s3://{bucket}")

    def watched(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        request = Request(method, path, environ.get("HTTP_RANGE", ""))
        store.requests.append(request)
        if store.refuses(request):
            # What was sent is read first: the client would find the connection closed.
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start("503 Service Unavailable", [("Content-Type", "application/xml")])
            return [b"<Error><Code>ServiceUnavailable</Code></Error>"]
        answer: Iterable[bytes] = application(environ, start)
        return answer

    server = make_server("127.0.0.1", 0, watched, threaded=True, request_handler=_Quiet)
    thread = Thread(target=server.serve_forever)
    thread.start()
    before = dict(os.environ)
    os.environ.update(_VARIABLES, AWS_ENDPOINT_URL=f"http://127.0.0.1:{server.server_port}")
    try:
        fsspec.filesystem("s3", skip_instance_cache=True).mkdir(bucket)
        yield store
    finally:
        os.environ.clear()
        os.environ.update(before)
        server.shutdown()
        thread.join()
        server.server_close()
