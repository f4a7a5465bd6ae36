"""From changed files to a commit."""

from __future__ import annotations

import base64
import json
from fnmatch import fnmatch
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.hub.card_rules import Verdict, judge
from tests.hub.problems import HubError, no_entry
from tests.hub.requests import repository, revision, state_of
from tests.hub.storage import Blob, Commit, Repository, Storage

_LARGEST_REGULAR_BYTES = 10 * 1024**2


async def validate_yaml(request: Request) -> Response:
    """Check a card's front matter."""
    asked = await request.json()
    verdict = judge(asked["content"], asked["repoType"])
    status = 400 if verdict.errors else 200
    if request.headers.get("accept") == "text/plain":
        return PlainTextResponse("\n".join(verdict.errors), status)
    return JSONResponse(_answered(verdict), status)


async def preupload(request: Request) -> Response:
    """Tell how each file is to be uploaded, and what is there already."""
    commit = revision(request, repository(request, writes=True))
    asked = await request.json()
    return JSONResponse({"files": [_planned(commit, file) for file in asked["files"]]})


async def make_commit(request: Request) -> Response:
    """Make a commit of additions and removals."""
    found = repository(request, writes=True)
    before = revision(request, found)
    lines = [json.loads(line) for line in (await request.body()).splitlines() if line]
    header = next(line["value"] for line in lines if line["key"] == "header")
    if header.get("parentCommit", before.oid) != before.oid:
        raise HubError(412, "A commit has happened since. Please refresh and try again.")
    state = state_of(request)
    files = dict(before.files)
    for line in lines:
        _apply(line["key"], line["value"], files, state.storage, before)
    refused = _refused_card(found, before, files)
    if refused:
        return JSONResponse(_answered(refused), 400)
    branch = request.path_params["revision"]
    commit = found.commit(branch, files, header["summary"], header["description"])
    found.space.start()
    url = f"{state.endpoint}/{found.path}/commit/{commit.oid}"
    return JSONResponse({"success": True, "commitOid": commit.oid, "commitUrl": url})


def _planned(commit: Commit, file: dict[str, Any]) -> dict[str, Any]:
    path = file["path"]
    known = commit.files.get(path)
    large = _is_large(commit, path, file["size"], base64.b64decode(file["sample"]))
    return {
        "path": path,
        "uploadMode": "lfs" if large else "regular",
        "shouldIgnore": False,
        "oid": known.oid if known else None,
    }


def _is_large(commit: Commit, path: str, size: int, sample: bytes) -> bool:
    """Whether a file is kept outside git: by its name, its size or its first bytes."""
    attributes = commit.files.get(".gitattributes", Blob(b"", lfs=False)).data.decode()
    rules = (line.split() for line in attributes.splitlines() if "filter=lfs" in line)
    name = path.rpartition("/")[2]
    by_name = any(fnmatch(path, rule[0]) or fnmatch(name, rule[0]) for rule in rules)
    return by_name or size > _LARGEST_REGULAR_BYTES or b"\0" in sample


def _apply(
    key: str, value: dict[str, Any], files: dict[str, Blob], storage: Storage, before: Commit
) -> None:
    path = value.get("path", "")
    if key == "file":
        files[path] = Blob(base64.b64decode(value["content"]), lfs=False)
    elif key == "lfsFile":
        files[path] = storage.large(value["oid"])
    elif key in ("deletedFile", "deletedFolder"):
        folder = key == "deletedFolder"
        gone = [name for name in before.below(path.rstrip("/")) if folder or name == path]
        if not gone:
            raise no_entry(f"A file with this name doesn't exist: {path}", before.oid)
        for name in gone:
            files.pop(name, None)


def _refused_card(found: Repository, before: Commit, files: dict[str, Blob]) -> Verdict | None:
    card = files.get("README.md")
    if card is None or card == before.files.get("README.md"):
        return None
    verdict = judge(card.data.decode(), found.kind)
    return verdict if verdict.errors else None


def _answered(verdict: Verdict) -> dict[str, Any]:
    return {
        "errors": [{"message": message} for message in verdict.errors],
        "warnings": [{"message": message} for message in verdict.warnings],
    }


_API = "/api/{kinds}/{owner}/{name}"
ROUTES = [
    Route("/api/validate-yaml", validate_yaml, methods=["POST"]),
    Route(f"{_API}/preupload/{{revision}}", preupload, methods=["POST"]),
    Route(f"{_API}/commit/{{revision}}", make_commit, methods=["POST"]),
]
