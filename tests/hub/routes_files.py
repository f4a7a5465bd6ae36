"""Downloads: small files from the Hub itself, large ones from another host."""

from __future__ import annotations

import re
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from tests.hub import problems
from tests.hub.faults import CutResponse
from tests.hub.requests import repository, revision, state_of, visitor
from tests.hub.storage import Repository

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


async def resolve(request: Request) -> Response:
    """Send a small file, or say where a large one is."""
    found = repository(request)
    _require_signed_form(request, found)
    commit = revision(request, found)
    path = request.path_params["path"]
    blob = commit.file(path)
    headers = {"X-Repo-Commit": commit.oid, "ETag": f'"{blob.oid}"', "Accept-Ranges": "bytes"}
    if not blob.lfs:
        return _content(request, path, blob.data, headers)
    state = state_of(request)
    headers |= {"X-Linked-Etag": f'"{blob.oid}"', "X-Linked-Size": str(len(blob.data))}
    return RedirectResponse(
        f"{state.content_host}/content/{blob.sha256}/{quote(path)}", 302, headers
    )


async def large_content(request: Request) -> Response:
    """Send a large file to anybody with its address, like a signed one of the real Hub."""
    sha256 = request.path_params["sha256"]
    blob = state_of(request).storage.large(sha256)
    headers = {"ETag": f'"{sha256}"', "Accept-Ranges": "bytes"}
    return _content(request, request.path_params["path"], blob.data, headers)


def _require_signed_form(request: Request, found: Repository) -> None:
    who = visitor(state_of(request), request)
    if found.gated and who.name != found.owner:
        raise problems.gated(anonymous=who.name is None)


def _content(request: Request, path: str, data: bytes, headers: dict[str, str]) -> Response:
    if request.method == "HEAD":
        return Response(headers=headers | {"Content-Length": str(len(data))})
    faults = state_of(request).faults
    sent = faults.spoilt(path, data)
    status = 200
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    if asked:
        start, end = _bounds(asked[1], asked[2], len(sent))
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(sent)}"
        sent, status = sent[start:end], 206
    limit = faults.download_limit(path)
    if limit is not None:
        return CutResponse(sent, limit, status, headers)
    return Response(sent, status, headers)


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """Return where a range starts and where it has ended."""
    start, end = int(first), min(int(last or size), size - 1) + 1
    if start >= end:
        raise problems.HubError(416, "Range not satisfiable", Content_Range=f"bytes */{size}")
    return start, end


ROUTES = [
    Route("/content/{sha256}/{path:path}", large_content),
    Route("/{owner}/{name}/resolve/{revision}/{path:path}", resolve),
    Route("/{kinds}/{owner}/{name}/resolve/{revision}/{path:path}", resolve),
]
