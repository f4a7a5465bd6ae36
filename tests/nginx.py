"""The proxy of `compose.yaml`: nginx by the project's configuration."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.processes import Service
from tests.server import ROOT, free_port

CONFIGURATION = ROOT / "proxy" / "nginx.conf"
_DOCUMENTED_PATH = "/lab/biopsia"
_BEGINNING = re.compile(r"location / \{\s*proxy_pass http://api:7860;")


class Nginx(Service):
    """Nginx with addresses of this machine in it.

    Attributes:
        port_behind_tls: Where it believes what a proxy in front of it states of its client.
    """

    def __init__(self, folder: Path, upstream: int, root_path: str = "") -> None:
        """Write the configuration into a folder.

        Args:
            folder: Empty.
            upstream: The port of the service.
            root_path: What it publishes the service under, and removes from the paths.
        """
        super().__init__(folder)
        self._root_path = root_path
        self.port_behind_tls = free_port()
        text = CONFIGURATION.read_text("utf-8")
        if root_path:
            text, changed = _BEGINNING.subn(_documented(root_path), text)
            assert changed == 1
        for theirs, ours in (
            ("http://api:7860", f"http://127.0.0.1:{upstream}"),
            ("listen 8080", f"listen 127.0.0.1:{self.port}"),
            ("listen 8081", f"listen 127.0.0.1:{self.port_behind_tls}"),
            ("8081 ", f"{self.port_behind_tls} "),
            ("/tmp/", f"{folder}/"),  # noqa: S108 -- a path within the container
            ("client_header_timeout 10s", "client_header_timeout 1s"),
        ):
            assert theirs in text
            text = text.replace(theirs, ours)
        (folder / "nginx.conf").write_text(text)

    @property
    def url(self) -> str:
        """The address of the service behind it, without a final slash."""
        return f"http://127.0.0.1:{self.port}{self._root_path}"

    def _command(self) -> list[str]:
        started = ["-e", "stderr", "-g", "daemon off;"]
        return ["nginx", "-p", str(self._folder), "-c", "nginx.conf", *started]

    def _is_ready(self, process: subprocess.Popen[bytes]) -> bool:  # noqa: ARG002 -- one on the port
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@contextmanager
def running_nginx(folder: Path, upstream: int, root_path: str = "") -> Iterator[Nginx]:
    """Start a proxy, and end it; see `Nginx`."""
    proxy = Nginx(folder, upstream, root_path)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()


def _documented(root_path: str) -> str:
    """Return what Deploy puts in place of the location, to serve below a path."""
    page = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    section = page.partition("### Below a path")[2]
    [lines] = re.findall("```nginx\n(.*?)```", section, re.DOTALL)[:1]
    assert _DOCUMENTED_PATH in lines
    return str(lines).replace(_DOCUMENTED_PATH, root_path)


def nginx_missing() -> str | None:
    """Return why no nginx can be started here, or None."""
    if shutil.which("nginx"):
        return None
    return "NO PROXY TESTS: nginx missing; apt install nginx-light"
