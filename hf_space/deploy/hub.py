"""Commits a folder to the Hugging Face Hub, and explains the Hub's errors.

For the commands that publish; the service itself only reads.
"""

from __future__ import annotations

import fnmatch
from contextlib import contextmanager
from http import HTTPStatus
from json import JSONDecodeError
from typing import TYPE_CHECKING, Final, Literal

import httpx2
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, RepoFile, get_token
from huggingface_hub.errors import (
    HfHubHTTPError,
    HFValidationError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]  # it is public
from huggingface_hub.utils.sha import git_hash

from hf_space.bundle.load import file_sha256

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

RepoType = Literal["model", "dataset", "space"]

# Written by the Hub: it lists the files stored as large files.
_ATTRIBUTES: Final = ".gitattributes"
# Files that a new repository may have.
_FIRST_FILES: Final = {_ATTRIBUTES, "README.md"}
_TOKENS: Final = "a token with write access, from https://huggingface.co/settings/tokens"


class HubError(Exception):
    """The Hub cannot be reached, or refuses the request; the message names the remedy."""


def connect() -> HfApi:
    """Return the Hub's client with the user's token, from ``HF_TOKEN`` or `hf auth login`.

    Raises:
        HubError: There is no token, the Hub does not know it, or cannot be reached.
    """
    token = get_token()
    if token is None:
        raise HubError(f"no token: set HF_TOKEN to {_TOKENS}, or run `hf auth login`")
    if not token.isascii():
        raise HubError(f"the token has letters that none has: set HF_TOKEN to {_TOKENS}")
    api = HfApi()
    with explained("the Hub"):
        api.whoami()
    return api


def check_name(repo_id: str) -> None:
    """Check that this is the full name of a repository; raises HubError."""
    try:
        validate_repo_id(repo_id)
    except HFValidationError as error:
        raise HubError(f"{repo_id} is no name of a repository: {error}") from error
    if "/" not in repo_id:
        raise HubError(f"whose {repo_id}? write owner/{repo_id}")


def require_own(api: HfApi, repo_id: str, *, repo_type: RepoType, mark: str) -> dict[str, RepoFile]:
    """Return the files, by name, of a repository that is new or was published by these commands.

    Args:
        api: The Hub's client.
        repo_id: `owner/name`.
        repo_type: What kind of repository it is.
        mark: Pattern of a file by which the content is recognised.

    Raises:
        HubError: It holds something else, which must not be deleted.
    """
    entries = api.list_repo_tree(repo_id, repo_type=repo_type, recursive=True)
    present = {entry.path: entry for entry in entries if isinstance(entry, RepoFile)}
    if present.keys() - _FIRST_FILES and not fnmatch.filter(present, mark):
        raise HubError(f"{repo_id} holds other files, and no {mark}: name another repository")
    return present


def commit_folder(
    api: HfApi, repo_id: str, folder: Path, *, repo_type: RepoType, mark: str, message: str
) -> str | None:
    """Make a repository hold exactly a folder's files, in one commit; return its id.

    ``upload_folder`` may commit in several parts, and readers would then see half a model.

    Args:
        api: The Hub's client, with a token that may write.
        repo_id: `owner/name`.
        folder: The files.
        repo_type: What kind of repository it is.
        mark: As in `require_own`.
        message: First line of the commit.

    Returns:
        40 hexadecimal digits; None if nothing differs and no commit was made.

    Raises:
        HubError: The repository holds something else.
    """
    before = api.repo_info(repo_id, repo_type=repo_type).sha
    present = require_own(api, repo_id, repo_type=repo_type, mark=mark)
    changes = _changes(folder, present)
    if not changes:
        return None
    return api.create_commit(
        repo_id, changes, commit_message=message, repo_type=repo_type, parent_commit=before
    ).oid


def is_published(api: HfApi, repo_id: str, folder: Path, *, repo_type: RepoType, mark: str) -> bool:
    """Return whether nothing differs, see `commit_folder`; raises the errors of `require_own`."""
    return not _changes(folder, require_own(api, repo_id, repo_type=repo_type, mark=mark))


def _changes(
    folder: Path, present: Mapping[str, RepoFile]
) -> list[CommitOperationAdd | CommitOperationDelete]:
    """Return the operations that make the Hub's files equal to a folder's."""
    paths = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    stale = present.keys() - paths.keys() - {_ATTRIBUTES}
    return [
        *(
            CommitOperationAdd(name, path)
            for name, path in paths.items()
            if not _is_same(path, present.get(name))
        ),
        *(CommitOperationDelete(name, is_folder=False) for name in sorted(stale)),
    ]


def _is_same(path: Path, entry: RepoFile | None) -> bool:
    if entry is None:
        return False
    if entry.lfs:
        return file_sha256(path) == entry.lfs.sha256
    return git_hash(path.read_bytes()) == entry.blob_id


@contextmanager
def explained(target: str) -> Iterator[None]:
    """Convert errors of the Hub's client to a HubError that names the remedy."""
    try:
        yield
    except RevisionNotFoundError as error:
        raise HubError(f"{target} has no such revision") from error
    except RepositoryNotFoundError as error:
        raise HubError(f"{target} does not exist, or the token may not read it") from error
    except HfHubHTTPError as error:
        raise HubError(_refusal(target, error)) from error
    except HFValidationError as error:
        raise HubError(f"{target} is no name of a repository: {error}") from error
    except (httpx2.TransportError, ConnectionError) as error:
        raise HubError(
            f"the Hub cannot be reached ({type(error).__name__}): check the network, HF_ENDPOINT "
            "and HF_HUB_OFFLINE, and run the same command again"
        ) from error
    except JSONDecodeError as error:
        raise HubError("what answers is not the Hub: check HF_ENDPOINT") from error
    # What the client, and the library that uploads for it, raise when a file cannot be sent.
    except (OSError, RuntimeError) as error:
        raise HubError(
            f"{target}: {error} ({type(error).__name__}). Run the same command again: what arrived "
            "is kept"
        ) from error


def _refusal(target: str, error: HfHubHTTPError) -> str:
    said = error.server_message or str(error)
    match error.response.status_code:
        case HTTPStatus.UNAUTHORIZED:
            return f"the Hub does not know the token: set HF_TOKEN to {_TOKENS}"
        case HTTPStatus.PAYMENT_REQUIRED:
            return f"the Hub wants a paid plan for {target}: {said}"
        case HTTPStatus.FORBIDDEN:
            return f"the token may not write {target}: use {_TOKENS}, of its owner ({said})"
        case HTTPStatus.PRECONDITION_FAILED:
            return f"someone else changed {target} meanwhile: run the same command again"
        case status:
            return f"the Hub answers {status} for {target}: {said}"
