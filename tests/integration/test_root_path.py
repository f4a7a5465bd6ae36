"""The service below a path that a proxy removes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx2
import pytest
from gradio_client import Client, handle_file

from hf_space.api.middleware.identify import COOKIE
from hf_space.api.security import DEMO_POLICY, DOCS_POLICY, POLICY_HEADER
from tests.bundle_factory import encode, expected_probability, plain_image, write_bundle
from tests.nginx import Nginx, nginx_missing, running_nginx
from tests.server import RunningServer, running_server
from tests.services import require
from tests.stores import Visitor, error_of, patch

PREFIX = "/lab/biopsia"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    require(nginx_missing())
    bundle = write_bundle(tmp_path_factory.mktemp("below") / "model")
    with running_server(BIOPSIA_MODEL_DIR=str(bundle), BIOPSIA_ROOT_PATH=PREFIX) as server:
        yield server


@pytest.fixture(scope="module")
def proxy(service: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    with running_nginx(tmp_path_factory.mktemp("nginx"), service.port, PREFIX) as proxy:
        yield proxy


@pytest.fixture
def client(proxy: Nginx) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=proxy.url, timeout=60) as client:
        yield client


def links_of(page: str) -> list[str]:
    return re.findall(r"""(?:src|href)=["']([^"']+)""", page)


def test_the_api_answers_behind_the_proxy_and_beside_it(
    client: httpx2.Client, service: RunningServer
) -> None:
    visitor = Visitor(client)
    identifier = visitor.predict(patch(1))["id"]
    assert visitor.ids() == [identifier]
    assert visitor.get(f"/history/{identifier}/thumbnail").status_code == 200
    assert visitor.review(identifier, opinion="agree").status_code == 201
    assert client.get("/history", follow_redirects=False).status_code == 200
    # The host's own probes bypass the proxy.
    assert httpx2.get(f"{service.url}/health/").json()["status"] == "ok"


def test_a_browser_keeps_one_visitor(client: httpx2.Client) -> None:
    said = client.get("/history/", headers={"Sec-Fetch-Site": "same-origin"}).headers["Set-Cookie"]
    # Browsers accept a cookie of this name only with this path.
    assert said.startswith(f"{COOKIE}=")
    assert "; Path=/;" in said


def test_errors_name_the_path_that_was_asked_for(client: httpx2.Client) -> None:
    for path in ("/nowhere", "/gradio_api/nowhere", "/static-offline-docs/nowhere"):
        response = client.get(path)
        assert error_of(response) == (404, "not_found")
        said = response.json()["error"]["message"]
        assert said == f"There is nothing at {PREFIX}{path}; {PREFIX}/docs lists the paths."
    for path in ("/predict/", "/gradio_api/queue/join"):
        response = client.get(path)
        assert error_of(response) == (405, "method_not_allowed")
        assert f"GET is not allowed on {PREFIX}{path}" in response.json()["error"]["message"]


def test_the_documentation_asks_below_the_prefix(client: httpx2.Client) -> None:
    page = client.get("/docs")
    assert page.headers[POLICY_HEADER] == DOCS_POLICY
    sources = links_of(page.text)
    assert len(sources) >= 2
    for source in sources:
        assert source.startswith(f"{PREFIX}/static-offline-docs/")
        assert client.get(source.removeprefix(PREFIX)).status_code == 200
    assert f"'{PREFIX}/openapi.json'" in page.text
    assert client.get("/openapi.json").json()["servers"] == [{"url": PREFIX}]


def test_the_demo_s_page_asks_below_the_prefix(client: httpx2.Client, proxy: Nginx) -> None:
    page = client.get("/")
    assert page.headers[POLICY_HEADER] == DEMO_POLICY
    assert client.get("/config").json()["root"] == proxy.url
    asked = {urljoin(f"{proxy.url}/", link) for link in links_of(page.text)}
    own = {url for url in asked if urlsplit(url).netloc == urlsplit(proxy.url).netloc}
    # Gradio links it by the host's root, even if there is none.
    own.discard(urljoin(proxy.url, "/manifest.json"))
    assert len(own) > 2
    assert {url: httpx2.get(url).status_code for url in own} == dict.fromkeys(own, 200)


def test_gradio_s_client_predicts(proxy: Nginx, tmp_path: Path) -> None:
    image = tmp_path / "a.png"
    image.write_bytes(encode(plain_image(200, 120, 190)))
    client = Client(proxy.url, verbose=False, download_files=str(tmp_path))
    try:
        result = client.predict(handle_file(image), api_name="/predict")
    finally:
        client.close()
    assert abs(result["probability"] - expected_probability(200, 120, 190)) < 1e-4


def test_the_path_without_its_slash_leads_to_it(proxy: Nginx) -> None:
    host = f"http://127.0.0.1:{proxy.port}"
    response = httpx2.get(f"{host}{PREFIX}?lang=es", follow_redirects=False)
    # Browsers of a proxy with HTTPS in front must not be sent to another scheme or port.
    assert (response.status_code, response.headers["Location"]) == (301, f"{PREFIX}/?lang=es")


@pytest.mark.parametrize("path", ["/", "/health/", "/lab/", "/lab/biopsiax", "/error/request"])
def test_beside_the_path_there_is_nothing(proxy: Nginx, path: str) -> None:
    response = httpx2.get(f"http://127.0.0.1:{proxy.port}{path}")
    assert error_of(response) == (404, "not_found")
    assert httpx2.get(f"{proxy.url}/health/").json()["status"] == "ok"


def test_what_the_demo_does_not_need_is_not_there(proxy: Nginx) -> None:
    # Each on a connection of its own: the proxy closes one whose request was refused before all
    # of its body had passed, which is then too late for the next request.
    for path in ("/gradio_api/process_recording", "/gradio_api/run/nowhere"):
        response = httpx2.post(f"{proxy.url}{path}", json={"data": []})
        assert error_of(response) == (404, "not_found")
    response = httpx2.get(f"{proxy.url}/gradio_api/file=http://127.0.0.1/")
    assert error_of(response) == (404, "not_found")
