"""Two processes behind the proxy, as Deploy describes it for a machine without Docker."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest
from gradio_client import Client, handle_file

from tests.bundle_factory import encode, plain_image
from tests.nginx import Nginx, nginx_missing
from tests.server import ROOT, RunningServer, running_server
from tests.services import require
from tests.stores import Store, Visitor, patch

TICKET_SECRET = "t" * 32
SECTION = (ROOT / "docs" / "deploy.md").read_text("utf-8").partition("### On a machine without")[2]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[RunningServer]]:
    """Processes that differ in their port only."""
    require(nginx_missing())
    store = Store(tmp_path_factory.mktemp("store"))
    settings = store.environment(ticket_secret=TICKET_SECRET, trusted_proxy_hops=1)
    with ExitStack() as stack:
        yield [stack.enter_context(running_server(**settings)) for _ in range(2)]


@pytest.fixture(scope="module")
def proxy(
    servers: list[RunningServer], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Nginx]:
    """The proxy with the documented lines."""
    folder = tmp_path_factory.mktemp("nginx")
    proxy = Nginx(folder, servers[0].port)
    [lines] = re.findall("```nginx\n(.*?)```", SECTION.partition("### Below")[0], re.DOTALL)
    for documented, server in zip(("7871", "7872"), servers, strict=True):
        assert lines.count(f"127.0.0.1:{documented};") == 1
        lines = lines.replace(documented, str(server.port))
    text = (
        (folder / "nginx.conf")
        .read_text("utf-8")
        .replace("    server {", f"{lines}\n    server {{")
    )
    text = text.replace(
        f"proxy_pass http://127.0.0.1:{servers[0].port};", "proxy_pass http://biopsia;"
    )
    (folder / "nginx.conf").write_text(text)
    proxy.start()
    yield proxy
    proxy.stop()


def asked(server: RunningServer) -> int:
    """Return how many requests for the model's facts a process has answered."""
    text = httpx2.get(f"{server.url}/metrics").text
    found = re.findall(r'requests_total{method="GET",route="/model/",status="200"} (\S+)', text)
    return int(float(found[0])) if found else 0


def test_an_address_stays_with_one_process_and_a_site_asks_all(
    servers: list[RunningServer], proxy: Nginx
) -> None:
    for _ in range(8):
        assert httpx2.get(f"{proxy.url}/model/").status_code == 200
    assert sorted(map(asked, servers)) == [0, 8]
    for number in range(40):
        signed = {"X-Biopsia-Client": f"{number} 203.0.113.7 0123"}
        assert httpx2.get(f"{proxy.url}/model/", headers=signed).status_code == 200
    assert min(map(asked, servers)) >= 8


def test_what_one_process_saves_and_signs_the_other_knows(
    servers: list[RunningServer], proxy: Nginx
) -> None:
    first, second = (httpx2.Client(base_url=server.url, timeout=60) for server in servers)
    with first, second:
        visitor = Visitor(first)
        identifier = visitor.predict(patch(1))["id"]
        known = {"X-Biopsia-Visitor": visitor.token}
        page = second.get("/history/", headers=known).json()
        assert [item["id"] for item in page["items"]] == [identifier]
        ticket = second.post("/tickets/", headers=known).json()["ticket"]
        files, bearer = {"file": patch(2)}, {"Authorization": f"Bearer {ticket}"}
        assert first.post("/predict/", files=files, headers=bearer).json()["saved"]
    page = httpx2.get(f"{proxy.url}/history/", headers=known).json()
    assert len(page["items"]) == 2


def test_the_demo_works_through_the_proxy(proxy: Nginx, tmp_path: Path) -> None:
    image = tmp_path / "a.png"
    image.write_bytes(encode(plain_image(200, 120, 190)))
    client = Client(proxy.url, verbose=False, download_files=str(tmp_path))
    try:
        for _ in range(4):
            assert client.predict(handle_file(image), api_name="/predict")["kind"] == "patch"
    finally:
        client.close()


def test_the_service_s_unit_starts_one_process_with_the_common_settings() -> None:
    unit, common = (
        SECTION.partition("[Unit]")[2],
        SECTION.partition("```ini")[2].partition("```")[0],
    )
    assert "EnvironmentFile=/etc/biopsia.env" in unit
    # What the file sets would win.
    assert "Environment=BIOPSIA_PORT=%i" in unit
    assert "PORT=" not in common
    assert "BIOPSIA_DATA_DIR=/var/lib/biopsia" in common
    assert "StateDirectory=biopsia\n" in unit
