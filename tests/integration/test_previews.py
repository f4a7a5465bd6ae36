"""The pattern that docs/deploy.md gives lets in a site's previews on Vercel, and no look-alikes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx2
import pytest

from hf_space.api.middleware.identify import COOKIE, VISITOR_HEADER
from tests.server import ROOT, running_server
from tests.stores import patch

TEAM = "acme-lab"
SITE = "https://biopsia.vercel.app"
PREVIEW = f"https://biopsia-git-main-{TEAM}.vercel.app"
# As Vercel names them: by branch, by a branch too long for a host's name, by deployment, by author.
PREVIEWS = [
    PREVIEW,
    f"https://biopsia-git-fix-the-legend-{TEAM}.vercel.app",
    f"https://biopsia-git-a-branch-whose-name-is-much-too-l-1a2b3c-{TEAM}.vercel.app",
    f"https://biopsia-9k3x2m1qz-{TEAM}.vercel.app",
    f"https://biopsia-jane-{TEAM}.vercel.app",
]
LOOK_ALIKES = [
    "https://biopsia-git-main-other-team.vercel.app",
    f"https://biopsia-9k3x2m1qz-not-{TEAM}.vercel.app",
    f"https://biopsia-x-{TEAM}.vercel.app.evil.example",
    f"https://biopsia-x-{TEAM}.vercel.app.evil.example:443",
    f"https://biopsia-x-{TEAM}.vercel.app:8443",
    f"https://biopsia-x-{TEAM}.vercel.app@evil.example",
    f"https://biopsia-x-{TEAM}-vercel.app",
    f"https://biopsia-x-{TEAM}.vercelxapp",
    f"https://evil.example/biopsia-x-{TEAM}.vercel.app",
    f"https://biopsia-x.evil.example-{TEAM}.vercel.app",
    f"http://biopsia-git-main-{TEAM}.vercel.app",
    f"https://another-git-main-{TEAM}.vercel.app",
    f"https://not-biopsia-git-main-{TEAM}.vercel.app",
    f"https://biopsia-{TEAM}.vercel.app",
    f"https://BIOPSIA-x-{TEAM}.vercel.app",
    "https://biopsia.vercel.app.evil.example",
    "null",
]
PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization",
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The address of the service with the settings that the page gives for a site on Vercel."""
    page = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    [pattern] = re.findall(r"^ *BIOPSIA_CORS_ORIGIN_PATTERN=(\S+)$", page, re.MULTILINE)
    assert "TEAM" in pattern
    settings = {
        "BIOPSIA_CORS_ORIGINS": SITE,
        "BIOPSIA_CORS_ORIGIN_PATTERN": pattern.replace("TEAM", TEAM),
        "BIOPSIA_TICKET_SECRET": "s" * 32,
    }
    with running_server(**settings) as server:
        yield server.url


def granted(response: httpx2.Response) -> str | None:
    """Return the origin whose pages may read an answer."""
    return response.headers.get("access-control-allow-origin")


@pytest.mark.parametrize("origin", [SITE, *PREVIEWS])
def test_the_site_and_its_previews_may_send_images(url: str, origin: str) -> None:
    preflight = httpx2.options(f"{url}/predict/", headers={"Origin": origin, **PREFLIGHT})
    assert preflight.status_code == 200
    assert granted(preflight) == origin
    assert "authorization" in preflight.headers["access-control-allow-headers"].lower()
    answer = httpx2.post(
        f"{url}/predict/",
        headers={"Origin": origin},
        files={"file": ("a.png", patch(1))},
        data={"save": "false"},
    )
    assert answer.status_code == 200
    assert granted(answer) == origin


@pytest.mark.parametrize("origin", LOOK_ALIKES)
def test_a_look_alike_may_not(url: str, origin: str) -> None:
    # The demo's own paths have the same rule.
    for path in ("/predict/", "/predict/batch/", "/gradio_api/upload"):
        preflight = httpx2.options(f"{url}{path}", headers={"Origin": origin, **PREFLIGHT})
        assert (preflight.status_code, granted(preflight)) == (400, None)
    answer = httpx2.get(f"{url}/health/", headers={"Origin": origin})
    assert granted(answer) is None


def test_a_preview_sends_a_large_image_straight_to_the_api_as_its_visitor(url: str) -> None:
    # A request forwarded by the preview's server, with the cookie of the preview's host.
    handed_on = {"Origin": PREVIEW, "Sec-Fetch-Site": "same-origin"}
    first = httpx2.post(f"{url}/tickets/", headers=handed_on)
    assert first.status_code == 201
    [cookie] = re.findall(rf"{COOKIE}=([^;]+)", first.headers["set-cookie"])
    as_visitor = handed_on | {"Cookie": f"{COOKIE}={cookie}"}
    ticket = httpx2.post(f"{url}/tickets/", headers=as_visitor).json()["ticket"]

    # A request sent by the visitor's browser directly.
    headers = {"Origin": PREVIEW, "Sec-Fetch-Site": "cross-site"}
    headers["Authorization"] = f"Bearer {ticket}"
    answer = httpx2.post(f"{url}/predict/", headers=headers, files={"file": ("a.png", patch(2))})
    assert answer.status_code == 200
    assert granted(answer) == PREVIEW
    assert VISITOR_HEADER not in answer.headers
    assert answer.json()["saved"]
    history = httpx2.get(f"{url}/history/", headers=as_visitor).json()["items"]
    assert [item["id"] for item in history] == [answer.json()["id"]]


def test_a_page_that_is_let_in_is_nobody_by_cookie(url: str) -> None:
    # Anybody may name a project so that its host matches; it gains no more than any program has.
    answer = httpx2.options(f"{url}/history/", headers={"Origin": PREVIEW, **PREFLIGHT})
    assert granted(answer) == PREVIEW
    assert "access-control-allow-credentials" not in answer.headers
