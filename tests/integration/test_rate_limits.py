"""Limits through the API, on every pair of stores."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import httpx2
import pytest

from tests.bundle_factory import write_bundle
from tests.server import running_server
from tests.stores import Store, Visitor, client_of, patch

IMAGES = [(f"{number}.png", patch(number)) for number in range(6)]


def refusal(response: httpx2.Response) -> tuple[int, str, str]:
    error = response.json()["error"]
    return response.status_code, error["code"], error["details"]["scope"]


def stranger(client: httpx2.Client, forwarded: str) -> int:
    """Ask as somebody without a token, from an address that a header states."""
    return client.get("/stats/", headers={"X-Forwarded-For": forwarded}).status_code


def batch(visitor: Visitor, files: Sequence[tuple[str, bytes]]) -> httpx2.Response:
    return visitor.ask("POST", "/predict/batch/", files=[("files", file) for file in files])


def test_a_visitor_who_asks_too_often_is_told_when_to_come_back(store: Store) -> None:
    with client_of(store.settings(owner_images_per_minute=5)) as client:
        visitor, other = Visitor(client), Visitor(client)
        answers = [visitor.get("/history/") for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        left = [int(answer.headers["X-RateLimit-Remaining"]) for answer in answers]
        assert left == [4, 3, 2, 1, 0, 0]
        assert {answer.headers["X-RateLimit-Limit"] for answer in answers} == {"5"}
        assert 48 <= int(answers[-1].headers["X-RateLimit-Reset"]) <= 60
        assert refusal(answers[-1]) == (429, "rate_limited", "owner")
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 12
        # Other visitors are not affected, and free routes stay free.
        assert other.get("/history/").status_code == 200
        assert visitor.get("/health/").status_code == 200


def test_newcomers_share_the_limit_of_the_address_that_the_proxy_saw(store: Store) -> None:
    settings = store.settings(address_images_per_minute=4, trusted_proxy_hops=1)
    with client_of(settings) as client:
        # Entries that a client writes itself come before the proxy's.
        found = [stranger(client, f"192.0.2.{number}, 203.0.113.7") for number in range(5)]
        assert found == [200] * 4 + [429]
        assert stranger(client, "203.0.113.7, 203.0.113.8") == 200


def test_without_proxies_the_header_is_free_text(store: Store) -> None:
    with client_of(store.settings(address_images_per_minute=3)) as client:
        found = [stranger(client, f"203.0.113.{number}") for number in range(4)]
    assert found == [200] * 3 + [429]


def test_a_server_of_its_own_believes_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # By default Uvicorn lets the header change the address, and trusts its own machine.
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    with (
        running_server(
            BIOPSIA_MODEL_DIR=str(write_bundle(tmp_path / "model")),
            BIOPSIA_ADDRESS_IMAGES_PER_MINUTE="3",
        ) as server,
        httpx2.Client(base_url=server.url) as client,
    ):
        found = [stranger(client, f"203.0.113.{number}") for number in range(4)]
    assert found == [200] * 3 + [429]


def test_a_batch_is_charged_by_its_images(store: Store) -> None:
    with client_of(store.settings(owner_images_per_minute=10)) as client:
        visitor = Visitor(client)
        assert batch(visitor, IMAGES).status_code == 200
        # Four are left, of which the refused request itself takes one.
        assert refusal(batch(visitor, IMAGES)) == (429, "rate_limited", "owner")
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            for name, content in IMAGES[:3]:
                file.writestr(name, content)
        assert batch(visitor, [("all.zip", archive.getvalue())]).status_code == 200
        assert visitor.get("/stats/").status_code == 429
    with client_of(store.settings()) as client:
        kept = Visitor(client, visitor.token).read("/stats/")
        # Three of them came twice.
        assert (kept["total"], kept["duplicates"]) == (6, 3)
