"""Tickets through the API: who gets one, and what it allows."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from fastapi.testclient import TestClient
from itsdangerous import TimestampSigner
from pydantic import SecretStr

from hf_space.access.tickets import Tickets
from hf_space.api.app import create_api
from hf_space.api.middleware.identify import API_KEY_HEADER, COOKIE, VISITOR_HEADER
from hf_space.settings import Settings
from tests.stores import Store, Visitor, client_of, error_of, patch

SECRET = SecretStr("s" * 32)
KEY = "k" * 32
SITE = "https://site.example"
BROWSER = {"Sec-Fetch-Site": "same-origin"}
OPEN = {"/health/", "/health/live"}
OPERATIONS = [
    (method.upper(), path)
    for path, item in create_api(Settings()).openapi()["paths"].items()
    for method in item
    if path not in OPEN
]
UPLOADS = {("POST", path) for path in ("/predict/", "/predict/batch/", "/predict/slide/")}


def take(client: httpx2.Client, **headers: str) -> str:
    """Request a ticket with these headers."""
    client.cookies.clear()
    response = client.post("/tickets/", headers=headers)
    client.cookies.clear()
    assert response.status_code == 201, response.text
    ticket: str = response.json()["ticket"]
    return ticket


def upload(client: httpx2.Client, ticket: str, number: int) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {ticket}"}
    return client.post("/predict/", headers=headers, files={"file": ("a.png", patch(number))})


def test_a_ticket_saves_to_the_history_of_who_took_it(
    visitor: Visitor, module_client: TestClient
) -> None:
    ticket = take(module_client, **{VISITOR_HEADER: visitor.token})
    answer = upload(module_client, ticket, 1)
    assert answer.status_code == 200
    assert answer.json()["saved"]
    # The token stays where it is.
    assert VISITOR_HEADER not in answer.headers
    assert "set-cookie" not in answer.headers
    files = [("files", (f"{n}.png", patch(n))) for n in (2, 3)]
    headers = {"Authorization": f"Bearer {ticket}"}
    batch = module_client.post("/predict/batch", headers=headers, files=files)
    lines = [json.loads(line)["result"]["id"] for line in batch.text.splitlines()]
    assert set(visitor.ids()) == {answer.json()["id"], *lines}
    assert Visitor(module_client).ids() == []


def test_a_ticket_lasts_five_minutes_and_holds_no_token(visitor: Visitor) -> None:
    response = visitor.ask("POST", "/tickets")
    assert response.status_code == 201
    assert response.headers["cache-control"] == "no-store"
    body = response.json()
    assert set(body) == {"ticket", "expires_at"}
    left = datetime.fromisoformat(body["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=4, seconds=50) < left <= timedelta(minutes=5)
    assert visitor.token not in response.text


def test_a_browser_takes_one_by_its_cookie_and_a_newcomer_gets_both(
    visitor: Visitor, module_client: TestClient
) -> None:
    ticket = take(module_client, Cookie=f"{COOKIE}={visitor.token}", **BROWSER)
    answer = upload(module_client, ticket, 4)
    assert visitor.ids() == [answer.json()["id"]]
    response = module_client.post("/tickets/", headers=BROWSER)
    token = response.cookies[COOKIE]
    module_client.cookies.clear()
    answer = upload(module_client, response.json()["ticket"], 5)
    assert Visitor(module_client, token).ids() == [answer.json()["id"]]
    program = module_client.post("/tickets/")
    answer = upload(module_client, program.json()["ticket"], 6)
    newcomer = Visitor(module_client, program.headers[VISITOR_HEADER])
    assert newcomer.ids() == [answer.json()["id"]]


@pytest.mark.parametrize("required", [False, True])
def test_the_owner_of_a_key_takes_tickets_too(store: Store, *, required: bool) -> None:
    settings = store.settings(api_keys=f"ward:{KEY}", require_api_key=required)
    with client_of(settings) as client:
        ticket = take(client, **{API_KEY_HEADER: KEY})
        identifier = upload(client, ticket, 7).json()["id"]
        page = client.get("/history/", headers={API_KEY_HEADER: KEY}).json()
        assert [item["id"] for item in page["items"]] == [identifier]
        if required:
            assert error_of(client.post("/tickets/")) == (401, "api_key_required")


@pytest.mark.parametrize(("method", "path"), sorted(set(OPERATIONS) - UPLOADS))
def test_a_ticket_opens_nothing_but_uploads(visitor: Visitor, method: str, path: str) -> None:
    identifier = visitor.predict(patch(8))["id"]
    ticket = take(visitor.client, **{VISITOR_HEADER: visitor.token})
    path = path.format(id=identifier, name="roc", suffix="csv")
    for address in (path, path.rstrip("/")):
        # Not even with the visitor's token beside it.
        headers = {"Authorization": f"Bearer {ticket}"}
        for more in ({}, {VISITOR_HEADER: visitor.token}):
            response = visitor.client.request(method, address, headers=headers | more)
            assert error_of(response) == (401, "invalid_credentials")
            assert "A ticket is good for POST /predict and" in response.text
    assert identifier in visitor.ids()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_ticket_is_good_for_sending_only(visitor: Visitor, method: str) -> None:
    ticket = take(visitor.client, **{VISITOR_HEADER: visitor.token})
    headers = {"Authorization": f"Bearer {ticket}"}
    response = visitor.client.request(method, "/predict/", headers=headers)
    assert error_of(response) == (401, "invalid_credentials")


def test_a_bad_ticket_is_refused_and_says_what_to_do(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with client_of(store.settings(ticket_secret=SECRET)) as client:
        visitor = Visitor(client)
        good = Tickets(SECRET).issue(visitor.owner).ticket
        with monkeypatch.context() as patched:
            issued_at = int(datetime.now(UTC).timestamp()) - 300
            patched.setattr(TimestampSigner, "get_timestamp", lambda _: issued_at)
            over = Tickets(SECRET).issue(visitor.owner).ticket
        foreign = Tickets().issue(visitor.owner).ticket
        for bad in (over, foreign, good[:-1], good + "A", "ticket.", "ticket.*"):
            answer = upload(client, bad, 9)
            assert error_of(answer) == (401, "invalid_credentials")
            assert "ask for a new one with POST /tickets/" in answer.text
            assert bad not in answer.text
        assert visitor.ids() == []
        assert upload(client, good, 9).status_code == 200
        assert len(visitor.ids()) == 1


def test_processes_with_one_secret_take_each_others_tickets(store: Store) -> None:
    settings = store.settings(ticket_secret=SECRET)
    with client_of(settings) as first, client_of(settings) as second:
        visitor = Visitor(first)
        ticket = take(first, **{VISITOR_HEADER: visitor.token})
        identifier = upload(second, ticket, 10).json()["id"]
        assert visitor.ids() == [identifier]


def test_a_page_of_another_site_may_send_a_ticket_and_take_none_by_cookie(store: Store) -> None:
    with client_of(store.settings(cors_origins=(SITE,))) as client:
        visitor = Visitor(client)
        preflight = {
            "Origin": SITE,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization",
        }
        allowed = client.options("/predict/", headers=preflight).headers
        assert allowed["access-control-allow-origin"] == SITE
        assert "authorization" in allowed["access-control-allow-headers"].lower()
        foreign = {"Origin": SITE, "Sec-Fetch-Site": "cross-site"}
        stolen = client.post("/tickets/", headers=foreign | {"Cookie": f"{COOKIE}={visitor.token}"})
        # Browsers send no such cookie there, and without this header no page may read the response.
        assert "access-control-allow-credentials" not in stolen.headers
        assert "access-control-allow-credentials" not in allowed


def test_tickets_count_like_other_requests(store: Store) -> None:
    with client_of(store.settings(owner_images_per_minute=3)) as client:
        visitor = Visitor(client)
        ticket = take(client, **{VISITOR_HEADER: visitor.token})
        assert upload(client, ticket, 11).headers["X-RateLimit-Remaining"] == "1"
        assert visitor.ask("POST", "/tickets/").headers["X-RateLimit-Remaining"] == "0"
        assert error_of(upload(client, ticket, 12)) == (429, "rate_limited")
