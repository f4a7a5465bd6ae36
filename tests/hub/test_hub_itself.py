"""The local Hub serves the real client as the real one does: repositories, commits, downloads."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from huggingface_hub import CommitOperationAdd, RepoFile
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from tests.hub.server import Hub

CARD = b"---\nlicense: apache-2.0\ntags:\n- tiny\n---\n# Tiny\n"
TEXT = "Größe: 3 µm\n".encode()
LARGE = random.Random(1).randbytes(200_000)  # noqa: S311 -- the same bytes each time
REPOSITORY = "owner/tiny"


def additions() -> list[CommitOperationAdd]:
    """A card, a small text, a large file by its name, and one by its bytes."""
    files = {"README.md": CARD, "notes/a b.txt": TEXT, "w.onnx": LARGE, "notes/raw": b"\0\1" * 9}
    return [CommitOperationAdd(path, data) for path, data in files.items()]


def published(hub: Hub, *, private: bool = False) -> str:
    """Create a repository with some files, and return its commit."""
    api = hub.api()
    api.create_repo(REPOSITORY, private=private)
    return api.create_commit(REPOSITORY, additions(), commit_message="Add files").oid


def test_files_come_back_as_they_were(hub: Hub) -> None:
    commit = published(hub)
    folder = Path(hub.api().snapshot_download(REPOSITORY))
    assert folder.name == commit
    for addition in additions():
        assert (folder / addition.path_in_repo).read_bytes() == addition.path_or_fileobj
    assert (folder / ".gitattributes").is_file()


def test_large_files_travel_outside_the_commit(hub: Hub) -> None:
    published(hub)
    puts = [request for request in hub.requests if request.method == "PUT"]
    assert sorted(request.received for request in puts) == [18, len(LARGE)]
    listed = hub.api().list_repo_tree(REPOSITORY, recursive=True)
    large = {file.path for file in listed if isinstance(file, RepoFile) and file.lfs}
    assert large == {"w.onnx", "notes/raw"}


def test_no_token_reaches_the_host_of_large_files(hub: Hub) -> None:
    published(hub)
    hub.api().hf_hub_download(REPOSITORY, "w.onnx")
    elsewhere = [r for r in hub.requests if r.path.startswith(("/upload/", "/content/"))]
    assert [request.method for request in elsewhere] == ["PUT", "PUT", "GET"]
    assert {request.token for request in elsewhere} == {None}


def test_a_commit_on_an_outdated_parent_is_refused(hub: Hub) -> None:
    first = published(hub)
    api = hub.api()
    for expected in (None, "A commit has happened since"):
        change = [CommitOperationAdd("new.txt", f"{expected}".encode())]
        if expected is None:
            api.create_commit(REPOSITORY, change, commit_message="x", parent_commit=first)
        else:
            with pytest.raises(HfHubHTTPError, match=expected):
                api.create_commit(REPOSITORY, change, commit_message="x", parent_commit=first)


def test_what_does_not_exist_is_told_apart(hub: Hub) -> None:
    published(hub)
    api = hub.api()
    with pytest.raises(RepositoryNotFoundError):
        api.model_info("owner/none")
    with pytest.raises(RevisionNotFoundError):
        api.hf_hub_download(REPOSITORY, "w.onnx", revision="none")
    with pytest.raises(RemoteEntryNotFoundError):
        api.hf_hub_download(REPOSITORY, "none.onnx")
    with pytest.raises(RepositoryNotFoundError):
        api.dataset_info(REPOSITORY)


def test_a_private_repository_is_there_for_its_owner_only(hub: Hub) -> None:
    published(hub, private=True)
    assert hub.api().model_info(REPOSITORY).private
    assert hub.api(hub.tokens.read).list_repo_files(REPOSITORY)
    for token, status in {None: 401, hub.tokens.stranger: 404}.items():
        with pytest.raises(RepositoryNotFoundError) as refusal:
            hub.api(token).model_info(REPOSITORY)
        assert refusal.value.response.status_code == status


def test_a_gated_repository_shows_itself_but_not_its_files(hub: Hub) -> None:
    published(hub)
    hub.api().update_repo_settings(REPOSITORY, gated="manual")
    assert hub.api(None).model_info(REPOSITORY).gated == "manual"
    with pytest.raises(GatedRepoError):
        hub.api(hub.tokens.stranger).hf_hub_download(REPOSITORY, "README.md")


@pytest.mark.parametrize(
    ("token", "status"), [("read", 403), ("stranger", 403), ("unknown", 401), (None, 401)]
)
def test_only_the_owners_write_token_writes(hub: Hub, token: str | None, status: int) -> None:
    published(hub)
    api = hub.api(getattr(hub.tokens, token) if token else None)
    attempts = (
        lambda: api.create_repo("owner/other"),
        lambda: api.create_commit(REPOSITORY, additions()[1:], commit_message="x"),
        lambda: api.create_tag(REPOSITORY, tag="v1"),
    )
    for attempt in attempts:
        with pytest.raises(HfHubHTTPError) as refusal:
            attempt()
        assert refusal.value.response.status_code == status
    assert len(hub.repository(REPOSITORY).commits) == 2
