"""How the Hub describes repositories, commits and files."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from tests.hub.card_rules import front_matter
from tests.hub.problems import no_entry
from tests.hub.storage import Blob, Commit, Repository


def described_repository(found: Repository, commit: Commit) -> dict[str, Any]:
    """Describe a repository as it was at a commit."""
    card = _card(commit)
    described = {
        "_id": found.id,
        "id": found.id,
        "author": found.owner,
        "sha": commit.oid,
        "private": found.private,
        "gated": "manual" if found.gated else False,
        "disabled": False,
        "tags": _tags(card),
        "cardData": card,
        "siblings": [_sibling(path, blob) for path, blob in sorted(commit.files.items())],
        "createdAt": stamp(found.commits[-1].date),
        "lastModified": stamp(commit.date),
        "downloads": 0,
        "likes": 0,
    }
    if found.kind == "model" and "model-index" in card:
        described["model-index"] = card["model-index"]
    if found.kind == "space":
        described |= _described_space(found, card)
    return described


def tree(commit: Commit, folder: str, *, recursive: bool) -> list[dict[str, Any]]:
    """List what lies in a folder.

    Raises:
        HubError: The commit has no such folder.
    """
    if folder and not any(path.startswith(f"{folder}/") for path in commit.files):
        raise no_entry(f"{folder} does not exist", commit.oid)
    top = PurePosixPath(folder)
    entries = {entry for path in commit.below(folder) for entry in _with_parents(path, top)}
    return [
        _described_path(commit, str(entry))
        for entry in sorted(entries)
        if recursive or entry.parent == top
    ]


def app_file(commit: Commit) -> str:
    """Return the file that a Space starts, whether it is there or not."""
    card = _card(commit)
    usual = {"docker": "Dockerfile", "static": "index.html"}.get(card.get("sdk", ""), "app.py")
    return str(card.get("app_file", usual))


def stamp(moment: datetime) -> str:
    """Write a moment as the Hub does."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"


def _with_parents(path: str, top: PurePosixPath) -> list[PurePosixPath]:
    file = PurePosixPath(path)
    return [file, *(parent for parent in file.parents if top in parent.parents)]


def _described_path(commit: Commit, path: str) -> dict[str, Any]:
    blob = commit.files.get(path)
    return _described_file(path, blob) if blob else _described_folder(commit, path)


def _described_file(path: str, blob: Blob) -> dict[str, Any]:
    size = len(blob.data)
    described: dict[str, Any] = {"type": "file", "oid": blob.git_oid, "size": size, "path": path}
    if blob.lfs:
        described["lfs"] = {"oid": blob.sha256, "size": size, "pointerSize": len(blob.pointer)}
    return described


def _described_folder(commit: Commit, path: str) -> dict[str, Any]:
    content = "".join(f"{name}{oid}" for name, oid in sorted(commit.below(path).items()))
    oid = Blob(content.encode(), lfs=False).git_oid
    return {"type": "directory", "oid": oid, "size": 0, "path": path}


def _sibling(path: str, blob: Blob) -> dict[str, Any]:
    size = len(blob.data)
    described: dict[str, Any] = {"rfilename": path, "size": size, "blobId": blob.git_oid}
    if blob.lfs:
        pointer_size = len(blob.pointer)
        described["lfs"] = {"size": size, "sha256": blob.sha256, "pointerSize": pointer_size}
    return described


def _card(commit: Commit) -> dict[str, Any]:
    readme = commit.files.get("README.md")
    return front_matter(readme.data.decode()) or {} if readme else {}


def _tags(card: dict[str, Any]) -> list[str]:
    library = [card["library_name"]] if "library_name" in card else []
    licence = [f"license:{card['license']}"] if "license" in card else []
    return [*library, *(card.get("tags") or []), *licence]


def _described_space(found: Repository, card: dict[str, Any]) -> dict[str, Any]:
    return {
        "host": found.space.host,
        "subdomain": f"{found.owner}-{found.name}".lower(),
        "sdk": card.get("sdk"),
        "models": card.get("models"),
        "datasets": card.get("datasets"),
    }
