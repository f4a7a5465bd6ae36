"""The local Hub serves the real client as the real one does: repositories, commits, downloads."""

from __future__ import annotations

import random
from pathlib import Path

import httpx2
import pytest
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, RepoFile, RepoFolder
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


def test_a_large_file_may_be_uploaded_in_parts(hub: Hub) -> None:
    hub.state.part_bytes = 64_000
    published(hub)
    parts = [request for request in hub.requests if request.path.count("/") == 3]
    sizes = [request.received for request in parts if request.method == "PUT"]
    assert sizes == [64_000, 64_000, 64_000, 8_000]
    assert hub.repository(REPOSITORY).content("w.onnx") == LARGE


def test_the_same_files_again_make_no_commit_and_no_upload(hub: Hub) -> None:
    first = published(hub)
    hub.requests.clear()
    again = hub.api().create_commit(REPOSITORY, additions(), commit_message="Again")
    assert again.oid == first
    assert len(hub.repository(REPOSITORY).commits) == 2
    assert not [request for request in hub.requests if request.method == "PUT"]


def test_files_and_folders_can_be_removed(hub: Hub) -> None:
    published(hub)
    removals = [CommitOperationDelete("w.onnx"), CommitOperationDelete("notes/")]
    hub.api().create_commit(REPOSITORY, removals, commit_message="Remove")
    assert hub.api().list_repo_files(REPOSITORY) == [".gitattributes", "README.md"]


def test_what_is_not_there_cannot_be_removed(hub: Hub) -> None:
    published(hub)
    for path in ("none.txt", "none/", "notes"):
        operations = [CommitOperationDelete(path, is_folder=path.endswith("/"))]
        with pytest.raises(RemoteEntryNotFoundError, match="doesn't exist"):
            hub.api().create_commit(REPOSITORY, operations, commit_message="Remove")


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


def test_a_repository_is_described(hub: Hub) -> None:
    commit = published(hub)
    info = hub.api().model_info(REPOSITORY, files_metadata=True)
    assert (info.id, info.sha, info.private, info.author) == (REPOSITORY, commit, False, "owner")
    assert info.tags == ["tiny", "license:apache-2.0"]
    sizes = {sibling.rfilename: sibling.size for sibling in info.siblings or []}
    assert sizes.pop(".gitattributes")
    assert sizes == {
        "README.md": len(CARD),
        "notes/a b.txt": len(TEXT),
        "notes/raw": 18,
        "w.onnx": 200_000,
    }


def test_folders_are_listed(hub: Hub) -> None:
    commit = published(hub)
    top = list(hub.api().list_repo_tree(REPOSITORY, expand=True))
    assert [entry.path for entry in top] == [".gitattributes", "README.md", "notes", "w.onnx"]
    assert [type(entry) for entry in top] == [RepoFile, RepoFile, RepoFolder, RepoFile]
    changed = [entry.last_commit.title for entry in top if entry.last_commit]
    assert changed == ["initial commit", "Add files", "Add files", "Add files"]
    below = hub.api().list_repo_tree(REPOSITORY, "notes", revision=commit)
    assert [entry.path for entry in below] == ["notes/a b.txt", "notes/raw"]
    known = hub.api().get_paths_info(REPOSITORY, ["notes", "none", "README.md"])
    assert [entry.path for entry in known] == ["notes", "README.md"]


def test_tags_stay_where_branches_go_on(hub: Hub) -> None:
    first = published(hub)
    api = hub.api()
    api.create_tag(REPOSITORY, tag="v1.0.0")
    api.create_branch(REPOSITORY, branch="next")
    changed = [CommitOperationAdd("w.onnx", LARGE[::-1])]
    second = api.create_commit(REPOSITORY, changed, commit_message="Reverse").oid
    refs = api.list_repo_refs(REPOSITORY)
    named = {ref.name: ref.target_commit for ref in refs.branches + refs.tags}
    assert named == {"main": second, "next": first, "v1.0.0": first}
    for revision, content in {"v1.0.0": LARGE, first: LARGE, "main": LARGE[::-1]}.items():
        path = api.hf_hub_download(REPOSITORY, "w.onnx", revision=revision)
        assert Path(path).read_bytes() == content
    assert [c.title for c in api.list_repo_commits(REPOSITORY)][:2] == ["Reverse", "Add files"]
    api.delete_branch(REPOSITORY, branch="next")
    assert list(hub.repository(REPOSITORY).branches) == ["main"]


