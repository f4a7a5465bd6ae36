"""Security headers, requests of other sites, and guesses of keys."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from hf_space.access.key_guesses import KeyGuesses
from hf_space.api.middleware.identify import API_KEY_HEADER, COOKIE
from hf_space.api.security import API_POLICY, DOCS_POLICY, SECURITY_HEADERS
from hf_space.errors import RateLimitedError
from tests.stores import Store, Visitor, client_of, error_of, patch

KEY = "k" * 32
SITE_SECRET = "s" * 32


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health/", 200),
        ("GET", "/history/", 200),
        ("GET", "/nothing", 404),
        ("PUT", "/history/", 405),
        ("POST", "/predict/", 415),
        ("OPTIONS", "/predict/", 400),
    ],
)
def test_every_answer_bounds_the_browser(
    visitor: Visitor, method: str, path: str, status: int
) -> None:
    preflight = {"Origin": "https://other.example", "Access-Control-Request-Method": "POST"}
    headers = preflight if method == "OPTIONS" else {}
    response = visitor.client.request(method, path, headers=headers)
    assert response.status_code == status
    assert response.headers["Content-Security-Policy"] == API_POLICY
    assert {name: response.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS


def test_the_documentation_may_run_its_own_script(visitor: Visitor) -> None:
    for path in ("/docs", "/static-offline-docs/swagger-ui.css"):
        assert visitor.client.get(path).headers["Content-Security-Policy"] == DOCS_POLICY
    for path in ("/docsx", "/docs.html", "/static-offline-docsx/a"):
        assert visitor.client.get(path).headers["Content-Security-Policy"] == API_POLICY


@pytest.fixture
def with_keys(store: Store) -> Iterator[TestClient]:
    with client_of(store.settings(api_keys={"lab": KEY}, site_secret=SITE_SECRET)) as client:
        yield client


def post(client: TestClient, **headers: str) -> object:
    client.cookies.clear()
    response = client.post("/predict/", files={"file": ("a.png", patch(1))}, headers=headers)
    return response.status_code if response.status_code == 200 else error_of(response)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_sites_page_cannot_write_with_what_browsers_add_unasked(
    with_keys: TestClient, site: str
) -> None:
    token = Visitor(with_keys).token
    password = "Basic " + base64.b64encode(f"lab:{KEY}".encode()).decode()
    from_there = {"Sec-Fetch-Site": site}
    cookie, basic = {"Cookie": f"{COOKIE}={token}"}, {"Authorization": password}
    for credentials in (cookie, basic):
        assert post(with_keys, **credentials, **from_there) == (403, "cross_site")
        assert post(with_keys, **credentials, **{"Sec-Fetch-Site": "same-origin"}) == 200
        assert post(with_keys, **credentials) == 200
        assert with_keys.get("/history/", headers=credentials | from_there).status_code == 200
    # A request with a header that only a page's own script can set is not forged.
    assert post(with_keys, **{API_KEY_HEADER: KEY}, **from_there) == 200
    assert post(with_keys, Authorization=f"Bearer {token}", **from_there) == 200
    ticket = with_keys.post("/tickets/", headers={"Authorization": f"Bearer {token}"}).json()
    assert post(with_keys, Authorization=f"Bearer {ticket['ticket']}", **from_there) == 200


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://testserver:81", "http://testserver.evil.example", ""],
)
def test_another_sites_page_is_known_by_its_origin_over_plain_http(
    with_keys: TestClient, origin: str
) -> None:
    token = Visitor(with_keys).token
    password = "Basic " + base64.b64encode(f"lab:{KEY}".encode()).decode()
    for credentials in ({"Cookie": f"{COOKIE}={token}"}, {"Authorization": password}):
        assert post(with_keys, **credentials, Origin=origin) == (403, "cross_site")
        read = with_keys.get("/history/", headers=credentials | {"Origin": origin})
        assert read.status_code == 200
    assert post(with_keys, **{API_KEY_HEADER: KEY}, Origin=origin) == 200


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://testserver", {}),
        ("http://lab.example:8080", {"Host": "Lab.example:8080"}),
        ("https://lab.example", {"Host": "lab.example:443"}),
        # No other page can add it, and some proxies change the host.
        ("https://lab.example", {"Host": "api:7860", "X-Forwarded-Host": "lab.example"}),
        # The browser's statement about the site counts more than the origin.
        ("https://lab.example", {"Host": "api:7860", "Sec-Fetch-Site": "same-origin"}),
    ],
)
def test_the_services_own_pages_write_over_plain_http(
    with_keys: TestClient, origin: str, host: dict[str, str]
) -> None:
    password = "Basic " + base64.b64encode(f"lab:{KEY}".encode()).decode()
    assert post(with_keys, Authorization=password, Origin=origin, **host) == 200


def test_who_guesses_keys_is_not_told_which_is_right(with_keys: TestClient) -> None:
    guesses = [post(with_keys, **{API_KEY_HEADER: f"{number:032}"}) for number in range(12)]
    assert guesses == [(401, "invalid_credentials")] * 10 + [(429, "rate_limited")] * 2
    for credentials in (
        {API_KEY_HEADER: KEY},
        {"Authorization": f"Bearer {KEY}"},
        {"Authorization": "Basic " + base64.b64encode(f"lab:{KEY}".encode()).decode()},
    ):
        assert post(with_keys, **credentials) == (429, "rate_limited")
    # Visitors of the same address still work, and so do keys from other addresses.
    assert post(with_keys, Authorization=f"Bearer {Visitor(with_keys).token}") == 200
    assert post(with_keys, **{API_KEY_HEADER: KEY}, **stated_by_site("203.0.113.7")) == 200


def stated_by_site(address: str) -> dict[str, str]:
    stated = f"{int(time.time())} {address}"
    signature = hmac.new(SITE_SECRET.encode(), stated.encode(), hashlib.sha256).hexdigest()
    return {"X-Biopsia-Client": f"{stated} {signature}"}


def test_guesses_do_not_lock_out_who_uses_a_key_from_there(store: Store) -> None:
    keys, here = {"lab": KEY, "ward": "w" * 32}, stated_by_site("203.0.113.8")
    right, unused = {API_KEY_HEADER: KEY}, {API_KEY_HEADER: "w" * 32}
    with client_of(store.settings(api_keys=keys, site_secret=SITE_SECRET)) as client:
        assert post(client, **right, **here) == 200
        # A program that keeps using an old key counts as one guess.
        for _ in range(20):
            assert post(client, **{API_KEY_HEADER: "o" * 32}, **here) == (
                401,
                "invalid_credentials",
            )
        for number in range(9):
            assert post(client, **{API_KEY_HEADER: f"{number:032}"}, **here) == (
                401,
                "invalid_credentials",
            )
        for number in range(3):
            wrong = {API_KEY_HEADER: f"{number + 100:032}"}
            assert post(client, **wrong, **here) == (429, "rate_limited")
            assert post(client, **unused, **here) == (429, "rate_limited")
            assert post(client, **right, **here) == 200
        # From another address the key has not been used, and there were no guesses.
        assert post(client, **unused, **stated_by_site("203.0.113.9")) == 200


def test_what_is_compared_with_keys_in_use_has_an_end_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Nothing refills in the meantime.
    monkeypatch.setattr("hf_space.access.rate_limit.monotonic", lambda: 5000.0)

    async def scenario() -> None:
        guesses = KeyGuesses(None)
        guesses.note_use("here", b"lab")
        for number in range(10):
            await guesses.check("here", None, str(number))
        for _ in range(1000):
            with pytest.raises(RateLimitedError):
                await guesses.check("here", None, "one more")
        with pytest.raises(RateLimitedError) as refused:
            await guesses.check("here", b"lab", KEY)
        assert refused.value.details["retry_after_seconds"] == 1
        await guesses.check("elsewhere", b"lab", KEY)

    asyncio.run(scenario())


def test_guesses_are_counted_where_a_key_is_required(store: Store) -> None:
    with client_of(store.settings(api_keys={"lab": KEY}, require_api_key=True)) as client:
        said = [post(client, Authorization=f"Bearer {number:032}") for number in range(12)]
        assert said == [(401, "api_key_required")] * 10 + [(429, "rate_limited")] * 2
        assert post(client, Authorization=f"Bearer {KEY}") == (429, "rate_limited")


def test_visitors_of_the_site_count_by_their_own_addresses(store: Store) -> None:
    settings = store.settings(site_secret=SITE_SECRET, address_images_per_minute=2)
    with client_of(settings) as client:
        for address, expected in (
            *(("203.0.113.7", 200), ("203.0.113.7", 200)),
            *(("203.0.113.7", (429, "rate_limited")), ("203.0.113.8", 200)),
        ):
            assert post(client, **stated_by_site(address)) == expected
