"""Owners of records: visitors' tokens and API keys."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from http.cookies import SimpleCookie
from typing import Any

import asyncpg
import httpx2
import pytest
from fastapi.testclient import TestClient

from hf_space.api.middleware.identify import API_KEY_HEADER, COOKIE, VISITOR_HEADER
from tests.stores import Store, Visitor, client_of, error_of, patch

BROWSER = {"Sec-Fetch-Site": "same-origin"}
KEY, OTHER_KEY = "k" * 32, "o" * 32


def ask(client: httpx2.Client, method: str, path: str, **headers: str) -> httpx2.Response:
    """Ask without a token, unless headers bring one; what is posted is an image to be saved."""
    form: dict[str, Any] = {}
    if method == "POST":
        form = {"files": {"file": ("a.png", patch(1))}, "data": {"save": "true"}}
    # A client keeps the cookies it is given; each of these requests is somebody else's.
    client.cookies.clear()
    response = client.request(method, path, headers=headers, **form)
    client.cookies.clear()
    return response


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"anyone:{password}".encode()).decode()


def test_a_program_is_given_a_token_and_finds_its_records_with_it(
    module_client: TestClient,
) -> None:
    answer = ask(module_client, "POST", "/predict/")
    token = answer.headers[VISITOR_HEADER]
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
    visitor = Visitor(module_client, token)
    again = visitor.get("/history/")
    assert [item["id"] for item in again.json()["items"]] == [answer.json()["id"]]
    # A visitor with a token gets no new one, and it is not returned.
    assert VISITOR_HEADER not in again.headers
    assert again.headers["cache-control"] == "no-store"


def test_a_browser_is_given_a_cookie_that_no_script_and_no_other_site_can_use(
    module_client: TestClient,
) -> None:
    answer = ask(module_client, "POST", "/predict/", **BROWSER)
    assert VISITOR_HEADER not in answer.headers
    (morsel,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert morsel.key == COOKIE
    assert COOKIE.startswith("__Host-")
    assert (morsel["path"], morsel["domain"], morsel["samesite"]) == ("/", "", "Lax")
    assert morsel["httponly"]
    assert morsel["secure"]
    assert int(morsel["max-age"]) == 400 * 24 * 3600
    again = ask(module_client, "GET", "/history/", Cookie=f"{COOKIE}={morsel.value}", **BROWSER)
    assert [item["id"] for item in again.json()["items"]] == [answer.json()["id"]]
    assert "set-cookie" not in again.headers


@pytest.mark.parametrize("site", ["cross-site", "same-site", "unheard-of"])
def test_a_page_of_another_origin_is_given_the_header(module_client: TestClient, site: str) -> None:
    answer = ask(module_client, "GET", "/history/", **{"Sec-Fetch-Site": site})
    assert VISITOR_HEADER in answer.headers
    assert "set-cookie" not in answer.headers


def test_who_types_the_address_is_given_a_cookie(module_client: TestClient) -> None:
    answer = ask(module_client, "GET", "/history/", **{"Sec-Fetch-Site": "none"})
    assert VISITOR_HEADER not in answer.headers
    assert "set-cookie" in answer.headers


@pytest.mark.parametrize("path", ["/health/", "/health/live", "/metrics", "/model/", "/docs"])
def test_an_answer_that_is_the_same_for_all_brings_no_token(
    module_client: TestClient, path: str
) -> None:
    for headers in ({}, BROWSER):
        answer = ask(module_client, "GET", path, **headers)
        assert answer.status_code == 200
        assert VISITOR_HEADER not in answer.headers
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/predict/", "/predict/batch/"])
@pytest.mark.parametrize("form", [{"save": "false"}, {}, {"save": ""}], ids=["no", "unset", ""])
@pytest.mark.parametrize("sent", [{}, BROWSER, {"Cookie": f"{COOKIE}=no-token"}])
def test_what_is_not_saved_brings_no_token(
    module_client: TestClient, path: str, form: dict[str, str], sent: dict[str, str]
) -> None:
    files = {"file": ("a.png", patch(2))}
    answer = module_client.post(path, files=files, data=form, headers=sent)
    assert answer.status_code == 200
    assert '"saved":false' in answer.text
    # Results that are not saved are not cached either.
    assert '"cached":false' in answer.text
    assert VISITOR_HEADER not in answer.headers
    assert "set-cookie" not in answer.headers
    # Lines must not wait for a proxy that compresses them.
    is_streamed = path == "/predict/batch/"
    assert answer.headers.get("cache-control") == ("no-transform" if is_streamed else None)


def saved_or_not(client: httpx2.Client, path: str, data: dict[str, str], headers: Any) -> bool:
    client.cookies.clear()
    files = {"file": ("a.png", patch(6))}
    answer = client.post(path, files=files, data=data, headers=headers)
    client.cookies.clear()
    assert answer.status_code == 200
    return '"saved":true' in answer.text


@pytest.mark.parametrize("path", ["/predict/", "/predict/batch/"])
def test_a_known_caller_saves_unless_told_not_to(visitor: Visitor, path: str) -> None:
    token = visitor.token
    ticket = visitor.ask("POST", "/tickets/").json()["ticket"]
    known = [
        {VISITOR_HEADER: token},
        {"Authorization": f"Bearer {token}"},
        {"Cookie": f"{COOKIE}={token}"},
        {"Authorization": f"Bearer {ticket}"},
    ]
    for headers in known:
        assert saved_or_not(visitor.client, path, {}, headers)
        assert saved_or_not(visitor.client, path, {"save": "true"}, headers)
        assert not saved_or_not(visitor.client, path, {"save": "false"}, headers)
    assert len(visitor.ids()) == 2 * len(known)


@pytest.mark.parametrize("save", [None, False, True])
def test_json_takes_save_like_the_form(visitor: Visitor, *, save: bool | None) -> None:
    body = {"image": base64.b64encode(patch(7)).decode(), "save": save}
    unknown = visitor.client.post("/predict/", json=body)
    visitor.client.cookies.clear()
    assert unknown.json()["saved"] is bool(save)
    assert (VISITOR_HEADER in unknown.headers) is bool(save)
    known = visitor.ask("POST", "/predict/", json=body)
    assert known.json()["saved"] is (save is not False)
    assert visitor.ids() == ([known.json()["id"]] if save is not False else [])


def test_bearer_header_and_cookie_mean_the_same_visitor(visitor: Visitor) -> None:
    identifier, client, token = visitor.predict(patch(3))["id"], visitor.client, visitor.token
    for headers in (
        {VISITOR_HEADER: token},
        {"Authorization": f"Bearer {token}"},
        {"Authorization": f"bearer  {token}"},
        {"Cookie": f"{COOKIE}={token}"},
        {"Cookie": f"other=1; {COOKIE}={token}"},
        # Browsers also send invalid cookies.
        {"Cookie": f'other={{"a":1}}; nameless; a b=[1, 2]; {COOKIE}={token}'},
        # Requests to a private Space have a token of the Hub beside ours.
        {"Authorization": "Bearer hf_abc", VISITOR_HEADER: token},
    ):
        answer = ask(client, "GET", "/history/", **headers)
        assert [item["id"] for item in answer.json()["items"]] == [identifier]
        assert VISITOR_HEADER not in answer.headers


def test_a_token_of_the_hub_is_none_of_ours(module_client: TestClient) -> None:
    answer = ask(module_client, "GET", "/history/", Authorization="Bearer hf_" + "a" * 40)
    assert (answer.status_code, answer.json()["items"]) == (200, [])
    assert VISITOR_HEADER in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {VISITOR_HEADER: "short"},
        {VISITOR_HEADER: "é" * 43},
        {"Authorization": "Bearer secret"},
        {"Authorization": f"Bearer {'a' * 44}"},
        {"Authorization": basic(KEY)},
        {"Authorization": "Basic *"},
        {API_KEY_HEADER: KEY},
    ],
    ids=str,
)
def test_bad_credentials_are_refused(module_client: TestClient, headers: dict[str, str]) -> None:
    encoded = {name.encode(): value.encode() for name, value in headers.items()}
    answer = module_client.get("/history/", headers=encoded)
    assert error_of(answer) == (401, "invalid_credentials")
    assert answer.headers["www-authenticate"] == 'Basic realm="Biopsia API key", Bearer'
    assert VISITOR_HEADER not in answer.headers
    assert not any(value in answer.text for value in headers.values())


def test_a_cookie_that_is_no_token_is_as_good_as_none(module_client: TestClient) -> None:
    for value in ("short", "", '"', "a b"):
        answer = ask(module_client, "GET", "/history/", Cookie=f"{COOKIE}={value}", **BROWSER)
        assert answer.status_code == 200
        assert "set-cookie" in answer.headers


async def _everything(url: str) -> str:
    """Return all that a PostgreSQL database holds, as text; bytes are in hexadecimal there."""
    connection = await asyncpg.connect(url)
    try:
        names = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname='public'")
        rows = [
            await connection.fetch(f'SELECT t::text AS row FROM "{name[0]}" t')  # noqa: S608 -- its own names
            for name in names
        ]
    finally:
        await connection.close()
    return "\n".join(row["row"] for table in rows for row in table)


def test_of_a_token_only_the_digest_is_kept(
    visitor: Visitor, module_store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    identifier = visitor.predict(patch(4))["id"]
    visitor.review(identifier, opinion="agree", note="seen")
    token = visitor.token.encode()
    digest = hashlib.sha256(token).digest()
    if module_store.database_url:
        everything = asyncio.run(_everything(module_store.database_url))
        assert digest.hex() in everything
        assert visitor.token not in everything
        assert token.hex() not in everything
    else:
        files = [path for path in (module_store.folder / "data").rglob("*") if path.is_file()]
        content = b"".join(path.read_bytes() for path in files)
        assert digest in content
        assert token not in content
    assert visitor.token not in caplog.text


def test_a_key_names_its_owner_however_it_is_sent(store: Store) -> None:
    settings = store.settings(api_keys=f"ward:{KEY},lab:{OTHER_KEY}")
    ways: list[dict[str, str]] = [
        {"Authorization": f"Bearer {KEY}"},
        {API_KEY_HEADER: KEY},
        {"Authorization": basic(KEY)},
    ]
    with client_of(settings) as client:
        ids = {ask(client, "POST", "/predict/", **way).json()["id"] for way in ways}
        # Results of a key's owner are saved by default.
        files = {"file": ("a.png", patch(1))}
        ids |= {client.post("/predict/", files=files, headers=way).json()["id"] for way in ways}
        for way in ways:
            answer = ask(client, "GET", "/history/", **way)
            assert {item["id"] for item in answer.json()["items"]} == ids
            assert VISITOR_HEADER not in answer.headers
        other = ask(client, "GET", "/history/", **{API_KEY_HEADER: OTHER_KEY})
        assert other.json()["items"] == []
        wrong = ask(client, "GET", "/history/", **{API_KEY_HEADER: KEY[:-1]})
        assert error_of(wrong) == (401, "invalid_credentials")
        # Visitors without a key are also accepted.
        assert ask(client, "GET", "/history/").status_code == 200
    new_key = "n" * 32
    with client_of(store.settings(api_keys=f"ward:{new_key}")) as client:
        answer = ask(client, "GET", "/history/", **{API_KEY_HEADER: new_key})
        assert {item["id"] for item in answer.json()["items"]} == ids
        old = ask(client, "GET", "/history/", **{API_KEY_HEADER: KEY})
        assert error_of(old) == (401, "invalid_credentials")
