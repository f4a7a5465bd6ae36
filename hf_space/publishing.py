"""What is put on the Hugging Face Hub: one commit of a folder, and what the Hub says against it.

For the commands that publish; the service itself only reads.
"""

from __future__ import annotations

from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Literal

import httpx2
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, get_token
from huggingface_hub.errors import (
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RepoType = Literal["model", "dataset", "space"]

# The Hub's own: it tells which files are stored as large ones.
_KEPT: Final = {".gitattributes"}
_TOKENS: Final = "a token with write access, from https://huggingface.co/settings/tokens"


class HubError(Exception):
    """The Hub cannot be reached, or refuses; the message names the remedy."""


def connect() -> HfApi:
    """Return the Hub's client with the user's token, from ``HF_TOKEN`` or `hf auth login`.

    Raises:
        HubError: There is no token, the Hub does not know it, or cannot be reached.
    """
    if get_token() is None:
        raise HubError(f"no token: set HF_TOKEN to {_TOKENS}, or run `hf auth login`")
    api = HfApi()
    with explained("the Hub"):
        api.whoami()
    return api


def commit_folder(
    api: HfApi, repo_id: str, folder: Path, *, repo_type: RepoType, message: str
) -> str | None:
    """Make a repository hold exactly a folder's files, in one commit; return its id.

    Not ``upload_folder``: that may commit in several parts, and readers would see half a model.

    Returns:
        40 hexadecimal digits; None when nothing differs, so that there is no commit.
    """
    before = api.repo_info(repo_id, repo_type=repo_type).sha
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*"))}
    stale = {*api.list_repo_files(repo_id, repo_type=repo_type)} - files.keys() - _KEPT
    commit = api.create_commit(
        repo_id,
        [
            *(CommitOperationAdd(name, path) for name, path in files.items() if path.is_file()),
            *(CommitOperationDelete(name, is_folder=False) for name in sorted(stale)),
        ],
        commit_message=message,
        repo_type=repo_type,
        parent_commit=before,
    )
    return None if commit.oid == before else commit.oid


@contextmanager
def explained(target: str) -> Iterator[None]:
    """Turn what the Hub's client raises into a HubError that says what to do about a target."""
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
    except (httpx2.TransportError, OfflineModeIsEnabled) as error:
        raise HubError(
            f"the Hub cannot be reached ({type(error).__name__}): check the network, HF_ENDPOINT "
            "and HF_HUB_OFFLINE, and run the same command again"
        ) from error
    # What the client raises when one of several uploads has failed for good.
    except RuntimeError as error:
        raise HubError(f"{error} Run the same command again: what arrived is kept") from error


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