def test_a_tag_cannot_be_moved_but_deleted(hub: Hub) -> None:
    published(hub)
    api = hub.api()
    api.create_tag(REPOSITORY, tag="v1")
    with pytest.raises(HfHubHTTPError, match="exists already") as refusal:
        api.create_tag(REPOSITORY, tag="v1")
    assert refusal.value.response.status_code == 409
    api.create_tag(REPOSITORY, tag="v1", exist_ok=True)
    api.delete_tag(REPOSITORY, tag="v1")
    with pytest.raises(RevisionNotFoundError):
        api.model_info(REPOSITORY, revision="v1")


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


def test_a_repository_is_created_once(hub: Hub) -> None:
    api = hub.api()
    for kind in ("model", "dataset"):
        first = api.create_repo("twice", repo_type=kind)
        assert (first.repo_id, first.repo_type) == ("owner/twice", kind)
        with pytest.raises(HfHubHTTPError, match="already created"):
            api.create_repo("owner/twice", repo_type=kind)
        assert api.create_repo("owner/twice", repo_type=kind, exist_ok=True) == first
    api.delete_repo("owner/twice")
    assert not api.repo_exists("owner/twice")
    assert api.repo_exists("owner/twice", repo_type="dataset")


def test_a_private_repository_is_there_for_its_owner_only(hub: Hub) -> None:
    published(hub, private=True)
    assert hub.api().model_info(REPOSITORY).private
    assert hub.api(hub.tokens.read).list_repo_files(REPOSITORY)
    for token, status in {None: 401, hub.tokens.stranger: 404}.items():
        with pytest.raises(RepositoryNotFoundError) as refusal:
            hub.api(token).model_info(REPOSITORY)
        assert refusal.value.response.status_code == status


def test_a_repository_can_be_hidden_later(hub: Hub) -> None:
    published(hub)
    hub.api(None).auth_check(REPOSITORY)
    hub.api().update_repo_settings(REPOSITORY, private=True)
    hub.api().auth_check(REPOSITORY, write=True)
    with pytest.raises(RepositoryNotFoundError):
        hub.api(None).auth_check(REPOSITORY)


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
        lambda: api.delete_repo(REPOSITORY),
    )
    for attempt in attempts:
        with pytest.raises(HfHubHTTPError) as refusal:
            attempt()
        assert refusal.value.response.status_code == status
    assert len(hub.repository(REPOSITORY).commits) == 2


def test_a_token_tells_whose_it_is(hub: Hub) -> None:
    assert hub.api().whoami()["name"] == "owner"
    roles = [
        hub.api(token).whoami()["auth"]["accessToken"]["role"]
        for token in (hub.tokens.write, hub.tokens.read)
    ]
    assert roles == ["write", "read"]
    with pytest.raises(HfHubHTTPError, match="Invalid user token"):
        hub.api(hub.tokens.unknown).whoami()


@pytest.mark.parametrize("path", ["notes/a%20b.txt", "w.onnx"])
def test_ranges_of_a_file_can_be_asked_for(hub: Hub, path: str) -> None:
    published(hub)
    content = {"notes/a%20b.txt": TEXT, "w.onnx": LARGE}[path]
    url = f"{hub.endpoint}/{REPOSITORY}/resolve/main/{path}"
    for asked, expected in {"5-9": content[5:10], "10-": content[10:], "-3": content[-3:]}.items():
        answer = httpx2.get(url, headers={"Range": f"bytes={asked}"}, follow_redirects=True)
        assert (answer.status_code, answer.content) == (206, expected)
        assert answer.headers["Content-Range"].endswith(f"/{len(content)}")
    beyond = {"Range": f"bytes={len(content)}-"}
    assert httpx2.get(url, headers=beyond, follow_redirects=True).status_code == 416
